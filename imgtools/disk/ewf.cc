#include "imgtools/disk/ewf.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/bytes/digest.h"
#include "imgtools/bytes/error.h"
#include "imgtools/host/path.h"

namespace goldhive {

namespace {

/// Of one segment. A real one has a few for each "sectors", which holds some hundred MB.
constexpr std::uint64_t most_sections = 1U << 20;
constexpr std::uint64_t longest_list = 64U << 20;  // of read errors

std::uint16_t segment_number(const ByteSource& file) {
  const Bytes head = file.read(0, ewf_header_size);
  return parse_ewf_header(ByteView(head, 0, file.name()));
}

}  // namespace

std::optional<std::string> first_ewf_segment(const ReadStorage& storage, const std::string& path) {
  if (path.size() < 4 || path[path.size() - 4] != '.') return std::nullopt;
  const std::string stem = path.substr(0, path.size() - 3);
  for (const char* end : {"E01", "e01", "S01", "s01"}) {
    if (storage.stat(stem + end)) return stem + end;
  }
  return std::nullopt;
}

bool is_ewf(const Bytes& head) {
  return head.size() >= ewf_header_size && ByteView(head, 0, "").starts_with(ewf_magic);
}

/// Walks the sections of one segment after the other and notes what stands where.
class EwfDisk::Walk {
 public:
  explicit Walk(EwfDisk& disk) : disk_(disk) {}

  /// False after the last segment.
  bool segment(std::size_t index) {
    index_ = index;
    const ByteSource& file = disk_.segments_.file(index);
    sectors_.reset();
    std::uint64_t at = ewf_header_size;
    for (std::uint64_t i = 0; i < most_sections; ++i) {
      const Bytes descriptor = file.read(at, ewf_section_size);
      const EwfSection section = parse_ewf_section(ByteView(descriptor, at, file.name()));
      if (section.is_last()) return section.type == "next";
      if (section.end() > file.size()) {
        throw Error::corrupt(file.name(), at + 16, "the segment of the E01 is cut off",
                             fmt::format("at least {:#x} bytes", section.end()),
                             fmt::format("{:#x}", file.size()));
      }
      take(file, section);
      at = section.next;
    }
    throw Error::corrupt(file.name(), at, "too many sections in a segment of an E01",
                         fmt::format("at most {}", most_sections));
  }

  void require_all() const {
    if (!has_media_) {
      throw Error::corrupt(disk_.name(), ewf_header_size, "the E01 does not describe its disk",
                           "a section \"volume\" or \"disk\"", "none");
    }
    if (disk_.media_.size == 0) {
      throw Error::corrupt(disk_.name(), ewf_header_size, "the E01 says that its disk is empty",
                           "a number of sectors", "0");
    }
    if (chunks_ < disk_.media_.chunks) {
      throw Error::corrupt(disk_.name(), ewf_header_size, "chunks of the E01 are missing",
                           fmt::format("{} chunks", disk_.media_.chunks),
                           fmt::format("{}", chunks_));
    }
  }

 private:
  Bytes data_of(const ByteSource& file, const EwfSection& section, std::uint64_t most) const {
    return file.read(section.data(),
                     static_cast<std::size_t>(std::min(section.end() - section.data(), most)));
  }

  void take(const ByteSource& file, const EwfSection& section) {
    constexpr std::uint64_t most_of_media = 1052;
    if (section.type == "volume" || section.type == "disk" || section.type == "data") {
      const Bytes data = data_of(file, section, most_of_media);
      take_media(file, section, parse_ewf_media(ByteView(data, section.data(), file.name())));
    } else if (section.type == "sectors") {
      sectors_ = section;
    } else if (section.type == "table") {
      take_table(file, section);
    } else if (section.type == "table2") {
      take_copy(file, section);
    } else if (section.type == "error2") {
      const Bytes data = data_of(file, section, longest_list);
      take_errors(parse_ewf_errors(ByteView(data, section.data(), file.name())));
    } else if (section.type == "hash" || section.type == "digest") {
      take_digests(data_of(file, section, 36), section.type == "digest");
    }
  }

