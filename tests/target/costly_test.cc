// Images that are made to cost much: what is read of them and what is held in memory stays within
// what their size allows, and a scan says why it gave up.
#include <catch2/catch.hpp>

#include "fixtures/hostile/costly.h"
#include "imgtools/bytes/parse_budget.h"
#include "src/target/visit_target.h"
#include "tests/fuzz/one_file_storage.h"
#include "tests/support/libraries.h"

namespace goldhive::tests {
namespace {

struct Scanned {
  std::string said;  ///< all errors
  ParseBudget::Spent spent;
};

/// What a scan says, and spends until then.
Scanned scan(const ReadStorage& storage) {
  Scanned out;
  try {
    const target::OpenTarget open(storage, {fuzz::OneFileStorage::path, ""}, OpenOptions{});
    std::vector<target::Found> found;
    if (const auto error = open.find_installations({}, found)) out.said += error->what();
    for (const target::Found& each : found) {
      for (const windows::HiveFact& hive : each.facts.hives) out.said += hive.reason;
    }
    out.spent = open.budget().spent();
  } catch (const Error& e) {
    out.said += e.what();
  }
  return out;
}

bool is_archive(std::string_view name) { return name.ends_with(".tar"); }

}  // namespace

TEST_CASE("An image that is made to be costly is given up at a bounded cost") {
  for (const fixtures::CostlyImage& image : fixtures::costly_images()) {
    const fixtures::CostlyFile file = image.make();
    if (file.size != file.data.size()) continue;  // of holes: tests/imgtools/disk/maps_test.cc
    if (is_archive(image.name) && !testing::have_library("libarchive")) continue;
    CAPTURE(image.name);
    const fuzz::OneFileStorage storage(file.data);
    const Scanned scanned = scan(storage);
    CHECK_THAT(scanned.said, Catch::Contains(std::string(image.error)));
    CHECK(storage.bytes_read() <=
          ParseBudget::reading.base + ParseBudget::reading.times * file.size);
    CHECK(scanned.spent.most_held <=
          ParseBudget::holding.base + ParseBudget::holding.times * file.size);
  }
}

TEST_CASE("What costs nothing but for a lie in a list is told at once") {
  for (const fixtures::CostlyImage& image : fixtures::costly_images()) {
    if (image.error.find("costly") != std::string_view::npos || is_archive(image.name)) continue;
    CAPTURE(image.name);
    const fixtures::CostlyFile file = image.make();
    const fuzz::OneFileStorage storage(file.data);
    scan(storage);
    CHECK(storage.bytes_read() < 4 * file.size);
  }
}

}  // namespace goldhive::tests
