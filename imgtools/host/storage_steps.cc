#include "imgtools/host/storage_steps.h"

namespace goldhive {

void remove_if_there(Storage& storage, const std::string& path) {
  if (storage.stat(path)) storage.remove(path);
}

void fill_from(const ByteSource& source, WritableFile& file) {
  each_piece(source,
             [&](std::uint64_t at, std::span<const std::uint8_t> piece) { file.write(at, piece); });
}

}  // namespace goldhive
