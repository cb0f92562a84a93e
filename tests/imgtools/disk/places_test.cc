// Where the files may lie that an image names: each kind of name that led out of the folder of the
// image in 0.1.0.
#include "imgtools/host/file_places.h"

#include <sys/stat.h>

#include <filesystem>

#include "fixtures/vhd_builder.h"
#include "fixtures/vhdx_builder.h"
#include "fixtures/wim_builder.h"
#include "imgtools/bytes/bytes.h"
#include "imgtools/disk/qemu_image.h"
#include "imgtools/disk/vhd.h"
#include "imgtools/disk/vhdx.h"
#include "imgtools/formats.h"
#include "tests/imgtools/disk/disk_support.h"
#include "tests/skip.h"
#include "tests/support/temp_dir.h"

using namespace goldhive;
using namespace goldhive::testing;
namespace fs = std::filesystem;

namespace {

/// The folder of the image and one outside of it.
struct TwoFolders {
  TempDir dir;
  std::string outside = dir / "outside";
  std::string inside = dir / "images";
  std::unique_ptr<ReadStorage> storage = host_read_storage();

  TwoFolders() {
    dir.make_directory("outside");
    dir.make_directory("images");
  }
  FilePlaces places(const std::string& image, std::vector<std::string> folders = {}) const {
    return FilePlaces(*storage, image, std::move(folders));
  }
  QemuImage examined(const std::string& image, std::vector<std::string> folders = {}) const {
    return examine_qemu_image(*storage, image, qemu_format(*storage->open(image)),
                              places(image, std::move(folders)));
  }
};

void check_refused(const std::function<void()>& action) {
  const Error e = error_of(action);
  CHECK(e.kind() == ErrorKind::refused);
  CHECK_THAT(e.what(), Catch::Contains("--parent-dir"));
}

std::string flat_descriptor(const std::string& extent) {
  return "# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\n"
         "createType=\"monolithicFlat\"\nRW 8 FLAT \"" +
         extent + "\" 0\n";
}

Bytes qcow2_with_parent(const std::string& parent) {
  Bytes file(1024);
  const auto be32 = [&](std::size_t at, std::size_t value) {
    file[at + 2] = static_cast<std::uint8_t>(value >> 8);
    file[at + 3] = static_cast<std::uint8_t>(value);
  };
  std::copy_n("QFI\xfb", 4, file.begin());
  be32(4, 3);
  be32(12, 512);
  be32(16, parent.size());
  be32(20, 16);
  be32(100, 104);
  std::copy(parent.begin(), parent.end(), file.begin() + 512);
  return file;
}

}  // namespace

TEST_CASE("a path is known without its links, whatever its parts are") {
  const TwoFolders t;
  fs::create_directory_symlink("../outside", t.inside + "/up");
  fs::create_symlink("up/x", t.inside + "/twice");
  fs::create_symlink("loop", t.inside + "/loop");
  const auto real = [&](const std::string& path) { return without_links(*t.storage, path); };
  const std::string outside = real(t.outside);
  CHECK(real(t.inside + "/./up/../images/twice") == outside + "/x");
  CHECK(real(t.inside + "/up/none/x") == outside + "/none/x");
  CHECK(real("a/../../b/./c") == "../b/c");
  CHECK(real("/../a") == "/a");
  CHECK_THROWS_AS(real(t.inside + "/loop"), Error);
}

TEST_CASE("below the folder of an image is what is there when all links are resolved") {
  const TwoFolders t;
  t.dir.write("images/sub/x", std::string("x"));
  t.dir.write("images2/x", std::string("x"));
  fs::create_directory_symlink(t.outside, t.inside + "/out");
  fs::create_directory_symlink("sub", t.inside + "/in");
  fs::create_directory_symlink(t.inside, t.dir / "other-name");
  const FilePlaces places = t.places(t.inside + "/disk.vmdk");
  CHECK(places.allows(t.inside + "/x"));
  CHECK(places.allows(t.inside + "/sub/../sub/x"));
  CHECK(places.allows(t.inside + "/in/x"));
  CHECK(places.allows(t.dir / "other-name/x"));
  CHECK_FALSE(places.allows(t.inside + "/out/x"));
  CHECK_FALSE(places.allows(t.inside + "/../outside/x"));
  CHECK_FALSE(places.allows(t.dir / "images2/x"));
  CHECK_FALSE(places.allows("/etc/passwd"));
  const FilePlaces more = t.places(t.inside + "/disk.vmdk", {t.outside + "/"});
  CHECK(more.allows(t.inside + "/out/x"));
  CHECK_FALSE(more.is_beside(t.inside + "/out/x"));
  CHECK_FALSE(more.allows(t.dir / "images2/x"));
}

