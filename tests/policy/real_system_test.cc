// A lone SYSTEM hive that a real Windows 7 wrote: what can be judged is judged, the rest is open.
#include <catch2/catch.hpp>

#include <memory>

#include "src/policy/plan.h"
#include "src/windows/inspect.h"
#include "tests/policy/literal_facts.h"
#include "tests/support/corpus.h"
#include "tests/support/memory_tree.h"

namespace goldhive::policy {
namespace {

using namespace goldhive::testing;

TEST_CASE("The real Windows 7 SYSTEM hive alone fails TLS 1.1 and 1.2 and leaves the rest open") {
  if (!has_corpus()) return;
  auto tree = std::make_shared<MemoryTree>();
  tree->add("SYSTEM", corpus_file("real/SYSTEM.win7")->data());
  Volume volume;
  volume.tree = tree;
  const auto found = windows::inspect(volume, "SYSTEM.win7", {});
  REQUIRE(found.size() == 1);
  const Policy baseline = builtin_policy("baseline");
  const auto findings = evaluate(found[0], baseline, today);
  for (const char* id : {"schannel.tls11.client", "schannel.tls12.client"}) {
    const auto rows = rows_of(findings, id);
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].control_set == 1U);  // Select: Default 1
    CHECK(rows[0].verdict == Verdict::fail);
    CHECK(rows[1].control_set == 2U);
  }
  // FIPS mode is off in both sets of this hive, and no name of it only looks right.
  const auto fips = windows::facts_of(found[0], windows::settings::fips);
  REQUIRE(fips.size() == 2);
  CHECK(fips[0]->value.dword() == 0U);
  CHECK(rows_of(findings, "schannel.fips").empty());
  CHECK(rows_of(findings, "schannel.cipher-suite-order").empty());
  CHECK(rows_of(findings, "registry.stray-key").empty());
  CHECK(rows_of(findings, "servicing.kb3140245").at(0).verdict == Verdict::undetermined);
  for (const auto& row : rows_of(findings, "winhttp.default-secure-protocols")) {
    CHECK(row.verdict == Verdict::undetermined);
    CHECK(row.message == "SOFTWARE is missing; a readable SOFTWARE would settle it");
  }
  CHECK(rows_of(findings, "hive.state").at(0).verdict == Verdict::undetermined);

  const auto plan = make_plan(found[0], findings, {});
  CHECK(plan.size() == 4);
  const auto after = evaluate(predict(found[0], plan), baseline, today);
  CHECK(rows_of(after, "schannel.tls12.client").at(0).verdict == Verdict::pass);
  CHECK(rows_of(after, "schannel.tls12.client").at(1).severity == Severity::info);
}

}  // namespace
}  // namespace goldhive::policy
