#include "imgtools/ntfs/file_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "imgtools/ntfs/corrupt.h"

namespace goldhive::ntfs {

std::shared_ptr<const FileRecord> FileRecord::open(const VolumeBytes& volume,
                                                   const RecordReader& records,
                                                   const FileReference& reference) {
  const std::shared_ptr<FileRecord> file(new FileRecord(volume, records, reference));
  file->read_list();
  return file;
}

FileRecord::FileRecord(const VolumeBytes& volume, const RecordReader& records,
                       const FileReference& reference)
    : volume_(volume),
      records_(records),
      reference_(reference),
      base_(records.record(reference)),
      held_(volume.budget()) {
  if (base_->is_part()) {
    throw corrupt(base_->view(), 32, "an MFT record taken for a file is a part of another one", "0",
                  fmt::format("a part of record {}", base_->base().record));
  }
}

void FileRecord::read_list() {
  const auto& attributes = base_->attributes();
  const auto list = std::find_if(attributes.begin(), attributes.end(), [](const Attribute& a) {
    return a.type == AttributeType::attribute_list;
  });
  if (list == attributes.end()) {
    for (const Attribute& attribute : attributes) {
      const std::uint64_t first = attribute.first_cluster;
      places_.push_back(
          {{attribute.type, attribute.name, first, reference_, attribute.id}, &attribute});
    }
    return;
  }
  if (list->size > longest_attribute_list) {
    throw corrupt(base_->view(), 0, "bad length of an attribute list",
                  fmt::format("at most {}", longest_attribute_list), fmt::to_string(list->size));
  }
  held_.add(list->size * 4, volume_.name());  // what an entry of 32 bytes takes in memory
  if (list->resident) {
    take_list(list->value);
    return;
  }
  const Attribute& attribute = *list;
  std::vector<RunMap::Piece> pieces;
  pieces.push_back({attribute.first_cluster,
                    [this, &attribute] { return parse_runs(attribute, volume_.boot().clusters); }});
  const Stream stream(volume_, attribute,
                      RunMap(std::move(pieces), base_->view(), volume_.budget()));
  Bytes bytes(static_cast<std::size_t>(stream.size()));
  stream.read(0, bytes);
  const std::uint64_t origin = stream.place(0) ? stream.place(0)->offset : 0;
  take_list(ByteView(bytes, origin, volume_.name()));
}

void FileRecord::take_list(const ByteView& list) {
  for (AttributeListEntry& entry : parse_attribute_list(list)) {
    places_.push_back({std::move(entry), nullptr});
  }
}

HeldAttribute FileRecord::held(const Place& place) const {
  if (place.in_base != nullptr) return {base_, place.in_base};
  const AttributeListEntry& entry = place.entry;
  HeldAttribute held;
  const bool in_base = entry.record.record == reference_.record;
  held.record = in_base ? base_ : records_.record(entry.record);
  const FileReference owner = held.record->base();
  if (!in_base && (owner.record != reference_.record || owner.sequence != base_->sequence())) {
    throw corrupt(held.record->view(), 32, "an attribute list names a part of another file",
                  fmt::format("a part of record {}", reference_.record),
                  fmt::format("of record {}", owner.record));
  }
  for (const Attribute& attribute : held.record->attributes()) {
    if (attribute.id == entry.id && attribute.type == entry.type && attribute.name == entry.name &&
        attribute.first_cluster == entry.first_cluster) {
      held.attribute = &attribute;
      return held;
    }
  }
  throw corrupt(held.record->view(), 0,
                fmt::format("an MFT record lacks an attribute that a list names: type {:#x}, id {}",
                            static_cast<std::uint32_t>(entry.type), entry.id));
}

std::vector<HeldAttribute> FileRecord::all(AttributeType type) const {
  std::vector<HeldAttribute> found;
  for (const Place& place : places_) {
    if (place.entry.type == type) found.push_back(held(place));
  }
  return found;
}

std::vector<FileRecord::Place> FileRecord::places(AttributeType type,
                                                  std::u16string_view name) const {
  std::vector<Place> found;
  for (const Place& place : places_) {
    if (place.entry.type == type && place.entry.name == name) found.push_back(place);
  }
  return found;
}

HeldAttribute FileRecord::first(AttributeType type, std::u16string_view name) const {
  const auto found = places(type, name);
  return found.empty() ? HeldAttribute() : held(found.front());
}

RunMap::Piece FileRecord::piece(const Place& place) const {
  return {place.entry.first_cluster, [file = shared_from_this(), place] {
            const HeldAttribute held = file->held(place);
            if (held->resident) {
              throw corrupt(held.record->view(), 0, "a piece of an attribute lies in a record");
            }
            return parse_runs(*held, file->volume_.boot().clusters);
          }};
}

std::unique_ptr<Stream> FileRecord::stream(AttributeType type, std::u16string_view name) const {
  const auto found = places(type, name);
  if (found.empty()) return nullptr;
  const HeldAttribute first = held(found.front());
  if (first->resident) {
    const auto value = first->value.span();
    return std::make_unique<Stream>(volume_, Bytes(value.begin(), value.end()));
  }
  std::vector<RunMap::Piece> pieces;
  for (const Place& place : found) pieces.push_back(piece(place));
  return std::make_unique<Stream>(volume_, *first,
                                  RunMap(std::move(pieces), base_->view(), volume_.budget()));
}

}  // namespace goldhive::ntfs
