// A WIM under a limit on the size of files: the old one or a patched one, and nothing beside it.
#include <filesystem>

#include "imgtools/host/storage.h"
#include "tests/conformance/run_cli.h"
#include "tests/conformance/wim_maker.h"
#include "tests/support/child_posix.h"
#include "tests/support/digest_of.h"

using namespace goldhive;
using namespace goldhive::testing;
namespace fs = std::filesystem;

namespace {

std::string leftovers(const TempDir& dir) {
  std::string found;
  for (const auto& entry : fs::directory_iterator(dir.path())) {
    const std::string name = entry.path().filename().string();
    if (name.find(".goldhive-") != std::string::npos) found += name + " ";
  }
  return found;
}

}  // namespace

TEST_CASE("a WIM under a limit on the size of files stays as it was or is patched") {
  if (!have_wim_tools()) return;
  const TempDir dir;
  const std::string original = make_wim(dir, "original.wim", {"windows-7-sp1-x64"});
  const std::string before = digest_of(original);
  const std::uint64_t size = fs::file_size(original);
  const std::string path = dir / "w.wim";
  std::size_t refused = 0;
  std::size_t patched = 0;
  for (const bool compact : {false, true}) {
    for (const std::uint64_t limit : {std::uint64_t{0}, std::uint64_t{1000}, size / 2, size,
                                      size + 4096, 2 * size, 16 * size}) {
      INFO((compact ? "written anew, " : "in place, ") << "at most " << limit << " bytes");
      fs::copy_file(original, path, fs::copy_options::overwrite_existing);
      std::vector<std::string> arguments = {"patch", "--no-undo", "--no-cross-check", path};
      if (compact) arguments.emplace_back("--compact");
      const Ended ended = run_in_child([&] {
        limit_file_size(limit);
        return run_cli(arguments).status;
      });
      CHECK(ended.signal == 0);
      CHECK(leftovers(dir).empty());
      if (ended.status != 2) {
        ++patched;
      } else if (digest_of(path) == before) {
        ++refused;
      } else {
        // The patch is in place, and only the rewrite that follows it found no room.
        CHECK(compact);
        CHECK(run_cli({"verify", path}).status == 0);
      }
    }
  }
  CHECK(refused > 4);
  CHECK(patched > 1);
}
