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

std::string read_text_file(const ReadStorage& storage, const std::string& path,
                           std::uint64_t size_limit, const char* what) {
  const std::unique_ptr<ByteSource> source = storage.open(path);
  if (source->size() > size_limit) {
    throw Error(
        ErrorKind::usage,
        fmt::format("is too large for {}: {} bytes, at most {}", what, source->size(), size_limit),
        path);
  }
  const Bytes bytes = source->read(0, static_cast<std::size_t>(source->size()));
  return text_of({bytes.begin(), bytes.end()});
}

}  // namespace goldhive::cli
