#include "src/target/target_name.h"

#include "imgtools/host/path.h"

namespace goldhive::target {
namespace {

constexpr char image_mark = '@';
constexpr char part_mark = ':';  // before a volume of a disk, and before a folder

bool begins_with(const std::string& text, const std::string& head, char next) {
  return text.starts_with(head) && text.size() > head.size() && text[head.size()] == next;
}

/// "/sources/install.wim" names all images of that WIM in an ISO, "/disk.vhd" all volumes of that
/// disk in a zip.
bool is_file_that_holds(const std::string& selector, const std::string& rest) {
  return selector.starts_with('/') &&
         (begins_with(rest, selector, image_mark) || begins_with(rest, selector, part_mark));
}

}  // namespace

bool TargetName::may_be_in(const std::string& volume_id) const {
  if (selector.empty() || is_file_that_holds(selector, volume_id)) return true;
  if (volume_id.empty()) return selector.starts_with(part_mark);  // an installation in it
  if (!selector.starts_with(volume_id)) return false;
  const char next = selector.size() > volume_id.size() ? selector[volume_id.size()] : part_mark;
  return next < '0' || next > '9';  // "@10" is not in "@1"
}

bool TargetName::selects(const std::string& rest) const {
  const bool is_folder = selector.find(std::string(1, part_mark) + '/') != std::string::npos;
  return selector.empty() || rest == selector || begins_with(rest, selector, part_mark) ||
         (is_folder && begins_with(rest, selector, '/')) || is_file_that_holds(selector, rest);
}

std::string TargetName::folder_in(const std::string& volume_id) const {
  const std::string mark = volume_id + part_mark + '/';
  return selector.starts_with(mark) ? selector.substr(mark.size()) : "";
}

TargetName split_target(const ReadStorage& storage, const std::string& text) {
  const TargetName whole{text, ""};
  if (storage.stat(text)) return whole;
  for (std::size_t at = text.size(); at-- > 1;) {
    if (text[at] != image_mark && text[at] != part_mark && !is_separator(text[at])) continue;
    const std::string path = text.substr(0, at);
    const std::optional<FileInfo> info = storage.stat(path);
    if (!info) continue;
    // What a directory holds is a target of its own, or not there.
    if (is_separator(text[at]) && info->type == FileType::directory) break;
    return {path, with_slashes(text.substr(at))};
  }
  return whole;
}

std::optional<std::string> image_number(const std::string& volume_id) {
  const std::size_t at = volume_id.rfind(image_mark);
  if (at == std::string::npos) return std::nullopt;
  return volume_id.substr(at + 1);
}

}  // namespace goldhive::target
