// What goldhive 0.1.0 left behind is still recovered and undone, byte for byte. README.md tells
// what the relics are and how they were made.
#include <algorithm>
#include <filesystem>

#include "tests/conformance/run_cli.h"
#include "tests/conformance/verdicts.h"
#include "tests/golden.h"
#include "tests/support/libraries.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tools.h"

using namespace goldhive;
using namespace goldhive::testing;
namespace fs = std::filesystem;

namespace {

/// One kind of target: "<name>.tar.xz" with a folder for each state.
struct Kind {
  std::string name;
  std::string target;   ///< its name in the folder of a state
  std::string library;  ///< that a build must have to read it; "" is none
  bool by_qemu = false;
};

bool can_be_read(const Kind& kind) {
  for (const char* tool : {"tar", "xz", "diff"}) {
    if (!have_tool(tool)) return false;
  }
  if (!kind.library.empty() && !have_library(kind.library)) return false;
  return !kind.by_qemu ||
         (have_library("libnbd") && have_tool("qemu-nbd") && have_tool("qemu-img"));
}

bool has_undo_file(const fs::path& state) {
  return std::ranges::any_of(fs::directory_iterator(state), [](const auto& entry) {
    return entry.path().filename().string().find(".goldhive-undo") != std::string::npos;
  });
}

/// Takes back what was begun in a state, then what was done.
void restore(const fs::path& state, const std::string& target) {
  const RunResult recovered = run_cli({"recover", target});
  INFO(recovered.out << recovered.err);
  REQUIRE(recovered.status == 0);
  const bool patched = state.filename() == "patched";
  CHECK(has_undo_file(state) >= patched);
  for (int undone = 0; undone < 2 && has_undo_file(state); ++undone) {
    const RunResult undo = run_cli({"undo", target});
    INFO(undo.out << undo.err);
    REQUIRE(undo.status == 0);
  }
}

/// Puts the disk that a container holds in its place.
void unpack_disk(const std::string& container) {
  must_run({"qemu-img", "convert", "-O", "raw", container, container + ".disk"});
  fs::rename(container + ".disk", container);
}

void require_restored(const Kind& kind) {
  if (!can_be_read(kind)) return;
  const TempDir dir;
  must_run({"tar", "-C", dir.path(), "--no-same-owner", "-xJf",
            (tests::source_folder() / "tests/relics/0.1.0" / (kind.name + ".tar.xz")).string()});
  const fs::path states = dir / kind.name;
  const fs::path original = states / "original";
  const auto scan = [&](const fs::path& state) {
    const std::string target = (state / kind.target).string();
    return verdicts(run_cli({"scan", "-f", "json", target}).json()).at("findings");
  };
  const nlohmann::json before = scan(original);
  const nlohmann::json after = scan(states / "patched");
  CHECK(before != after);
  if (kind.by_qemu) unpack_disk((original / kind.target).string());
  int seen = 0;
  for (const fs::path& state : fs::directory_iterator(states)) {
    if (state == original) continue;
    INFO(state.filename());
    ++seen;
    const std::string target = (state / kind.target).string();
    const std::string name = state.filename().string();
    if (name.starts_with("undo-hot-")) CHECK(scan(state) == before);
    if (name.starts_with("patch-hot-")) {
      // Only a patch that consists of two changes has an undo file already, that of the first one.
      CHECK(scan(state) == (has_undo_file(state) ? after : before));
    }
    restore(state, target);
    if (kind.by_qemu) unpack_disk(target);
    must_run({"diff", "-r", original.string(), state.string()});
  }
  CHECK(seen >= 4);
}

}  // namespace

TEST_CASE("what 0.1.0 left of a patched tree is restored") {
  require_restored({"tree", "tree", ""});
}

TEST_CASE("what 0.1.0 left of a patched hive is restored") {
  require_restored({"hive", "SOFTWARE", ""});
}

TEST_CASE("what 0.1.0 left of a patched raw disk is restored") {
  require_restored({"raw", "disk.raw", ""});
}

TEST_CASE("what 0.1.0 left of a patched VHD is restored") {
  require_restored({"vhd", "disk.vhd", ""});
}

TEST_CASE("what 0.1.0 left of a patched VHDX is restored") {
  require_restored({"vhdx", "disk.vhdx", ""});
}

TEST_CASE("what 0.1.0 left of a patched qcow2 is restored") {
  require_restored({"qcow2", "disk.qcow2", "", true});
}

TEST_CASE("what 0.1.0 left of a patched VMDK is restored") {
  require_restored({"vmdk", "disk.vmdk", "", true});
}

TEST_CASE("what 0.1.0 left of a patched VDI is restored") {
  require_restored({"vdi", "disk.vdi", "", true});
}

TEST_CASE("what 0.1.0 left of a WIM patched in place is restored") {
  require_restored({"wim", "install.wim", ""});
}

TEST_CASE("what 0.1.0 left of a WIM patched and compacted is restored") {
  require_restored({"wim-compact", "install.wim", ""});
}

TEST_CASE("what 0.1.0 left of a patched zip is restored") {
  require_restored({"zip", "backup.zip", "libarchive"});
}

TEST_CASE("what 0.1.0 left of a patched zip without compression is restored") {
  require_restored({"zip-stored", "backup.zip", "libarchive"});
}

TEST_CASE("what 0.1.0 left of a tar patched in place is restored") {
  require_restored({"tar", "backup.tar", "libarchive"});
}

TEST_CASE("what 0.1.0 left of a tar in which a hive grew is restored") {
  require_restored({"tar-grown", "backup.tar", "libarchive"});
}

TEST_CASE("what 0.1.0 left of a patched tar.gz is restored") {
  require_restored({"tar-gz", "backup.tar.gz", "libarchive"});
}
