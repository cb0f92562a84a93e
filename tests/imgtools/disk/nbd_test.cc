// VMDK, qcow2 and VDI as qemu-nbd serves them.
#include "imgtools/disk/nbd.h"

#include <cstdlib>
#include <filesystem>

#include "imgtools/host/storage.h"
#include "tests/imgtools/disk/disk_support.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tools.h"

using namespace goldhive;
using namespace goldhive::testing;

namespace {

constexpr std::uint64_t mib = 1 << 20;

bool can_run_nbd() { return have_tool("qemu-img") && have_tool("qemu-nbd"); }

}  // namespace

TEST_CASE(
    "reads of any size come through qemu-nbd also from an image with signs of JSON in its name") {
  if (!can_run_nbd()) return;
  const TempDir dir;
  Bytes data(3 * mib);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::uint8_t>(i / 512 + i);
  dir.write("raw", data);
  must_run({"qemu-img", "convert", "-f", "raw", "-O", "vmdk", dir / "raw", dir / "disk.vmdk"});
  std::filesystem::rename(dir / "disk.vmdk", dir / "a,b:c \"d");
  const auto server = start_nbd_server({{"vmdk", dir / "a,b:c \"d"}}, "disk", false);
  CHECK(server->size() == data.size());
  for (const std::size_t at :
       {0UL, 1UL, 511UL, 512UL, 70001UL, data.size() - 1, data.size() - 700}) {
    Bytes piece(std::min<std::size_t>(1025, data.size() - at));
    server->read(at, piece);
    CHECK(std::equal(piece.begin(), piece.end(), data.begin() + static_cast<std::ptrdiff_t>(at)));
  }
  CHECK(error_of([&] { server->write(0, Bytes(512)); }).kind() == ErrorKind::io);
}

TEST_CASE("writes of any size and place go through qemu-nbd to the image") {
  if (!can_run_nbd()) return;
  const TempDir dir;
  must_run({"qemu-img", "create", "-q", "-f", "qcow2", dir / "disk", "2M"});
  Bytes data(2 * mib);
  {
    const auto server = start_nbd_server({{"qcow2", dir / "disk"}}, "disk", true);
    for (const std::size_t at : {5UL, 1000UL, 70001UL, data.size() - 100}) {
      const Bytes piece(100, static_cast<std::uint8_t>(at));
      server->write(at, piece);
      std::copy(piece.begin(), piece.end(), data.begin() + static_cast<std::ptrdiff_t>(at));
    }
    server->flush();
  }
  must_run({"qemu-img", "convert", "-f", "qcow2", "-O", "raw", dir / "disk", dir / "raw"});
  CHECK(content(*host_read_storage()->open(dir / "raw")) == data);
}

TEST_CASE("what qemu-nbd has against an image is told in its own words") {
  if (!can_run_nbd()) return;
  const TempDir dir;
  const Error e = error_of([&] {
    start_nbd_server({{"qcow2", dir.write("block", std::string(4096, 'x'))}}, "disk", false);
  });
  CHECK(e.kind() == ErrorKind::corrupt);
  CHECK_THAT(e.what(), Catch::Contains("not in qcow2 format"));
  CHECK_THAT(e.what(), !Catch::Contains("json:"));
}

namespace {

/// The error of an attempt to start qemu-nbd in the folder `dir`, with that PATH.
Error error_with_path(const TempDir& dir, const std::string& path) {
  dir.write("disk", Bytes(512));
  const std::string before = std::getenv("PATH");
  const std::filesystem::path folder = std::filesystem::current_path();
  std::filesystem::current_path(dir.path());
  ::setenv("PATH", path.c_str(), 1);
  const Error e = error_of([&] { start_nbd_server({{"raw", dir / "disk"}}, "disk", false); });
  ::setenv("PATH", before.c_str(), 1);
  std::filesystem::current_path(folder);
  return e;
}

}  // namespace

TEST_CASE("a missing qemu-nbd is an error that names the package") {
  const TempDir dir;
  const Error e = error_with_path(dir, dir.path());
  CHECK(e.kind() == ErrorKind::unsupported);
  CHECK_THAT(e.what(), Catch::Contains("qemu-utils"));
}

TEST_CASE("a qemu-nbd in the current folder is never started") {
  const TempDir dir;
  dir.make_directory("bin");
  for (const char* name : {"qemu-nbd", "bin/qemu-nbd"}) {
    dir.write(name, "#!/bin/sh\n: >'" + dir / "started" + "'\n");
    std::filesystem::permissions(dir / name, std::filesystem::perms::owner_all);
  }
  for (const std::string path : {"", ":", ".", ".:/nowhere", "/nowhere:", ":/nowhere", "bin",
                                 "./bin", "/nowhere::/nowhere", "*"}) {
    INFO("PATH is '" << path << "'");
    const Error e = error_with_path(dir, path);
    CHECK(e.kind() == ErrorKind::unsupported);
    CHECK_THAT(e.what(), Catch::Contains("is not installed"));
    CHECK_FALSE(std::filesystem::exists(dir / "started"));
  }
  error_with_path(dir, ":" + dir / "bin");
  CHECK(std::filesystem::exists(dir / "started"));
}

TEST_CASE("an image that another qemu has open for writing is refused as in use") {
  if (!can_run_nbd()) return;
  const TempDir dir;
  must_run({"qemu-img", "create", "-q", "-f", "qcow2", dir / "disk", "2M"});
  const auto writer = start_nbd_server({{"qcow2", dir / "disk"}}, "disk", true);
  const Error e = error_of([&] { start_nbd_server({{"qcow2", dir / "disk"}}, "disk", true); });
  CHECK(e.kind() == ErrorKind::refused);
  CHECK_THAT(e.what(), Catch::Contains("in use"));
}
