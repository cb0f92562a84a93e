// The structures of UDF that a reader of files needs, decoded and checked one by one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "imgtools/iso/disc_tree.h"

namespace goldhive::udf {

/// ECMA-167 3/7.2.1 and 4/7.2.1.
enum class Tag : std::uint16_t {
  anchor = 2,
  partition = 5,
  logical_volume = 6,
  terminator = 8,
  file_set = 256,
  file_identifier = 257,
  allocation_extent = 258,
  file_entry = 261,
  extended_file_entry = 266,
};

/// The tag of a descriptor; Error(corrupt) unless its checksum, CRC and location are right.
/// `location`: the block number that the tag must hold.
Tag checked_tag(const ByteView& descriptor, std::uint32_t location);
/// As checked_tag(), and the tag must be `expected`.
void require_tag(const ByteView& descriptor, std::uint32_t location, Tag expected);

/// A place in a partition: long_ad of ECMA-167 4/14.14.2.
struct LongAd {
  std::uint32_t length = 0;  ///< bytes
  std::uint8_t type = 0;  ///< 0: recorded; 1, 2: not recorded; 3: the list of extents goes on there
  std::uint32_t block = 0;
  std::uint16_t partition = 0;  ///< index in the partition maps
};
LongAd read_long_ad(const ByteView& view, std::size_t at);

/// An OSTA compressed Unicode string (UDF 2.1.1): a compression id, then bytes or UTF-16BE.
std::string read_name(const ByteView& view);
/// The same in a field of fixed size, with the length in its last byte (dstring, UDF 2.1.3).
std::string read_dstring(const ByteView& field);

/// The start of the partition in the image, for extents and descriptors given by block.
struct Partition {
  std::uint32_t start = 0;  ///< sector of the image
  std::uint32_t blocks = 0;
  std::uint16_t index = 0;  ///< the number by which addresses name it
};

/// The file or directory that an ICB describes, with all the extents of its list.
DiscNode read_file_entry(const ByteSource& image, const Partition& partition, const LongAd& icb);

}  // namespace goldhive::udf
