// An attacker owns the folders of a target. Before one call of the storage, whichever, he puts a
// link in the place of a folder or of a file, and the link leads to a victim: a folder that is none
// of his, with files of the same names. Whatever becomes of the patch, nothing of the victim may be
// written, made, renamed, removed, or given another owner or mode.
#include <stdlib.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <iostream>
#include <map>
#include <optional>
#include <tuple>

#include "imgtools/bytes/error.h"
#include "imgtools/change/links.h"
#include "imgtools/change/own_names.h"
#include "imgtools/change/recover.h"
#include "imgtools/change/transact.h"
#include "imgtools/change/undo.h"
#include "tests/support/forged_journal.h"
#include "tests/support/recording_storage.h"
#include "tests/support/temp_dir.h"

using namespace goldhive;
using goldhive::testing::forged_record;
using goldhive::testing::RecordingStorage;
using goldhive::testing::TempDir;
namespace fs = std::filesystem;

namespace {

Bytes hive_of(std::uint8_t seed) {
  Bytes bytes(9000, seed);
  std::copy_n("regf", 4, bytes.begin());
  std::copy_n("hbin", 4, bytes.begin() + 4096);
  return bytes;
}

const Bytes software = hive_of('s');
const Bytes system_hive = hive_of('y');
const Bytes rewritten(5000, 'n');

/// The names that a patch of the two hives may give to files in their folder.
std::vector<std::string> own_names() {
  std::vector<std::string> names{journal_path("", {}), unfinished(journal_path("", {}))};
  for (const std::string file : {"SOFTWARE", "SYSTEM"}) {
    const ReplacementNames replacement(file);
    for (const std::string& name :
         {journal_path("", {file}), replacement.fresh, replacement.old, replacement.record}) {
      names.push_back(name);
      names.push_back(unfinished(name));
    }
  }
  return names;
}

/// What the victim has beside hives of the same names.
enum class Victim { nothing, all_names, the_same };

/// The same two hives in an image and at the victim's, and places for undo files.
struct Scene {
  explicit Scene(Victim victim) {
    for (const char* root : {"img", "victim"}) {
      file(std::string(root) + "/config/SOFTWARE", software);
      file(std::string(root) + "/config/SYSTEM", system_hive);
    }
    dir.make_directory("undo");
    dir.make_directory("victim/undo");
    file("victim/precious", Bytes(100, 'p'));
    if (victim != Victim::all_names) return;
    for (const std::string& name : own_names()) file("victim/config/" + name, Bytes(50, 'v'));
    for (const char* name : {"img.goldhive-undo", "img.goldhive-undo.new",
                             "img.goldhive-undo.original", "img.goldhive-undo.original.new"}) {
      file(std::string("victim/undo/") + name, Bytes(50, 'v'));
    }
  }

  void file(const std::string& path, const Bytes& bytes) {
    fs::permissions(dir.write(path, bytes), fs::perms::owner_read | fs::perms::owner_write);
  }
  std::string path(const std::string& inner) const { return dir / inner; }
  /// Whatever can be done to the image can then be done to the victim.
  void copy_to_victim() const {
    fs::remove_all(path("victim"));
    fs::copy(path("img"), path("victim"), fs::copy_options::recursive);
    fs::copy(path("undo"), path("victim/undo"), fs::copy_options::recursive);
    dir.write("victim/precious", Bytes(100, 'p'));
  }
  JournalPlace tree() const { return {path("img"), "", {path("undo/img.goldhive-undo")}, true}; }
  JournalPlace image() const {
    return {path("img/config"), "SYSTEM", {path("undo/img.goldhive-undo")}, true};
  }

