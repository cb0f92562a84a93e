// The maps of containers that qemu reads, which are checked before it does (map_bounds.h).
#include <algorithm>
#include <filesystem>

#include "fixtures/hostile/costly.h"
#include "fixtures/mapped_builder.h"
#include "imgtools/disk/big_endian.h"
#include "imgtools/disk/disk_storage.h"
#include "imgtools/disk/nbd.h"
#include "imgtools/disk/qcow2.h"
#include "imgtools/disk/qemu_image.h"
#include "imgtools/disk/vdi.h"
#include "imgtools/disk/vmdk_descriptor.h"
#include "imgtools/disk/vmdk_sparse.h"
#include "tests/imgtools/disk/disk_support.h"
#include "tests/support/libraries.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tools.h"

using namespace goldhive;
using namespace goldhive::testing;
using namespace goldhive::fixtures;

namespace {

constexpr std::uint64_t kib = 1024;

using Check = void (*)(const ByteSource&);

Bytes small_qcow2() {
  return build_qcow2(256 * kib, {{0, Bytes(512, 1)}, {300, Bytes(512, 2)}, {301, Bytes(512, 3)}});
}
Bytes small_vmdk(bool old = false) {
  return build_vmdk(256 * kib, {{0, Bytes(4096, 1)}, {63, Bytes(4096, 2)}}, old);
}
Bytes small_vdi() { return build_vdi(16 * kib, 4096, {{0, Bytes(4096, 1)}, {3, Bytes(4096, 2)}}); }

std::string fault(Check check, const Bytes& file) {
  const Error e = error_of([&] { check(MemorySource(file, "disk")); });
  CHECK(e.kind() == ErrorKind::corrupt);
  CHECK(e.offset().has_value());
  return e.what();
}

void be(Bytes& out, std::size_t at, std::uint64_t value, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i) {
    out[at + i] = static_cast<std::uint8_t>(value >> (8 * (width - 1 - i)));
  }
}

/// Where the second-level table of a qcow2 with one such table lies.
std::size_t second_table(const Bytes& qcow2) {
  return static_cast<std::size_t>(be64(ByteView(qcow2, 0, "qcow2"), qcow2_first_table_at) &
                                  0xffffffff);
}

}  // namespace

TEST_CASE("a container that qemu reads is an error if any byte of its end is missing") {
  const struct {
    const char* name;
    Bytes file;
    Check check;
  } rows[] = {{"qcow2", small_qcow2(), check_qcow2_map},
              {"KDMV", small_vmdk(), check_vmdk_map},
              {"COWD", small_vmdk(true), check_vmdk_map},
              {"VDI", small_vdi(), check_vdi_map}};
  for (const auto& row : rows) {
    INFO(row.name);
    CHECK_NOTHROW(row.check(MemorySource(row.file, "disk")));
    for (std::size_t length = 512; length < row.file.size(); length += 511) {
      const Bytes head(row.file.begin(), row.file.begin() + static_cast<std::ptrdiff_t>(length));
      CHECK_THAT(fault(row.check, head), Catch::Contains("cut off: it names"));
    }
    Bytes all_but_one = row.file;
    all_but_one.pop_back();
    CHECK_THAT(fault(row.check, all_but_one), Catch::Contains("beyond its end at 0x"));
  }
}

TEST_CASE(
    "what a map names far beyond the end of its file is an error at the entry that names it") {
  Bytes file = small_qcow2();
  be(file, qcow2_first_table_at, 0x00fffffffffffe00, 8);
  CHECK_THAT(fault(check_qcow2_map, file),
             Catch::Contains("an L2 table") && Catch::Contains("at 0x600:"));
  file = small_vmdk();
  put_u64(file, 56, UINT64_MAX - 1);
  CHECK_THAT(fault(check_vmdk_map, file), Catch::Contains("its grain directory"));
  file = small_vmdk();
  put_u32(file, vmdk_table_at + 8, UINT32_MAX);
  CHECK_THAT(fault(check_vmdk_map, file),
             Catch::Contains("a grain") && Catch::Contains("at 0x608:"));
  file = small_vdi();
  put_u32(file, vdi_table_at + 4, 0xfffffffd);
  CHECK_THAT(fault(check_vdi_map, file),
             Catch::Contains("a block") && Catch::Contains("at 0x204:"));
}