  void take_media(const ByteSource& file, const EwfSection& section, EwfMedia media) {
    if (!has_media_) {
      disk_.media_ = std::move(media);
      has_media_ = true;
    } else if (disk_.media_.size > 0 && media != disk_.media_) {
      throw Error::corrupt(file.name(), section.data(), "the segment belongs to another E01",
                           fmt::format("a disk of {} bytes", disk_.media_.size),
                           fmt::format("one of {}, or another set", media.size));
    }
  }

  void take_table(const ByteSource& file, const EwfSection& section) {
    const Bytes head = file.read(section.data(), ewf_table_header_size);
    Table table;
    table.header = parse_ewf_table(ByteView(head, section.data(), file.name()));
    table.segment = index_;
    table.first_chunk = chunks_;
    table.entries_at = section.data() + ewf_table_header_size;
    const std::uint64_t entries_end = table.entries_at + std::uint64_t{table.header.entries} * 4;
    if (entries_end > section.end()) {
      throw Error::corrupt(file.name(), section.data(), "a table of the E01 is too short",
                           fmt::format("{} entries", table.header.entries),
                           fmt::format("{} bytes", section.end() - table.entries_at));
    }
    // Without "sectors" the chunks stand behind the entries, which have no checksum then.
    table.data_begin = sectors_ ? sectors_->data() : entries_end;
    table.data_end = sectors_ ? sectors_->end() : section.end();
    table.has_checksum = sectors_.has_value() && entries_end + 4 <= section.end();
    if (table.header.entries == 0) return;
    chunks_ += table.header.entries;
    disk_.tables_.push_back(std::move(table));
  }

  void take_copy(const ByteSource& file, const EwfSection& section) {
    if (disk_.tables_.empty() || disk_.tables_.back().segment != index_) return;
    Table& table = disk_.tables_.back();
    const Bytes head = file.read(section.data(), ewf_table_header_size);
    const EwfTable copy = parse_ewf_table(ByteView(head, section.data(), file.name()));
    if (copy.entries != table.header.entries || copy.base != table.header.base) return;
    table.copy_at = section.data() + ewf_table_header_size;
  }

  void take_errors(std::uint64_t sectors) {
    if (sectors == 0) return;
    disk_.add_note(fmt::format(
        "{} sectors could not be read when the image was made, and are zeros in it", sectors));
  }

  void take_digests(const Bytes& data, bool has_sha1) {
    constexpr std::size_t md5_size = 16;
    constexpr std::size_t sha1_size = 20;
    const ByteView view(data, 0, disk_.name());
    disk_.digests_.md5 = to_hex(view.slice(0, md5_size).span());
    if (has_sha1) disk_.digests_.sha1 = to_hex(view.slice(md5_size, sha1_size).span());
  }

  EwfDisk& disk_;
  std::size_t index_ = 0;
  std::optional<EwfSection> sectors_;  ///< the last one of this segment
  std::uint64_t chunks_ = 0;
  bool has_media_ = false;
};

EwfDisk::EwfDisk(Segments segments, const std::string& path)
    : VirtualDisk(path), segments_(std::move(segments)) {
  refuse_writing(
      "is evidence (E01), which is never changed; make a raw disk of it (ewfexport) and "
      "patch that");
}

std::unique_ptr<EwfDisk> EwfDisk::open(const ReadStorage& storage, const std::string& path,
                                       const std::vector<std::string>& folders) {
  Segments segments(storage, FilePlaces(storage, path, folders), path);
  segments.add(path);
  const std::uint16_t number = segment_number(segments.file(0));
  if (number != 1) {
    throw Error(ErrorKind::unsupported,
                fmt::format("is segment {} of an E01: give the first one ({})", number,
                            first_ewf_segment(storage, path).value_or("its name ends in .E01")),
                path);
  }
  std::unique_ptr<EwfDisk> disk(new EwfDisk(std::move(segments), path));
  disk->read_segments();
  return disk;
}

void EwfDisk::read_segments() {
  held_ = HeldBytes(budget());
  Walk walk(*this);
  for (std::uint32_t number = 1; walk.segment(number - 1); ++number) {
    const std::optional<std::string> next = ewf_segment_path(name(), number + 1);
    if (!next) {
      throw Error(ErrorKind::unsupported,
                  fmt::format("has more segments, and no name for number {} follows from its own",
                              number + 1),
                  name());
    }
    try {
      segments_.add(*next);
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::not_found) throw;
      throw Error(ErrorKind::corrupt,
                  fmt::format("its segment {} is missing: {}", number + 1, *next), name());
    }
    const std::uint16_t found = segment_number(segments_.file(number));
    if (found != number + 1) {
      throw Error::corrupt(*next, 9, "is another segment of the E01 than its name says",
                           fmt::format("{}", number + 1), fmt::format("{}", found));
    }
  }
  walk.require_all();
  const bool tied = std::any_of(media_.guid.begin(), media_.guid.end(),
                                [](std::uint8_t byte) { return byte != 0; });
  if (segments_.count() > 1 && !tied) {
    add_note(
        "its segments have no id of their set: that all of them are of one disk is told by "
        "--verify-source alone");
  }
}

