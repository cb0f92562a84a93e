// Whoever shares the folder of an image gives its names to other files between our look at them and
// their use, or writes another header into the image: what we did not look at is not read, and what
// is not the image is not written.
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <optional>

#include "fixtures/vhd_builder.h"
#include "fixtures/vhdx_builder.h"
#include "fixtures/wim_builder.h"
#include "imgtools/change/own_names.h"
#include "imgtools/disk/disk_storage.h"
#include "imgtools/disk/qemu_image.h"
#include "imgtools/disk/vhd.h"
#include "imgtools/disk/vhdx.h"
#include "imgtools/disk/vmdk_descriptor.h"
#include "imgtools/formats.h"
#include "tests/imgtools/disk/disk_support.h"
#include "tests/support/recording_storage.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tools.h"

using namespace goldhive;
using namespace goldhive::testing;
namespace fs = std::filesystem;

namespace {

bool can_run_nbd() { return have_tool("qemu-img") && have_tool("qemu-nbd"); }

/// While it lives, `action`, lines of a shell, runs in `folder` just before qemu-nbd does, and so
/// between our look at an image and qemu's.
class BeforeQemu {
 public:
  BeforeQemu(const TempDir& dir, const std::string& folder, const std::string& action)
      : path_(std::getenv("PATH")) {
    const std::string program = dir.write("bin/qemu-nbd", "#!/bin/sh -e\n(cd '" + folder + "'\n" +
                                                              action + "\n) >/dev/null\nPATH='" +
                                                              path_ + "' exec qemu-nbd \"$@\"\n");
    REQUIRE(::chmod(program.c_str(), 0755) == 0);
    ::setenv("PATH", (dir / "bin:" + path_).c_str(), 1);
  }
  ~BeforeQemu() { ::setenv("PATH", path_.c_str(), 1); }
  BeforeQemu(const BeforeQemu&) = delete;
  BeforeQemu& operator=(const BeforeQemu&) = delete;

 private:
  std::string path_;
};

constexpr std::size_t disk_size = 1 << 20;
constexpr std::uint8_t mine = 'm';
constexpr std::uint8_t secret = 's';

/// A folder of images that hold 'm' alone, and one with a victim's files, which hold 's'.
struct Scene {
  TempDir dir;
  std::string images = dir / "images";

  Scene() {
    for (const auto& [folder, byte] : {std::pair{"images", mine}, std::pair{"victim", secret}}) {
      const std::string prefix = std::string(folder) + "/";
      dir.write(prefix + "raw", Bytes(disk_size, byte));
      run(folder,
          "qemu-img convert -f raw -O qcow2 raw disk.qcow2\n"
          "qemu-img convert -f raw -O vdi raw disk.vdi\n"
          "qemu-img convert -f raw -O vmdk raw disk.vmdk\n"
          "qemu-img convert -f raw -O vmdk -o subformat=monolithicFlat raw flat.vmdk\n"
          "qemu-img create -q -f qcow2 -F raw -b raw child.qcow2\n"
          "qemu-img create -q -f qcow2 -F raw -b raw middle.qcow2\n"
          "qemu-img create -q -f qcow2 -F qcow2 -b middle.qcow2 grandchild.qcow2\n"
          "qemu-img create -q -f vmdk -b disk.vmdk -F vmdk child.vmdk");
    }
    // Two images that name the victim's files, for the place of a harmless one.
    run("images",
        "qemu-img create -q -f qcow2 -F raw -b ../victim/raw to-parent.qcow2\n"
        "cp ../victim/raw data\n"
        "qemu-img create -q -f qcow2 -o data_file=$PWD/data,data_file_raw=on to-data.qcow2 1M\n"
        "rm data\n"
        "ln -s ../victim/raw data");
  }
  void run(const std::string& folder, const std::string& commands) const {
    must_run({"sh", "-ec", "cd '" + dir / folder + "'\n" + commands});
  }
  std::string image(const std::string& name) const { return images + "/" + name; }
};

/// One of the victim's files takes the place of `name`, a file that `image` needs.
struct Swap {
  const char* image;
  const char* name;
};

const Swap swaps[] = {
    {"disk.qcow2", "disk.qcow2"},    {"disk.vdi", "disk.vdi"},
    {"disk.vmdk", "disk.vmdk"},      {"flat.vmdk", "flat.vmdk"},
    {"flat.vmdk", "flat-flat.vmdk"}, {"child.qcow2", "raw"},
    {"child.vmdk", "disk.vmdk"},     {"grandchild.qcow2", "middle.qcow2"},
    {"grandchild.qcow2", "raw"},
};

/// The two ways to put it there, and to put the folder's there with all that is in it.
const char* const ways[] = {"mv $name old; ln -s ../victim/$name $name",
                            "mv $name old; ln ../victim/$name $name",
                            "cd ..; mv images old; ln -s victim images"};
constexpr const char* back = "if [ -e old ]; then mv -f old $name; fi";
constexpr const char* folder_back = "if [ -e old ]; then rm images; mv old images; fi";

}  // namespace