  TempDir dir;
};

/// All that can be said of the victim, times of the last change of anything among it.
using Snapshot = std::map<std::string, std::tuple<mode_t, uid_t, gid_t, nlink_t, std::int64_t,
                                                  std::int64_t, std::int64_t, std::int64_t, Bytes>>;

Snapshot snapshot(const Scene& scene) {
  Snapshot result;
  const auto add = [&](const fs::path& path) {
    struct stat s {};
    REQUIRE(::lstat(path.c_str(), &s) == 0);
    const std::string inner = path.lexically_relative(scene.path("")).string();
    const Bytes bytes = S_ISREG(s.st_mode) ? scene.dir.read(inner) : Bytes{};
    result[inner] = {s.st_mode,        s.st_uid,          s.st_gid,
                     s.st_nlink,       s.st_mtim.tv_sec,  s.st_mtim.tv_nsec,
                     s.st_ctim.tv_sec, s.st_ctim.tv_nsec, bytes};
  };
  add(scene.path("victim"));
  for (const auto& entry : fs::recursive_directory_iterator(scene.path("victim"))) add(entry);
  return result;
}

HostChange edits(const Scene& scene, bool both) {
  HostChange change{{{scene.path("img/config/SYSTEM"), 0, {5000, Bytes(20, 'n')}}},
                    {{scene.path("img/config/SYSTEM"), 12288}}};
  if (both) change.edits.push_back({scene.path("img/config/SOFTWARE"), 0, {10, Bytes(9, 'n')}});
  return change;
}

HostChange rewrite(const Scene& scene) {
  HostChange change;
  change.rewrite = HostRewrite{scene.path("img/config/SYSTEM"), rewritten.size(),
                               [](const auto& put) { put(rewritten); }};
  return change;
}

/// What a command does; `prepare` has left what it needs.
struct Action {
  std::string name;
  bool of_tree;  ///< its root is the image and not the folder of the hives
  std::function<void(Scene&)> prepare;
  std::function<void(Storage&, const Scene&)> run;
};

void nothing(Scene&) {}

/// Leaves the image as it was in the middle of a patch.
void cut_off_patch(Scene& scene) {
  const auto storage = host_storage();
  transact(*storage, scene.tree(), edits(scene, true), "", [&](const ReadStorage&) {
    fs::copy(scene.path("img"), scene.path("hot"), fs::copy_options::recursive);
  });
  fs::remove_all(scene.path("img"));
  fs::remove(scene.path("undo/img.goldhive-undo"));
  fs::rename(scene.path("hot"), scene.path("img"));
}

void cut_off_rewrite(Scene& scene) {
  const ReplacementNames names("img/config/SYSTEM");
  scene.file(names.old, system_hive);
  scene.file("img/config/SYSTEM", rewritten);
  scene.file(names.record, forged_record("SYSTEM", system_hive, rewritten));
  scene.file(names.fresh, Bytes(10, 'x'));
}

std::vector<Action> actions() {
  const auto recover_system = [](Storage& storage, const Scene& scene) {
    const auto root = storage.hold_folder(scene.path("img"), Reach::below);
    recover(storage, scene.path("img/config/SYSTEM"), false, {scene.path("img/config/SOFTWARE")});
  };
  return {
      {"patch of two hives", true, nothing,
       [](Storage& storage, const Scene& scene) {
         transact(storage, scene.tree(), edits(scene, true), "", nullptr);
       }},
      {"patch of a file in place", false, nothing,
       [](Storage& storage, const Scene& scene) {
         transact(storage, scene.image(), edits(scene, false), "", nullptr);
       }},
      {"patch that is rolled back", true, nothing,
       [](Storage& storage, const Scene& scene) {
         transact(storage, scene.tree(), edits(scene, true), "",
                  [](const ReadStorage&) { throw Error(ErrorKind::refused, "no"); });
       }},
      {"new file", false, nothing,
       [](Storage& storage, const Scene& scene) {
         transact(storage, scene.image(), rewrite(scene), "", nullptr);
       }},
      {"undo of a patch", true,
       [](Scene& scene) {
         transact(*host_storage(), scene.tree(), edits(scene, true), "", nullptr);
       },
       [](Storage& storage, const Scene& scene) {
         undo(storage, scene.tree(), scene.path("undo/img.goldhive-undo"), false);
       }},
      {"undo of a new file", false,
       [](Scene& scene) { transact(*host_storage(), scene.image(), rewrite(scene), "", nullptr); },
       [](Storage& storage, const Scene& scene) {
         undo(storage, scene.image(), scene.path("undo/img.goldhive-undo"), false);
       }},
      {"recovery of a patch", true, cut_off_patch, recover_system},
      {"recovery of a new file", true, cut_off_rewrite, recover_system},
      {"break of hard links", true,
       [](Scene& scene) {
         fs::create_hard_link(scene.path("img/config/SYSTEM"), scene.path("img/other"));
       },
       [](Storage& storage, const Scene& scene) {
         const auto root = storage.hold_folder(scene.path("img"), Reach::below);
         break_links(storage, scene.path("img/config/SYSTEM"));
       }},
  };
}

/// Temporary folders lie in memory as long as this lives: thousands of patches sync their files.
class InMemory {
 public:
  InMemory() {
    if (const char* old = ::getenv("TMPDIR")) old_ = old;
    if (fs::is_directory("/dev/shm")) ::setenv("TMPDIR", "/dev/shm", 1);
  }
  ~InMemory() {
    if (old_) {
      ::setenv("TMPDIR", old_->c_str(), 1);
    } else {
      ::unsetenv("TMPDIR");
    }
  }
  InMemory(const InMemory&) = delete;
  InMemory& operator=(const InMemory&) = delete;

