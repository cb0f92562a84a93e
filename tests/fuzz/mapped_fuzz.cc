// qcow2, VMDK and VDI files with a few bytes changed: what is checked before qemu sees one.
#include "fixtures/mapped_builder.h"
#include "imgtools/bytes/error.h"
#include "imgtools/disk/qemu_image.h"
#include "tests/fuzz/edited_image.h"
#include "tests/fuzz/one_file_storage.h"

using namespace goldhive;

namespace {

std::vector<fuzz::BaseImage> make_bases() {
  using namespace fixtures;
  const Bytes grain(vmdk_grain, 1);
  const Bytes cluster(qcow2_cluster, 1);
  const std::string text =
      "# Disk DescriptorFile\nparentCID=12345678\nparentFileNameHint=\"disk\"\n"
      "RW 8 FLAT \"disk\" 0\nRW 8 SPARSE \"disk\"\n";
  return {
      {build_qcow2(256 << 10, {{0, cluster}, {300, cluster}, {301, cluster}}),
       {0, 72, qcow2_first_table_at, qcow2_first_table_at + qcow2_cluster}},
      {build_vmdk(256 << 10, {{0, grain}, {63, grain}}),
       {0, 512, vmdk_directory_at, vmdk_table_at}},
      {build_vmdk(256 << 10, {{0, grain}, {63, grain}}, true),
       {0, vmdk_directory_at, vmdk_table_at}},
      {build_vdi(16 << 10, 4096, {{0, Bytes(4096, 1)}, {3, Bytes(4096, 2)}}),
       {64, 320, vdi_table_at}},
      {Bytes(text.begin(), text.end()), {0, 22, 40, 74, 94}},
  };
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<fuzz::BaseImage> bases = make_bases();
  const fuzz::OneFileStorage storage(fuzz::edited_image(bases, {data, size}));
  const std::string path = fuzz::OneFileStorage::path;
  try {
    const std::string format = qemu_format(*storage.open(path));
    if (!format.empty()) check_maps(storage, examine_qemu_image(storage, path, format));
  } catch (const Error&) {
  }
  return 0;
}
