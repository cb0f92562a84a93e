// Small files of text that a user names: policies, plans, lists of targets. Editors and shells of
// Windows begin UTF-8 with a byte order mark, and PowerShell writes ">" in UTF-16; both are taken.
#pragma once

#include <cstdint>
#include <string>

#include "imgtools/bytes/byte_source.h"
#include "imgtools/host/storage.h"

namespace goldhive::cli {

/// UTF-8 without a byte order mark, of either encoding.
std::string text_of(std::string bytes);

/// All of an open file, which is called `path`. Throws Error(usage) ("too large for <what>") beyond
/// `size_limit`, Error(io).
Bytes read_bytes(const ByteSource& source, const std::string& path, std::uint64_t size_limit,
                 const char* what);

/// All of it, by text_of(). Throws Error: usage ("too large for <what>") beyond `size_limit`,
/// not_found, io.
std::string read_text_file(const ReadStorage& storage, const std::string& path,
                           std::uint64_t size_limit, const char* what);

}  // namespace goldhive::cli
