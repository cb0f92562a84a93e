// Whoever is shown a next command pastes it. So every one that is printed is run here by a shell,
// with the program itself, and what it did is compared with what was announced.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <map>
#include <sstream>

#include "fixtures/recipe.h"
#include "src/cli/cli.h"
#include "tests/support/child_posix.h"
#include "tests/support/recording_storage.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tools.h"

namespace goldhive::tests {
namespace {

using goldhive::testing::RecordingStorage;
using goldhive::testing::run_in_child;
using goldhive::testing::run_tool;
using goldhive::testing::TempDir;
using goldhive::testing::ToolResult;
namespace fs = std::filesystem;

/// A folder, and a shell that stands in it.
class Folder {
 public:
  const TempDir& dir() const { return dir_; }

  void put_tree(const std::string& name, const char* recipe = "windows-7-sp1-x64") const {
    dir_.make_directory(name);
    fixtures::write_tree(fixtures::load_recipe(recipe), dir_ / name);
  }

  /// What `line` prints, which may end with any verdict but no error.
  std::string run(const std::string& line) const {
    const ToolResult result =
        run_tool({"sh", "-c",
                  "cd \"$1\" && SOURCE_DATE_EPOCH=1600000000 XDG_STATE_HOME=\"$1/state\" && "
                  "export SOURCE_DATE_EPOCH XDG_STATE_HOME && "
                  "goldhive() { '" GOLDHIVE_PROGRAM "' \"$@\"; } && eval \"$2\"",
                  "sh", dir_.path(), line});
    INFO(line << "\n" << result.output);
    CHECK(WEXITSTATUS(result.status) < 2);
    return result.output;
  }

  /// All files by name, but those of `without`.
  std::map<std::string, Bytes> files(const std::string& without = "\n") const {
    std::map<std::string, Bytes> all;
    for (const auto& entry : fs::recursive_directory_iterator(dir_.path())) {
      const std::string name = fs::relative(entry.path(), dir_.path()).string();
      if (!entry.is_regular_file() || name.find(without) != std::string::npos) continue;
      all[name] = dir_.read(name);
    }
    return all;
  }

 private:
  TempDir dir_;
};

/// The command that stands behind `label` in an output; "" if there is none.
std::string next_command(const std::string& output, const std::string& label) {
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t at = line.find(label);
    if (at == std::string::npos) continue;
    const std::size_t begin = line.find("goldhive ", at);
    return begin == std::string::npos ? line : line.substr(begin);
  }
  return "";
}

/// Of several installations the overview has one line for all that a patch puts right.
std::string next_in(const std::string& output, const std::string& label_of_one) {
  const std::string of_one = next_command(output, label_of_one);
  return of_one.empty() ? next_command(output, "Registry, ") : of_one;
}

std::string plan_after(const std::string& scan) { return next_in(scan, "The fix:"); }
std::string patch_after(const std::string& plan) { return next_in(plan, "To make them:"); }

/// Takes the plan, the patch and the undo that one command after the other offers. `check` looks at
/// what the patch did.
void follow(const Folder& folder, const std::string& plan, const std::function<void()>& check) {
  INFO(plan);
  REQUIRE(plan.starts_with("goldhive plan "));
  const std::string planned = folder.run(plan);
  const std::string patch = patch_after(planned);
  INFO(patch);
  REQUIRE(patch.starts_with("goldhive patch "));
  const std::map<std::string, Bytes> before = folder.files("plan.json");
  const std::string patched = folder.run(patch);
  CHECK((folder.files("plan.json") != before));
  check();
  CHECK(patch_after(folder.run(plan)).empty());
  std::string undo = next_command(patched, "To take it back");
  INFO(undo);
  REQUIRE(undo.starts_with("goldhive undo "));
  folder.run(undo);
  CHECK((folder.files("plan.json") == before));
}

}  // namespace

