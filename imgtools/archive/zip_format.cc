// What is odd about zip: it is read from its end. The end record is looked for backwards, since a
// comment of up to 65535 bytes may follow it. It points to the central directory, which points to
// the local headers. These repeat most of a directory record, and may contradict it. A number that
// does not fit is stored as all ones, and stands in a second end record (zip64) or in an extra
// field. A descriptor may follow a member's data; its signature is optional.
//
// Offsets count from the beginning of the zip. In a self-extracting zip that is not the beginning
// of the file: such files are left to libarchive and not changed.
#include "imgtools/archive/zip_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "imgtools/bytes/error.h"

namespace goldhive {

namespace {

constexpr std::size_t longest_comment = 0xffff;
constexpr std::size_t longest_padding = 10240;
constexpr std::uint32_t all_ones = 0xffffffff;
/// Enough for millions of entries: a record has 46 bytes and a name.
constexpr std::uint64_t directory_limit = 512 << 20;

/// The last end record whose comment reaches to the file's end. Zeros may follow it that fill the
/// file up to whole records of a tape (bsdtar, when it writes to a pipe).
std::uint64_t find_end(const ByteSource& file) {
  const std::uint64_t reach = zip_end::size + longest_comment + longest_padding;
  const std::uint64_t from = file.size() > reach ? file.size() - reach : 0;
  const Bytes tail = file.read(from, static_cast<std::size_t>(file.size() - from));
  const ByteView view(tail, from, file.name());
  std::size_t used = tail.size();
  while (used > 0 && tail[used - 1] == 0) --used;
  for (std::size_t at = tail.size(); at-- > 0;) {
    if (tail.size() - at < zip_end::size || !view.from(at).starts_with("PK\5\6")) continue;
    const std::size_t end = at + zip_end::size + view.u16(at + zip_end::comment_length);
    if (end <= tail.size() && end >= used) return from + at;
  }
  throw Error::corrupt(file.name(), file.size(),
                       "cut off or damaged: no end record (if it is a part of a split zip, join "
                       "the parts first)",
                       "the signature PK\\5\\6 and a comment", "the end of the file");
}

[[noreturn]] void refuse_split(const ByteSource& file) {
  throw Error(ErrorKind::unsupported,
              "is a part of a split zip: join the parts first (zip -s 0 split.zip --out whole.zip)",
              file.name());
}

/// The zip64 end record, if a locator stands before the end record.
void read_end64(const ByteSource& file, ZipDirectory& directory, std::uint64_t& count) {
  if (directory.end_at < zip_locator64::size) return;
  const std::uint64_t locator_at = directory.end_at - zip_locator64::size;
  const Bytes locator = file.read(locator_at, zip_locator64::size);
  const ByteView l(locator, locator_at, file.name());
  if (!l.starts_with("PK\6\7")) return;
  if (l.u32(zip_locator64::disks) > 1) refuse_split(file);
  directory.zip64 = true;
  directory.end64_at = l.u64(zip_locator64::end_at);
  const Bytes bytes = file.read(directory.end64_at, zip_end64::size);
  const ByteView end(bytes, directory.end64_at, file.name());
  if (!end.starts_with("PK\6\6")) {
    throw Error::corrupt(file.name(), directory.end64_at,
                         "no zip64 end record where its locator says", "the signature PK\\6\\6");
  }
  count = end.u64(zip_end64::entries);
  directory.at = end.u64(zip_end64::directory_at);
  directory.size = end.u64(zip_end64::directory_size);
}

/// Takes each number that is all ones in the record from its zip64 extra field.
void read_extra64(const ByteView& extra, ZipEntry& entry) {
  for (std::size_t at = 0; at + 4 <= extra.size();) {
    const std::uint16_t id = extra.u16(at);
    const ByteView field = extra.slice(at + 4, extra.u16(at + 2));
    at += 4 + field.size();
    if (id != zip64_extra_id) continue;
    std::size_t next = 0;
    for (std::uint64_t* value : {&entry.size, &entry.packed_size, &entry.local_at}) {
      if (*value != all_ones) continue;
      *value = field.u64(next);
      next += 8;
    }
  }
}

}  // namespace

ZipDirectory read_zip_directory(const ByteSource& file) {
  ZipDirectory directory;
  directory.end_at = find_end(file);
  const Bytes bytes = file.read(directory.end_at, zip_end::size);
  const ByteView end(bytes, directory.end_at, file.name());
  std::uint64_t count = end.u16(zip_end::entries);
  directory.size = end.u32(zip_end::directory_size);
  directory.at = end.u32(zip_end::directory_at);
  if ((end.u16(zip_end::disk) != 0 && end.u16(zip_end::disk) != 0xffff) ||
      end.u16(zip_end::entries_here) != end.u16(zip_end::entries)) {
    refuse_split(file);
  }
  read_end64(file, directory, count);
  if (directory.at > file.size() || directory.size > file.size() - directory.at ||
      directory.size > directory_limit || count > directory.size / zip_central::size) {
    throw Error::corrupt(file.name(), directory.end_at,
                         "cut off or damaged: the central directory is not where the end record "
                         "says");
  }
  const Bytes all = file.read(directory.at, static_cast<std::size_t>(directory.size));
  const ByteView view(all, directory.at, file.name());
  std::size_t at = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const ByteView record = view.from(at);
    if (!record.starts_with("PK\1\2")) {
      throw Error::corrupt(file.name(), directory.at + at, "no record of the central directory",
                           "the signature PK\\1\\2");
    }
    ZipEntry entry;
    entry.record_at = directory.at + at;
    entry.flags = record.u16(zip_central::flags);
    entry.method = record.u16(zip_central::method);
    entry.crc = record.u32(zip_central::crc);
    entry.packed_size = record.u32(zip_central::packed_size);
    entry.size = record.u32(zip_central::full_size);
    entry.local_at = record.u32(zip_central::local_at);
    const std::size_t name_length = record.u16(zip_central::name_length);
    const std::size_t extra_length = record.u16(zip_central::extra_length);
    const auto name = record.slice(zip_central::size, name_length).span();
    entry.name.assign(name.begin(), name.end());
    read_extra64(record.slice(zip_central::size + name_length, extra_length), entry);
    const std::size_t length =
        zip_central::size + name_length + extra_length + record.u16(zip_central::comment_length);
    record.slice(0, length);
    entry.record_size = static_cast<std::uint32_t>(length);
    at += length;
    directory.entries.push_back(std::move(entry));
  }
  return directory;
}

