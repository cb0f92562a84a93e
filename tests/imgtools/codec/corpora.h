// Contents to be packed, the same on every system: each has something that a decoder may get wrong.
#pragma once

#include <string>
#include <vector>

#include "imgtools/bytes/bytes.h"

namespace goldhive::testing {

/// "zeros", "text", "random", ...
const std::vector<std::string>& corpora();

/// `size` bytes of a corpus; a longer content begins with the shorter one.
Bytes content_of(const std::string& corpus, std::size_t size);

}  // namespace goldhive::testing
