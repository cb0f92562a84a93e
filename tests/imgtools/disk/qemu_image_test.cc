#include "imgtools/disk/qemu_image.h"

#include <filesystem>

#include "imgtools/disk/vmdk_descriptor.h"
#include "tests/imgtools/disk/disk_support.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tools.h"

using namespace goldhive;
using namespace goldhive::testing;

namespace {

QemuImage examine(const std::string& path) {
  const auto storage = host_read_storage();
  return examine_qemu_image(*storage, path, qemu_format(*storage->open(path)));
}

std::vector<std::string> paths_of(const QemuImage& image) {
  std::vector<std::string> paths;
  for (const QemuFile& file : image.files) paths.push_back(file.path);
  return paths;
}

void be(Bytes& out, std::size_t at, std::uint64_t value, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i) {
    out[at + i] = static_cast<std::uint8_t>(value >> (8 * (width - 1 - i)));
  }
}

/// The head of a qcow2 that names a parent.
Bytes qcow2_with_parent(const std::string& parent) {
  Bytes file(1024);
  std::copy_n("QFI\xfb", 4, file.begin());
  be(file, 4, 3, 4);
  be(file, 8, 512, 8);
  be(file, 16, parent.size(), 4);
  be(file, 20, 16, 4);
  be(file, 100, 104, 4);
  std::copy(parent.begin(), parent.end(), file.begin() + 512);
  return file;
}

std::string descriptor(const std::string& lines) {
  return "# Disk DescriptorFile\nversion=1\n" + lines;
}

}  // namespace

TEST_CASE("containers that qemu reads are recognised by their first bytes") {
  CHECK(qemu_format(MemorySource(qcow2_with_parent(""), "m")) == "qcow2");
  const std::string text = descriptor("");
  CHECK(qemu_format(MemorySource(Bytes(text.begin(), text.end()), "m")) == "vmdk");
  Bytes vdi(512);
  put_u32(vdi, 64, 0xbeda107f);
  CHECK(qemu_format(MemorySource(vdi, "m")) == "vdi");
  CHECK(qemu_format(MemorySource(Bytes(512), "m")).empty());
  CHECK(qemu_format(MemorySource(Bytes{}, "m")).empty());
}

TEST_CASE("an image that names anything but a file is refused before qemu is started") {
  const TempDir dir;
  for (const std::string name :
       {"nbd:localhost:10809", "json:{\"driver\":\"nbd\"}", "http://host/disk", "C:\\disk.vmdk"}) {
    INFO(name);
    const Error a = error_of([&] { examine(dir.write("a.qcow2", qcow2_with_parent(name))); });
    CHECK(a.kind() == ErrorKind::unsupported);
    CHECK_THAT(a.what(), Catch::Contains("is not the path of a file"));
    const Error b = error_of(
        [&] { examine(dir.write("a.vmdk", descriptor("RW 100 FLAT \"" + name + "\" 0\n"))); });
    CHECK(b.kind() == ErrorKind::unsupported);
    const Error c = error_of([&] {
      examine(dir.write("a.vmdk",
                        descriptor("parentCID=12345678\nparentFileNameHint=\"" + name + "\"\n")));
    });
    CHECK(c.kind() == ErrorKind::unsupported);
  }
}

TEST_CASE("a qcow2 with an external data file or of an old version is refused") {
  const TempDir dir;
  Bytes file = qcow2_with_parent("");
  be(file, 72, 4, 8);
  CHECK(error_of([&] { examine(dir.write("a", file)); }).kind() == ErrorKind::unsupported);
  file = qcow2_with_parent("");
  be(file, 4, 1, 4);
  CHECK(error_of([&] { examine(dir.write("a", file)); }).kind() == ErrorKind::unsupported);
  file = qcow2_with_parent("x");
  be(file, 16, 0xffffffff, 4);
  CHECK(error_of([&] { examine(dir.write("a", file)); }).kind() == ErrorKind::corrupt);
}

TEST_CASE("a file that is forced to be of a format and is not is refused before qemu is started") {
  const TempDir dir;
  const std::string path = dir.write("disk", Bytes(4096));
  const auto storage = host_read_storage();
  for (const std::string format : {"qcow2", "vmdk", "vdi"}) {
    CHECK_THAT(error_of([&] { examine_qemu_image(*storage, path, format); }).what(),
               Catch::Contains("does not begin with the signature of a " + format));
  }
}

