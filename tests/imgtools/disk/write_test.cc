// Changing containers: the plan is applied to a copy, phase by phase, and each step must be a valid
// container, to us and to qemu.
#include <filesystem>
#include <set>

#include "fixtures/vhd_builder.h"
#include "fixtures/vhdx_builder.h"
#include "imgtools/disk/crc.h"
#include "imgtools/disk/raw.h"
#include "imgtools/disk/vhd.h"
#include "imgtools/disk/vhdx.h"
#include "tests/imgtools/disk/disk_support.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tools.h"

using namespace goldhive;
using namespace goldhive::testing;

namespace {

constexpr std::uint64_t mib = 1 << 20;

/// Applies the phases of `change` up to `last_phase`.
void apply_change(const HostChange& change, const std::string& path, int last_phase = 100) {
  for (const auto& [name, size] : change.sizes) {
    REQUIRE(name == path);
    REQUIRE(size >= std::filesystem::file_size(path));
    std::filesystem::resize_file(path, size);
  }
  const auto storage = host_storage();
  const auto file = storage->open_write(path);
  for (const HostEdit& e : change.edits) {
    REQUIRE(e.path == path);
    if (e.phase > last_phase) continue;
    REQUIRE(e.write.offset + e.write.data.size() <= file->size());
    file->write(e.write.offset, e.write.data);
  }
}

int last_phase(const HostChange& change) {
  int last = 0;
  for (const HostEdit& e : change.edits) last = std::max(last, e.phase);
  return last;
}

std::uint64_t bytes_written(const HostChange& change) {
  std::uint64_t sum = 0;
  for (const HostEdit& e : change.edits) sum += e.write.data.size();
  return sum;
}

std::shared_ptr<const MappedDisk> open_disk(const std::string& path) {
  const auto storage = host_read_storage();
  const auto file = storage->open(path);
  if (is_vhdx(*file)) return VhdxDisk::open(*storage, path);
  return VhdDisk::open(*storage, path);
}

/// Some writes: small, over a sector's edge, over a block's edge, in what was never written.
std::vector<Write> some_writes(std::uint64_t block) {
  return {{5, Bytes(3, 0xa1)},
          {510, Bytes(5, 0xa2)},
          {block - 3, Bytes(7, 0xa3)},
          {2 * block + 4000, Bytes(2000, 0xa4)},
          {3 * block + 1, Bytes(1, 0xa5)}};
}

Bytes with(Bytes disk, const std::vector<Write>& writes) {
  for (const Write& w : writes) {
    std::copy(w.data.begin(), w.data.end(), disk.begin() + static_cast<std::ptrdiff_t>(w.offset));
  }
  return disk;
}

/// The disk after each phase: the old content in the sectors that are not in place, the new one in
/// the end.
void check_change(const std::string& path, const std::vector<Write>& writes,
                  const char* qemu_format, const TempDir& dir) {
  const Bytes before = content(*open_disk(path));
  const Bytes expected = with(before, writes);
  const HostChange change = open_disk(path)->host_change(writes);
  CHECK(bytes_written(change) < 100000);
  const std::string original = dir / "original";
  std::filesystem::remove(original);  // of an earlier call
  std::filesystem::copy_file(path, original);
  for (int phase = 0; phase <= last_phase(change); ++phase) {
    std::filesystem::remove(path);
    std::filesystem::copy_file(original, path);
    apply_change(change, path, phase);
    const Bytes now = content(*open_disk(path));
    for (std::size_t i = 0; i < now.size(); ++i) {
      if (now[i] != before[i] && now[i] != expected[i]) FAIL("neither old nor new at " << i);
    }
    if (qemu_format != nullptr && have_tool("qemu-img")) {
      // qemu replays a log only when it may write.
      if (std::string(qemu_format) == "vhdx") {
        must_run({"qemu-img", "check", "-q", "-r", "all", "-f", qemu_format, path});
        CHECK(content(*open_disk(path)) == now);
      }
      dir.write("expected", now);
      must_run(
          {"qemu-img", "compare", "-q", "-f", "raw", "-F", qemu_format, dir / "expected", path});
    }
  }
  CHECK(content(*open_disk(path)) == expected);
  CHECK(open_disk(path)->notes().empty());
}

fixtures::VhdRecipe full_vhd(std::uint32_t type) {
  fixtures::VhdRecipe recipe;
  recipe.type = type;
  // Whole blocks, since qemu does not look at the bits: blocks 0 and 3.
  for (const std::uint64_t block : {0U, 3U}) {
    for (std::uint64_t i = 0; i < 128; ++i) {
      recipe.sectors[block * 128 + i] = fixtures::vhd_sector(static_cast<std::uint8_t>(block + i));
    }
  }
  return recipe;
}

}  // namespace

