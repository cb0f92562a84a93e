#include "imgtools/change/own_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "imgtools/bytes/digest.h"
#include "imgtools/bytes/error.h"

namespace goldhive {

namespace {

/// We write every byte of our files, so that none is bigger than what it takes of the disk, but for
/// a file system that compresses. A file of holes costs nothing to make, and reading it takes as
/// long as its size says.
bool is_hollow(const FileInfo& info) {
  constexpr std::uint64_t never_doubted = 256 << 20;
  constexpr std::uint64_t best_compression = 8;
  return info.size > never_doubted && info.allocated != 0 &&
         info.allocated < info.size / best_compression;
}

/// What journals and records begin with (journal_format.cc, replacement_record.cc); a sector that
/// was never written is zeros.
bool begins_as_own(const ByteSource& file) {
  constexpr std::size_t length = 8;
  const Bytes head =
      file.read(0, static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), length)));
  for (const std::string_view begin : {"goldhive", "goldrepl"}) {
    if (std::equal(head.begin(), head.end(), begin.begin())) return true;
  }
  return std::all_of(head.begin(), head.end(), [](std::uint8_t byte) { return byte == 0; });
}

/// True if each byte of `file` is a zero, or the byte of `target` at its place.
bool holds_no_more_than(const ByteSource& file, const ByteSource& target) {
  if (file.size() > target.size()) return false;
  bool same = true;
  each_piece(file, [&](std::uint64_t at, std::span<const std::uint8_t> piece) {
    if (!same) return;
    const Bytes expected = target.read(at, piece.size());
    for (std::size_t i = 0; i < piece.size(); ++i) {
      same = same && (piece[i] == expected[i] || piece[i] == 0);
    }
  });
  return same;
}

/// Why a file is not to be believed; "" if it is.
std::string doubt(const OwnFile& file, OwnKind kind) {
  const std::uint64_t names = kind == OwnKind::original ? 2 : 1;
  if (file.info.links > names) return fmt::format("has {} names (hard links)", file.info.links);
  if (!file.known_owner) return "belongs to another user";
  if (kind == OwnKind::written && file.others_write) return "can be written by other users";
  if (kind == OwnKind::written && is_hollow(file.info)) return "consists of holes";
  return "";
}

}  // namespace

std::optional<OwnFile> open_own_file(const ReadStorage& storage, const std::string& path,
                                     const std::string& target, OwnKind kind) {
  std::optional<OwnFile> file = storage.open_own(path, target);
  if (!file) return std::nullopt;
  if (!file->content) {
    const bool link = file->info.type == FileType::symlink;
    throw Error(ErrorKind::refused,
                fmt::format("has a name that goldhive gives, but is {}: nothing is read from it",
                            link ? "a symbolic link" : "no regular file"),
                path);
  }
  const std::string why = file->vouched_for ? "" : doubt(*file, kind);
  if (why.empty()) return file;
  throw Error(ErrorKind::refused,
              fmt::format("{}, so somebody else may have made it: not believed (if it is yours, "
                          "say so with --trust-journal {})",
                          why, path),
              path);
}

bool is_unfinished_own(const ReadStorage& storage, const std::string& path,
                       const std::string& target) {
  const std::optional<OwnFile> file = storage.open_own(path, target.empty() ? path : target);
  if (!file || !file->content) return false;
  if (begins_as_own(*file->content)) return true;
  const std::optional<FileInfo> info = target.empty() ? std::nullopt : storage.stat(target);
  return info && info->type == FileType::file &&
         holds_no_more_than(*file->content, *storage.open(target));
}

bool is_same_as(const ReadStorage& storage, const std::string& path, const std::string& target) {
  const std::optional<FileInfo> info = storage.stat(target);
  const std::optional<OwnFile> file = storage.open_own(path, target);
  if (!info || info->type != FileType::file || !file || !file->content) return false;
  if (!file->known_owner && !file->vouched_for) return false;
  if (is_same_file(file->info, *info)) return true;
  return file->info.size == info->size && sha256(*file->content) == sha256(*storage.open(target));
}

}  // namespace goldhive