TEST_CASE("a streamOptimized VMDK is known before anything is written") {
  if (!have_tool("qemu-img")) return;
  const TempDir dir;
  for (const std::string type : {"streamOptimized", "monolithicSparse", "monolithicFlat"}) {
    must_run(
        {"qemu-img", "create", "-q", "-f", "vmdk", "-o", "subformat=" + type, dir / type, "4M"});
    CHECK(read_vmdk_descriptor(*host_read_storage()->open(dir / type)).create_type == type);
    CHECK(examine(dir / type).write_refusal.empty() == (type != "streamOptimized"));
  }
}

TEST_CASE("a VMDK descriptor that lies about its place is an error") {
  Bytes file(1024);
  std::copy_n("KDMV", 4, file.begin());
  put_u64(file, 28, 1);
  put_u64(file, 36, ~std::uint64_t{0});
  CHECK(error_of([&] { read_vmdk_descriptor(MemorySource(file, "m")); }).kind() ==
        ErrorKind::corrupt);
  put_u64(file, 36, 20);
  CHECK(error_of([&] { read_vmdk_descriptor(MemorySource(file, "m")); }).kind() ==
        ErrorKind::corrupt);
}

TEST_CASE("a VMDK gets a CID back that has another length, within one sector") {
  const TempDir dir;
  const auto storage = host_storage();
  const auto disk = [](const std::string& text, std::size_t sectors) {
    Bytes file(512 * (1 + sectors));
    std::copy_n("KDMV", 4, file.begin());
    put_u32(file, 28, 1);
    put_u32(file, 36, static_cast<std::uint32_t>(sectors));
    std::copy(text.begin(), text.end(), file.begin() + 512);
    return file;
  };
  const auto lines = [](const std::string& id, const std::string& more) {
    return descriptor("CID=" + id + "\nparentCID=ffffffff\n" + more);
  };
  const std::string full(512 - lines("12345678", "").size(), 'x');
  const std::string beyond(600, 'x');
  struct Case {
    std::string now, then, more;
    bool done;
  };
  for (const Case& c :
       {Case{"12345678", "87654321", "more", true}, Case{"1234567", "87654321", "more", true},
        Case{"12345678", "7654321", "more", true}, Case{"12345678", "7", full, true},
        Case{"12345678", "87654321", beyond, true},
        Case{"1234567", "87654321", full.substr(1) + "xx", false},
        Case{"12345678", "7654321", beyond, false}, Case{"12345678", "x7654321", "more", false},
        Case{"12345678", "187654321", "more", false}}) {
    INFO(c.now << " " << c.then << " " << c.more.size());
    const std::string path = dir.write("x.vmdk", disk(lines(c.now, c.more), 2));
    CHECK(vmdk_content_id(*storage, path) == c.now);
    restore_vmdk_content_id(*storage, path, c.then);
    CHECK(dir.read("x.vmdk") == disk(lines(c.done ? c.then : c.now, c.more), 2));
  }
  const std::string text = dir.write("text.vmdk", lines("12345678", ""));
  restore_vmdk_content_id(*storage, text, "1234567");
  CHECK(vmdk_content_id(*storage, text) == "12345678");
  restore_vmdk_content_id(*storage, text, "00000001");
  CHECK(vmdk_content_id(*storage, text) == "00000001");
  CHECK(vmdk_content_id(*storage, dir.write("raw", Bytes(600))).empty());
}

TEST_CASE("the files an image depends on are listed and a missing or looping parent is an error") {
  const TempDir dir;
  const std::string base = dir.write("base.raw", Bytes(4096));
  const std::string middle = dir.write("middle.qcow2", qcow2_with_parent("base.raw"));
  const std::string top = dir.write("top.qcow2", qcow2_with_parent("middle.qcow2"));
  CHECK(paths_of(examine(top)) == std::vector<std::string>{top, middle, base});

  dir.write("base.raw", qcow2_with_parent("top.qcow2"));
  CHECK_THAT(error_of([&] { examine(top); }).what(), Catch::Contains("comes back"));
  const Error e = error_of([&] { examine(dir.write("x", qcow2_with_parent("gone"))); });
  CHECK(e.kind() == ErrorKind::not_found);
  CHECK_THAT(e.what(), Catch::Contains("its parent disk") && Catch::Contains("missing"));

  const std::string split =
      dir.write("split.vmdk",
                descriptor("createType=\"twoGbMaxExtentFlat\"\r\nRW 10 FLAT \"split-f001.vmdk\" "
                           "0\r\nRW 10 FLAT \"split-f002.vmdk\" 0\r\n"));
  dir.write("split-f001.vmdk", Bytes(5120));
  dir.write("split-f002.vmdk", Bytes(5120));
  CHECK(paths_of(examine(split)) ==
        std::vector<std::string>{split, dir / "split-f001.vmdk", dir / "split-f002.vmdk"});
}
