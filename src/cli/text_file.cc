#include "src/cli/text_file.h"

#include "imgtools/error.h"

namespace goldhive::cli {

std::string read_text_file(const ReadStorage& storage, const std::string& path,
                           std::uint64_t size_limit, const char* what) {
  const std::unique_ptr<ByteSource> source = storage.open(path);
  if (source->size() > size_limit) {
    throw Error(ErrorKind::usage, std::string("too large for ") + what, path);
  }
  const Bytes bytes = source->read(0, static_cast<std::size_t>(source->size()));
  return {bytes.begin(), bytes.end()};
}

}  // namespace goldhive::cli