TEST_CASE("qemu reads what was looked at, whatever its names have become") {
  if (!can_run_nbd()) return;
  for (const Swap& swap : swaps) {
    for (const char* way : ways) {
      INFO(swap.image << ": " << swap.name << ": " << way);
      const Scene scene;
      const BeforeQemu meanwhile(scene.dir, scene.images,
                                 std::string("name=") + swap.name + "; " + way);
      const auto storage = with_disks(host_read_storage());
      const auto disk = storage->open(disk_inside(scene.image(swap.image)));
      CHECK(content(*disk) == Bytes(disk_size, mine));
    }
  }
}

TEST_CASE("qemu writes what was looked at, whatever its names have become") {
  if (!can_run_nbd()) return;
  const Bytes written(4096, 'w');
  Bytes expected(disk_size, mine);
  std::copy(written.begin(), written.end(), expected.begin());
  for (const Swap& swap : swaps) {
    for (const char* way : ways) {
      INFO(swap.image << ": " << swap.name << ": " << way);
      const Scene scene;
      const std::string name = std::string("name=") + swap.name + "; ";
      scene.run("victim", "find . -type f -exec sha256sum {} + >../before");
      {
        const BeforeQemu meanwhile(scene.dir, scene.images, name + way);
        const auto storage = with_disks(host_storage());
        const auto disk = storage->open_write(disk_inside(scene.image(swap.image)));
        disk->write(0, written);
        disk->sync();
      }
      scene.run("victim", "sha256sum --quiet -c ../before");
      scene.run(".", folder_back);
      scene.run("images", name + back);
      const auto storage = with_disks(host_read_storage());
      CHECK(content(*storage->open(disk_inside(scene.image(swap.image)))) == expected);
    }
  }
}

TEST_CASE("an image that names another file by the time qemu opens it does not get that file") {
  if (!can_run_nbd()) return;
  const Scene scene;
  const auto storage = with_disks(host_read_storage());
  {
    const BeforeQemu meanwhile(scene.dir, scene.images, "cat to-parent.qcow2 >disk.qcow2");
    const auto disk = storage->open(disk_inside(scene.image("disk.qcow2")));
    CHECK(disk->read(0, 1) == Bytes{0});
  }
  const BeforeQemu meanwhile(scene.dir, scene.images, "cat to-data.qcow2 >middle.qcow2");
  for (const char* name : {"middle.qcow2", "grandchild.qcow2"}) {
    scene.run("images", "qemu-img create -q -f qcow2 -F raw -b raw middle.qcow2");
    const Error e = error_of([&] { storage->open(disk_inside(scene.image(name))); });
    CHECK(e.kind() == ErrorKind::refused);
    CHECK_THAT(e.what(), Catch::Contains("names a file now"));
  }
}

TEST_CASE("qemu gets no file that whoever started us left open") {
  if (!can_run_nbd()) return;
  const Scene scene;
  // Without O_CLOEXEC: as a shell's "exec 9<file" leaves it.
  std::FILE* inherited = std::fopen((scene.dir / "victim/raw").c_str(), "r");
  REQUIRE(inherited != nullptr);
  const auto storage = with_disks(host_read_storage());
  CHECK_NOTHROW(storage->open(disk_inside(scene.image("disk.qcow2"))));
  std::fclose(inherited);
}

TEST_CASE("a file that is read-only or a link is not written by qemu") {
  if (!can_run_nbd()) return;
  const Scene scene;
  const auto refusal = [&](const std::string& name) {
    const auto storage = with_disks(host_storage());
    const auto reader = storage->open(disk_inside(scene.image(name)));
    const Error e = error_of([&] { storage->open_write(disk_inside(scene.image(name))); });
    CHECK(e.kind() == ErrorKind::refused);
    CHECK(reader->read(0, 1) == Bytes{mine});  // who reads it goes on reading
    return std::string(e.what());
  };
  scene.run("images", "chmod a-w disk.qcow2 flat-flat.vmdk");
  CHECK_THAT(refusal("disk.qcow2"), Catch::Contains("is read-only"));
  CHECK_THAT(refusal("flat.vmdk"), Catch::Contains("is read-only"));
  scene.run("images", "chmod u+w flat-flat.vmdk; mv flat-flat.vmdk x; ln -s x flat-flat.vmdk");
  CHECK_THAT(refusal("flat.vmdk"), Catch::Contains("is a symbolic link"));
}

