// A change of an image, stopped at every operation on storage.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <iostream>
#include <map>
#include <string>

#include "imgtools/bytes/error.h"
#include "imgtools/change/read_through.h"
#include "imgtools/change/recover.h"
#include "imgtools/change/transact.h"
#include "imgtools/formats.h"
#include "tests/support/every_stop.h"

namespace goldhive::testing {

inline const std::string fault_path = "/d/disk";

inline void run_change(FaultyStorage& storage, const HostChange& change) {
  transact(storage, {"/d", "disk", {"/d/disk.goldhive-undo"}, true}, change, "", {});
}

/// What a program does to the file at `fault_path`.
using Run = std::function<void(FaultyStorage&)>;

/// Stops what is done to the file `before` (at `fault_path`) at every operation: what is read
/// through a hot journal and what recover() leaves is the old file or the new one. Returns the new
/// one.
inline Bytes stop_everywhere(const std::string& name, const Bytes& before, const Run& run) {
  FaultyStorage start;
  start.put(fault_path, before);
  FaultyStorage finished = start;
  finished.fail_at(0, Fault::none);
  run(finished);
  const Bytes after = finished.contents(fault_path);
  REQUIRE(after != before);
  const auto state_of = [&](const Bytes& now) -> std::string {
    if (now == before) return "old";
    return now == after ? "new" : "a third state";
  };

  std::size_t points = 0;
  std::map<std::string, std::size_t> left;
  at_every_stop(start, finished.operations(), run, [&](FaultyStorage& rebooted, std::uint64_t at) {
    INFO(name << " stopped at operation " << at);
    const ReadThroughStorage through(rebooted);
    const auto seen = through.open(fault_path);
    const std::string scanned = state_of(seen->read(0, static_cast<std::size_t>(seen->size())));
    recover(rebooted, fault_path, false);
    const std::string recovered = state_of(rebooted.contents(fault_path));
    REQUIRE(recovered != "a third state");
    REQUIRE(scanned == recovered);
    ++left[recovered];
    ++points;
  });
  std::cout << name << ": " << points << " reboots, " << left["old"] << " old, " << left["new"]
            << " new, 0 bad\n";
  CHECK(left["old"] > 0);
  CHECK(left["new"] > 0);
  return after;
}

/// The same for a change that makes the image longer.
inline void stop_everywhere(const std::string& name, const Bytes& before,
                            const HostChange& change) {
  const Bytes after =
      stop_everywhere(name, before, [&](FaultyStorage& storage) { run_change(storage, change); });
  CHECK(after.size() > before.size());
}

}  // namespace goldhive::testing
