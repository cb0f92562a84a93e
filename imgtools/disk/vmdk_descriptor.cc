#include "imgtools/disk/vmdk_descriptor.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <string_view>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "imgtools/disk/map_bounds.h"
#include "imgtools/disk/qemu_image.h"

namespace goldhive {

namespace {

constexpr std::uint64_t max_text = 1U << 20;
constexpr std::size_t longest_id = 8;
constexpr std::uint64_t max_descriptor_place = UINT64_MAX / 512;

/// The text between the first two quotation marks; if there are none, all of `text`.
std::string unquoted(const std::string& text) {
  const std::size_t first = text.find('"');
  if (first == std::string::npos) return text;
  const std::size_t second = text.find('"', first + 1);
  return text.substr(first + 1, second == std::string::npos ? second : second - first - 1);
}

std::string lower(std::string text) {
  for (char& c : text) c = ascii_lower(c);
  return text;
}

/// A line like `RW 204800 FLAT "disk-flat.vmdk" 0`; nullopt if the line is no such line.
std::optional<VmdkExtent> parse_extent(const std::string& line, const std::string& name) {
  VmdkExtent extent;
  std::istringstream words(line);
  words >> extent.access;
  if (extent.access != "RW" && extent.access != "RDONLY" && extent.access != "NOACCESS") {
    return std::nullopt;
  }
  bool good = static_cast<bool>(words >> extent.sectors >> extent.type);
  if (good && !(words >> std::ws).eof()) {
    constexpr std::size_t longest_to_qemu = 511;
    good = words.get() == '"' && std::getline(words, extent.file, '"') && !words.eof() &&
           extent.file.size() <= longest_to_qemu && extent.file.find('\r') == std::string::npos;
    words >> extent.offset;
  }
  if (good) return extent;
  throw Error(ErrorKind::corrupt,
              fmt::format("its descriptor has an extent line that qemu may read in another way: {} "
                          "(expected ACCESS SECTORS TYPE \"FILE\" OFFSET)",
                          line),
              name);
}

/// The extents in a descriptor file. qemu lets an extent begin in one line and go on in the next,
/// so a line with the beginning of an extent only is an error.
std::vector<VmdkExtent> parse_extents(const std::string& text, const std::string& name) {
  std::vector<VmdkExtent> extents;
  std::istringstream lines(text);
  std::string line;
  bool after_empty = false;
  while (std::getline(lines, line)) {
    if (const std::optional<VmdkExtent> extent = parse_extent(line, name)) {
      if (after_empty) {
        throw Error(ErrorKind::corrupt,
                    "its descriptor has an extent line after an empty line, which qemu would take "
                    "twice: remove the empty line",
                    name);
      }
      extents.push_back(*extent);
    }
    after_empty = line.find_first_not_of(" \t\r\v\f") == std::string::npos;
  }
  return extents;
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

bool is_vmdk_text(const ByteSource& file) {
  constexpr std::string_view start = "# Disk DescriptorFile";
  if (file.size() < start.size()) return false;
  const Bytes head = file.read(0, start.size());
  return ByteView(head, 0, file.name()).starts_with(start);
}

VmdkDescriptor read_vmdk_descriptor(const ByteSource& file) {
  const Bytes head =
      file.read(0, static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), 512)));
  const ByteView view(head, 0, file.name());
  if (view.starts_with("COWD")) return created_as("vmfsSparse");
  if (!view.starts_with("KDMV")) {
    const std::string text =
        text_of(file.read(0, static_cast<std::size_t>(std::min(file.size(), max_text))));
    VmdkDescriptor descriptor = parse(text);
    descriptor.extents = parse_extents(text, file.name());
    return descriptor;
  }
  const std::uint64_t start = view.u64(28);
  const std::uint64_t sectors = view.u64(36);
  if (sectors == 0) return created_as("sparse extent");  // then another file describes it
  if (sectors > max_text / 512 || start > UINT64_MAX / 512) {
    throw Error::corrupt(file.name(), 28, "bad place of the VMDK descriptor",
                         fmt::format("at most {} sectors", max_text / 512),
                         fmt::format("sector {}, {} sectors", start, sectors));
  }
  // Its extents are not looked at: the only one is the file itself, perhaps by an earlier name.
  return parse(
      text_of(MapBounds(file, "VMDK").table(28, start * 512, sectors * 512, "its descriptor")));
}

