// ISO9660 (ECMA-119) as a reader meets it. Sectors 0-15 belong to others (boot code, an MBR of a
// "hybrid" image). From sector 16 on there is a list of volume descriptors, each with "CD001" at
// byte 1, ended by type 255. A primary one (type 1) points to the root of a tree. For Windows
// names, a supplementary one (type 2) with a Joliet escape sequence points to the root of a second
// tree. The two trees share the data of the files.
//
// What is odd about it:
// - Numbers are stored twice, little- and big-endian. We read the little-endian half, as Windows
//   and Linux do, since not all writers fill both.
// - Records do not cross a sector: a length of 0 means "go on in the next one".
// - A file over 4 GiB is several records in a row with the same name, all but the last of them with
//   the multi-extent flag (ISO9660 level 3).
// - Plain names end in ";1" and, without an extension, in "."; neither is part of the name.
// - Joliet names are UCS-2 in big-endian order, at most 64 characters (103 with some writers).
//   Longer names are cut, so the tree adds a note when it meets a name of that length.
// - Interleaved files (unit and gap not 0) are refused. No Windows media is known to have them.
//
// Sources: ECMA-119, 4th edition, 8.4, 8.5, 9.1; Joliet Specification, May 22, 1995.
#include "imgtools/iso/iso9660.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"

namespace goldhive {

namespace {

constexpr std::uint64_t first_descriptor = 16;  // a sector
constexpr std::size_t descriptor_limit = 64;    // a usual list has 3 or 4
constexpr std::size_t entry_limit = 1U << 20;   // of one directory
constexpr std::size_t joliet_length = 64;       // characters; a ";1" is counted

enum Flags : std::uint8_t { is_directory = 0x02, is_associated = 0x04, goes_on = 0x80 };

/// A directory record, ECMA-119 9.1.
struct Record {
  std::size_t length = 0;
  std::uint8_t flags = 0;
  DiscExtent extent;
  std::span<const std::uint8_t> name;
};

/// `at` is where a record with a length byte other than 0 starts. `image_size` limits its extent.
Record read_record(const ByteView& view, std::size_t at, std::uint64_t image_size) {
  const std::size_t length = view.u8(at);
  const std::uint64_t where = view.origin() + at;
  if (length < 34) {
    throw Error::corrupt(std::string(view.name()), where, "bad length of a directory record",
                         "at least 34", std::to_string(length));
  }
  const ByteView bytes = view.slice(at, length);
  Record record;
  record.length = length;
  record.flags = bytes.u8(25);
  record.name = bytes.slice(33, bytes.u8(32)).span();
  if (bytes.u8(26) != 0 || bytes.u8(27) != 0) {
    throw Error(ErrorKind::unsupported, "interleaved files are not supported",
                std::string(view.name()));
  }
  // An extended attribute record, if there is one, stands before the data.
  const std::uint64_t start = std::uint64_t{bytes.u32(2)} + bytes.u8(1);
  record.extent = {start * disc_sector, bytes.u32(10)};
  if (*record.extent.offset > image_size ||
      record.extent.length > image_size - *record.extent.offset) {
    throw Error::corrupt(
        std::string(view.name()), where, "a file beyond the end of the image",
        fmt::format("an end up to {}", image_size),
        fmt::format("{} bytes at {}", record.extent.length, *record.extent.offset));
  }
  return record;
}

std::string plain_name(std::span<const std::uint8_t> bytes) {
  if (std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte < 0x80; })) {
    return {bytes.begin(), bytes.end()};
  }
  // Some writers use bytes above 0x7f: read as Latin-1.
  return to_utf8(std::u16string(bytes.begin(), bytes.end()));
}

std::string joliet_name(std::span<const std::uint8_t> bytes) {
  std::u16string name;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    name.push_back(static_cast<char16_t>((bytes[i] << 8) | bytes[i + 1]));
  }
  return to_utf8(name);
}

/// `name` without its version, and without the dot of an empty extension.
std::string without_version(std::string name) {
  const std::size_t semicolon = name.rfind(';');
  if (semicolon != std::string::npos && semicolon != 0) name.resize(semicolon);
  if (name.size() > 1 && name.back() == '.') name.pop_back();
  return name;
}

class Iso9660 final : public DiscFileSystem {
 public:
  Iso9660(std::shared_ptr<const ByteSource> image, const Bytes& descriptor, std::uint64_t offset,
          bool joliet)
      : image_(std::move(image)), joliet_(joliet) {
    const ByteView view(descriptor, offset, image_->name());
    if (const std::uint16_t block = view.u16(128); block != disc_sector) {
      throw Error(
          ErrorKind::unsupported,
          fmt::format("ISO9660 with blocks of {} bytes, and {} are read", block, disc_sector),
          image_->name());
    }
    label_ = decode(view.slice(40, 32).span());
    label_.resize(std::min(label_.find('\0'), label_.size()));
    while (!label_.empty() && label_.back() == ' ') label_.pop_back();
    const Record record = read_record(view, 156, image_->size());
    if ((record.flags & is_directory) == 0) {
      throw Error::corrupt(image_->name(), offset + 156, "the root is no directory");
    }
    root_ = {true, {record.extent}};
  }

