#include "imgtools/disk/vmdk_descriptor.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "imgtools/disk/map_bounds.h"
#include "imgtools/error.h"

namespace goldhive {

namespace {

constexpr std::uint64_t max_text = 1U << 20;

/// What stands between the first two quotation marks; else all of `text`.
std::string unquoted(const std::string& text) {
  const std::size_t first = text.find('"');
  if (first == std::string::npos) return text;
  const std::size_t second = text.find('"', first + 1);
  return text.substr(first + 1, second == std::string::npos ? second : second - first - 1);
}

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return text;
}

/// `RW 204800 FLAT "disk-flat.vmdk" 0`; nullopt if the line is none of that kind.
std::optional<VmdkExtent> parse_extent(const std::string& line) {
  VmdkExtent extent;
  std::istringstream words(line);
  words >> extent.access >> extent.sectors >> extent.type;
  if (!words ||
      (extent.access != "RW" && extent.access != "RDONLY" && extent.access != "NOACCESS")) {
    return std::nullopt;
  }
  const std::size_t quote = line.find('"');
  if (quote != std::string::npos) {
    extent.file = unquoted(line);
    std::istringstream rest(line.substr(std::min(line.size(), quote + extent.file.size() + 2)));
    rest >> extent.offset;
  }
  return extent;
}

VmdkDescriptor parse(const std::string& text) {
  VmdkDescriptor descriptor;
  std::string hint;
  std::istringstream lines(text);
  std::string line;
  while (std::getline(lines, line)) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    const std::size_t equals = line.find('=');
    const std::string value = equals == std::string::npos ? "" : line.substr(equals + 1);
    if (line.starts_with("createType")) {
      descriptor.create_type = unquoted(value);
    } else if (line.starts_with("CID")) {
      descriptor.content_id = lower(value);
    } else if (line.starts_with("parentCID")) {
      descriptor.parent_id = lower(value);
    } else if (line.starts_with("parentFileNameHint")) {
      hint = unquoted(value);
    } else if (const std::optional<VmdkExtent> extent = parse_extent(line)) {
      descriptor.extents.push_back(*extent);
    }
  }
  if (!descriptor.parent_id.empty() && descriptor.parent_id != "ffffffff") {
    descriptor.parent = hint;
  }
  return descriptor;
}

std::string text_of(const Bytes& data) {
  return std::string(data.begin(), std::find(data.begin(), data.end(), std::uint8_t{0}));
}

VmdkDescriptor created_as(const char* type) {
  VmdkDescriptor descriptor;
  descriptor.create_type = type;
  return descriptor;
}

}  // namespace

VmdkDescriptor read_vmdk_descriptor(const ByteSource& file) {
  const Bytes head =
      file.read(0, static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), 512)));
  const ByteView view(head, 0, file.name());
  if (view.starts_with("COWD")) return created_as("vmfsSparse");
  if (!view.starts_with("KDMV")) {
    return parse(text_of(file.read(0, static_cast<std::size_t>(std::min(file.size(), max_text)))));
  }
  const std::uint64_t start = view.u64(28);
  const std::uint64_t sectors = view.u64(36);
  if (sectors == 0) return created_as("sparse extent");  // described by another file
  if (sectors > max_text / 512 || start > UINT64_MAX / 512) {
    throw Error::corrupt(file.name(), 28, "bad place of the VMDK descriptor", {},
                         fmt::format("sector {}, {} sectors", start, sectors));
  }
  VmdkDescriptor descriptor = parse(
      text_of(MapBounds(file, "VMDK").table(28, start * 512, sectors * 512, "its descriptor")));
  descriptor.extents.clear();  // it names itself, perhaps by a name it had before
  return descriptor;
}

std::string vmdk_descriptor_text(const VmdkDescriptor& descriptor, const std::string& name) {
  for (const std::string& id : {descriptor.content_id, descriptor.parent_id}) {
    if (id.size() > 8 || id.find_first_not_of("0123456789abcdef") != std::string::npos) {
      throw Error(ErrorKind::corrupt, fmt::format("has '{}' where a CID should be", id), name);
    }
  }
  std::string text = fmt::format(
      "# Disk DescriptorFile\nversion=1\nCID={}\nparentCID={}\n"
      "createType=\"twoGbMaxExtentSparse\"\n",
      descriptor.content_id.empty() ? "0" : descriptor.content_id,
      descriptor.parent_id.empty() ? "ffffffff" : descriptor.parent_id);
  for (const VmdkExtent& extent : descriptor.extents) {
    text += fmt::format("{} {} {} \"{}\"", extent.access, extent.sectors, extent.type, extent.file);
    if (extent.type == "FLAT" || extent.type == "VMFS") text += fmt::format(" {}", extent.offset);
    text += '\n';
  }
  return text;
}

}  // namespace goldhive
