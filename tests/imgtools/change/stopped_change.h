// A change of files stopped at every single operation of Storage, with every kind of loss, and what
// is left judged: the old files or the new ones, never a third state. For the tests of journals.
#pragma once

#include <catch2/catch.hpp>
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "imgtools/bytes/error.h"
#include "imgtools/change/read_through.h"
#include "imgtools/change/recover.h"
#include "imgtools/change/transact.h"
#include "imgtools/change/undo.h"
#include "imgtools/host/path.h"
#include "tests/support/faulty_storage.h"
#include "tests/support/hive_like.h"

namespace goldhive::testing {

using Files = std::map<std::string, Bytes>;

inline Bytes pattern(std::size_t size, std::uint8_t seed) {
  Bytes data(size);
  for (std::size_t i = 0; i < size; ++i)
    data[i] = static_cast<std::uint8_t>(i * 7 + i / 251 + seed);
  return data;
}

struct Scenario {
  std::string name;
  Files old_files;
  HostChange change;
  JournalPlace place;
  bool other_name = false;  ///< the first file has a second name, so that it cannot be linked
  bool reflinks = false;

  Files new_files() const {
    Files files = old_files;
    if (change.rewrite) {
      Bytes& file = files[change.rewrite->path];
      file.clear();
      change.rewrite->write([&](std::span<const std::uint8_t> piece) {
        file.insert(file.end(), piece.begin(), piece.end());
      });
    }
    for (const auto& [path, size] : change.sizes) files[path].resize(size);
    for (const HostEdit& edit : change.edits) {  // the scenarios give them in the order of phases
      std::copy(edit.write.data.begin(), edit.write.data.end(),
                files[edit.path].begin() + static_cast<std::ptrdiff_t>(edit.write.offset));
    }
    return files;
  }
  const std::string& first() const { return old_files.begin()->first; }
  FaultyStorage disk() const {
    FaultyStorage storage;
    for (const auto& [path, data] : old_files) storage.put(path, data);
    if (other_name) {
      storage.link(first(), first() + ".other");
      storage.sync_directory(parent_of(first()));
    }
    if (reflinks) storage.have_reflinks();
    return storage;
  }
};

/// A new content in two pieces.
inline HostChange rewrite(const std::string& path, const Bytes& first, const Bytes& second) {
  HostChange change;
  change.rewrite = HostRewrite{path, first.size() + second.size(), [=](const auto& put) {
                                 put(first);
                                 if (!second.empty()) put(second);
                               }};
  return change;
}

inline const std::string software = "/m/img/Windows/System32/config/SOFTWARE";
inline const std::string system_hive = "/m/img/Windows/System32/config/SYSTEM";

inline std::vector<Scenario> scenarios() {
  const Bytes few(13, 0xaa);
  const Bytes many(6000, 0xbb);
  const JournalPlace beside{"/m/img", "", {"/m/img.goldhive-undo"}, true};
  const JournalPlace elsewhere{"/m/img", "", {"/state/img.goldhive-undo"}, true};
  const JournalPlace none{"/m/img", "", {}, false};
  const JournalPlace image{"/d", "disk.vhd", {"/d/disk.vhd.goldhive-undo"}, true};
  const std::string disk = "/d/disk.vhd";
  return {
      {"one hive, same size",
       {{software, hive_like(pattern(14000, 1))}},
       {{{software, 0, {4, few}},
         {software, 0, {5000, many}},
         {software, 0, {13990, Bytes(10, 0)}}},
        {}},
       beside},
      {"one hive grows, undo on another file system",
       {{software, hive_like(pattern(9000, 2))}},
       {{{software, 0, {100, few}}, {software, 0, {8990, many}}}, {{software, 9000 + 8192}}},
       elsewhere},
      {"two hives, one grows",
       {{software, hive_like(pattern(12288, 3))}, {system_hive, hive_like(pattern(8192, 4))}},
       {{{software, 0, {4, few}}, {system_hive, 0, {4080, few}}, {system_hive, 0, {8192, many}}},
        {{software, 12288}, {system_hive, 8192 + 8192}}},
       beside},
      {"two hives, no undo file",
       {{software, hive_like(pattern(8192, 5))}, {system_hive, hive_like(pattern(8192, 6))}},
       {{{software, 0, {4000, few}}, {system_hive, 0, {4100, few}}}, {}},
       none},
      {"an image in three phases, bytes written twice",
       {{disk, pattern(14000, 7)}},
       {{{disk, 0, {14000, many}},
         {disk, 0, {22000, few}},
         {disk, 1, {600, many}},
         {disk, 1, {0, Bytes(512, 1)}},
         {disk, 2, {0, Bytes(512, 2)}}},
        {{disk, 24576}}},
       image},
      {"a file replaced by a shorter one",
       {{disk, pattern(9000, 8)}},
       rewrite(disk, pattern(5000, 9), pattern(700, 10)),
       image},
      {"a file replaced, undo on another file system",
       {{disk, pattern(3000, 11)}},
       rewrite(disk, pattern(5000, 12), {}),
       {"/d", "disk.vhd", {"/state/disk.vhd.goldhive-undo"}, true}},
      {"a file replaced, no undo file",
       {{disk, pattern(3000, 13)}},
       rewrite(disk, pattern(3000, 14), pattern(10, 15)),
       {"/d", "disk.vhd", {}, false}},
      {"a file with two names replaced, its copy kept",
       {{disk, pattern(3000, 16)}},
       rewrite(disk, pattern(3000, 17), pattern(10, 18)),
       image,
       true},
      {"a file with two names replaced, a reflink kept",
       {{disk, pattern(3000, 19)}},
       rewrite(disk, pattern(2000, 20), pattern(10, 21)),
       image,
       true,
       true},
  };
}

/// "old", "new", or what is wrong.
inline std::string state_of(const Scenario& scenario, const Files& files) {
  if (files == scenario.old_files) return "old";
  if (files == scenario.new_files()) return "new";
  return "third";
}

inline Files raw(const Scenario& scenario, const FaultyStorage& storage) {
  Files files;
  for (const auto& [path, data] : scenario.old_files) files[path] = storage.contents(path);
  return files;
}

inline Files read_all(const Scenario& scenario, const ReadStorage& storage) {
  Files files;
  for (const auto& [path, data] : scenario.old_files) {
    const auto source = storage.open(path);
    files[path] = source->read(0, static_cast<std::size_t>(source->size()));
  }
  return files;
}

/// What scan would see.
inline Files seen(const Scenario& scenario, const FaultyStorage& storage) {
  return read_all(scenario, ReadThroughStorage(storage));
}

using Action = std::function<void(FaultyStorage&)>;

inline const std::vector<std::pair<Loss, std::uint64_t>> losses{
    {Loss::killed, 0},    {Loss::all, 0},       {Loss::none, 0},
    {Loss::arbitrary, 1}, {Loss::arbitrary, 2}, {Loss::arbitrary, 3},
};

struct Tally {
  std::uint64_t points = 0;  ///< times the machine came up again
  std::uint64_t bad = 0;     ///< checks that failed
  std::uint64_t left_old = 0;
  std::uint64_t left_new = 0;
};

inline std::uint64_t operations_of(FaultyStorage storage, const Action& action) {
  storage.fail_at(0, Fault::none);
  action(storage);
  return storage.operations();
}

/// A copy of `storage` in which `action` was stopped.
inline FaultyStorage stopped(FaultyStorage storage, const Action& action, std::uint64_t at,
                             Fault fault) {
  storage.fail_at(at, fault);
  try {
    action(storage);
  } catch (const PowerCut&) {
  }
  return storage;
}

class Judge {
 public:
  Judge(const Scenario& scenario, Tally& tally) : scenario_(scenario), tally_(tally) {}

