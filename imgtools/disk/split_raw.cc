#include "imgtools/disk/split_raw.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "imgtools/bytes/error.h"
#include "imgtools/host/path.h"

namespace goldhive {

namespace {

constexpr std::size_t digits = 3;

/// The number that `name` ends in, "x.017": 17; nullopt if it ends in none.
std::optional<std::uint32_t> piece_number(const std::string& name) {
  if (name.size() < digits + 2 || name[name.size() - digits - 1] != '.') return std::nullopt;
  std::uint32_t number = 0;
  for (std::size_t i = name.size() - digits; i < name.size(); ++i) {
    if (name[i] < '0' || name[i] > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint32_t>(name[i] - '0');
  }
  return number;
}

}  // namespace

SplitPieces split_pieces(const ReadStorage& storage, const std::string& path) {
  const std::string name = base_name(path);
  if (!piece_number(name)) return {};
  const std::string stem = name.substr(0, name.size() - digits);
  const std::string folder = parent_of(path);
  std::map<std::uint32_t, std::string> there;
  for (const DirectoryEntry& entry : storage.list(folder)) {
    const std::optional<std::uint32_t> number = piece_number(entry.name);
    if (!number || !entry.name.starts_with(stem)) continue;
    if (entry.name.size() == stem.size() + digits) there[*number] = entry.name;
  }
  if (there.size() < 2) return {};
  const std::uint32_t begin = there.count(0) > 0 ? 0 : 1;
  SplitPieces pieces;
  pieces.first = join_path(folder, fmt::format("{}{:03}", stem, begin));
  for (std::uint32_t number = begin; number <= there.rbegin()->first; ++number) {
    pieces.paths.push_back(there.count(number) > 0 ? join_path(folder, there[number]) : "");
  }
  return pieces;
}

SplitDisk::SplitDisk(Segments segments, const std::string& path)
    : VirtualDisk(path), segments_(std::move(segments)) {
  refuse_writing(
      "is a raw disk in several files; put them together (cat, or copy /b) and patch "
      "that");
}

std::unique_ptr<SplitDisk> SplitDisk::open(const ReadStorage& storage, const std::string& first,
                                           const std::vector<std::string>& folders) {
  const SplitPieces pieces = split_pieces(storage, first);
  Segments segments(storage, FilePlaces(storage, first, folders), first);
  for (std::size_t i = 0; i < pieces.paths.size(); ++i) {
    if (pieces.paths[i].empty()) {
      throw Error(
          ErrorKind::corrupt,
          fmt::format("its piece {} is missing: the last one is {}", i + 1, pieces.paths.back()),
          first);
    }
    segments.add(pieces.paths[i]);
  }
  if (segments.count() == 0) segments.add(first);
  std::unique_ptr<SplitDisk> disk(new SplitDisk(std::move(segments), first));
  const Segments& all = disk->segments_;
  disk->piece_ = all.size(0);
  for (std::size_t i = 0; i < all.count(); ++i) {
    const bool last = i + 1 == all.count();
    if (all.size(i) == 0 || all.size(i) > disk->piece_ || (!last && all.size(i) < disk->piece_)) {
      throw Error::corrupt(
          all.path(i), 0, "a piece of a split disk has another size",
          fmt::format("{}{} bytes, as the first", last ? "at most " : "", disk->piece_),
          fmt::format("{}", all.size(i)));
    }
    disk->size_ += all.size(i);
  }
  return disk;
}

void SplitDisk::do_read(std::uint64_t offset, std::span<std::uint8_t> out) const {
  while (!out.empty()) {
    const std::uint64_t inside = offset % piece_;
    const ByteSource& file = segments_.file(static_cast<std::size_t>(offset / piece_));
    const auto length =
        static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), piece_ - inside));
    file.read(inside, out.first(length));
    out = out.subspan(length);
    offset += length;
  }
}

}  // namespace goldhive
