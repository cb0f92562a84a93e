// UDF: the file system of Windows installation media.
#pragma once

#include <memory>

#include "imgtools/iso/disc_tree.h"

namespace goldhive {

/// True if the volume recognition sequence says that there is UDF.
bool is_udf(const ByteSource& image);

/// Throws Error(corrupt) or Error(unsupported).
std::shared_ptr<const DiscFileSystem> open_udf(std::shared_ptr<const ByteSource> image);

}  // namespace goldhive
