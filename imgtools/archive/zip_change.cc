// How a zip is changed without writing it anew. There are two ways; in_place() chooses.
//
// In place: a stored member whose size stays. Its data is written where it is, and its CRC-32 is
// changed in the central record and in the local header or the descriptor behind the data.
//
// Appended: everything else. No byte of the old file is overwritten:
//
//   old  | members ............ | directory | end |
//   new  | members ............ | directory | end | member' | directory' | end' |
//          the old hive, too     no longer found    local header and packed data, then all records
//                                                   of the directory, the hive's with its new place
//
// Readers look for the end record from the end of the file, so the new one counts as soon as the
// file ends with it. The old member, directory and end are then bytes that nothing refers to. Until
// end' is there, the file ends in something that is no zip. So the journal holds the old size, and
// a rollback cuts the file off. Phase 0 writes the members, phase 1 the directory and the end.
//
// Only the packed hive and the directory are written, whatever the size of the file. A reader that
// cannot seek (it reads from a pipe) sees the old members; so it does in every zip that was updated
// by appending.
//
// Kept as they are: every other record with its extra field and comment, the order of the records,
// the comment of the file. In the hive's record only these change: the CRC, the sizes, the place,
// the flag for a descriptor (the sizes are known now), and the zip64 field.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "imgtools/archive/archive_change.h"
#include "imgtools/archive/member_names.h"
#include "imgtools/archive/zip_format.h"
#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "imgtools/disk/crc.h"

