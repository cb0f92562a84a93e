#include "imgtools/change/own_names.h"

#include <catch2/catch.hpp>
#include <set>

#include "imgtools/bytes/error.h"
#include "imgtools/change/links.h"
#include "imgtools/change/recover.h"
#include "imgtools/change/transact.h"
#include "imgtools/change/undo.h"
#include "imgtools/host/path.h"
#include "tests/support/every_stop.h"
#include "tests/support/faulty_storage.h"
#include "tests/support/hive_like.h"

using namespace goldhive;
using goldhive::testing::FaultyStorage;

namespace {

const std::string software = "/d/tree/SOFTWARE";
const std::string system_hive = "/d/tree/SYSTEM";

FaultyStorage disk() {
  FaultyStorage storage;
  for (const std::string& path : {software, system_hive}) {
    storage.put(path, goldhive::testing::hive_like(Bytes(9000, 'o')));
  }
  return storage;
}

HostChange rewrite() {
  HostChange change;
  change.rewrite = HostRewrite{software, 100, [](const auto& put) { put(Bytes(100, 'n')); }};
  return change;
}

}  // namespace

TEST_CASE("whatever a change leaves beside its targets, at any moment, has a name of ours") {
  const JournalPlace tree{"/d/tree", "", {"/d/tree.goldhive-undo"}, true};
  const JournalPlace image{"/d/tree", "SOFTWARE", {"/state/SOFTWARE-1.goldhive-undo"}, true};
  const HostChange both{{{software, 0, {10, Bytes(5)}}, {system_hive, 0, {10, Bytes(5)}}}, {}};
  const HostChange one{{{software, 0, {10, Bytes(5)}}}, {}};
  const auto twice = [](Storage& storage, const JournalPlace& place, const HostChange& change) {
    for (int patch = 0; patch < 2; ++patch) transact(storage, place, change, "", nullptr);
    undo(storage, place, *newest_undo_file(storage, place), false);
  };
  std::set<std::string> seen;
  const auto stop_everywhere = [&](const std::function<void(FaultyStorage&)>& run) {
    FaultyStorage finished = disk();
    finished.fail_at(~std::uint64_t{0}, goldhive::testing::Fault::none);
    run(finished);
    goldhive::testing::at_every_stop(disk(), finished.operations(), run,
                                     [&](FaultyStorage& rebooted, std::uint64_t) {
                                       for (const std::string& path : rebooted.paths()) {
                                         seen.insert(path);
                                       }
                                     });
  };
  stop_everywhere([&](FaultyStorage& storage) { twice(storage, tree, both); });
  stop_everywhere([&](FaultyStorage& storage) { twice(storage, image, one); });
  stop_everywhere([&](FaultyStorage& storage) { twice(storage, image, rewrite()); });
  stop_everywhere([&](FaultyStorage& storage) { break_links(storage, software); });
  seen.erase(software);
  seen.erase(system_hive);
  for (const std::string& path : seen) {
    INFO(path);
    CHECK(is_own_file(path));
  }
  const ReplacementNames names(software);
  const std::string undo_file = image.undo_paths.front();
  for (const std::string& path :
       {journal_path("/d/tree", {"SOFTWARE"}), unfinished(journal_path("/d/tree", {"SOFTWARE"})),
        journal_path("/d/tree", {}), unfinished(journal_path("/d/tree", {})), names.fresh,
        names.old, names.record, unfinished(names.record), undo_file, unfinished(undo_file),
        undo_file + ".2", original_of(undo_file), unfinished(original_of(undo_file))}) {
    INFO(path);
    CHECK(seen.count(path) == 1);
  }
}

TEST_CASE("an unfinished report has a name of ours, another one for each try") {
  CHECK(is_own_file(unfinished_report("out/report.json", 0)));
  CHECK(is_own_file(unfinished_report("out/report.json", 1)));
  CHECK(unfinished_report("r", 0) != unfinished_report("r", 1));
  CHECK_FALSE(is_own_file("out/report.json"));
}
