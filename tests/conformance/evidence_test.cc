// Disks as evidence: E01 by ewfacquire, which is not ours, and raw disks in pieces.
#include <filesystem>

#include "imgtools/bytes/digest.h"
#include "imgtools/host/storage.h"
#include "tests/conformance/verdicts.h"
#include "tests/conformance/windows_disk.h"

using namespace goldhive;
using namespace goldhive::testing;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

/// Writes the disk in pieces called `path`.001 and so on.
void split_disk(const TempDir& dir, const std::string& raw, const std::string& name) {
  const Bytes disk = dir.read(fs::path(raw).filename());
  const std::size_t piece = disk.size() / 3 + 1000;
  for (std::size_t i = 0; i * piece < disk.size(); ++i) {
    const std::size_t end = std::min(disk.size(), (i + 1) * piece);
    dir.write(name + ".00" + std::to_string(i + 1),
              Bytes(disk.begin() + static_cast<std::ptrdiff_t>(i * piece),
                    disk.begin() + static_cast<std::ptrdiff_t>(end)));
  }
}

/// Evidence is never written: a patch is refused, and no byte in the folder is another one.
void check_untouched(const TempDir& dir, const std::string& target) {
  const auto storage = host_read_storage();
  const auto digests = [&] {
    std::map<std::string, Digest> files;
    for (const auto& entry : fs::directory_iterator(dir.path())) {
      files[entry.path()] = sha256(*storage->open(entry.path()));
    }
    return files;
  };
  const std::map<std::string, Digest> before = digests();
  const RunResult plan = run_cli({"plan", target});
  CHECK_THAT(plan.out + plan.err,
             Catch::Contains("is never changed") || Catch::Contains("put them together"));
  const RunResult patch = run_cli({"patch", target});
  CHECK(patch.status == 2);
  CHECK(digests() == before);
  CHECK(run_cli({"undo", target}).status == 2);
}

void check_same(const json& expected, const std::string& target, const char* format) {
  const RunResult scan = run_cli({"scan", "--format", "json", target});
  INFO(target << "\n" << scan.err);
  CHECK(scan.err.empty());
  const json report = scan.json();
  CHECK(report.at("targets").size() == 1);
  CHECK(report.at("targets").at(0).at("format") == format);
  CHECK(verdicts(report) == expected);
}

}  // namespace

TEST_CASE("an E01 of every kind that ewfacquire makes gets the verdicts of its disk") {
  if (!have_disk_tools() || !have_tool("ewfacquire")) return;
  const TempDir dir;
  const std::string raw = make_windows_disk(dir, "disk", Layout::mbr, "windows-7-sp1-x64");
  const json expected = verdicts(run_cli({"scan", "--format", "json", raw}).json());
  struct Kind {
    const char* format;
    const char* compression;
    const char* segment;  ///< bytes
    const char* end;
  };
  for (const Kind& kind : {Kind{"encase6", "none", "1048576", ".E01"},
                           {"encase6", "fast", "1048576", ".E01"},
                           {"encase5", "best", "100000000", ".E01"},
                           {"encase1", "empty-block", "5000000", ".E01"},
                           {"ftk", "none", "5000000", ".E01"},
                           {"smart", "fast", "5000000", ".s01"},
                           {"linen7", "fast", "5000000", ".E01"}}) {
    const std::string folder = std::string(kind.format) + "-" + kind.compression;
    dir.make_directory(folder);
    const std::string name = dir / folder + "/evidence";
    must_run({"ewfacquire", "-u", "-q", "-f", kind.format, "-c", kind.compression, "-S",
              kind.segment, "-d", "sha1", "-t", name, raw});
    check_same(expected, name + kind.end, "e01");
    // Its segments are one target of a folder.
    const json all = run_cli({"scan", "--format", "json", dir / folder}).json();
    CHECK(all.at("targets").size() == 1);
  }
  dir.make_directory("one");
  must_run({"ewfacquire", "-u", "-q", "-c", "fast", "-d", "sha1", "-t", dir / "one/x", raw});
  const RunResult verified = run_cli({"scan", "--verify-source", dir / "one/x.E01"});
  CHECK_THAT(verified.out, Catch::Contains("the MD5 of the disk is the one") &&
                               Catch::Contains("the SHA-1 of the disk is the one"));
  const TempDir apart;
  fs::copy(dir / "one/x.E01", apart / "x.E01");
  check_untouched(apart, apart / "x.E01");
}

TEST_CASE("a raw disk in pieces gets the verdicts of the whole") {
  if (!have_disk_tools()) return;
  const TempDir dir;
  const std::string raw = make_windows_disk(dir, "disk", Layout::gpt, "windows-7-sp1-x64");
  const json expected = verdicts(run_cli({"scan", "--format", "json", raw}).json());
  const TempDir pieces;
  pieces.write("whole", dir.read("disk"));
  split_disk(pieces, pieces / "whole", "x");
  fs::remove(pieces / "whole");
  check_same(expected, pieces / "x.001", "split");
  check_same(expected, pieces.path(), "split");
  check_untouched(pieces, pieces / "x.001");
  fs::remove(pieces / "x.002");
  const RunResult gap = run_cli({"scan", pieces / "x.001"});
  CHECK(gap.status == 2);
  CHECK_THAT(gap.err, Catch::Contains("its piece 2 is missing"));
  fs::remove(pieces / "x.003");
  CHECK(run_cli({"scan", pieces / "x.001"}).status == 2);
}
