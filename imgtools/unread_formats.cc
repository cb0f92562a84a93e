// Where the marks come from stands beside each row. Marks at the end of a file are those of formats
// that begin with the data.
#include "imgtools/unread_formats.h"

#include <algorithm>
#include <string_view>

namespace goldhive {

namespace {

using namespace std::string_view_literals;

constexpr const char* convert =
    "convert it to a raw disk, a VHD or a qcow2 first (qemu-img convert)";
constexpr const char* unpack = "unpack it, and give what comes out";
constexpr const char* restore =
    "restore it to a disk or a virtual disk by the program that made it, and give that";

struct Row {
  std::string_view mark;
  UnreadFormat format;
  std::size_t from_end = 0;  ///< where the mark begins, counted from the end; 0: at the start
};

constexpr std::size_t end_size = 512;

constexpr Row rows[] = {
    // qemu, docs/interop/qed_spec, docs/interop/parallels, block/bochs.c.
    {"QED\0"sv, {"a QED image", convert, true}},
    {"WithoutFreeSpace"sv, {"a Parallels image", convert, true}},
    {"WithouFreSpacExt"sv, {"a Parallels image", convert, true}},
    {"Bochs Virtual HD Image"sv, {"a Bochs image", convert, true}},
    // libewf, "Expert Witness Compression Format" 3, and "version 2", 2.
    {"EVF2\r\n\x81"sv,
     {"an EnCase image (Ex01)", "convert it to a raw disk first (ewfexport)", true}},
    {"LVF\x09\x0d\x0a\xff\0"sv,
     {"an EnCase logical image (L01)", "export the files by FTK Imager, and give the folder",
      true}},
    // AD1-tools, "AD1 format"; FTK Imager.
    {"ADSEGMENTEDFILE\0"sv,
     {"an AccessData logical image (AD1)", "export the files by FTK Imager, and give the folder",
      true}},
    {"ADCRYPT\0"sv,
     {"an encrypted AccessData image", "decrypt it and export the files by FTK Imager", true}},
    // AFFLIBv3, lib/afflib.h: AF_HEADER.
    {"AFF10\r\n\0"sv, {"an AFF image", "convert it to a raw disk first (affconvert)", true}},
    // partclone, IMAGE_FORMATS.md and src/partclone.h; partimage, "Description of the image file
    // format": both are what Clonezilla keeps. ntfsprogs, ntfsclone.c: IMAGE_MAGIC.
    {"partclone-image"sv,
     {"a partclone image (Clonezilla)",
      "turn it into a raw volume first (partclone.restore -C -s IMAGE -O FILE)", true}},
    {"PaRtImAgE-VoLuMe"sv, {"a partimage image", restore, true}},
    {"\0ntfsclone-image"sv,
     {"an ntfsclone image", "turn it into a raw volume first (ntfsclone -r -O FILE IMAGE)", true}},
    // Documented nowhere. PhotoRec, src/file_gho.c and src/file_tib.c; what True Image has written
    // since 2013: file(1), magic/Magdir/archive.
    {"\xfe\xef\x01"sv, {"a Ghost image", restore, true}},
    {"\xb4\x6e\x68\x44"sv, {"an Acronis image (TIB)", restore, true}},
    {"\xce\x24\xb9\xa2\x20\0\0\0"sv, {"an Acronis image (TIB)", restore, true}},
    // macriumsoftware/mrimg_file_layout: the footer of Reflect X. The trailer of versions before it
    // is undocumented: 14 bytes of a reference, then this.
    {"MACRIUM_FILE"sv, {"a Macrium Reflect image", restore, true}, 12},
    {"__79241006_2651_11D4_"sv, {"a Macrium Reflect image", restore, true}, 40},
    // cryptsetup, "LUKS1 On-Disk Format Specification", 1.1; LUKS2 has the same mark.
    {"LUKS\xba\xbe"sv,
     {"a volume that is encrypted by LUKS", "open it (cryptsetup open), and give what is in it",
      true}},
    // The trailer of an Apple disk image, 512 bytes: dmg2img, dmg2img.h, UDIFResourceFile.
    {"koly\0\0\0\4\0\0\2\0"sv,
     {"an Apple disk image (DMG)", "convert it to a raw disk first (qemu-img convert, dmg2img)",
      true},
     512},
    // RARLAB, "RAR 5.0 archive format"; before it the seventh byte was the last, 0.
    {"Rar!\x1a\x07"sv, {"a RAR archive", unpack, true}},
    // lz4, doc/lz4_Frame_format.md; ncompress, compress.c.
    {"\x04\x22\x4d\x18"sv, {"packed by lz4", unpack, true}},
    {"\x1f\x9d\x90"sv, {"packed by compress", unpack, true}},
    // [MS-CAB] 2.1.
    {"MSCF\0\0\0\0"sv, {"a cabinet (CAB)", unpack, false}},
    // KB310516, "How to add, modify, or delete registry subkeys and values by using a .reg file":
    // UTF-16 since Windows 2000, and what Windows NT 4.0 wrote.
    {"\xff\xfeW\0i\0n\0d\0o\0w\0s\0 \0R\0e\0g\0i\0s\0t\0r\0y\0"sv,
     {"a text export of a registry (.reg)",
      "which holds only what was exported: save the hives themselves (reg save HKLM\\SOFTWARE "
      "SOFTWARE, reg save HKLM\\SYSTEM SYSTEM)",
      false}},
    {"Windows Registry Editor Version"sv,
     {"a text export of a registry (.reg)",
      "which holds only what was exported: save the hives themselves (reg save HKLM\\SOFTWARE "
      "SOFTWARE, reg save HKLM\\SYSTEM SYSTEM)",
      false}},
    {"REGEDIT4"sv,
     {"a text export of a registry (.reg)",
      "which holds only what was exported: save the hives themselves (reg save HKLM\\SOFTWARE "
      "SOFTWARE, reg save HKLM\\SYSTEM SYSTEM)",
      false}},
};

}  // namespace

const UnreadFormat* unread_format(const ByteSource& file) {
  const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), end_size));
  const Bytes head = file.read(0, length);
  const Bytes end = file.read(file.size() - length, length);
  for (const Row& row : rows) {
    if (row.from_end > length) continue;
    const ByteView view(row.from_end == 0 ? head : end, 0, file.name());
    if (view.from(row.from_end == 0 ? 0 : length - row.from_end).starts_with(row.mark)) {
      return &row.format;
    }
  }
  return nullptr;
}

std::string describe(const UnreadFormat& format) {
  return std::string("is ") + format.title + ", which is not read: " + format.advice;
}

}  // namespace goldhive