TEST_CASE("a change of a fixed VHD is the bytes themselves, its footer and nothing else") {
  const TempDir dir;
  const std::string path = dir.write("d.vhd", fixtures::build_vhd(full_vhd(2)));
  const std::vector<Write> writes = some_writes(65536);
  const HostChange change = open_disk(path)->host_change(writes);
  CHECK(change.sizes.empty());
  REQUIRE(change.edits.size() == writes.size() + 1);
  CHECK(change.edits.back().write.offset == mib);
  CHECK(change.edits.back().write.data.size() == 512);
  for (std::size_t i = 0; i < writes.size(); ++i) {
    CHECK(change.edits[i].write.offset == writes[i].offset);
    CHECK(change.edits[i].write.data == writes[i].data);
  }
  check_change(path, writes, "vpc", dir);
}

TEST_CASE("a dynamic VHD gets new blocks and is valid after each phase") {
  const TempDir dir;
  const std::string path = dir.write("d.vhd", fixtures::build_vhd(full_vhd(3)));
  check_change(path, some_writes(65536), "vpc", dir);
}

TEST_CASE("a dynamic VHD that qemu made gets new blocks and stays one to qemu") {
  if (!have_tool("qemu-img")) return;
  const TempDir dir;
  const std::string path = dir / "d.vhd";
  must_run({"qemu-img", "create", "-q", "-f", "vpc", "-o", "force_size=on", path, "8M"});
  check_change(path, {{3, Bytes(4, 1)}, {5 * mib + 77, Bytes(10000, 2)}}, "vpc", dir);
}

TEST_CASE("a sector of a dynamic VHD whose bit is 0 gets its bit") {
  const TempDir dir;
  fixtures::VhdRecipe recipe;
  recipe.sectors = {{0, fixtures::vhd_sector(1)}};
  const std::string path = dir.write("d.vhd", fixtures::build_vhd(recipe));
  check_change(path, {{1030, Bytes(4, 9)}}, nullptr, dir);
  CHECK(open_disk(path)->size() == mib);
}

TEST_CASE("a child VHD is changed and its parent is not") {
  const TempDir dir;
  const Bytes parent = fixtures::build_vhd(full_vhd(3));
  dir.write("parent.vhd", parent);
  fixtures::VhdRecipe child;
  child.type = 4;
  child.id = 2;
  child.parent_id = 1;
  child.relative_path = "parent.vhd";
  child.sectors = {{1, fixtures::vhd_sector(0x21)}};
  const std::string path = dir.write("d.vhd", fixtures::build_vhd(child));
  check_change(path, some_writes(65536), nullptr, dir);
  CHECK(dir.read("parent.vhd") == parent);
}