TEST_CASE("entries of a map that name no place are none that could lie beyond the end") {
  Bytes file = small_qcow2();
  const std::size_t table = second_table(file);
  be(file, table + 8, 0x00fffffffffffe00 | 1, 8);  // zeros, with a place kept for them
  CHECK_NOTHROW(check_qcow2_map(MemorySource(file, "disk")));
  be(file, 4, 2, 4);  // version 2 knows no such flag
  CHECK_THAT(fault(check_qcow2_map, file), Catch::Contains("a cluster"));
  file = small_vdi();
  put_u32(file, vdi_table_at + 4, 0xfffffffe);
  CHECK_NOTHROW(check_vdi_map(MemorySource(file, "disk")));
  file = small_vmdk();
  put_u32(file, 8, 1 | 4);
  put_u32(file, vmdk_table_at + 8, 1);
  CHECK_NOTHROW(check_vmdk_map(MemorySource(file, "disk")));
}

TEST_CASE("the last cluster of a disk need not lie in a qcow2 beyond the disk's end") {
  Bytes file = build_qcow2(2048, {{3, Bytes(512, 1)}});
  be(file, 20, 12, 4);  // clusters of 4 KiB
  be(file, 40, 4096, 8);
  file.resize(4 * 4096);
  be(file, 4096, 8192, 8);
  be(file, 8192, 3 * 4096, 8);
  file.resize(3 * 4096 + 2048);
  CHECK_NOTHROW(check_qcow2_map(MemorySource(file, "disk")));
  file.pop_back();
  CHECK_THAT(fault(check_qcow2_map, file), Catch::Contains("expected 0x800 bytes from 0x3000"));
}

TEST_CASE("a compressed cluster of a qcow2 must have all of its last sector") {
  Bytes file = small_qcow2();
  // 9 bits of a cluster: one bit counts sectors.
  const std::uint64_t compressed = std::uint64_t{1} << 62 | std::uint64_t{1} << 61;
  be(file, second_table(file), compressed | (file.size() - 1024), 8);
  CHECK_NOTHROW(check_qcow2_map(MemorySource(file, "disk")));
  be(file, second_table(file), compressed | (file.size() - 511), 8);
  CHECK_THAT(fault(check_qcow2_map, file), Catch::Contains("a compressed cluster"));
}

TEST_CASE(
    "tables of a map that two entries share are an error, so that a walk reads no byte twice") {
  Bytes file = small_qcow2();
  std::copy_n(file.begin() + qcow2_first_table_at, 8, file.begin() + qcow2_first_table_at + 8);
  CHECK_THAT(fault(check_qcow2_map, file), Catch::Contains("name one L2 table"));
  file = small_vmdk();
  put_u64(file, 12, 8192);  // 4 MiB: two tables
  put_u32(file, vmdk_directory_at + 4, vmdk_table_at / 512);
  CHECK_THAT(fault(check_vmdk_map, file), Catch::Contains("name one grain table"));
}

TEST_CASE("sizes in a header that no container has are an error before anything is allocated") {
  Bytes file = small_qcow2();
  be(file, 24, UINT64_MAX, 8);
  be(file, 36, UINT32_MAX, 4);
  CHECK_THAT(fault(check_qcow2_map, file), Catch::Contains("L1 table"));
  file = small_qcow2();
  be(file, 20, 60, 4);
  CHECK_THAT(fault(check_qcow2_map, file), Catch::Contains("cluster size"));
  file = small_vmdk();
  put_u64(file, 20, UINT64_MAX);
  CHECK_THAT(fault(check_vmdk_map, file), Catch::Contains("bad sizes"));
  file = small_vmdk();
  put_u64(file, 12, std::uint64_t{1} << 62);  // the length of its directory wraps around
  put_u64(file, 20, 1);
  put_u32(file, 44, 1);
  CHECK(error_of([&] { check_vmdk_map(MemorySource(file, "disk")); }).kind() ==
        ErrorKind::unsupported);
  file = small_vdi();
  put_u32(file, 384, UINT32_MAX);
  CHECK_THAT(fault(check_vdi_map, file), Catch::Contains("blocks"));
}

TEST_CASE(
    "a qcow2 that is encrypted or of unknown features and a differencing VDI are unsupported") {
  Bytes file = small_qcow2();
  be(file, 32, 2, 4);
  CHECK(error_of([&] { read_qcow2_header(MemorySource(file, "m")); }).kind() ==
        ErrorKind::unsupported);
  file = small_qcow2();
  be(file, 72, 1 << 20, 8);
  CHECK(error_of([&] { read_qcow2_header(MemorySource(file, "m")); }).kind() ==
        ErrorKind::unsupported);
  file = small_vdi();
  put_u32(file, 76, 4);
  CHECK_THAT(error_of([&] { check_vdi_header(MemorySource(file, "m")); }).what(),
             Catch::Contains("differencing VDI"));
}