  /// `storage` has just come up: sees one state, recovers to the same, leaves nothing behind. With
  /// `nested`, also when recovery is stopped anywhere and the machine comes up once more. If the
  /// first loss was a mere kill, what was seen in between need not have been durable yet (a rename
  /// of the journal that nobody synced), so the second time the other state may come up.
  void after_reboot(const FaultyStorage& storage, Loss first_loss, const std::string& when,
                    bool nested) {
    tally_.points += 1;
    const std::string before = state_of(scenario_, seen(scenario_, storage));
    FaultyStorage recovered = storage;
    const bool worked = recover_first(recovered).has_value();
    settled(recovered, before, when);
    if (worked || first_loss != Loss::killed) {
      recovered.reboot(Loss::all, 0);
      lasts(recovered, before, when + ", recovered, power cut");
    }
    (before == "old" ? tally_.left_old : tally_.left_new) += 1;
    if (!nested) return;
    const Action action = [&](FaultyStorage& s) { recover_first(s); };
    const std::uint64_t count = operations_of(storage, action);
    for (std::uint64_t at = 0; at < count; ++at) {
      const auto& [loss, seed] = losses[at % losses.size()];
      FaultyStorage again =
          stopped(storage, action, at, at % 2 == 0 ? Fault::cut_within : Fault::cut_before);
      again.reboot(loss, seed + at);
      tally_.points += 1;
      const std::string then = when + ", recovery stopped at " + std::to_string(at);
      const std::string now = state_of(scenario_, seen(scenario_, again));
      if (first_loss != Loss::killed) check(now == before, then);
      recover_first(again);
      settled(again, now, then);
    }
  }