TEST_CASE("the first write to a VMDK in several files changes the CID in its descriptor") {
  if (!can_run_nbd()) return;
  const Scene scene;
  const std::string path = scene.image("flat.vmdk");
  const auto id = [&] { return read_vmdk_descriptor(*host_read_storage()->open(path)).content_id; };
  const Bytes before = scene.dir.read("images/flat.vmdk");
  const std::string first = id();
  {
    const auto storage = with_disks(host_storage());
    const auto disk = storage->open_write(disk_inside(path));
    CHECK(scene.dir.read("images/flat.vmdk") == before);
    disk->write(0, Bytes(512, 'w'));
    CHECK(id() != first);
    disk->write(512, Bytes(512, 'w'));
  }
  CHECK(id() != first);
  CHECK(id().size() == first.size());
  CHECK(scene.dir.read("images/flat.vmdk").size() == before.size());
  must_run({"qemu-img", "info", path});
}

TEST_CASE("a CID is followed by the next one of its length") {
  const struct {
    const char* before;
    const char* after;
  } rows[] = {{"version=1\nCID=1234abcd\nparentCID=ffffffff\n",
               "version=1\nCID=1234abce\nparentCID=ffffffff\n"},
              {"CID=FFFFFFFF\r\nx", "CID=00000000\r\nx"},
              {"x\nCID=9\n", "x\nCID=a\n"},
              {"x\nCID=0fff", "x\nCID=1000"},
              {"x\nCID=\nparentCID=1\n", "x\nCID=\nparentCID=1\n"},
              {"parentCID=1\n", "parentCID=1\n"}};
  const TempDir dir;
  for (const auto& row : rows) {
    const std::string path = dir.write("descriptor", std::string(row.before));
    change_content_id(*host_storage()->open_write(path));
    const Bytes now = dir.read("descriptor");
    CHECK(std::string(now.begin(), now.end()) == row.after);
  }
}

namespace {

/// Opens an image whose parent or part becomes a link out of its folder just before it is opened.
void check_refused(const std::string& image, const std::string& other,
                   const std::function<void(const ReadStorage&)>& open) {
  INFO(image);
  RecordingStorage storage(host_storage());
  bool swapped = false;
  storage.before_each([&](const RecordingStorage::Call& call, Storage&) {
    if (swapped || call.name != "open" || call.path != other) return;
    swapped = true;
    fs::rename(other, other + ".aside");
    fs::create_symlink("../victim/" + fs::path(other).filename().string(), other);
  });
  const Error e = error_of([&] { open(storage); });
  CHECK(swapped);
  CHECK(e.kind() == ErrorKind::refused);
  CHECK_THAT(e.what(), Catch::Contains("outside of the folder"));
}

}  // namespace

TEST_CASE("a parent or part that becomes a link out of the folder when it is opened is refused") {
  const TempDir dir;
  const auto both = [&](const std::string& name, const Bytes& data) {
    dir.write("victim/" + name, data);
    return dir.write("images/" + name, data);
  };
  const auto path = [&](const std::string& name) { return dir / ("images/" + name); };

  fixtures::VhdRecipe child;
  child.type = 4;
  child.id = 2;
  child.parent_id = 1;
  child.relative_path = ".\\parent.vhd";
  dir.write("images/disk.vhd", fixtures::build_vhd(child));
  check_refused(path("disk.vhd"), both("parent.vhd", fixtures::build_vhd({})),
                [&](const ReadStorage& storage) { VhdDisk::open(storage, path("disk.vhd")); });

  fixtures::VhdxRecipe child_x;
  child_x.data_write_guid = 2;
  child_x.parent = {{"parent_linkage", fixtures::vhdx_guid_text(1)},
                    {"relative_path", ".\\parent.vhdx"}};
  dir.write("images/disk.vhdx", fixtures::build_vhdx(child_x));
  check_refused(path("disk.vhdx"), both("parent.vhdx", fixtures::build_vhdx({})),
                [&](const ReadStorage& storage) { VhdxDisk::open(storage, path("disk.vhdx")); });

  fixtures::WimRecipe recipe;
  recipe.images = {{"First", {{"x", Bytes(3, 'x')}}}};
  Bytes wim = fixtures::build_wim(recipe).data;
  WimHeader header = read_wim_header(MemorySource(wim, "w"));
  header.parts = 2;
  const auto part = [&](std::uint16_t number) {
    header.part = number;
    const Bytes head = to_bytes(header);
    std::copy(head.begin(), head.end(), wim.begin());
    return wim;
  };
  dir.write("images/install.swm", part(1));
  check_refused(path("install.swm"), both("install2.swm", part(2)),
                [&](const ReadStorage& storage) { open_image(storage, path("install.swm")); });

  const std::string text =
      "# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\n"
      "createType=\"monolithicFlat\"\nRW 8 FLAT \"flat\" 0\n";
  dir.write("images/disk.vmdk", text);
  check_refused(path("disk.vmdk"), both("flat", Bytes(4096)), [&](const ReadStorage& storage) {
    examine_qemu_image(storage, path("disk.vmdk"), "vmdk");
  });
}
