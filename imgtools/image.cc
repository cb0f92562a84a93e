#include "imgtools/image.h"

#include <fmt/format.h>

#include <numeric>

namespace goldhive {

std::string describe(const VolumeState& state) {
  std::string text;
  const auto add = [&](bool is, const char* what) {
    if (is) text += (text.empty() ? "" : ", ") + std::string(what);
  };
  add(state.encrypted,
      "encrypted: nothing in it can be read until it is decrypted (manage-bde -off in Windows)");
  add(state.hibernated, "hibernated: a session is saved that may change it on resume");
  add(state.fast_startup, "shut down by fast startup");
  add(state.unclean_log, "its log holds work that was not replayed");
  add(state.dirty, "marked dirty: a check of the disk is due");
  if (!state.detail.empty()) text += "; " + state.detail;
  return text;
}

void append(HostChange& change, const FileEdit& edit, const std::string& host_path) {
  for (const Write& write : edit.writes) change.edits.push_back({host_path, 0, write});
  change.sizes.emplace_back(host_path, edit.new_size);
}

HostChange Image::change_volumes(const std::vector<VolumeEdit>& edits, std::uint64_t) const {
  if (edits.size() != 1) {
    throw Error(ErrorKind::usage,
                fmt::format("volumes of the format '{}' are changed one by one", format()));
  }
  return host_change(edits.front().volume, edits.front().files);
}

std::vector<std::string> Image::check() const {
  return {fmt::format("the format '{}' has no checksums of its own to check", format())};
}

HostChange Image::host_change(std::size_t index, const std::vector<FileEdit>&) const {
  throw Error(*Image::refusal(index));
}

std::optional<Error> Image::refusal(std::size_t) const {
  return Error(
      ErrorKind::unsupported,
      fmt::format("what is in a file of the format {} is only read, never changed: extract "
                  "the hives, patch them and put them back",
                  format()));
}

std::vector<std::size_t> Image::volumes_changed_since(const Image&) const {
  std::vector<std::size_t> all(volumes().size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

}  // namespace goldhive