ZipLocalHeader read_zip_local_header(const ByteSource& file, const ZipEntry& entry) {
  const Bytes fixed = file.read(entry.local_at, zip_local::size);
  const ByteView view(fixed, entry.local_at, file.name());
  if (!view.starts_with("PK\3\4")) {
    throw Error::corrupt(file.name(), entry.local_at,
                         fmt::format("no local header of '{}'", entry.name),
                         "the signature PK\\3\\4");
  }
  const std::size_t length =
      zip_local::size + view.u16(zip_local::name_length) + view.u16(zip_local::extra_length);
  return {entry.local_at, file.read(entry.local_at, length)};
}

namespace {

/// A number of a local header that must be the directory's.
struct Field {
  const char* name;
  std::size_t at;
  std::uint64_t local;
  std::uint64_t central;
};

void check_fields(const ZipLocalHeader& header, const ZipEntry& entry, const std::string& file) {
  const ByteView view(header.bytes, header.at, file);
  ZipEntry local;
  local.packed_size = view.u32(zip_local::packed_size);
  local.size = view.u32(zip_local::full_size);
  if (local.size == all_ones || local.packed_size == all_ones) {
    read_extra64(view.from(zip_local::size + view.u16(zip_local::name_length)), local);
  }
  const auto encrypted = [](std::uint16_t flags) { return flags & 1U; };
  const Field fields[] = {
      {"method", zip_local::method, view.u16(zip_local::method), entry.method},
      {"encryption", zip_local::flags, encrypted(view.u16(zip_local::flags)),
       encrypted(entry.flags)},
      {"CRC", zip_local::crc, view.u32(zip_local::crc), entry.crc},
      {"packed size", zip_local::packed_size, local.packed_size, entry.packed_size},
      {"size", zip_local::full_size, local.size, entry.size},
  };
  for (const Field& field : fields) {
    const bool may_be_absent = field.at >= zip_local::crc;
    if (field.local == field.central || (may_be_absent && field.local == 0)) continue;
    throw Error::corrupt(file + ": " + entry.name, header.at + field.at,
                         fmt::format("damaged: the {} in the local header is not that in the "
                                     "directory",
                                     field.name),
                         fmt::format("{:#x}", field.central), fmt::format("{:#x}", field.local));
  }
}

}  // namespace

void check_local_headers(const ByteSource& file, const ZipDirectory& directory) {
  for (const ZipEntry& entry : directory.entries) {
    const ZipLocalHeader header = read_zip_local_header(file, entry);
    const ByteView view(header.bytes, header.at, file.name());
    const auto bytes = view.slice(zip_local::size, view.u16(zip_local::name_length)).span();
    const std::string name(bytes.begin(), bytes.end());
    if (name != entry.name) {
      throw Error::corrupt(file.name(), header.at + zip_local::size,
                           "damaged: the name in a local header is not that in the directory",
                           entry.name, name);
    }
    constexpr std::uint16_t masked = 0x2000;  // the directory is encrypted, local headers are blank
    if ((entry.flags & masked) == 0) check_fields(header, entry, file.name());
  }
}

}  // namespace goldhive
