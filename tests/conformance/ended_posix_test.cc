// Archives that are written anew under a limit on the size of files, or until the user has enough:
// the old archive or the new one, and nothing of the other beside it.
#include <filesystem>

#include "imgtools/host/storage.h"
#include "src/cli/cli.h"
#include "tests/conformance/archive_maker.h"
#include "tests/support/child_posix.h"
#include "tests/support/digest_of.h"

using namespace goldhive;
using namespace goldhive::testing;
namespace fs = std::filesystem;

namespace {

/// Names beside the archive that are not its undo file or the kept original.
std::string leftovers(const TempDir& dir) {
  std::string found;
  for (const auto& entry : fs::directory_iterator(dir.path())) {
    const std::string name = entry.path().filename().string();
    if (name.find(".goldhive-") != std::string::npos &&
        name.find(".goldhive-undo") == std::string::npos) {
      found += name + " ";
    }
  }
  return found;
}

std::uint64_t questions_left = 0;

bool asked() {
  if (questions_left == 0) return true;
  --questions_left;
  return false;
}

RunResult run_until(std::uint64_t questions, const std::vector<std::string>& arguments,
                    const TempDir& dir) {
  questions_left = questions;
  std::ostringstream out, err;
  const auto input = host_read_storage();
  const auto output = host_storage();
  cli::Host host{out,
                 err,
                 *input,
                 *output,
                 {},
                 "2026-01-31",
                 134143776000000000,
                 {dir.path(), dir.path(), ""}};
  host.interrupted = asked;
  RunResult result;
  result.status = cli::run(arguments, host);
  result.out = out.str();
  result.err = err.str();
  return result;
}

}  // namespace

TEST_CASE("an archive under a limit on the size of files stays as it was or is patched") {
  for (const char* kind : {"gnu.tar", "tar.gz"}) {
    INFO(kind);
    const TempDir dir;
    put_tree(dir, "windows-7-sp1-x64", "tree");
    const std::string path = make_archive(dir, "tree", kind);
    if (path.empty()) continue;
    const std::string before = digest_of(path);
    const std::uint64_t size = fs::file_size(path);
    for (const std::uint64_t limit :
         {std::uint64_t{0}, std::uint64_t{512}, size / 8, size / 2, size - 1, size}) {
      INFO("at most " << limit << " bytes");
      const Ended ended = run_in_child([&] {
        limit_file_size(limit);
        return run_cli({"patch", "--no-undo", "--no-cross-check", path}).status;
      });
      CHECK(ended.signal == 0);
      CHECK(leftovers(dir).empty());
      if (ended.status == 2) CHECK(digest_of(path) == before);
      if (limit < size / 2) CHECK(ended.status == 2);
    }
  }
}

TEST_CASE(
    "a user who ends the rewrite of an archive keeps the old one, and the new one is removed") {
  const TempDir dir;
  put_tree(dir, "windows-7-sp1-x64", "tree");
  const std::string path = make_archive(dir, "tree", "tar.gz");
  if (path.empty()) return;
  const std::string before = digest_of(path);
  std::size_t in_rewrite = 0;
  for (std::uint64_t questions = 1;; questions += 1 + questions / 16) {
    INFO("ended after " << questions << " questions");
    const RunResult run = run_until(questions, {"patch", "-f", "json", path}, dir);
    CHECK(leftovers(dir).empty());
    if (run.status != 130) break;
    const auto target = run.json()["targets"][0];
    CHECK(target["interrupted"] == "cut-short");
    if (digest_of(path) != before) {
      CHECK(target["installations"][0]["changed"] == true);
      break;
    }
    CHECK(target["installations"].empty());
    if (target["notes"].dump().find(".goldhive-new, which was not finished") != std::string::npos) {
      ++in_rewrite;
    }
  }
  CHECK(in_rewrite > 0);
}
