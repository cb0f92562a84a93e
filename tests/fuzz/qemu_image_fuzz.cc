// VMDK, qcow2 and VDI of any bytes, texts of any length among them (mapped_fuzz.cc has their maps):
// what they name is files, also to qemu.
#include <cstdlib>

#include "imgtools/bytes/error.h"
#include "imgtools/disk/qemu_image.h"
#include "imgtools/unread_formats.h"
#include "tests/fuzz/one_file_storage.h"

using namespace goldhive;

namespace {

/// qemu takes a name with a colon before any slash for a protocol.
void require_plain(const std::string& name) {
  const std::size_t colon = name.find(':');
  if (name.empty() || name.find('\0') != std::string::npos) std::abort();
  if (colon != std::string::npos && colon < name.find('/')) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::OneFileStorage storage(Bytes(data, data + size));
  const std::string path = fuzz::OneFileStorage::path;
  try {
    const auto file = storage.open(path);
    unread_format(*file);
    const std::string format = qemu_format(*file);
    if (format.empty()) return 0;
    const QemuImage image = examine_qemu_image(storage, path, format);
    for (const QemuFile& part : image.files) require_plain(part.path);
    check_maps(storage, image);
  } catch (const Error&) {
  }
  return 0;
}
