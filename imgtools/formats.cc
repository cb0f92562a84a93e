#include "imgtools/formats.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/archive/archive.h"
#include "imgtools/directory.h"
#include "imgtools/disk/disk_image.h"
#include "imgtools/disk/qemu_image.h"
#include "imgtools/iso/iso_image.h"
#include "imgtools/lone_hive.h"
#include "imgtools/wim/wim_image.h"

namespace goldhive {

const std::vector<Format>& formats() {
  // clang-format off
  static const std::vector<Format> table = {
      {"directory", is_directory, open_directory},
      {"hive", is_hive_file, open_hive_file},
      {"iso", is_iso_image, open_iso_image},
      {"esd", is_esd_image, open_wim_image},
      {"wim", is_wim_image, open_wim_image},
      {"vhdx", is_vhdx_image, open_vhdx_image},
      {"vhd", is_vhd_image, open_vhd_image},
      {"vmdk", is_vmdk_image, open_vmdk_image},
      {"qcow2", is_qcow2_image, open_qcow2_image},
      {"vdi", is_vdi_image, open_vdi_image},
      {"zip", is_zip_archive, open_zip_archive},
      {"7z", is_7z_archive, open_7z_archive},
      {"tar", is_tar_archive, open_tar_archive},
      {"cpio", is_cpio_archive, open_cpio_archive},
      {"raw", is_raw_image, open_raw_image},
  };
  // clang-format on
  return table;
}

namespace {

const Format& format_named(const std::string& name) {
  std::string known;
  for (const Format& format : formats()) {
    if (name == format.name) return format;
    known += (known.empty() ? "" : ", ") + std::string(format.name);
  }
  throw Error(ErrorKind::usage, fmt::format("no input format '{}' (there are {})", name, known));
}

const Format* format_of(const Candidate& candidate) {
  for (const Format& format : formats()) {
    if (format.probe(candidate)) return &format;
  }
  return nullptr;
}

/// "4d 5a 90 00 03 00 00 00 (MZ......)": enough for a person to recognise the file.
std::string describe(const Bytes& head) {
  std::string hex;
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(head.size(), 8); ++i) {
    hex += fmt::format("{}{:02x}", i == 0 ? "" : " ", head[i]);
    text += head[i] >= 0x20 && head[i] < 0x7f ? static_cast<char>(head[i]) : '.';
  }
  return fmt::format("{} ({})", hex, text);
}

std::unique_ptr<Image> open_by_content(const Candidate& candidate) {
  if (const Format* format = format_of(candidate)) return format->open(candidate);
  if (const std::string title = unread_container(candidate.head); !title.empty()) {
    throw Error(ErrorKind::unsupported,
                "is " + title +
                    ", a format that is not read: convert it to a raw disk, a VHD or a qcow2 first "
                    "(qemu-img convert, or ewfexport for EnCase)",
                candidate.path);
  }
  throw Error(
      ErrorKind::unsupported,
      "is neither a hive nor an image of a known format: starts with " + describe(candidate.head),
      candidate.path);
}

/// The functions of formats.h, for a format that opens an image inside its image.
class TableOpener final : public Opener {
 public:
  std::unique_ptr<Image> open_image(const ReadStorage& storage, const std::string& path,
                                    const OpenOptions& options) const override {
    return goldhive::open_image(storage, path, options);
  }
  bool is_opened_with_another(const ReadStorage& storage, const std::string& path) const override {
    return goldhive::is_opened_with_another(storage, path);
  }
  std::string detect_format(const ReadStorage& storage, const std::string& path) const override {
    return goldhive::detect_format(storage, path);
  }
};
const TableOpener opener;

}  // namespace

std::unique_ptr<Image> open_image(const ReadStorage& storage, const std::string& path,
                                  const OpenOptions& options) {
  const Format* forced =
      options.input_format.empty() ? nullptr : &format_named(options.input_format);
  const Candidate candidate = examine(storage, path, options, opener);
  if (forced != nullptr) {
    if (candidate.is_directory() != (forced->open == open_directory)) {
      throw Error(ErrorKind::usage,
                  fmt::format("is a {}, and the format '{}' is for {}",
                              candidate.is_directory() ? "directory" : "file", forced->name,
                              candidate.is_directory() ? "files" : "directories"),
                  path);
    }
    return forced->open(candidate);
  }
  return open_by_content(candidate);
}

bool is_opened_with_another(const ReadStorage& storage, const std::string& path) {
  const std::optional<FileInfo> info = storage.stat(path);
  if (!info || info->type != FileType::file || info->size == 0) return false;
  return is_vmdk_extent(storage, path) || is_later_wim_part(examine(storage, path, {}, opener));
}

bool is_hive(const ReadStorage& storage, const std::string& path) {
  const std::optional<FileInfo> info = storage.stat(path);
  if (info && info->type == FileType::file && info->size == 0) return false;
  return is_hive_file(examine(storage, path, {}, opener));
}

std::string detect_format(const ReadStorage& storage, const std::string& path) {
  const std::optional<FileInfo> info = storage.stat(path);
  if (info && info->type == FileType::file && info->size == 0) return "";
  const Candidate candidate = examine(storage, path, {}, opener);
  const Format* format = format_of(candidate);
  return format == nullptr ? unread_container(candidate.head) : format->name;
}

}  // namespace goldhive