std::uint64_t EwfDisk::length_of(std::uint64_t chunk) const {
  return std::min(media_.chunk_size, media_.size - chunk * media_.chunk_size);
}

const EwfDisk::Table& EwfDisk::table_of(std::uint64_t chunk) const {
  const auto after = std::upper_bound(
      tables_.begin(), tables_.end(), chunk,
      [](std::uint64_t number, const Table& table) { return number < table.first_chunk; });
  return *std::prev(after);
}

/// False if the checksum of the entries at `at` is wrong.
bool EwfDisk::load(const Table& table, std::uint64_t at) const {
  const ByteSource& file = segments_.file(table.segment);
  const std::size_t length = std::size_t{table.header.entries} * 4;
  const Bytes data = file.read(at, length + (table.has_checksum ? 4 : 0));
  const ByteView view(data, at, file.name());
  if (table.has_checksum && view.u32(length) != adler32(view.span().first(length))) return false;
  table.entries.resize(table.header.entries);
  for (std::size_t i = 0; i < table.entries.size(); ++i) table.entries[i] = view.u32(i * 4);
  return true;
}

void EwfDisk::load(const Table& table) const {
  if (!table.entries.empty()) return;
  held_.add(std::uint64_t{table.header.entries} * 4, name());
  if (load(table, table.entries_at)) return;
  if (table.copy_at != 0 && load(table, table.copy_at)) return;
  throw Error::corrupt(segments_.path(table.segment), table.entries_at,
                       "a table of the E01 and its copy are damaged: wrong checksum");
}

EwfDisk::Place EwfDisk::place_of(const Table& table, std::uint64_t chunk) const {
  constexpr std::uint32_t deflated_flag = 0x80000000;
  load(table);
  const auto index = static_cast<std::size_t>(chunk - table.first_chunk);
  const auto offset = [&](std::size_t i) {
    return table.header.base + (table.entries[i] & ~deflated_flag);
  };
  Place place;
  place.begin = offset(index);
  const std::uint64_t end = index + 1 < table.entries.size() ? offset(index + 1) : table.data_end;
  // What does not deflate is stored, so nothing is much longer than the chunk.
  const std::uint64_t longest = media_.chunk_size + media_.chunk_size / 8 + 1024;
  if (place.begin < table.data_begin || end <= place.begin || end > table.data_end ||
      end - place.begin > longest) {
    throw Error::corrupt(segments_.path(table.segment), table.entries_at + index * 4,
                         fmt::format("chunk {} of the E01 lies where none can", chunk),
                         fmt::format("at most {:#x} bytes from {:#x} to {:#x}", longest,
                                     table.data_begin, table.data_end),
                         fmt::format("{:#x} to {:#x}", place.begin, end));
  }
  place.length = end - place.begin;
  place.deflated = (table.entries[index] & deflated_flag) != 0;
  return place;
}

