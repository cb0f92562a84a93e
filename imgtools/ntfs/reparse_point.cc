#include "imgtools/ntfs/reparse_point.h"

#include <fmt/format.h>

#include "imgtools/ntfs/corrupt.h"

namespace goldhive::ntfs {

namespace {

constexpr std::uint32_t reparse_flag = 0x400;

/// By the file's own flags, which stand in its STANDARD_INFORMATION.
bool is_marked(const FileRecord& file) {
  const HeldAttribute information = file.first(AttributeType::standard_information);
  return information.attribute != nullptr && (information->value.u32(32) & reparse_flag) != 0;
}

}  // namespace

std::optional<std::uint32_t> reparse_tag(const FileRecord& file) {
  const auto point = file.stream(AttributeType::reparse_point);
  if (!point && !is_marked(file)) return std::nullopt;
  constexpr std::size_t head = 8;
  if (!point || point->size() < head) {
    throw corrupt(file.view(), 0, "a reparse point is not what it should be",
                  fmt::format("{} bytes or more", head),
                  fmt::format("{} bytes", point ? point->size() : 0));
  }
  Bytes bytes(head);
  point->read(0, bytes);
  return ByteView(bytes, 0, file.view().name()).u32(0);
}

void require_own_content(const FileRecord& folder, const std::string& path) {
  if (const std::optional<std::uint32_t> tag = reparse_tag(folder)) {
    throw content_elsewhere(*tag, path);
  }
}

Error content_elsewhere(std::uint32_t tag, const std::string& path) {
  return Error(ErrorKind::unsupported,
               tag == overlay_filter_tag
                   ? std::string("is compressed by the Windows Overlay Filter (Compact OS, compact "
                                 "/exe), so it can be read but not changed; \"compact /u /exe\" in "
                                 "Windows unpacks it")
                   : fmt::format("is a reparse point (tag {:#x}): its content is elsewhere", tag),
               path);
}

}  // namespace goldhive::ntfs
