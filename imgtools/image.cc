#include "imgtools/image.h"

#include <fmt/format.h>

namespace goldhive {

void append(HostChange& change, const FileEdit& edit, const std::string& host_path) {
  for (const auto& [offset, data] : edit.writes) {
    change.edits.push_back({host_path, 0, offset, data});
  }
  change.sizes.emplace_back(host_path, edit.new_size);
}

std::vector<std::string> Image::check() const {
  return {fmt::format("the format '{}' has no sums of its own to check", format())};
}

HostChange Image::host_change(std::size_t, const std::vector<FileEdit>&) const {
  throw Error(ErrorKind::unsupported,
              fmt::format("files inside the format '{}' are only read, never changed: extract the "
                          "hives, patch them and put them back",
                          format()));
}

}  // namespace goldhive
