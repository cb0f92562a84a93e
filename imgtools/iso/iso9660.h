// ISO9660 and Joliet: the file system of CDs, checked record by record.
#pragma once

#include <memory>

#include "imgtools/iso/disc_tree.h"

namespace goldhive {

/// True if sector 16 holds a volume descriptor.
bool is_iso9660(const ByteSource& image);

/// The Joliet tree if there is one, else the plain one. Throws Error(corrupt) or
/// Error(unsupported).
std::shared_ptr<const DiscFileSystem> open_iso9660(std::shared_ptr<const ByteSource> image);

}  // namespace goldhive