TEST_CASE("a qcow2 that qemu marked as corrupt is read with a note") {
  const TempDir dir;
  Bytes file = small_qcow2();
  be(file, 72, 2, 8);
  const auto storage = host_read_storage();
  const QemuImage image = examine_qemu_image(*storage, dir.write("disk", file), "qcow2");
  REQUIRE(image.notes.size() == 1);
  CHECK_THAT(image.notes[0], Catch::Contains("marked as corrupt"));
}

TEST_CASE("the parts of a split VMDK must be there, whole, and of the size that is said") {
  const TempDir dir;
  const auto storage = host_read_storage();
  const auto check = [&](const std::string& extents) {
    const QemuImage image = examine_qemu_image(
        *storage, dir.write("disk.vmdk", "# Disk DescriptorFile\n" + extents), "vmdk");
    check_maps(*storage, image);
  };
  dir.write("part", small_vmdk());
  dir.write("flat", Bytes(4096));
  CHECK_NOTHROW(check("RW 512 SPARSE \"part\"\nRW 7 FLAT \"flat\" 1\n"));
  CHECK_THAT(error_of([&] { check("RW 512 SPARSE \"gone\"\n"); }).what(),
             Catch::Contains("its part") && Catch::Contains("gone is missing"));
  CHECK_THAT(error_of([&] { check("RW 500 SPARSE \"part\"\n"); }).what(),
             Catch::Contains("has 512 sectors, but the descriptor says 500"));
  CHECK_THAT(error_of([&] { check("RW 8 FLAT \"flat\" 1\n"); }).what(),
             Catch::Contains("flat: a part of the VMDK is cut off at 0x1000") &&
                 Catch::Contains("expected 4608 bytes, found 4096 bytes"));
  CHECK(error_of([&] { check("RW 18446744073709551615 FLAT \"flat\" 1\n"); }).kind() ==
        ErrorKind::corrupt);
  Bytes cut = small_vmdk();
  cut.pop_back();
  dir.write("part", cut);
  CHECK_THAT(error_of([&] { check("RW 512 SPARSE \"part\"\n"); }).what(),
             Catch::Contains("the VMDK is cut off"));
}

TEST_CASE(
    "an extent of a VMDK that qemu passes over is refused, since the rest would move forward") {
  const TempDir dir;
  dir.write("flat", Bytes(4096));
  const auto storage = host_read_storage();
  for (const char* extent : {"RW 8 ZERO", "RDONLY 8 FLAT \"flat\" 0", "NOACCESS 8 FLAT \"flat\" 0",
                             "RW 8 SESPARSE \"flat\"", "RW 8 VMFSRDM \"flat\""}) {
    INFO(extent);
    const std::string path =
        dir.write("disk.vmdk", std::string("# Disk DescriptorFile\n") + extent + "\n");
    const Error e = error_of([&] { examine_qemu_image(*storage, path, "vmdk"); });
    CHECK(e.kind() == ErrorKind::unsupported);
    CHECK_THAT(e.what(), Catch::Contains("an extent of a kind that is not read"));
  }
}

TEST_CASE("a VMDK of no sectors, to qemu a descriptor of other files, is an error") {
  const TempDir dir;
  Bytes file = small_vmdk();
  put_u64(file, 12, 0);
  const std::string path = dir.write("disk.vmdk", file);
  CHECK(error_of([&] { examine_qemu_image(*host_read_storage(), path, "vmdk"); }).kind() ==
        ErrorKind::corrupt);
}

TEST_CASE("a second header does not hide that the first one makes a VMDK a descriptor to qemu") {
  const TempDir dir;
  Bytes file = small_vmdk();
  const Bytes second(file.begin(), file.begin() + 512);
  file.insert(file.end(), second.begin(), second.end());
  file.resize(file.size() + 512);
  put_u64(file, 56, ~std::uint64_t{0});
  const auto examine = [&] {
    examine_qemu_image(*host_read_storage(), dir.write("disk.vmdk", file), "vmdk");
  };
  CHECK_NOTHROW(examine());
  put_u64(file, 12, 0);
  CHECK_THAT(error_of(examine).what(), Catch::Contains("bad sizes"));
}