 private:
  std::optional<std::string> old_;
};

/// Puts a link to the victim's in the place of what is called `name`.
void swap(const Scene& scene, const std::string& name, const std::string& victim) {
  std::error_code ignored;  // it may not be there at that moment
  fs::rename(scene.path(name), scene.path(name + ".aside"), ignored);
  fs::create_symlink(scene.path(victim), scene.path(name), ignored);
}

struct Attack {
  std::string name;
  std::function<void(const Scene&)> run;
  /// The folder that must have been opened before: where the user's own words led to the victim
  /// from the start, no command can know it. "": none.
  std::function<std::string(const Scene&, const Action&)> after_hold_of;
};

std::vector<Attack> attacks() {
  const auto root_of = [](const Scene& scene, const Action& action) {
    return scene.path(action.of_tree ? "img" : "img/config");
  };
  return {
      {"the folder", [](const Scene& scene) { swap(scene, "img/config", "victim/config"); },
       [](const Scene& scene, const Action& action) {
         return action.of_tree ? "" : scene.path("img/config");
       }},
      {"the root", [](const Scene& scene) { swap(scene, "img", "victim"); }, root_of},
      {"the undo folder", [](const Scene& scene) { swap(scene, "undo", "victim/undo"); },
       [](const Scene& scene, const Action&) { return scene.path("undo"); }},
      {"all files",
       [](const Scene& scene) {
         std::vector<std::string> names;
         for (const auto& entry : fs::directory_iterator(scene.path("img/config"))) {
           names.push_back(entry.path().filename().string());
         }
         for (const std::string& name : names) {
           swap(scene, "img/config/" + name, "victim/config/" + name);
         }
       },
       root_of},
      {"all free names",
       [](const Scene& scene) {
         for (const std::string& name : own_names()) {
           std::error_code ignored;
           fs::create_symlink(scene.path("victim/precious"), scene.path("img/config/" + name),
                              ignored);
         }
       },
       root_of},
  };
}

/// Runs the action with the attack before its call number `at`, counted from where it may begin.
/// False if there were not so many calls.
bool attacked(const Action& action, const Attack& attack, Scene& scene, std::uint64_t at) {
  RecordingStorage storage(host_storage());
  std::string awaited = attack.after_hold_of(scene, action);
  std::uint64_t calls = 0;
  bool done = false;
  storage.before_each([&](const RecordingStorage::Call& call, Storage&) {
    if (done) return;
    if (!awaited.empty()) {
      if (call.name == "hold_folder" && call.path == awaited) awaited.clear();
    } else if (calls++ == at) {
      attack.run(scene);
      done = true;
    }
  });
  try {
    action.run(storage, scene);
  } catch (const Error&) {
  }
  return done;
}

/// Returns how many swaps there were.
std::uint64_t swap_at_every(std::uint64_t step, const Action& action, const Attack& attack,
                            Victim victim) {
  for (std::uint64_t at = 0;; at += step) {
    Scene scene(victim);
    action.prepare(scene);
    if (victim == Victim::the_same) scene.copy_to_victim();
    const Snapshot before = snapshot(scene);
    const bool swapped = attacked(action, attack, scene, at);
    if (snapshot(scene) != before) {
      FAIL_CHECK(action.name << ", " << attack.name << " swapped before call " << at);
      return at / step;
    }
    if (!swapped) return at / step;
  }
}

}  // namespace

TEST_CASE("a link that takes the place of a name at any moment leads no change to a victim") {
  const InMemory in_memory;
  std::uint64_t points = 0;
  for (const Action& action : actions()) {
    for (const Attack& attack : attacks()) {
      points += swap_at_every(1, action, attack, Victim::the_same);
      points += swap_at_every(4, action, attack, Victim::all_names);
    }
  }
  std::cout << "names swapped at " << points << " moments\n";
  CHECK(points > 1000);
}

TEST_CASE("without an attack each of these commands does what it is to do") {
  for (const Action& action : actions()) {
    INFO(action.name);
    Scene scene(Victim::nothing);
    action.prepare(scene);
    RecordingStorage storage(host_storage());
    const bool fails = action.name == "patch that is rolled back";
    if (fails) {
      CHECK_THROWS_AS(action.run(storage, scene), Error);
    } else {
      action.run(storage, scene);
    }
    CHECK(storage.count("hold_folder") >= 2);
    const Bytes now = scene.dir.read("img/config/SYSTEM");
    const bool old = fails || action.name.starts_with("undo") ||
                     action.name.starts_with("recovery") || action.name.starts_with("break");
    CHECK((now == system_hive) == old);
    CHECK(fs::exists(scene.path("undo/img.goldhive-undo")) != old);
  }
}
