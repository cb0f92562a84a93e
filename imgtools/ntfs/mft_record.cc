#include "imgtools/ntfs/mft_record.h"

#include <fmt/format.h>

#include <utility>

#include "imgtools/ntfs/corrupt.h"
#include "imgtools/ntfs/update_sequence.h"

namespace goldhive::ntfs {

namespace {

constexpr std::uint16_t in_use = 1;
constexpr std::uint16_t folder = 2;

}  // namespace

MftRecord::MftRecord(Bytes data, std::uint64_t origin, std::string_view name)
    : data_(std::move(data)), origin_(origin), name_(name) {
  if (!view().starts_with("FILE")) throw corrupt(view(), 0, "no MFT record", "\"FILE\"");
  undo_update_sequence(data_, origin_, name_);
  if ((view().u16(22) & in_use) == 0) {
    throw corrupt(view(), 22, "an MFT record that something points to is not in use");
  }
  parse_attributes();
}

bool MftRecord::is_folder() const { return (view().u16(22) & folder) != 0; }

void MftRecord::parse_attributes() {
  const std::size_t used = view().u32(24);
  const ByteView all = view().slice(0, used);
  constexpr std::size_t shortest = 24;
  for (std::size_t at = all.u16(20);
       static_cast<AttributeType>(all.u32(at)) != AttributeType::end;) {
    const std::size_t length = all.u32(at + 4);
    if (length < shortest || length % 8 != 0 || length > used - at) {
      throw corrupt(all, at + 4, "bad length of an attribute",
                    fmt::format("a multiple of 8 from {} to {}", shortest, used - at),
                    fmt::to_string(length));
    }
    attributes_.push_back(parse_attribute(all.slice(at, length)));
    at += length;
  }
}

}  // namespace goldhive::ntfs
