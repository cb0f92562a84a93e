// A patch of an archive, stopped at every operation: what is left is the old archive or the new
// one, and an archive either way.
#include "imgtools/bytes/error.h"
#include "tests/conformance/archive_maker.h"
#include "tests/conformance/fault_run.h"

using namespace goldhive;
using namespace goldhive::testing;

namespace {

const std::string hive = "Windows/System32/config/SOFTWARE";

/// Through the whole of replace_file() or the journal, as `goldhive patch` does it.
void patch(FaultyStorage& storage, std::uint64_t growth) {
  const std::string& path = fault_path;
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
  transact(storage, {"/d", "disk", {path + ".goldhive-undo"}, true}, image->host_change(0, {edit}),
           "", verify);
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
    stop_everywhere(each.kind, dir.read(std::string("tree.") + each.kind),
                    [&](FaultyStorage& storage) { patch(storage, each.growth); });
  }
}
