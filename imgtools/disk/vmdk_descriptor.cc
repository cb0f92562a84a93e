#include "imgtools/disk/vmdk_descriptor.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

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

bool starts_with(const std::string& text, const char* prefix) { return text.rfind(prefix, 0) == 0; }

VmdkDescriptor parse(const std::string& text) {
  VmdkDescriptor descriptor;
  std::string hint;
  bool has_parent = false;
  std::istringstream lines(text);
  std::string line;
  while (std::getline(lines, line)) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    const std::size_t equals = line.find('=');
    const std::string value = equals == std::string::npos ? "" : line.substr(equals + 1);
    if (starts_with(line, "createType")) {
      descriptor.create_type = unquoted(value);
    } else if (starts_with(line, "parentCID")) {
      has_parent = value != "ffffffff" && value != "FFFFFFFF";
    } else if (starts_with(line, "parentFileNameHint")) {
      hint = unquoted(value);
    } else if (starts_with(line, "RW ") || starts_with(line, "RDONLY ") ||
               starts_with(line, "NOACCESS ")) {
      if (line.find('"') != std::string::npos) descriptor.extents.push_back(unquoted(line));
    }
  }
  if (has_parent) descriptor.parent = hint;
  return descriptor;
}

std::string text_at(const ByteSource& file, std::uint64_t offset, std::uint64_t length) {
  if (length > max_text) {
    throw Error::corrupt(file.name(), offset, "the VMDK descriptor is too long",
                         fmt::format("at most {} bytes", max_text), fmt::format("{}", length));
  }
  const Bytes data = file.read(offset, static_cast<std::size_t>(length));
  return std::string(data.begin(), std::find(data.begin(), data.end(), std::uint8_t{0}));
}

}  // namespace

VmdkDescriptor read_vmdk_descriptor(const ByteSource& file) {
  const Bytes head =
      file.read(0, static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), 512)));
  const ByteView view(head, 0, file.name());
  if (view.starts_with("COWD")) return {"vmfsSparse", "", {}};
  if (!view.starts_with("KDMV")) return parse(text_at(file, 0, std::min(file.size(), max_text)));
  const std::uint64_t sectors = view.u64(36);
  if (sectors == 0) return {"sparse extent", "", {}};  // described by another file
  if (sectors > max_text / 512 || view.u64(28) > file.size() / 512) {
    throw Error::corrupt(file.name(), 28, "bad place of the VMDK descriptor", {},
                         fmt::format("sector {}, {} sectors", view.u64(28), sectors));
  }
  VmdkDescriptor descriptor = parse(text_at(file, view.u64(28) * 512, sectors * 512));
  descriptor.extents.clear();  // it names itself, perhaps by a name it had before
  return descriptor;
}

}  // namespace goldhive