  /// Raw files are in the state `expected`, no journal is left, and recover() has nothing to do.
  void settled(FaultyStorage& storage, const std::string& expected, const std::string& when) {
    check(expected != "third", when + ": a third state is seen");
    check(state_of(scenario_, raw(scenario_, storage)) == expected, when + ": not " + expected);
    for (const std::string& path : storage.paths()) {
      for (const char* part : {"-journal", ".goldhive-new", ".goldhive-old", "-replacing"}) {
        check(path.find(part) == std::string::npos, when + ": left behind " + path);
      }
    }
    storage.fail_at(0, Fault::none);
    check(!recover_first(storage), when + ": recovered twice");
    check(storage.writes() == 0, when + ": a second recovery wrote");
  }

  std::optional<std::string> recover_first(FaultyStorage& storage) const {
    std::vector<std::string> files;
    for (const auto& [path, data] : scenario_.old_files) files.push_back(path);
    return recover(storage, scenario_.first(), false, files);
  }

  /// A reader of `storage` sees the state `expected`. Not the raw files: these may be right while a
  /// journal that came back makes every reader see the others, and recover() put them back.
  void lasts(const FaultyStorage& storage, const std::string& expected, const std::string& when) {
    check(state_of(scenario_, seen(scenario_, storage)) == expected, when + ": lost");
  }

  void check(bool good, const std::string& what) {
    if (good) return;
    tally_.bad += 1;
    if (tally_.bad <= 5) UNSCOPED_INFO(scenario_.name << ": " << what);
  }

 private:
  const Scenario& scenario_;
  Tally& tally_;
};

using Moment = std::function<bool(const FaultyStorage& cut)>;

/// `from`: only what was stopped when this was true is judged.
inline void cut_everywhere(const Scenario& scenario, const FaultyStorage& start,
                           const Action& action, const std::string& final_state, Tally& tally,
                           const Moment& from = {}) {
  Judge judge(scenario, tally);
  const std::uint64_t count = operations_of(start, action);
  for (std::uint64_t at = 0; at <= count; ++at) {
    for (const Fault fault : {Fault::cut_before, Fault::cut_within}) {
      const FaultyStorage cut = stopped(start, action, at, fault);
      if (from && !from(cut)) continue;
      for (const auto& [loss, seed] : losses) {
        FaultyStorage storage = cut;
        storage.reboot(loss, seed * 1000 + at);
        const std::string when = "stopped at " + std::to_string(at) + ", loss " +
                                 std::to_string(static_cast<int>(loss)) + "/" +
                                 std::to_string(seed);
        const bool nested = fault == Fault::cut_within && (loss == Loss::killed || seed == 1);
        judge.after_reboot(storage, loss, when, nested);
        if (at == count) {  // it had returned: what it promised must survive
          judge.lasts(storage, final_state, when);
        }
      }
    }
  }
}

inline void fail_everywhere(const Scenario& scenario, const FaultyStorage& start,
                            const Action& action, const std::string& final_state, Tally& tally) {
  Judge judge(scenario, tally);
  const std::uint64_t count = operations_of(start, action);
  for (std::uint64_t at = 0; at < count; ++at) {
    for (const Fault fault : {Fault::error_once, Fault::error_sticky}) {
      FaultyStorage storage = start;
      storage.fail_at(at, fault);
      bool returned = false;
      try {
        action(storage);
        returned = true;
      } catch (const Error&) {
      }
      const std::string when = "failed at " + std::to_string(at);
      for (const auto& [loss, seed] : losses) {
        FaultyStorage rebooted = storage;
        rebooted.reboot(loss, seed * 1000 + at);
        judge.after_reboot(rebooted, loss, when, false);
        if (returned) judge.lasts(rebooted, final_state, when);
      }
    }
  }
}

inline Action patching(const Scenario& scenario) {
  return [&scenario](FaultyStorage& storage) {
    transact(storage, scenario.place, scenario.change, "test", [&](const ReadStorage& written) {
      if (state_of(scenario, read_all(scenario, written)) != "new")
        throw Error(ErrorKind::io, "not new");
    });
  };
}

inline void report(const char* what, const Tally& tally) {
  std::cout << "journal, " << what << ": " << tally.points << " points, " << tally.bad << " bad ("
            << tally.left_old << " reboots left the old files, " << tally.left_new
            << " the new ones)\n";
}

}  // namespace goldhive::testing