TEST_CASE("a pipe or a device node that came with an image is no part of it and no parent") {
  const TwoFolders t;
  const auto check = [&](const std::string& name) {
    for (const std::string& image : {t.dir.write("images/disk.vmdk", flat_descriptor(name)),
                                     t.dir.write("images/disk.qcow2", qcow2_with_parent(name))}) {
      const Error e = error_of([&] { t.examined(image); });
      CHECK(e.kind() == ErrorKind::refused);
      CHECK_THAT(e.what(), Catch::Contains("no regular file"));
    }
  };
  REQUIRE(::mkfifo((t.inside + "/pipe").c_str(), 0600) == 0);
  check("pipe");
  t.dir.make_directory("images/folder");
  check("folder");
  constexpr dev_t loop0 = 7U << 8U;
  if (::mknod((t.inside + "/node").c_str(), S_IFBLK | 0600, loop0) != 0) {
    skip("only root can make a device node");
    return;
  }
  try {
    t.storage->stat(t.inside + "/node");
  } catch (const Error&) {
    skip("there is no loop device here");
    return;
  }
  check("node");
}

TEST_CASE("a part of a VMDK that has other names is not written") {
  const TwoFolders t;
  const std::string image = t.dir.write("images/disk.vmdk", flat_descriptor("flat"));
  t.dir.write("images/flat", Bytes(4096));
  CHECK(t.examined(image).write_refusal.empty());
  fs::create_hard_link(t.inside + "/flat", t.outside + "/snapshot");
  CHECK_THAT(t.examined(image).write_refusal, Catch::Contains("hard links"));
}

TEST_CASE("a part of a VMDK outside of its folder is refused, and never written") {
  const TwoFolders t;
  t.dir.write("outside/flat", Bytes(4096));
  std::string name;
  SECTION("by a path from the root") { name = t.outside + "/flat"; }
  SECTION("by ..") { name = "../outside/flat"; }
  SECTION("by a link to the file") {
    name = "flat";
    fs::create_symlink("../outside/flat", t.inside + "/flat");
  }
  SECTION("by a link to its folder") {
    name = "sub/flat";
    fs::create_directory_symlink(t.outside, t.inside + "/sub");
  }
  const std::string image = t.dir.write("images/disk.vmdk", flat_descriptor(name));
  check_refused([&] { t.examined(image); });
  const QemuImage allowed = t.examined(image, {t.outside});
  CHECK(allowed.files.size() == 2);
  CHECK_THAT(allowed.write_refusal, Catch::Contains("outside of its folder"));

  t.dir.write("images/own", Bytes(4096));
  CHECK(t.examined(t.dir.write("images/own.vmdk", flat_descriptor("own"))).write_refusal.empty());
}

TEST_CASE("a parent of a qcow2 outside of its folder is refused unless its folder was named") {
  const TwoFolders t;
  t.dir.write("outside/base.raw", Bytes(4096));
  std::string name;
  SECTION("by a path from the root") { name = t.outside + "/base.raw"; }
  SECTION("by ..") { name = "../outside/base.raw"; }
  SECTION("by a link") {
    name = "base.raw";
    fs::create_symlink(t.outside + "/base.raw", t.inside + "/base.raw");
  }
  SECTION("by the parent of its parent") {
    name = "middle.qcow2";
    t.dir.write("images/middle.qcow2", qcow2_with_parent(t.outside + "/base.raw"));
  }
  SECTION("by one that is not there, of which nothing is told") { name = "/no/such/file"; }
  const std::string image = t.dir.write("images/disk.qcow2", qcow2_with_parent(name));
  check_refused([&] { t.examined(image); });
  if (name != "/no/such/file") CHECK(t.examined(image, {t.outside}).write_refusal.empty());
}

