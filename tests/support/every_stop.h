// A change of files, stopped at every operation on storage.
#pragma once

#include <cstdint>
#include <functional>

#include "tests/support/faulty_storage.h"

namespace goldhive::testing {

/// Runs `change` on a copy of `start` once for each of its `operations`. The power is cut before
/// that operation or in the middle of it (for 0: not at all). `judge` gets what the disk may hold
/// after that, for each way in which unsynced writes can be lost, and the number of the operation.
inline void at_every_stop(const FaultyStorage& start, std::uint64_t operations,
                          const std::function<void(FaultyStorage&)>& change,
                          const std::function<void(FaultyStorage&, std::uint64_t)>& judge) {
  std::uint64_t writes_seen = ~std::uint64_t{0};
  for (std::uint64_t at = 0; at <= operations; ++at) {
    for (const Fault fault : {Fault::cut_before, Fault::cut_within}) {
      FaultyStorage storage = start;
      storage.fail_at(at, fault);
      try {
        change(storage);
      } catch (const PowerCut&) {
      }
      // Between two writes every cut leaves the same disk.
      if (fault == Fault::cut_before && storage.writes() == writes_seen) break;
      writes_seen = storage.writes();
      for (const Loss loss : {Loss::killed, Loss::all, Loss::arbitrary}) {
        FaultyStorage rebooted = storage;
        rebooted.reboot(loss, at);
        judge(rebooted, at);
      }
    }
  }
}

}  // namespace goldhive::testing
