#include "imgtools/candidate.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "imgtools/bytes/error.h"

namespace goldhive {

bool Candidate::has_magic(std::size_t at, std::string_view magic) const {
  return at <= head.size() && magic.size() <= head.size() - at &&
         std::memcmp(head.data() + at, magic.data(), magic.size()) == 0;
}

Candidate examine(const ReadStorage& storage, const std::string& path, const OpenOptions& options,
                  const Opener& opener) {
  constexpr std::uint64_t head_size = 4096;
  const std::optional<FileInfo> info = storage.stat(path);
  if (!info) throw Error(ErrorKind::not_found, "no such file or directory", path);
  Candidate candidate{storage, opener, path, *info, nullptr, {}, options};
  if (info->type == FileType::directory) return candidate;
  candidate.source = storage.open(path);
  if (candidate.source->size() == 0) {
    throw Error(ErrorKind::unsupported, "is empty (0 bytes)", path);
  }
  const std::uint64_t length = std::min<std::uint64_t>(candidate.source->size(), head_size);
  candidate.head = candidate.source->read(0, static_cast<std::size_t>(length));
  return candidate;
}

}  // namespace goldhive
