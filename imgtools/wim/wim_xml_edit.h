// Changes of the XML of a WIM: numbers and times are replaced where they stand. No other byte is
// touched, since tools keep things of their own in there.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "imgtools/bytes/bytes.h"

namespace goldhive {

/// What changed in an image.
struct WimXmlEdit {
  std::uint64_t more_bytes = 0;       ///< by how much its files grew; each hard link counts
  std::uint64_t more_link_bytes = 0;  ///< how much of that is due to further hard links
};

/// `xml` with the images of `edits` (numbered from 1) marked as modified at `now` (a FILETIME), and
/// `total` as the TOTALBYTES of the WIM. An element that an image lacks is not added. Throws
/// Error(corrupt) if `xml` is no XML.
Bytes edit_wim_xml(const Bytes& xml, const std::map<std::uint32_t, WimXmlEdit>& edits,
                   std::uint64_t now, std::uint64_t total, const std::string& name);

}  // namespace goldhive
