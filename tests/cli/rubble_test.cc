// No verdict from rubble: if the data behind a row has a fault or may be out of date, the exit code
// is 2 and the fault is named.
#include <catch2/catch.hpp>
#include <string>

#include "fixtures/hostile/hostile.h"
#include "tests/cli/session.h"

using namespace goldhive;
using namespace goldhive::tests;

namespace {

const std::string config = "win7/Windows/System32/config/";

Session put(const Bytes& software) {
  Session session;
  session.storage.put(config + "SOFTWARE", software);
  session.storage.put(config + "SYSTEM", fixtures::good_system());
  return session;
}

void put_dirty(Session& session, const fixtures::DirtyHive& dirty) {
  session.storage.put(config + "SOFTWARE", dirty.primary);
  session.storage.put(config + "SOFTWARE.LOG1", dirty.log1);
  session.storage.put(config + "SOFTWARE.LOG2", dirty.log2);
}

const fixtures::HostileHive& hostile(std::string_view name) {
  for (const fixtures::HostileHive& hive : fixtures::hostile_hives()) {
    if (hive.name == name) return hive;
  }
  throw std::out_of_range(std::string(name));
}

}  // namespace

TEST_CASE("A fault on the way to a value is named, and the exit code is 2") {
  CHECK(put(fixtures::good_software()).run({"scan", "win7"}).code == 0);
  struct Case {
    const char* name;
    const char* said;
  };
  for (const Case& c : {
           Case{"bin-signature-later", "no hive bin begins here at 0x"},
           Case{"bin-offset", "a bin states another offset than its own at 0x"},
           Case{"bin-swallows-next", "a cell reaches beyond its bin at 0x"},
           Case{"cell-beyond-bin", "a cell reaches beyond its bin at 0x"},
           Case{"key-in-data", "no cell begins here"},
           Case{"key-parent", "a key does not belong to the key that lists it at 0x"},
           Case{"list-unsorted", "subkeys out of order at 0x"},
           Case{"list-hash", "wrong hash"},
           Case{"security-none", "a key without security at 0x"},
           Case{"security-outside", "no cell can be here (security record)"},
           Case{"security-signature", "not a security record at 0x"},
           Case{"security-length", "a security descriptor is longer than its cell at 0x"},
           Case{"value-same-name", "two values of the same name at 0x"},
       }) {
    INFO(c.name);
    const Outcome scan = put(hostile(c.name).make()).run({"scan", "win7"});
    CHECK(scan.code == 2);
    CHECK_THAT(scan.out, Catch::Contains(c.said));
  }
}

TEST_CASE("What Windows mends when it loads a hive takes no verdict away") {
  for (const char* name : {"security-references", "security-references-most", "security-ring"}) {
    INFO(name);
    CHECK(put(hostile(name).make()).run({"scan", "win7"}).code == 0);
  }
}

TEST_CASE("A dirty hive with one flipped byte in its log gives no verdict") {
  for (const bool is_new : {false, true}) {
    for (const fixtures::HostileLogs& logs : fixtures::hostile_logs()) {
      const bool flipped = logs.name == (is_new ? "new-hash-of-data" : "old-checksum");
      if (!flipped) continue;
      INFO(logs.name);
      Session session = put(fixtures::good_software());
      put_dirty(session, logs.make());
      const Outcome scan = session.run({"scan", "win7"});
      CHECK(scan.code == 2);
      CHECK_THAT(scan.out, Catch::Contains("SOFTWARE is dirty, and its usable logs would settle"));
      // SYSTEM is clean, and its rows have their verdicts.
      CHECK_THAT(scan.out, Catch::Contains("pass  schannel.tls12.client"));
      // A user who leaves the logs out asks about the bytes of the file.
      const Outcome as_it_lies = session.run({"scan", "--no-logs", "win7"});
      CHECK(as_it_lies.code == 0);
      CHECK_THAT(as_it_lies.out, Catch::Contains("[possibly stale]"));
    }
  }
}