std::string vmdk_parent_to_qemu(const ByteSource& file) {
  constexpr std::uint64_t longest = 20 * 512;
  const std::uint64_t start = std::min<std::uint64_t>(is_vmdk_text(file) ? 0 : 512, file.size());
  const std::string text =
      text_of(file.read(start, static_cast<std::size_t>(std::min(file.size() - start, longest))));
  constexpr std::string_view before = "parentFileNameHint=\"";
  const std::size_t found = text.find(before.substr(0, before.size() - 2));
  if (found == std::string::npos || text.size() - found < before.size()) return {};
  const std::size_t first = found + before.size();
  return text.substr(first, text.find('"', first) - first);
}

std::string vmdk_descriptor_text(const VmdkDescriptor& descriptor, const std::string& name) {
  for (const std::string& id : {descriptor.content_id, descriptor.parent_id}) {
    if (id.size() > 8 || id.find_first_not_of("0123456789abcdef") != std::string::npos) {
      throw Error(
          ErrorKind::corrupt,
          fmt::format("its descriptor has the CID '{}': expected up to 8 hexadecimal digits", id),
          name);
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

namespace {

/// The digits of a CID in a file.
struct ContentId {
  std::uint64_t at = 0;
  Bytes digits;
  std::uint64_t text_size = 0;  ///< of all of the descriptor's text
};

/// In the descriptor at `at` of the file.
std::optional<ContentId> find_content_id(const WritableFile& file, std::uint64_t at,
                                         std::uint64_t length) {
  if (at > file.size()) return std::nullopt;
  Bytes data(static_cast<std::size_t>(std::min({file.size() - at, length, max_text})));
  file.read(at, data);
  const std::string text = text_of(data);
  constexpr std::string_view key = "CID=";
  std::size_t start = text.starts_with(key) ? 0 : text.find("\nCID=");
  if (start == std::string::npos) return std::nullopt;
  start = text.find('=', start) + 1;
  const std::size_t end =
      std::min(text.find_first_not_of("0123456789abcdefABCDEF", start), text.size());
  return ContentId{at + start,
                   Bytes(text.begin() + static_cast<std::ptrdiff_t>(start),
                         text.begin() + static_cast<std::ptrdiff_t>(end)),
                   text.size()};
}

}  // namespace

void change_content_id(WritableFile& descriptor) {
  const std::optional<ContentId> id = find_content_id(descriptor, 0, max_text);
  if (!id) return;
  // The next number: 0 comes after the last one of this length.
  Bytes digits = id->digits;
  constexpr std::string_view all = "0123456789abcdef";
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    const std::size_t value = all.find(lower(std::string(1, static_cast<char>(*digit))));
    *digit = static_cast<std::uint8_t>(all[(value + 1) % all.size()]);
    if (value + 1 < all.size()) break;
  }
  descriptor.write(id->at, digits);
  descriptor.sync();
}

std::string vmdk_content_id(const ReadStorage& storage, const std::string& path) {
  const auto file = storage.open(path);
  return qemu_format(*file) == "vmdk" ? read_vmdk_descriptor(*file).content_id : "";
}

void restore_vmdk_content_id(Storage& storage, const std::string& path, const std::string& id) {
  const std::unique_ptr<WritableFile> file = storage.open_write(path);
  constexpr std::uint64_t sector = 512;
  Bytes head(static_cast<std::size_t>(std::min(file->size(), sector)));
  file->read(0, head);
  const ByteView view(head, 0, path);
  const bool inside = view.starts_with("KDMV");
  if (inside && (head.size() < sector || view.u64(28) > max_descriptor_place)) return;
  const std::uint64_t at = inside ? view.u64(28) * sector : 0;
  const std::uint64_t length =
      inside ? std::min(view.u64(36), max_text / sector) * sector : max_text;
  const std::optional<ContentId> now = find_content_id(*file, at, length);
  if (!now || id.size() > longest_id ||
      id.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return;
  }
  Bytes then(id.begin(), id.end());
  if (now->digits.size() != then.size()) {
    // qemu writes no zeros in front, so that what follows moves.
    if (!inside) return;
    const std::uint64_t behind = now->at + now->digits.size();
    Bytes rest(static_cast<std::size_t>(at + now->text_size - behind));
    file->read(behind, rest);
    then.insert(then.end(), rest.begin(), rest.end());
    then.resize(std::max(then.size(), now->digits.size() + rest.size()));
  }
  // Nothing but a sector is written whole where the power fails.
  const std::uint64_t end = now->at + then.size();
  if (now->at / sector != (end - 1) / sector || end > at + length) return;
  file->write(now->at, then);
  file->sync();
}

}  // namespace goldhive