TEST_CASE("the children of a VHD or VHDX that was changed are no longer read over it") {
  const TempDir dir;
  for (const std::uint32_t type : {2U, 3U, 4U}) {
    dir.write("base.vhd", fixtures::build_vhd(full_vhd(3)));
    fixtures::VhdRecipe parent = full_vhd(type);
    parent.id = 5;
    parent.parent_id = 1;
    parent.relative_path = "base.vhd";
    const std::string path = dir.write("parent.vhd", fixtures::build_vhd(parent));
    fixtures::VhdRecipe child;
    child.type = 4;
    child.id = 2;
    child.parent_id = 5;
    child.relative_path = "parent.vhd";
    const std::string child_path = dir.write("child.vhd", fixtures::build_vhd(child));
    CHECK_NOTHROW(open_disk(child_path));
    CHECK(open_disk(path)->host_change({}).edits.empty());
    // In place, and with a new block.
    for (const std::uint64_t offset : {std::uint64_t{5}, std::uint64_t{70000}}) {
      apply_change(open_disk(path)->host_change({{offset, Bytes(3, 0xa1)}}), path);
      CHECK_THAT(error_of([&] { open_disk(child_path); }).what(),
                 Catch::Contains("was changed after it was made"));
    }
    // The copy of the footer says the same.
    const Bytes file = dir.read("parent.vhd");
    if (type != 2) CHECK(std::equal(file.begin(), file.begin() + 512, file.end() - 512));
  }

  fixtures::VhdxRecipe parent;
  parent.sectors = {{0, Bytes(512, 1)}};
  const std::string path = dir.write("parent.vhdx", fixtures::build_vhdx(parent));
  fixtures::VhdxRecipe child;
  child.data_write_guid = 2;
  child.parent = {{"parent_linkage", fixtures::vhdx_guid_text(1)},
                  {"relative_path", "parent.vhdx"}};
  const std::string child_path = dir.write("child.vhdx", fixtures::build_vhdx(child));
  CHECK_NOTHROW(open_disk(child_path));
  apply_change(open_disk(path)->host_change({{5, Bytes(3, 0xa1)}}), path);
  CHECK_THAT(error_of([&] { open_disk(child_path); }).what(), Catch::Contains("changed since"));
}

TEST_CASE("a dynamic VHDX gets new blocks through its log and is valid after each phase") {
  const TempDir dir;
  for (const std::uint32_t sector : {512U, 4096U}) {
    fixtures::VhdxRecipe recipe;
    recipe.sector_size = sector;
    recipe.sectors = {{0, Bytes(sector, 1)}, {1, Bytes(sector, 2)}};
    const std::string path = dir.write("d.vhdx", fixtures::build_vhdx(recipe));
    check_change(path, some_writes(mib), sector == 512 ? "vhdx" : nullptr, dir);
  }
}

TEST_CASE("a VHDX changed in place keeps its size and gets two new headers") {
  const TempDir dir;
  fixtures::VhdxRecipe recipe;
  recipe.sectors = {{0, Bytes(512, 1)}, {1, Bytes(512, 2)}};
  const Bytes file = fixtures::build_vhdx(recipe);
  const std::string path = dir.write("d.vhdx", file);
  const HostChange change = open_disk(path)->host_change({{100, Bytes(4, 9)}});
  CHECK(change.sizes.empty());
  CHECK(change.edits.size() == 3);
  const VhdxHeader before = read_vhdx_header(*host_read_storage()->open(path));
  apply_change(change, path);
  const VhdxHeader after = read_vhdx_header(*host_read_storage()->open(path));
  CHECK(after.sequence == before.sequence + 2);
  CHECK(after.file_write_guid != before.file_write_guid);
  CHECK(after.data_write_guid != before.data_write_guid);
  CHECK(after.log_guid.is_zero());
  CHECK(open_disk(path)->read(100, 4) == Bytes(4, 9));
}