TEST_CASE("a parent of a VMDK outside of its folder is refused") {
  const TwoFolders t;
  t.dir.write("images/own", Bytes(4096));
  std::string text = flat_descriptor("own");
  text.replace(text.find("ffffffff"), 8, "87654321");
  text += "parentFileNameHint=\"" + t.outside + "/base.vmdk\"\n";
  const std::string image = t.dir.write("images/disk.vmdk", text);
  check_refused([&] { t.examined(image); });
}

TEST_CASE(
    "a parent of a VHD or VHDX outside of its folder is refused unless its folder was named") {
  const TwoFolders t;
  fixtures::VhdRecipe parent;
  parent.sectors = {{0, fixtures::vhd_sector(7)}};
  t.dir.write("outside/parent.vhd", fixtures::build_vhd(parent));
  fixtures::VhdxRecipe parent_x;
  parent_x.sectors = {{0, Bytes(512, 7)}};
  t.dir.write("outside/parent.vhdx", fixtures::build_vhdx(parent_x));
  fixtures::VhdRecipe child;
  child.type = 4;
  child.id = 2;
  child.parent_id = 1;
  fixtures::VhdxRecipe child_x;
  child_x.data_write_guid = 2;
  child_x.parent = {{"parent_linkage", fixtures::vhdx_guid_text(1)}};
  SECTION("by ..") {
    child.relative_path = "..\\outside\\parent.vhd";
    child_x.parent.emplace_back("relative_path", "..\\outside\\parent.vhdx");
  }
  SECTION("by a path from the root") {
    child.url = "file://" + t.outside + "/parent.vhd";
    child_x.parent.emplace_back("absolute_win32_path", t.outside + "/parent.vhdx");
  }
  SECTION("by a link") {
    child.relative_path = ".\\parent.vhd";
    child_x.parent.emplace_back("relative_path", ".\\parent.vhdx");
    fs::create_symlink("../outside/parent.vhd", t.inside + "/parent.vhd");
    fs::create_symlink("../outside/parent.vhdx", t.inside + "/parent.vhdx");
  }
  const std::string vhd = t.dir.write("images/disk.vhd", fixtures::build_vhd(child));
  const std::string vhdx = t.dir.write("images/disk.vhdx", fixtures::build_vhdx(child_x));
  check_refused([&] { VhdDisk::open(*t.storage, vhd); });
  check_refused([&] { VhdxDisk::open(*t.storage, vhdx); });
  CHECK(VhdDisk::open(*t.storage, vhd, {t.outside})->read(0, 1) == Bytes{7});
  CHECK(VhdxDisk::open(*t.storage, vhdx, {t.outside})->read(0, 1) == Bytes{7});
}

TEST_CASE("the name alone of a parent is looked for in the folders that the user named") {
  const TwoFolders t;
  t.dir.write("outside/parent.vhd", fixtures::build_vhd({}));
  fixtures::VhdRecipe child;
  child.type = 4;
  child.id = 2;
  child.parent_id = 1;
  child.absolute_path = "C:\\VMs\\parent.vhd";
  const std::string image = t.dir.write("images/disk.vhd", fixtures::build_vhd(child));
  CHECK(error_of([&] { VhdDisk::open(*t.storage, image); }).kind() == ErrorKind::not_found);
  CHECK_NOTHROW(VhdDisk::open(*t.storage, image, {t.outside}));
}

TEST_CASE("a part of a split WIM that is a link out of its folder is refused") {
  const TwoFolders t;
  fixtures::WimRecipe recipe;
  recipe.images = {{"First", {{"x", Bytes(3, 'x')}}}};
  Bytes wim = fixtures::build_wim(recipe).data;
  WimHeader header = read_wim_header(MemorySource(wim, "w"));
  header.parts = 2;
  const auto write = [&](const std::string& name, std::uint16_t part) {
    header.part = part;
    const Bytes head = to_bytes(header);
    std::copy(head.begin(), head.end(), wim.begin());
    return t.dir.write(name, wim);
  };
  const std::string first = write("images/install.swm", 1);
  write("outside/install2.swm", 2);
  fs::create_symlink(t.outside + "/install2.swm", t.inside + "/install2.swm");
  check_refused([&] { open_image(*t.storage, first); });
  OpenOptions options;
  options.parent_folders = {t.outside};
  CHECK_NOTHROW(open_image(*t.storage, first, options));
}
