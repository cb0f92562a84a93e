// A patch of an archive, stopped at every operation: what is left is the old archive or the new
// one, and an archive either way.
#include <iostream>

#include "imgtools/error.h"
#include "imgtools/image.h"
#include "imgtools/journal.h"
#include "tests/conformance/archive_maker.h"
#include "tests/support/every_stop.h"

using namespace goldhive;
using namespace goldhive::testing;

namespace {

const std::string hive = "Windows/System32/config/SOFTWARE";

/// Through the whole of replace_file() or the journal, as `goldhive patch` does it.
void patch(FaultyStorage& storage, const std::string& path, std::uint64_t growth) {
  const auto image = open_image(storage, path);
  const std::uint64_t size = image->volumes().at(0).tree->open(hive)->size();
  FileEdit edit{hive, size + growth, {{8, Bytes(40, 7)}}};
  if (growth > 0) edit.writes.push_back({size, Bytes(static_cast<std::size_t>(growth), 8)});
  const auto verify = [&](const ReadStorage& written) {
    const auto now = open_image(written, path);
    const auto file = now->volumes().at(0).tree->open(hive);
    if (file->size() != edit.new_size || file->read(8, 40) != Bytes(40, 7)) {
      throw Error(ErrorKind::io, "not what was written", path);
    }
  };
  transact(storage, {"/d", path.substr(3), {path + ".goldhive-undo"}, true},
           image->host_change(0, {edit}), "", verify);
}

void stop_everywhere(const std::string& name, const Bytes& archive, std::uint64_t growth) {
  const std::string path = "/d/" + name;
  FaultyStorage start;
  start.put(path, archive);
  FaultyStorage finished = start;
  finished.fail_at(0, Fault::none);
  patch(finished, path, growth);
  const Bytes after = finished.contents(path);
  REQUIRE(after != archive);

  std::map<std::string, std::size_t> left;
  at_every_stop(
      start, finished.operations(), [&](FaultyStorage& storage) { patch(storage, path, growth); },
      [&](FaultyStorage& rebooted, std::uint64_t at) {
        INFO(name << " stopped at operation " << at);
        const auto seen = ReadThroughStorage(rebooted).open(path);
        const Bytes scanned = seen->read(0, static_cast<std::size_t>(seen->size()));
        recover(rebooted, path, false);
        const Bytes recovered = rebooted.contents(path);
        REQUIRE((recovered == archive || recovered == after));
        REQUIRE(scanned == recovered);
        ++left[recovered == archive ? "old" : "new"];
      });
  std::cout << name << ": " << left["old"] << " reboots left the old archive, " << left["new"]
            << " the new one, 0 bad\n";
  CHECK(left["old"] > 0);
  CHECK(left["new"] > 0);
}

}  // namespace

TEST_CASE("a patch of an archive that dies anywhere leaves the old archive or the new") {
  const TempDir dir;
  put_tree(dir, "windows-7-sp1-x64", "tree");
  const struct {
    const char* kind;
    std::uint64_t growth;
  } cases[] = {{"gnu.tar", 0},    {"gnu.tar", 8192},    {"tar.gz", 0},
               {"stored.zip", 0}, {"stored.zip", 8192}, {"deflated.zip", 4096}};
  for (const auto& each : cases) {
    const std::string path = make_archive(dir, "tree", each.kind);
    if (path.empty()) continue;
    stop_everywhere(each.kind, dir.read(std::string("tree.") + each.kind), each.growth);
  }
}