void EwfDisk::unpack(std::uint64_t number, Bytes& out) const {
  constexpr std::size_t checksum_size = 4;
  const Table& table = table_of(number);
  const Place place = place_of(table, number);
  const ByteSource& file = segments_.file(table.segment);
  const auto length = static_cast<std::size_t>(length_of(number));
  stored_.resize(static_cast<std::size_t>(place.length));
  file.read(place.begin, stored_);
  out.resize(length);
  if (place.deflated) {
    if (!inflater_) inflater_ = std::make_unique<Inflater>();
    if (const SharedBudget budget = this->budget()) budget->unpack(length, name());
    if (inflater_->unpack(stored_, out)) return;
    // The last chunk may have been filled up to its full length.
    if (length < media_.chunk_size) {
      out.resize(static_cast<std::size_t>(media_.chunk_size));
      if (inflater_->unpack(stored_, out)) return out.resize(length);
    }
    throw Error::corrupt(file.name(), place.begin,
                         fmt::format("chunk {} of the E01 is damaged", number));
  }
  if (stored_.size() < length + checksum_size) {
    throw Error::corrupt(
        file.name(), place.begin, fmt::format("chunk {} of the E01 is too short", number),
        fmt::format("{} bytes", length + checksum_size), fmt::format("{}", stored_.size()));
  }
  const std::size_t data_size = stored_.size() - checksum_size;
  const ByteView view(stored_, place.begin, file.name());
  const std::uint32_t computed = adler32(view.span().first(data_size));
  if (view.u32(data_size) != computed) {
    throw Error::corrupt(file.name(), place.begin,
                         fmt::format("chunk {} of the E01 is damaged: wrong checksum", number),
                         fmt::format("{:#x}", computed), fmt::format("{:#x}", view.u32(data_size)));
  }
  std::copy_n(stored_.begin(), length, out.begin());
}

const Bytes& EwfDisk::chunk(std::uint64_t number) const {
  for (Slot& slot : slots_) {
    if (slot.number != number) continue;
    slot.used = ++clock_;
    return slot.data;
  }
  const std::size_t most = media_.chunk_size > small_chunk ? 1 : most_slots;
  if (slots_.size() < most) {
    held_.add(media_.chunk_size, name());
    slots_.emplace_back();
  }
  Slot& slot = *std::min_element(slots_.begin(), slots_.end(),
                                 [](const Slot& a, const Slot& b) { return a.used < b.used; });
  slot.number = ~std::uint64_t{0};
  unpack(number, slot.data);
  slot.number = number;
  slot.used = ++clock_;
  return slot.data;
}

void EwfDisk::do_read(std::uint64_t offset, std::span<std::uint8_t> out) const {
  while (!out.empty()) {
    const Bytes& data = chunk(offset / media_.chunk_size);
    const auto inside = static_cast<std::size_t>(offset % media_.chunk_size);
    const std::size_t length = std::min(out.size(), data.size() - inside);
    std::copy_n(data.begin() + static_cast<std::ptrdiff_t>(inside), length, out.begin());
    out = out.subspan(length);
    offset += length;
  }
}

std::vector<std::string> EwfDisk::details() const {
  std::vector<std::string> stored;
  if (!digests_.md5.empty()) stored.push_back("stored MD5 of the disk: " + digests_.md5);
  if (!digests_.sha1.empty()) stored.push_back("stored SHA-1 of the disk: " + digests_.sha1);
  return stored;
}

std::vector<std::string> EwfDisk::check() const {
  Md5 md5;
  Sha1 sha1;
  each_piece(*this, [&](std::uint64_t, std::span<const std::uint8_t> piece) {
    if (!digests_.md5.empty()) md5.add(piece);
    if (!digests_.sha1.empty()) sha1.add(piece);
  });
  std::vector<std::string> checked = {
      fmt::format("{} chunks of the E01 were read, and each has its checksum", media_.chunks)};
  const auto compare = [&](const char* what, const std::string& stored, const auto& digest) {
    const std::string computed = to_hex(digest);
    if (stored != computed) {
      throw Error(ErrorKind::corrupt,
                  fmt::format("the {} of the disk is not the one that the E01 holds (expected {}, "
                              "found {})",
                              what, stored, computed),
                  name());
    }
    checked.push_back(
        fmt::format("the {} of the disk is the one that the E01 holds: {}", what, computed));
  };
  if (!digests_.md5.empty()) compare("MD5", digests_.md5, md5.finish());
  if (!digests_.sha1.empty()) compare("SHA-1", digests_.sha1, sha1.finish());
  if (checked.size() == 1) {
    throw Error(ErrorKind::unsupported,
                "holds no digest of its disk to compare with: that its chunks have their checksums "
                "does not tell whether all of them are of one disk",
                name());
  }
  return checked;
}

}  // namespace goldhive