TEST_CASE("a hint of a parent that only qemu finds in a VMDK is an error") {
  const TempDir dir;
  const auto examine = [&](const Bytes& file) {
    examine_qemu_image(*host_read_storage(), dir.write("disk.vmdk", file), "vmdk");
  };
  for (const std::string hint : {"CID=1\nparentCID=ffffffff\nparentFileNameHint=\"/etc/passwd\"\n",
                                 "# not meant: parentFileNameHint=\"/etc/passwd\"\n",
                                 "parentCID=1\nparentFileNameHint = \"base.vmdk\"\n"}) {
    INFO(hint);
    const std::string text = "# Disk DescriptorFile\n" + hint;
    CHECK_THAT(error_of([&] { examine(Bytes(text.begin(), text.end())); }).what(),
               Catch::Contains("can be read in two ways"));
    for (const bool old : {false, true}) {
      Bytes file = small_vmdk(old);
      std::fill_n(file.begin() + 512, 512, std::uint8_t{0});
      std::copy(hint.begin(), hint.end(), file.begin() + 512);
      INFO(old);
      CHECK(error_of([&] { examine(file); }).kind() == ErrorKind::corrupt);
    }
  }
}

TEST_CASE("an extent of a VMDK that qemu would read otherwise is an error") {
  const TempDir dir;
  dir.write("a", Bytes(1024));
  for (const std::string lines :
       {"\nRW 2 FLAT \"a\" 0\n", " \t\r\nRW 2 FLAT \"a\" 0\n", "RW\n2 FLAT \"a\" 0\n",
        "RW 2\nFLAT \"a\" 0\n", "RW 2 FLAT b \"a\" 0\n", "RW 2 FLAT \"a\n",
        "RW 2 FLAT \"a\rb\" 0\n", "RW two FLAT \"a\" 0\n"}) {
    INFO(lines);
    const std::string path = dir.write("disk.vmdk", "# Disk DescriptorFile\nCID=1\n" + lines);
    const Error e = error_of([&] { examine_qemu_image(*host_read_storage(), path, "vmdk"); });
    CHECK(e.kind() == ErrorKind::corrupt);
    CHECK_THAT(e.what(), Catch::Contains("qemu"));
  }
  const std::string path = dir.write(
      "disk.vmdk", "# Disk DescriptorFile\nRW 2 FLAT \"" + std::string(512, 'a') + "\" 0\n");
  CHECK(error_of([&] { examine_qemu_image(*host_read_storage(), path, "vmdk"); }).kind() ==
        ErrorKind::corrupt);
}

TEST_CASE("a parent that was changed since or is of a format that is not checked is refused") {
  const TempDir dir;
  const auto storage = host_read_storage();
  const auto examine = [&](const std::string& name) {
    examine_qemu_image(*storage, dir / name, qemu_format(*storage->open(dir / name)));
  };
  dir.write("base.vmdk", small_vmdk());  // CID=12345678
  const auto child_of = [&](const std::string& id) {
    dir.write("child.vmdk", "# Disk DescriptorFile\nCID=9\nparentCID=" + id +
                                "\nparentFileNameHint=\"base.vmdk\"\n");
  };
  child_of("12345678");
  CHECK_NOTHROW(examine("child.vmdk"));
  child_of("12345679");
  CHECK_THAT(error_of([&] { examine("child.vmdk"); }).what(), Catch::Contains("the CID differs"));

  Bytes child = small_qcow2();
  const std::size_t name = child.size();
  child.resize(name + 512);
  std::copy_n("base", 4, child.begin() + static_cast<std::ptrdiff_t>(name));
  be(child, 8, name, 8);
  be(child, 16, 4, 4);
  be(child, 104, 0xe2792aca, 4);  // the format of the parent
  be(child, 108, 3, 4);
  std::copy_n("raw", 3, child.begin() + 112);
  dir.write("child.qcow2", child);
  dir.write("base", Bytes(4096));
  CHECK_NOTHROW(examine("child.qcow2"));
  dir.write("base", small_qcow2());
  CHECK_THAT(error_of([&] { examine("child.qcow2"); }).what(),
             Catch::Contains("is qcow2, but the qcow2 says that it is raw"));
  Bytes vhdx(4096);
  std::copy_n("vhdxfile", 8, vhdx.begin());
  dir.write("base", vhdx);
  CHECK_THAT(error_of([&] { examine("child.qcow2"); }).what(), Catch::Contains("is a VHDX"));
}

