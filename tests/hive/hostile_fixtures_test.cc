// Everything that reads hives, against everything that can be wrong with one.
#include "fixtures/hostile/hostile.h"

#include <catch2/catch.hpp>
#include <memory>

#include "imgtools/bytes/error.h"
#include "src/hive/hive.h"
#include "src/hive/recovery.h"

using namespace goldhive;
using namespace goldhive::hive;

namespace {

/// What a walk came across. Bounded: damaged lists can lead in circles.
struct Walk {
  std::size_t keys = 0;
  std::size_t values = 0;
  std::size_t errors = 0;

  void key(const Key& key, int depth) {
    if (depth > 12 || ++keys > 2000) return;
    const auto count = [this](const Error& e) {
      CHECK(e.kind() == ErrorKind::corrupt);
      ++errors;
    };
    guarded([&] { static_cast<void>(key.class_name()); });
    guarded([&] {
      for (const Value& v : key.values(count)) {
        ++values;
        guarded([&] { static_cast<void>(v.data()); });
      }
    });
    guarded([&] {
      for (const Key& child : key.subkeys(count)) {
        this->key(child, depth + 1);
        guarded([&] { static_cast<void>(key.find(child.name_utf8())); });
      }
    });
  }

 private:
  template <typename Call>
  void guarded(const Call& call) {
    try {
      call();
    } catch (const Error& e) {
      CHECK((e.kind() == ErrorKind::corrupt || e.kind() == ErrorKind::unsupported));
      ++errors;
    }
  }
};

std::shared_ptr<const ByteSource> source(const Bytes& data, const char* name) {
  return std::make_shared<MemorySource>(data, name);
}

}  // namespace

TEST_CASE("no hostile hive makes the reader do anything but read on or report") {
  for (const fixtures::HostileHive& hostile : fixtures::hostile_hives()) {
    CAPTURE(hostile.name);
    const OpenedHive opened = open_with_logs(source(hostile.make(), "S"), {});
    if (opened.state == HiveState::damaged) {
      CHECK(opened.error);
      CHECK_FALSE(opened.hive);
      continue;
    }
    REQUIRE(opened.hive);
    Walk walk;
    walk.key(opened.hive->root(), 0);
    CHECK(walk.keys > 0);
    CHECK(walk.keys < 5000);
  }
}

TEST_CASE("no hostile log is applied without being whole") {
  for (const fixtures::HostileLogs& hostile : fixtures::hostile_logs()) {
    CAPTURE(hostile.name);
    const fixtures::DirtyHive dirty = hostile.make();
    const OpenedHive opened =
        open_with_logs(source(dirty.primary, "S"),
                       {nullptr, source(dirty.log1, "S.LOG1"), source(dirty.log2, "S.LOG2")});
    if (opened.state == HiveState::damaged) continue;
    REQUIRE(opened.hive);
    CHECK(opened.state != HiveState::clean);
    Walk walk;
    walk.key(opened.hive->root(), 0);
    CHECK(walk.keys > 0);
    CHECK(opened.contents->size() < 1u << 20);
  }
}