TEST_CASE("Whatever a tree is called, scan, plan, patch and undo name it so that sh finds it") {
  for (const char* name :
       {"win7",  "my images",   "it's",  "a\"b",    "-dash",      "--help",
        "@list", "$HOME",       "a`id`", "a;b&c|d", "(x86)",      "<a>",
        "#hash", "~",           "=ls",   "*",       "a[b-z]?",    "100%",
        "wow!",  "back\\slash", " lead", "trail ",  "\u00dcbung", "\u65e5\u672c\u8a9e",
        "{a,b}", "a^b"}) {
    INFO(name);
    const Folder folder;
    folder.put_tree(name);
    // A line that begins with # is a comment.
    const bool is_comment = *name == '#';
    folder.dir().write("names.txt", (is_comment ? "./" : "") + std::string(name) + "\n");
    const std::string plan = plan_after(folder.run("goldhive scan @names.txt"));
    CHECK(plan.find("names.txt") == std::string::npos);
    follow(folder, plan, [] {});
  }
}

TEST_CASE("A next command means the same policy, options and targets") {
  struct Case {
    const char* first;    ///< prints the command for a plan, or is that of a plan
    const char* by_hand;  ///< the patch that is meant
  };
  const std::vector<Case> cases = {
      {"goldhive scan win7", "goldhive patch win7"},
      {"goldhive scan --policy tls12-only win7", "goldhive patch -p tls12-only win7"},
      {"goldhive scan -p 'my policy.toml' --today 2027-01-01 win7",
       "goldhive patch -p my\\ policy.toml --today 2027-01-01 win7"},
      {"goldhive scan -p 'my policy.toml' --today 2026-01-01 win7",
       "goldhive patch -p my\\ policy.toml --today 2026-01-01 win7"},
      {"goldhive scan --policy=-p.toml win7", "goldhive patch --policy=-p.toml win7"},
      {"goldhive scan --no-logs --strict --depth 0 win7", "goldhive patch win7"},
      {"goldhive scan win7 'farm/a b' farm/2/", "goldhive patch win7 farm/a\\ b farm/2"},
      {"goldhive scan farm", "goldhive patch farm"},
      {"goldhive scan farm --all", "goldhive patch farm"},
      {"goldhive scan --summary ./farm win7", "goldhive patch farm win7"},
      {"goldhive plan --control-set all win7", "goldhive patch --control-set all win7"},
      {"goldhive plan --only schannel.tls12.client win7",
       "goldhive patch --only schannel.tls12.client win7"},
      {"goldhive plan --protocols tls1.2 win7", "goldhive patch --protocols tls1.2 win7"},
      {"goldhive plan -p tls12-only --control-set all --save 'my plan.json' win7",
       "goldhive patch -p tls12-only --control-set all win7"},
      {"goldhive plan -p 'my policy.toml' --save 'my plan.json' win7 farm/3",
       "goldhive patch -p 'my policy.toml' win7 farm/3"},
      {"goldhive plan --only schannel.tls12.client --save=-plan.json win7",
       "goldhive patch --only schannel.tls12.client win7"},
      {"goldhive patch --dry-run --timestamp 2016-07-08T10:11:12Z --no-cross-check win7",
       "goldhive patch --timestamp 2016-07-08T10:11:12Z win7"},
      {"goldhive patch --dry-run --all-links win7", "goldhive patch --all-links win7"},
      // What the configuration says and the command line takes back: a file that is no image would
      // be an error.
      {"goldhive scan --config c.toml --strict=false -p baseline junk", "goldhive patch junk"},
      {"goldhive plan --config c.toml --strict=false -p baseline junk", "goldhive patch junk"},
      {"goldhive plan --config c.toml -p baseline --save plan.json win7", "goldhive patch win7"},
  };
  for (const Case& each : cases) {
    INFO(each.first);
    const Folder folder, same;
    for (const Folder* one : {&folder, &same}) {
      one->put_tree("win7");
      one->dir().write("c.toml", std::string("policy = 'tls12-only'\n[options]\nstrict = true\n"));
      if (std::string(each.by_hand).find("junk") != std::string::npos) {
        one->put_tree("junk/1/x/y");  // deep enough for the folder to be none of trees
        one->dir().write("junk/readme.txt", std::string("no image\n"));
      }
      if (std::string(each.by_hand).find("farm") == std::string::npos) continue;
      for (const char* name : {"farm/2", "farm/3", "farm/a b"}) {
        one->put_tree(name);
      }
      one->put_tree("farm/ready", "windows-7-sp1-x64-ready");
    }
    for (const Folder* one : {&folder, &same}) {
      for (const char* name : {"my policy.toml", "-p.toml"}) {
        one->dir().write(name, std::string("name = \"own\"\nextends = \"tls12-only\"\n[[waiver]]\n"
                                           "check = \"schannel.tls11.client\"\n"
                                           "reason = \"r\"\nuntil = 2026-06-30\n"));
      }
    }
    std::string plan = each.first;
    if (plan.starts_with("goldhive scan ")) plan = plan_after(folder.run(plan));
    if (plan.starts_with("goldhive plan ")) {
      follow(folder, plan, [&] {
        same.run(each.by_hand);
        CHECK((folder.files("plan.json") == same.files("plan.json")));
      });
      continue;
    }
    const std::map<std::string, Bytes> before = folder.files();
    const std::string patch = patch_after(folder.run(plan));
    REQUIRE(patch.starts_with("goldhive patch "));
    const std::string undo = next_command(folder.run(patch), "To take it back");
    same.run(each.by_hand);
    CHECK((folder.files() == same.files()));
    folder.run(undo);
    CHECK((folder.files() == before));
  }
}

