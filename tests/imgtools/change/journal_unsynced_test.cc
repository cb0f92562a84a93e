// Files that nobody has synced when a patch or an undo begins: copied a moment ago, the pages still
// in memory. Until the journal is hot a power cut may lose them, whatever we do. From then on the
// state that the journal gives back must be on the disk.
#include "imgtools/change/hot_journal.h"
#include "tests/imgtools/change/stopped_change.h"

using namespace goldhive;
using namespace goldhive::testing;

namespace {

/// A journal, a record or an undo file has its name.
bool has_begun(const FaultyStorage& storage) {
  for (const std::string& path : storage.paths()) {
    for (const char* end : {"goldhive-journal", "goldhive-replacing", "goldhive-undo"}) {
      if (path.ends_with(end)) return true;
    }
  }
  return false;
}

/// The file has the bytes that it has, but on the disk there are others, or none.
void unsync(FaultyStorage& storage, const std::string& path, std::size_t size_on_disk) {
  const Bytes data = storage.contents(path);
  const auto file = storage.open_write(path);
  file->resize(size_on_disk);
  file->write(0, Bytes(size_on_disk, 0xee));
  file->sync();
  file->resize(data.size());
  file->write(0, data);
}

void unsync_targets(const Scenario& scenario, FaultyStorage& storage) {
  for (const auto& [path, data] : scenario.old_files) unsync(storage, path, data.size() / 3);
}

/// The file was moved by copying it: the copy's name is on the disk, its bytes are not yet.
void replace_by_copy(FaultyStorage& storage, const std::string& path, const std::string& copy) {
  const Bytes data = storage.contents(path);
  storage.remove(path);
  storage.sync_directory(parent_of(path));
  storage.create(copy)->write(0, data);
  storage.sync_directory(parent_of(copy));
}

}  // namespace

TEST_CASE("a patch of files that nobody has synced is cut off anywhere and loses none of them") {
  Tally tally;
  for (const Scenario& scenario : scenarios()) {
    FaultyStorage start = scenario.disk();
    unsync_targets(scenario, start);
    cut_everywhere(scenario, start, patching(scenario), "new", tally, has_begun);
  }
  report("patch of unsynced files", tally);
  CHECK(tally.bad == 0);
  CHECK(tally.left_old > 100);
  CHECK(tally.left_new > 100);
}

TEST_CASE("an undo of files that nobody has synced is cut off anywhere and loses none of them") {
  Tally tally;
  for (const Scenario& scenario : scenarios()) {
    if (!scenario.place.keep_undo) continue;
    FaultyStorage patched = scenario.disk();
    const std::string undo_file =
        transact(patched, scenario.place, scenario.change, "test", nullptr);
    unsync_targets(scenario, patched);
    const Action action = [&](FaultyStorage& storage) {
      undo(storage, scenario.place, undo_file, false);
    };
    // Hot, or over: the undo file has gone.
    const Moment begun = [&](const FaultyStorage& cut) {
      FaultyStorage without = cut;
      without.reboot(Loss::killed, 0);
      return !without.exists(undo_file) || find_hot_journal_of(without, scenario.first());
    };
    cut_everywhere(scenario, patched, action, "old", tally, begun);
  }
  report("undo of unsynced files", tally);
  CHECK(tally.bad == 0);
  CHECK(tally.left_old > 100);
}

TEST_CASE("an undo by a copy of the undo file that nobody has synced survives a power cut") {
  Tally tally;
  for (const Scenario& scenario : scenarios()) {
    if (!scenario.place.keep_undo) continue;
    FaultyStorage patched = scenario.disk();
    const std::string undo_file =
        transact(patched, scenario.place, scenario.change, "test", nullptr);
    for (const std::string& folder :
         {parent_of(scenario.place.undo_paths.front()), std::string("/elsewhere")}) {
      FaultyStorage start = patched;
      const std::string copy = join_path(folder, "copy");
      replace_by_copy(start, undo_file, copy);
      const std::string original = undo_file + ".original";
      if (start.exists(original)) replace_by_copy(start, original, copy + ".original");
      const Action action = [&](FaultyStorage& storage) {
        undo(storage, scenario.place, copy, false);
      };
      cut_everywhere(scenario, start, action, "old", tally);
    }
  }
  report("undo by an unsynced copy", tally);
  CHECK(tally.bad == 0);
  CHECK(tally.left_old > 100);
  CHECK(tally.left_new > 100);
}