TEST_CASE("qemu reads what the fixtures build, and its own images of every kind pass the check") {
  if (!have_tool("qemu-img")) return;
  const TempDir dir;
  const auto storage = host_read_storage();
  const auto raw_of = [&](const std::string& name, const std::string& format) {
    must_run({"qemu-img", "convert", "-f", format, "-O", "raw", dir / name, dir / "raw"});
    return content(*storage->open(dir / "raw"));
  };
  const auto check = [&](const std::string& name, const std::string& format) {
    INFO(name);
    CHECK_NOTHROW(check_maps(*storage, examine_qemu_image(*storage, dir / name, format)));
  };
  dir.write("q", small_qcow2());
  CHECK(raw_of("q", "qcow2") ==
        plain(256 * kib, {{0, Bytes(512, 1)}, {300, Bytes(512, 2)}, {301, Bytes(512, 3)}}));
  must_run({"qemu-img", "check", "-q", "-f", "qcow2", dir / "q"});
  const Bytes grains = plain(256 * kib, {{0, Bytes(4096, 1)}, {63, Bytes(4096, 2)}});
  dir.write("v", small_vmdk());
  CHECK(raw_of("v", "vmdk") == grains);
  dir.write("old", small_vmdk(true));
  dir.write("v",
            "# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\n"
            "createType=\"vmfsSparse\"\nRW 512 VMFSSPARSE \"old\"\n");
  CHECK(raw_of("v", "vmdk") == grains);
  check("v", "vmdk");
  constexpr std::uint64_t mib = 1 << 20;
  dir.write("d", build_vdi(3 * mib, mib, {{2, Bytes(mib, 7)}}));
  CHECK(raw_of("d", "vdi") == plain(3 * mib, {{2, Bytes(mib, 7)}}));

  // A disk that ends within a cluster, with noise here and there.
  Bytes data(3 * mib + 1536);
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (i / 40000 % 3 != 1) data[i] = static_cast<std::uint8_t>(i * i / 7 + i / 512);
  }
  dir.write("source", data);
  const struct {
    const char* format;
    const char* options;
    bool packed = false;
  } kinds[] = {{"qcow2", "compat=0.10"},
               {"qcow2", "cluster_size=512"},
               {"qcow2", "cluster_size=2M"},
               {"qcow2", "extended_l2=on"},
               {"qcow2", "extended_l2=on,preallocation=metadata"},
               {"qcow2", "preallocation=metadata"},
               {"qcow2", "preallocation=full"},
               {"qcow2", "compat=1.1", true},
               {"vmdk", "subformat=monolithicSparse,zeroed_grain=on"},
               {"vmdk", "subformat=twoGbMaxExtentSparse"},
               {"vmdk", "subformat=twoGbMaxExtentFlat"},
               {"vmdk", "subformat=streamOptimized"},
               {"vdi", "static=off"},
               {"vdi", "static=on"}};
  for (const auto& kind : kinds) {
    std::vector<std::string> command = {"qemu-img", "convert", "-f", "raw", "-O", kind.format};
    if (kind.packed) command.emplace_back("-c");
    command.insert(command.end(), {"-o", kind.options, dir / "source", dir / "made.disk"});
    must_run(command);
    INFO(kind.options);
    check("made.disk", kind.format);
    std::filesystem::remove(dir / "made.disk");
  }
}

TEST_CASE("a disk that qemu would read as zeros where its file is cut off is an error") {
  if (!have_library("libnbd") || !have_tool("qemu-nbd")) return;
  const TempDir dir;
  Bytes file = small_qcow2();
  file.pop_back();
  const std::string path = dir.write("disk.qcow2", file);
  const auto storage = with_disks(host_read_storage());
  CHECK_THAT(error_of([&] { open_qemu_disk(*storage, path, "qcow2"); }).what(),
             Catch::Contains("cut off"));
}

namespace {

/// `data`, then a hole up to `size`.
class WithHole final : public ByteSource {
 public:
  WithHole(Bytes data, std::uint64_t size)
      : ByteSource("disk.qcow2"), data_(std::move(data)), size_(size) {}
  std::uint64_t size() const override { return size_; }

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    std::fill(out.begin(), out.end(), std::uint8_t{0});
    if (offset >= data_.size()) return;
    const std::size_t length =
        std::min<std::size_t>(out.size(), data_.size() - static_cast<std::size_t>(offset));
    std::copy_n(data_.begin() + static_cast<std::ptrdiff_t>(offset), length, out.begin());
  }

 private:
  Bytes data_;
  std::uint64_t size_;
};

}  // namespace

TEST_CASE("a map of a qcow2 that is made of holes is not walked to its end") {
  const auto& images = fixtures::costly_images();
  const auto image = std::find_if(images.begin(), images.end(),
                                  [](const auto& each) { return each.name == "sparse-map.qcow2"; });
  REQUIRE(image != images.end());
  const fixtures::CostlyFile file = image->make();
  const WithHole source(file.data, file.size);
  CHECK_THAT(
      error_of([&] { check_qcow2_map(source); }).what(),
      Catch::Contains("disk.qcow2: is too costly: its L2 tables have more than 1073741824 bytes"));
  CHECK(source.stats().bytes <= (1 << 30) + file.data.size() + 1024);
}