TEST_CASE("The undo that a patch offers looks where its undo file is, and takes back no other") {
  const Folder folder;
  // Deep enough for each to be a target of its own.
  for (const char* name :
       {"farm/1/x/y", "farm/2/x/y", "farm/3/x/y", "farm/4/x/y", "farm/5/x/y", "farm/6/x/y"}) {
    folder.put_tree(name);
  }
  const auto original = folder.files();
  const std::string apart = folder.run("goldhive patch --undo-dir 'undo files' farm/1");
  folder.run(next_command(apart, "To take it back"));
  CHECK((folder.files() == original));

  // An undo of the folder would take back the first patch of farm/1, too.
  folder.run("goldhive patch farm/1");
  const std::string patched = folder.run("goldhive patch farm");
  CHECK(next_command(patched, "To take it back") ==
        "goldhive undo with each of them, whose undo files stand above");
}

TEST_CASE("What rolls a cut-off patch back is offered so that sh finds its target") {
  for (const char* name : {"win7", "my images", "-dash", "it's"}) {
    INFO(name);
    const Folder folder;
    folder.put_tree(name);
    // A line that begins with # is a comment.
    const bool is_comment = *name == '#';
    folder.dir().write("names.txt", (is_comment ? "./" : "") + std::string(name) + "\n");
    const auto before = folder.files();
    run_in_child([&] {
      RecordingStorage storage(host_storage());
      storage.before_each([](const RecordingStorage::Call& call, Storage&) {
        // All is written, and the journal is about to become the undo file.
        if (call.name.starts_with("rename") && call.path.ends_with("goldhive-journal")) ::_exit(0);
      });
      std::ostringstream out, err;
      cli::Host host{out,
                     err,
                     storage,
                     storage,
                     {},
                     "2026-01-31",
                     134143776000000000,
                     {folder.dir().path(), folder.dir().path(), ""}};
      return cli::run({"patch", folder.dir() / name}, host);
    });
    REQUIRE((folder.files() != before));
    const std::string recover =
        next_command(folder.run("goldhive scan @names.txt"), "To roll it back:");
    INFO(recover);
    REQUIRE(recover.starts_with("goldhive recover "));
    folder.run(recover);
    CHECK((folder.files() == before));
  }
}

}  // namespace goldhive::tests