TEST_CASE("a VHDX whose sequence numbers are used up is not changed") {
  const TempDir dir;
  for (const std::uint64_t left : {3U, 2U, 1U, 0U}) {
    INFO(left);
    fixtures::VhdxRecipe recipe;
    recipe.sectors = {{0, Bytes(512, 1)}};
    Bytes file = fixtures::build_vhdx(recipe);
    for (const std::uint64_t slot : {0U, 1U}) {
      const std::uint64_t at = VhdxHeader::offsets[slot];
      put_u64(file, at + 8, UINT64_MAX - left - 1 + slot);
      const auto header = std::span(file).subspan(at, VhdxHeader::length_on_disk);
      put_u32(file, at + 4, crc32c_without_field(header, 4));
    }
    const std::string path = dir.write("d.vhdx", file);
    const auto change = [&] {
      apply_change(open_disk(path)->host_change({{100, Bytes(4, 9)}}), path);
    };
    if (left >= 2) {
      change();
      CHECK(open_disk(path)->read(100, 4) == Bytes(4, 9));
    } else {
      const Error e = error_of(change);
      CHECK(e.kind() == ErrorKind::refused);
      CHECK_THAT(e.what(), Catch::Contains("sequence number"));
    }
  }
}

TEST_CASE("a dynamic VHDX that qemu made gets new blocks and stays one to qemu") {
  if (!have_tool("qemu-img")) return;
  const TempDir dir;
  const std::string path = dir / "d.vhdx";
  must_run({"qemu-img", "create", "-q", "-f", "vhdx", "-o", "block_size=1M", path, "8M"});
  check_change(path, {{3, Bytes(4, 1)}, {5 * mib + 77, Bytes(10000, 2)}}, "vhdx", dir);
}

TEST_CASE("the same change of the same VHDX gives the same bytes") {
  const TempDir dir;
  fixtures::VhdxRecipe recipe;
  const auto plan = [&](std::uint8_t fill) {
    const std::string path = dir.write("d.vhdx", fixtures::build_vhdx(recipe));
    apply_change(open_disk(path)->host_change({{100, Bytes(4, fill)}}), path);
    return dir.read("d.vhdx");
  };
  const Bytes first = plan(1);
  CHECK(plan(1) == first);
  CHECK(plan(2) != first);
}

TEST_CASE("a child VHDX is changed where it holds the sectors and refused where its parent does") {
  const TempDir dir;
  fixtures::VhdxRecipe parent;
  parent.sectors = {{0, Bytes(512, 1)}};
  dir.write("parent.vhdx", fixtures::build_vhdx(parent));
  fixtures::VhdxRecipe child;
  child.data_write_guid = 2;
  child.parent = {{"parent_linkage", fixtures::vhdx_guid_text(1)},
                  {"relative_path", "parent.vhdx"}};
  child.sectors = {{1, Bytes(512, 2)}};
  const std::string path = dir.write("d.vhdx", fixtures::build_vhdx(child));
  CHECK(error_of([&] {
          open_disk(path)->host_change({{0, Bytes(4, 9)}});
        }).kind() == ErrorKind::refused);
  check_change(path, {{520, Bytes(4, 9)}}, nullptr, dir);
}

TEST_CASE("what must not be written refuses with its reason") {
  const TempDir dir;
  Bytes cut = fixtures::build_vhd(full_vhd(3));
  cut.resize(cut.size() - 512);
  const Error e = error_of([&] {
    open_disk(dir.write("cut.vhd", cut))->host_change({{0, Bytes(1)}});
  });
  CHECK(e.kind() == ErrorKind::refused);
  CHECK_THAT(e.what(), Catch::Contains("footer"));

  fixtures::VhdxRecipe logged;
  logged.log_guid = 7;
  CHECK(error_of([&] {
          open_disk(dir.write("log.vhdx", fixtures::build_vhdx(logged)))
              ->host_change({{0, Bytes(1)}});
        }).kind() == ErrorKind::refused);

  const RawDisk raw(std::make_shared<MemorySource>(Bytes(1024), "raw"));
  CHECK(error_of([&] { raw.host_change({{1020, Bytes(5)}}); }).kind() == ErrorKind::corrupt);
  CHECK(raw.host_change({{1019, Bytes(5)}}).edits.size() == 1);
}
