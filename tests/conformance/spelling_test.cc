// One folder, however its name is spelled: a patch locks each file once, and undo finds its file.
#include <filesystem>

#include "tests/conformance/archive_maker.h"
#include "tests/conformance/run_cli.h"
#include "tests/support/temp_dir.h"

namespace goldhive::testing {
namespace {

TEST_CASE("a tree is patched and undone by any spelling of its folder") {
  const TempDir dir;
  put_tree(dir, "windows-7-sp1-x64", "tree");
  const std::string plain = dir / "tree";
  const std::string config = plain + "/Windows/System32/config";
  for (const std::string& spelling :
       {plain + "/", plain + "/.", plain + "/../tree", plain + "/Windows/", config + "/"}) {
    INFO(spelling);
    const RunResult patched = run_cli({"patch", spelling});
    INFO(patched.out << patched.err);
    CHECK(patched.status != 2);
    CHECK(patched.err.empty());
    const RunResult undone = run_cli({"undo", spelling});
    INFO(undone.out << undone.err);
    CHECK(undone.status == 0);
    CHECK(undone.out.find("restored") != std::string::npos);
  }
}

}  // namespace
}  // namespace goldhive::testing