namespace goldhive {

namespace {

constexpr std::uint32_t all_ones = 0xffffffff;
constexpr std::uint16_t all_ones16 = 0xffff;
constexpr std::uint16_t descriptor_flag = 8;
constexpr std::uint16_t zip64_version = 45;
constexpr std::size_t gzip_header_size = 10;
constexpr std::size_t gzip_trailer_size = 8;

/// An edit and the member it is for.
struct Change {
  const FileEdit* edit = nullptr;
  const ZipEntry* entry = nullptr;
  std::shared_ptr<const ByteSource> data;  // the new content
  std::uint32_t crc = 0;                   // of the new content
};

std::uint32_t crc_of(const ByteSource& source) {
  std::uint32_t crc = 0;
  each_piece(source,
             [&](std::uint64_t, std::span<const std::uint8_t> piece) { crc = crc32(piece, crc); });
  return crc;
}

Error cannot(const std::string& where, const std::string& why) {
  return Error(ErrorKind::unsupported,
               why + ": extract the hives, patch them and put them back with zip", where);
}

std::vector<Change> find_members(const ArchiveFile& archive, const ZipDirectory& directory,
                                 const std::vector<FileEdit>& edits) {
  std::vector<Change> changes;
  for (const FileEdit& edit : edits) {
    const std::string where = archive.source->name() + ": " + edit.path;
    Change change;
    change.edit = &edit;
    for (const ZipEntry& entry : directory.entries) {
      if (clean_name(to_utf8(to_utf16(entry.name)), true).path != edit.path) continue;
      if (change.entry != nullptr) throw cannot(where, "is in the archive more than once");
      change.entry = &entry;
    }
    if (change.entry == nullptr) throw cannot(where, "was not found in the zip's directory");
    if (change.entry->encrypted()) throw cannot(where, "is encrypted");
    if (change.entry->method != static_cast<std::uint16_t>(ZipMethod::stored) &&
        change.entry->method != static_cast<std::uint16_t>(ZipMethod::deflated)) {
      throw cannot(
          where, fmt::format("is packed by method {}; only stored and deflated members are changed",
                             change.entry->method));
    }
    const auto old = archive.tree->open(edit.path);
    if (old->size() != change.entry->size || crc_of(*old) != change.entry->crc) {
      throw Error(ErrorKind::refused,
                  "holds other bytes than the zip's directory says: the archive is damaged or was "
                  "changed meanwhile",
                  where);
    }
    change.data = edited_member(archive, edit);
    change.crc = crc_of(*change.data);
    changes.push_back(std::move(change));
  }
  return changes;
}

bool in_place(const Change& change) {
  return change.entry->method == static_cast<std::uint16_t>(ZipMethod::stored) &&
         change.entry->packed_size == change.entry->size &&
         change.edit->new_size == change.entry->size;
}

Bytes u32_bytes(std::uint32_t value) {
  Bytes bytes(4);
  put_u32(bytes, 0, value);
  return bytes;
}

void change_in_place(const ArchiveFile& archive, const Change& change, HostChange& out) {
  const ZipEntry& entry = *change.entry;
  const ZipLocalHeader local = read_zip_local_header(*archive.source, entry);
  for (const auto& [offset, data] : change.edit->writes) {
    out.edits.push_back({archive.path, 0, {local.data_at() + offset, data}});
  }
  const Bytes crc = u32_bytes(change.crc);
  out.edits.push_back({archive.path, 0, {entry.record_at + zip_central::crc, crc}});
  // Who reads the members one after the other knows no directory, whatever that says of this one.
  const ByteView header(local.bytes, local.at, archive.source->name());
  if ((header.u16(zip_local::flags) & descriptor_flag) == 0) {
    out.edits.push_back({archive.path, 0, {local.at + zip_local::crc, crc}});
    return;
  }
  std::uint64_t at = local.data_at() + entry.packed_size;
  const Bytes next = archive.source->read(at, 8);
  const ByteView view(next, at, archive.source->name());
  if (view.starts_with("PK\7\x08")) at += 4;  // its signature is optional
  if (view.u32(at - view.origin()) != entry.crc) {
    throw Error::corrupt(
        archive.source->name(), at, "the data descriptor has another CRC than the directory",
        fmt::format("{:#010x}", entry.crc), fmt::format("{:#010x}", view.u32(at - view.origin())));
  }
  out.edits.push_back({archive.path, 0, {at, crc}});
  if (header.u32(zip_local::crc) != 0) {  // some programs write the CRC in both places
    out.edits.push_back({archive.path, 0, {local.at + zip_local::crc, crc}});
  }
}

/// The raw deflate stream: a gzip file without its header and trailer.
Bytes deflate(const ByteSource& data) {
  Bytes out;
  Packer packer("gz", std::nullopt, [&](std::span<const std::uint8_t> piece) {
    out.insert(out.end(), piece.begin(), piece.end());
  });
  each_piece(data, [&](std::uint64_t, std::span<const std::uint8_t> piece) { packer.put(piece); });
  packer.finish();
  if (out.size() < gzip_header_size + gzip_trailer_size || out[3] != 0) {
    throw Error(ErrorKind::io, "cannot be packed by deflate", data.name());
  }
  out.resize(out.size() - gzip_trailer_size);
  out.erase(out.begin(), out.begin() + gzip_header_size);
  return out;
}

/// An extra field without its zip64 part.
Bytes without_zip64(const ByteView& extra) {
  Bytes out;
  for (std::size_t at = 0; at < extra.size();) {
    if (extra.size() - at < 4) {  // padding that some programs leave
      const auto rest = extra.from(at).span();
      out.insert(out.end(), rest.begin(), rest.end());
      break;
    }
    const std::size_t length = 4 + std::size_t{extra.u16(at + 2)};
    const auto field = extra.slice(at, length).span();
    if (extra.u16(at) != zip64_extra_id) out.insert(out.end(), field.begin(), field.end());
    at += length;
  }
  return out;
}

/// The bytes that are appended for the member.
Bytes new_member(const ArchiveFile& archive, const Change& change, std::uint64_t& packed_size) {
  const std::string& name = archive.source->name();
  Bytes data;
  if (change.entry->method == static_cast<std::uint16_t>(ZipMethod::deflated)) {
    data = deflate(*change.data);
  } else {
    each_piece(*change.data, [&](std::uint64_t, std::span<const std::uint8_t> piece) {
      data.insert(data.end(), piece.begin(), piece.end());
    });
  }
  packed_size = data.size();
  const ZipLocalHeader local = read_zip_local_header(*archive.source, *change.entry);
  const ByteView view(local.bytes, local.at, name);
  const std::size_t name_end = zip_local::size + view.u16(zip_local::name_length);
  const Bytes extra = without_zip64(view.from(name_end));
  Bytes out(local.bytes.begin(), local.bytes.begin() + static_cast<std::ptrdiff_t>(name_end));
  put_u16(out, zip_local::flags,
          static_cast<std::uint16_t>(view.u16(zip_local::flags) & ~descriptor_flag));
  put_u32(out, zip_local::crc, change.crc);
  put_u32(out, zip_local::packed_size, static_cast<std::uint32_t>(data.size()));
  put_u32(out, zip_local::full_size, static_cast<std::uint32_t>(change.data->size()));
  put_u16(out, zip_local::extra_length, static_cast<std::uint16_t>(extra.size()));
  out.insert(out.end(), extra.begin(), extra.end());
  out.insert(out.end(), data.begin(), data.end());
  return out;
}

/// The central record of a member that was appended at `local_at`.
Bytes new_record(const ByteView& old, const Change& change, std::uint64_t packed_size,
                 std::uint64_t local_at) {
  const std::size_t name_end = zip_central::size + old.u16(zip_central::name_length);
  const std::size_t extra_length = old.u16(zip_central::extra_length);
  Bytes extra = without_zip64(old.slice(name_end, extra_length));
  const auto head = old.slice(0, name_end).span();
  const auto comment = old.from(name_end + extra_length).span();
  Bytes out(head.begin(), head.end());
  put_u16(out, zip_central::flags,
          static_cast<std::uint16_t>(old.u16(zip_central::flags) & ~descriptor_flag));
  put_u32(out, zip_central::crc, change.crc);
  put_u32(out, zip_central::packed_size, static_cast<std::uint32_t>(packed_size));
  put_u32(out, zip_central::full_size, static_cast<std::uint32_t>(change.data->size()));
  if (local_at >= all_ones) {
    Bytes field(12);
    put_u16(field, 0, zip64_extra_id);
    put_u16(field, 2, 8);
    put_u64(field, 4, local_at);
    extra.insert(extra.begin(), field.begin(), field.end());
    put_u32(out, zip_central::local_at, all_ones);
    constexpr std::size_t version_needed = 6;
    put_u16(out, version_needed, std::max(zip64_version, old.u16(version_needed)));
  } else {
    put_u32(out, zip_central::local_at, static_cast<std::uint32_t>(local_at));
  }
  if (extra.size() > all_ones16) {
    throw cannot(std::string(old.name()), "the extra field of its directory record is full");
  }
  put_u16(out, zip_central::extra_length, static_cast<std::uint16_t>(extra.size()));
  out.insert(out.end(), extra.begin(), extra.end());
  out.insert(out.end(), comment.begin(), comment.end());
  return out;
}

/// The end records for a directory at `at`; otherwise they are the old ones.
Bytes new_end(const ByteSource& file, const ZipDirectory& directory, std::uint64_t at,
              std::uint64_t size) {
  Bytes out;
  const Bytes fixed = file.read(directory.end_at, zip_end::size);
  const std::size_t comment = ByteView(fixed, 0, "").u16(zip_end::comment_length);
  Bytes end = file.read(directory.end_at, zip_end::size + comment);
  if (directory.zip64 || at >= all_ones || size >= all_ones) {
    Bytes end64(zip_end64::size);
    if (directory.zip64) {
      const std::uint64_t length =
          directory.end_at - zip_locator64::size - directory.end64_at;  // and what may follow it
      end64 = file.read(directory.end64_at, static_cast<std::size_t>(length));
    } else {
      std::copy_n("PK\6\6", 4, end64.begin());
      put_u64(end64, zip_end64::record_size, zip_end64::size - 12);
      put_u16(end64, 12, zip64_version);
      put_u16(end64, 14, zip64_version);
      put_u64(end64, zip_end64::entries_here, directory.entries.size());
      put_u64(end64, zip_end64::entries, directory.entries.size());
    }
    put_u64(end64, zip_end64::directory_size, size);
    put_u64(end64, zip_end64::directory_at, at);
    Bytes locator(zip_locator64::size);
    std::copy_n("PK\6\7", 4, locator.begin());
    put_u64(locator, zip_locator64::end_at, at + size);
    put_u32(locator, zip_locator64::disks, 1);
    out.insert(out.end(), end64.begin(), end64.end());
    out.insert(out.end(), locator.begin(), locator.end());
  }
  put_u32(end, zip_end::directory_size,
          static_cast<std::uint32_t>(std::min<std::uint64_t>(size, all_ones)));
  put_u32(end, zip_end::directory_at,
          static_cast<std::uint32_t>(std::min<std::uint64_t>(at, all_ones)));
  out.insert(out.end(), end.begin(), end.end());
  return out;
}

/// The reason why appending is not safe; "" if it is safe.
std::string unsafe_to_append(const ByteSource& file, const ZipDirectory& directory,
                             const std::vector<Change>& changes) {
  const std::uint64_t behind = directory.zip64 ? directory.end64_at : directory.end_at;
  if (directory.at + directory.size != behind) {
    return "there are unknown data between the zip's directory and its end (a signature?)";
  }
  if (directory.zip64) {
    const Bytes record = file.read(directory.end64_at, zip_end64::size);
    const std::uint64_t size = ByteView(record, 0, "").u64(zip_end64::record_size);
    if (size > directory.end_at ||
        directory.end64_at + 12 + size + zip_locator64::size != directory.end_at) {
      return "its zip64 end record does not end where its locator begins";
    }
  }
  constexpr std::string_view block_mark = "APK Sig Block 42";
  if (directory.at >= block_mark.size()) {
    const Bytes before = file.read(directory.at - block_mark.size(), block_mark.size());
    if (ByteView(before, 0, "").starts_with(block_mark)) return "it is signed (APK Signing Block)";
  }
  for (const Change& change : changes) {
    if (change.data->size() >= all_ones) return "a hive would have 4 GiB or more";
  }
  return "";
}

}  // namespace

HostChange change_zip(const ArchiveFile& archive, const std::vector<FileEdit>& edits) {
  const ByteSource& file = *archive.source;
  const ZipDirectory directory = read_zip_directory(file);
  const std::vector<Change> changes = find_members(archive, directory, edits);
  HostChange out;
  if (std::all_of(changes.begin(), changes.end(), in_place)) {
    for (const Change& change : changes) change_in_place(archive, change, out);
    out.sizes.emplace_back(archive.path, file.size());
    return out;
  }
  if (const std::string why = unsafe_to_append(file, directory, changes); !why.empty()) {
    throw cannot(file.name(), why);
  }
  std::uint64_t at = file.size();
  std::map<const ZipEntry*, std::size_t> changed;
  std::vector<Bytes> records;
  for (const Change& change : changes) {
    std::uint64_t packed_size = 0;
    Bytes member = new_member(archive, change, packed_size);
    if (packed_size >= all_ones) throw cannot(file.name(), "a hive would have 4 GiB or more");
    const Bytes record = file.read(change.entry->record_at, change.entry->record_size);
    changed[change.entry] = records.size();
    records.push_back(new_record(ByteView(record, change.entry->record_at, file.name()), change,
                                 packed_size, at));
    const std::uint64_t size = member.size();
    out.edits.push_back({archive.path, 0, {at, std::move(member)}});
    at += size;
  }
  const Bytes old = file.read(directory.at, static_cast<std::size_t>(directory.size));
  Bytes tail;
  for (const ZipEntry& entry : directory.entries) {
    const auto found = changed.find(&entry);
    const auto record =
        found != changed.end()
            ? std::span<const std::uint8_t>(records[found->second])
            : std::span(old).subspan(static_cast<std::size_t>(entry.record_at - directory.at),
                                     entry.record_size);
    tail.insert(tail.end(), record.begin(), record.end());
  }
  const Bytes end = new_end(file, directory, at, tail.size());
  tail.insert(tail.end(), end.begin(), end.end());
  out.sizes.emplace_back(archive.path, at + tail.size());
  out.edits.push_back({archive.path, 1, {at, std::move(tail)}});
  return out;
}

}  // namespace goldhive
