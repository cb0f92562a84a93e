#include "src/cli/text_file.h"

#include <fmt/format.h>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"

namespace goldhive::cli {

std::string text_of(std::string bytes) {
  if (bytes.starts_with("\xef\xbb\xbf")) return bytes.substr(3);
  if (bytes.starts_with("\xff\xfe")) {
    return to_utf8(utf16_from_bytes(text_bytes(bytes).subspan(2)));
  }
  return bytes;
}

Bytes read_bytes(const ByteSource& source, const std::string& path, std::uint64_t size_limit,
                 const char* what) {
  if (source.size() > size_limit) {
    throw Error(
        ErrorKind::usage,
        fmt::format("is too large for {}: {} bytes, at most {}", what, source.size(), size_limit),
        path);
  }
  return source.read(0, static_cast<std::size_t>(source.size()));
}

std::string read_text_file(const ReadStorage& storage, const std::string& path,
                           std::uint64_t size_limit, const char* what) {
  const Bytes bytes = read_bytes(*storage.open(path), path, size_limit, what);
  return text_of({bytes.begin(), bytes.end()});
}

}  // namespace goldhive::cli
