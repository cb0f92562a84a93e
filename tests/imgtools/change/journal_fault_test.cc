// Stops transactions, recoveries and undos at every single operation of Storage, with every kind of
// loss, and looks at what is left: the old files or the new ones, never a third state.
#include "tests/imgtools/change/stopped_change.h"

using namespace goldhive;
using namespace goldhive::testing;

TEST_CASE("a patch cut off at any operation leaves the old files or the new ones") {
  Tally tally;
  for (const Scenario& scenario : scenarios()) {
    cut_everywhere(scenario, scenario.disk(), patching(scenario), "new", tally);
  }
  report("patch cut off", tally);
  CHECK(tally.bad == 0);
  CHECK(tally.left_old > 100);
  CHECK(tally.left_new > 100);
}

TEST_CASE("a patch whose operations fail leaves the old files or the new ones") {
  Tally tally;
  for (const Scenario& scenario : scenarios()) {
    fail_everywhere(scenario, scenario.disk(), patching(scenario), "new", tally);
  }
  report("patch fails", tally);
  CHECK(tally.bad == 0);
  CHECK(tally.left_old > 100);
  CHECK(tally.left_new > 10);
}

TEST_CASE("an undo cut off or failing at any operation leaves the patched files or the originals") {
  Tally tally;
  for (const Scenario& scenario : scenarios()) {
    if (!scenario.place.keep_undo) continue;
    FaultyStorage patched = scenario.disk();
    const std::string undo_file =
        transact(patched, scenario.place, scenario.change, "test", nullptr);
    const Action action = [&](FaultyStorage& storage) {
      undo(storage, scenario.place, undo_file, false);
    };
    cut_everywhere(scenario, patched, action, "old", tally);
    fail_everywhere(scenario, patched, action, "old", tally);
  }
  report("undo", tally);
  CHECK(tally.bad == 0);
  CHECK(tally.left_old > 100);
  CHECK(tally.left_new > 100);
}

TEST_CASE("the fault test sees a journal that is not synced") {
  // The same patch by a careless writer: were nothing bad found here, the tests above would prove
  // nothing.
  const Scenario scenario = scenarios().front();
  const Action careless = [&](FaultyStorage& storage) {
    const auto file = storage.open_write(scenario.first());
    for (const HostEdit& edit : scenario.change.edits)
      file->write(edit.write.offset, edit.write.data);
    file->sync();
  };
  Tally tally;
  Judge judge(scenario, tally);
  const std::uint64_t count = operations_of(scenario.disk(), careless);
  for (std::uint64_t at = 0; at < count; ++at) {
    FaultyStorage storage = stopped(scenario.disk(), careless, at, Fault::cut_within);
    storage.reboot(Loss::arbitrary, at);
    judge.check(state_of(scenario, raw(scenario, storage)) != "third", "third");
  }
  CHECK(tally.bad > 0);
}
