#include "imgtools/formats.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/archive/archive.h"
#include "imgtools/directory.h"
#include "imgtools/disk/disk_image.h"
#include "imgtools/disk/qemu_image.h"
#include "imgtools/host/storage_steps.h"
#include "imgtools/iso/iso_image.h"
#include "imgtools/lone_hive.h"
#include "imgtools/unread_formats.h"
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
      {"e01", is_e01_image, open_e01_image},
      {"zip", is_zip_archive, open_zip_archive},
      {"7z", is_7z_archive, open_7z_archive},
      {"tar", is_tar_archive, open_tar_archive},
      {"cpio", is_cpio_archive, open_cpio_archive},
      {"split", is_split_image, open_split_image},
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
  if (!candidate.is_directory()) {
    if (const UnreadFormat* unread = unread_format(*candidate.source)) {
      throw Error(ErrorKind::unsupported, describe(*unread), candidate.path);
    }
  }
  const std::string piece = candidate.is_directory() ? "" : looks_like_a_piece(candidate);
  if (!piece.empty()) throw Error(ErrorKind::unsupported, "is " + piece, candidate.path);
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
  bool may_hold_windows(const ReadStorage& storage, const std::string& path) const override {
    return goldhive::may_hold_windows(storage, path);
  }
  bool may_be_image(std::span<const std::uint8_t> head, std::uint64_t size) const override {
    return goldhive::may_be_image(head, size);
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
  if (is_vmdk_extent(storage, path)) return true;
  const Candidate candidate = examine(storage, path, {}, opener);
  return is_later_wim_part(candidate) || is_later_e01_segment(candidate) ||
         is_later_split_piece(candidate);
}

bool is_hive(const ReadStorage& storage, const std::string& path) {
  const std::optional<FileInfo> info = storage.stat(path);
  if (info && info->type == FileType::file && info->size == 0) return false;
  return is_hive_file(examine(storage, path, {}, opener));
}

namespace {

/// The kind of a file, with what makes an image of a Windows improbable.
struct Kind {
  std::string name;  ///< as detect_format() gives it
  bool may_hold_windows = true;
};

Kind kind_of(const Candidate& candidate) {
  if (const Format* format = format_of(candidate)) return {format->name, !is_document(candidate)};
  if (candidate.is_directory()) return {};
  const UnreadFormat* unread = unread_format(*candidate.source);
  if (unread == nullptr && is_orphaned_piece(candidate)) return {"a piece of a split disk"};
  if (unread == nullptr) return {};
  return {unread->title, unread->may_hold_windows};
}

/// The first bytes of a file of which no more are known yet; the rest reads as zeros.
class HeadSource final : public ByteSource {
 public:
  HeadSource(std::span<const std::uint8_t> head, std::uint64_t size)
      : ByteSource("head"), head_(head), size_(std::max<std::uint64_t>(size, head.size())) {}
  std::uint64_t size() const override { return size_; }

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    const auto from =
        head_.subspan(static_cast<std::size_t>(std::min<std::uint64_t>(offset, head_.size())));
    const auto known = from.first(std::min(from.size(), out.size()));
    std::fill(std::copy(known.begin(), known.end(), out.begin()), out.end(), std::uint8_t{0});
  }

 private:
  std::span<const std::uint8_t> head_;
  std::uint64_t size_;
};

/// A host with nothing but such a file, whatever its name.
class HeadStorage final : public ReadStorage {
 public:
  HeadStorage(std::span<const std::uint8_t> head, std::uint64_t size) : head_(head), size_(size) {}

  std::optional<FileInfo> stat(const std::string&) const override {
    return FileInfo{FileType::file, HeadSource(head_, size_).size(), 0, 0};
  }
  std::vector<DirectoryEntry> list(const std::string&) const override { return {}; }
  std::unique_ptr<ByteSource> open(const std::string&) const override {
    return std::make_unique<HeadSource>(head_, size_);
  }
  std::optional<std::string> read_link(const std::string&) const override { return std::nullopt; }
  std::optional<OwnFile> open_own(const std::string& path, const std::string&) const override {
    return open_own_by_name(*this, path);
  }

 private:
  std::span<const std::uint8_t> head_;
  std::uint64_t size_;
};

bool is_empty_file(const ReadStorage& storage, const std::string& path) {
  const std::optional<FileInfo> info = storage.stat(path);
  return info && info->type == FileType::file && info->size == 0;
}

}  // namespace

bool is_archive_format(const std::string& name) {
  return name == "tar" || name == "zip" || name == "7z" || name == "cpio";
}

std::string detect_format(const ReadStorage& storage, const std::string& path) {
  if (is_empty_file(storage, path)) return "";
  return kind_of(examine(storage, path, {}, opener)).name;
}

bool may_hold_windows(const ReadStorage& storage, const std::string& path) {
  if (is_empty_file(storage, path)) return false;
  const Kind kind = kind_of(examine(storage, path, {}, opener));
  return !kind.name.empty() && kind.may_hold_windows;
}

bool may_be_image(std::span<const std::uint8_t> head, std::uint64_t size) {
  if (head.empty()) return false;
  // A size that is not known is one that holds any partition.
  const HeadStorage storage(head, size == 0 ? UINT64_MAX / 2 : size);
  const Kind kind = kind_of(examine(storage, "head", {}, opener));
  return !kind.name.empty() && kind.may_hold_windows;
}

}  // namespace goldhive