  const char* kind() const override { return joliet_ ? "joliet" : "iso9660"; }
  std::string label() const override { return label_; }
  DiscNode root() const override { return root_; }
  std::vector<DiscEntry> entries(const DiscNode& directory) const override;
  std::vector<std::string> notes() const override {
    if (!joliet_) return {"ISO9660 without Joliet or UDF: its names may be shortened ones"};
    if (full_length_.empty()) return {};
    return {"a name has the full length that Joliet allows, so it may be a shortened one: " +
            full_length_};
  }

 private:
  std::string decode(std::span<const std::uint8_t> bytes) const {
    return joliet_ ? joliet_name(bytes) : plain_name(bytes);
  }
  static void add(std::vector<DiscEntry>& entries, std::string name, DiscNode node) {
    const bool directory = node.directory;
    entries.push_back({std::move(name), directory, [node = std::move(node)] { return node; }});
  }

  std::shared_ptr<const ByteSource> image_;
  bool joliet_;
  std::string label_;
  DiscNode root_;
  mutable std::string full_length_;  ///< the first such name
};

std::vector<DiscEntry> Iso9660::entries(const DiscNode& directory) const {
  if (directory.extents.empty()) return {};
  const Bytes content = read_directory(*image_, directory);
  const ByteView view(content, directory.extents.front().offset.value_or(0), image_->name());
  std::vector<DiscEntry> entries;
  std::optional<std::pair<std::string, DiscNode>> unfinished;  // a file of several extents
  for (std::size_t at = 0; at < content.size();) {
    if (content[at] == 0) {
      at = (at / disc_sector + 1) * disc_sector;
      continue;
    }
    const std::size_t record_at = at;
    const Record record = read_record(view, at, image_->size());
    at += record.length;
    const bool dots = record.name.size() == 1 && record.name[0] <= 1;
    if (dots || record.name.empty() || (record.flags & is_associated) != 0) continue;
    std::string name = without_version(decode(record.name));
    if (joliet_ && record.name.size() >= 2 * joliet_length && full_length_.empty()) {
      full_length_ = name;
    }
    DiscNode node{(record.flags & is_directory) != 0, {}};
    if (unfinished) {
      if (unfinished->first != name || node.directory) {
        throw Error::corrupt(image_->name(), view.origin() + record_at,
                             "a file of several extents lacks its last one", unfinished->first,
                             name);
      }
      node = std::move(unfinished->second);
      unfinished.reset();
    }
    append(node.extents, record.extent);
    if (entries.size() == entry_limit) {
      throw Error::corrupt(image_->name(), view.origin() + record_at,
                           fmt::format("a directory of more than {} entries", entry_limit));
    }
    if ((record.flags & goes_on) != 0 && !node.directory) {
      unfinished.emplace(std::move(name), std::move(node));
    } else {
      add(entries, std::move(name), std::move(node));
    }
  }
  if (unfinished) {
    throw Error::corrupt(image_->name(), view.origin(),
                         "a file of several extents lacks its last one", unfinished->first);
  }
  return entries;
}

bool is_joliet(const Bytes& descriptor) {
  const std::uint8_t level = descriptor[90];
  return descriptor[88] == '%' && descriptor[89] == '/' &&
         (level == '@' || level == 'C' || level == 'E');
}

}  // namespace

bool is_iso9660(const ByteSource& image) {
  constexpr std::uint64_t at = first_descriptor * disc_sector;
  return image.size() >= at + disc_sector &&
         image.read(at + 1, 5) == Bytes{'C', 'D', '0', '0', '1'};
}

std::shared_ptr<const DiscFileSystem> open_iso9660(std::shared_ptr<const ByteSource> image) {
  std::optional<std::pair<std::uint64_t, Bytes>> primary;
  for (std::uint64_t i = 0; i < descriptor_limit; ++i) {
    const std::uint64_t offset = (first_descriptor + i) * disc_sector;
    Bytes descriptor = image->read(offset, disc_sector);
    if (!ByteView(descriptor, offset, image->name()).from(1).starts_with("CD001")) {
      throw Error::corrupt(image->name(), offset, "not a volume descriptor", "CD001");
    }
    if (descriptor[0] == 255) break;
    if (descriptor[0] == 2 && is_joliet(descriptor)) {
      return std::make_shared<Iso9660>(std::move(image), descriptor, offset, true);
    }
    if (descriptor[0] == 1 && !primary) primary.emplace(offset, std::move(descriptor));
  }
  if (!primary) {
    throw Error::corrupt(image->name(), first_descriptor * disc_sector,
                         "no primary volume descriptor");
  }
  return std::make_shared<Iso9660>(std::move(image), primary->second, primary->first, false);
}

}  // namespace goldhive
