// goldhive report: from saved reports to any format, without the images.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/cli/session.h"

namespace goldhive::tests {
namespace {

using nlohmann::json;

Session two_sites() {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "a/pc");
  session.put_recipe("windows-7-sp1-x64-ready", "b/pc");
  session.run({"scan", "a", "-f", "jsonl", "-o", "a.jsonl"});
  session.run({"scan", "b", "-f", "json", "-o", "b.json"});
  return session;
}

TEST_CASE("A saved report gives every format that the scan itself would have given") {
  Session session = two_sites();
  for (const char* format : {"json", "jsonl", "csv", "junit", "markdown", "sarif"}) {
    INFO(format);
    const Outcome scanned = session.run({"scan", "a", "-f", format});
    const Outcome reported = session.run({"report", "a.jsonl", "-f", format});
    CHECK(reported.out == scanned.out);
    CHECK(reported.code == scanned.code);
  }
}

TEST_CASE("A saved plan's report reads as the plan itself") {
  Session session = two_sites();
  session.put_recipe("windows-8-x64", "a/pc8");
  for (const std::vector<std::string>& narrowed :
       {std::vector<std::string>{}, {"--only", "winhttp.default-secure-protocols"}}) {
    std::vector<std::string> plan = {"plan", "a", "b"};
    plan.insert(plan.end(), narrowed.begin(), narrowed.end());
    std::vector<std::string> saved = plan;
    saved.insert(saved.end(), {"-f", "jsonl", "-o", "plan.jsonl"});
    session.run(saved);
    // What to do next differs: the report does not know what was given to the plan.
    const auto body = [](const Outcome& got) {
      return got.out.substr(0, got.out.rfind("make them:"));
    };
    plan.emplace_back("--all");
    const Outcome planned = session.run(plan);
    CHECK_THAT(planned.out, Catch::Contains("stays: "));
    CHECK(body(session.run({"report", "plan.jsonl", "--all"})) == body(planned));
  }
}

TEST_CASE("A report offers a plan by its own policy, or says that it is the one it had") {
  Session session = two_sites();
  session.storage.put("own.toml", std::string("name = \"own\"\nextends = \"tls12-only\"\n"));
  for (const auto& [policy, command] :
       {std::pair{"baseline", "The fix: goldhive plan a\n"},
        std::pair{"tls12-only", "The fix: goldhive plan --policy tls12-only a\n"},
        std::pair{"own.toml",
                  "The fix: goldhive plan with the policy, the options and the targets of the "
                  "scan\n"}}) {
    session.run({"scan", "a", "-p", policy, "-f", "json", "-o", "r.json"});
    CHECK_THAT(session.run({"report", "r.json"}).out, Catch::EndsWith(command));
  }
}

TEST_CASE("A report offers no command that means something else") {
  Session session = two_sites();
  session.storage.put("own.toml", std::string("name = \"baseline\"\nextends = \"tls12-only\"\n"));
  for (const std::vector<std::string>& told :
       {std::vector<std::string>{"scan", "a", "-p", "own.toml"},
        {"plan", "a", "--only", "schannel.tls12.client"},
        {"patch", "a", "--dry-run", "--control-set", "all"}}) {
    std::vector<std::string> arguments = told;
    arguments.insert(arguments.end(), {"-f", "json", "-o", "r.json"});
    session.run(arguments);
    CHECK_THAT(session.run({"report", "r.json"}).out,
               Catch::Contains(" with the policy, the options and the targets of the "));
  }
}

TEST_CASE("A check in a report has a name that can be shown") {
  Session session = two_sites();
  session.run({"scan", "a", "-f", "json", "-o", "r.json"});
  std::string text = session.storage.text("r.json");
  const std::size_t at = text.find("\"hive.state\"");
  REQUIRE(at != std::string::npos);
  session.storage.put("r.json", text.replace(at, 12, "\"x\\u001b[2J\""));
  const Outcome got = session.run({"report", "r.json"});
  CHECK(got.code == 2);
  CHECK_THAT(got.err, Catch::Contains("must be the name of a check"));
}

TEST_CASE("Reports of two machines become one") {
  Session session = two_sites();
  const Outcome got = session.run({"report", "a.jsonl", "b.json", "-f", "json"});
  CHECK(got.code == 1);
  CHECK(got.json()["targets"].size() == 2);
  CHECK(got.json()["summary"]["installations"] == 2);
  const Outcome text = session.run({"report", "a.jsonl", "b.json"});
  CHECK_THAT(text.out, Catch::Contains("2 installations: 1 with findings, 1 compliant."));
}

TEST_CASE("Of a target that is in two reports the last one given counts") {
  Session session = two_sites();
  REQUIRE(session.run({"patch", "a", "--no-cross-check"}).code == 1);
  REQUIRE(session.run({"scan", "a", "-f", "jsonl", "-o", "later.jsonl"}).code == 1);
  const json later = session.run({"report", "later.jsonl", "-f", "json"}).json();
  const Outcome both = session.run({"report", "a.jsonl", "later.jsonl", "-f", "json"});
  CHECK(both.json() == later);
  CHECK_THAT(both.err, Catch::Contains("1 target is in several of the files"));
}

TEST_CASE("Reports that do not belong together are refused, and no report is overwritten") {
  Session session = two_sites();
  session.run({"plan", "a", "-f", "json", "-o", "plan.json"});
  session.run({"scan", "a", "-p", "tls12-only", "-f", "json", "-o", "other.json"});
  session.storage.put("cut.jsonl", session.storage.text("a.jsonl").substr(0, 3000));
  const auto refused = [&](const std::vector<std::string>& arguments, const std::string& reason) {
    const Outcome got = session.run(arguments);
    CHECK(got.code == 2);
    CHECK(got.out.empty());
    CHECK_THAT(got.err, Catch::Contains(reason));
  };
  refused({"report", "a.jsonl", "plan.json"}, "plan.json: cannot be put together with a.jsonl");
  refused({"report", "a.jsonl", "other.json"}, "judged by the policy 'baseline'");
  refused({"report", "cut.jsonl"}, "is cut off");
  refused({"report", "a"}, "is a folder");
  refused({"report", "missing"}, "missing");
  refused({"report", "a/pc/Windows/System32/config/SYSTEM"}, "is not JSON");
  refused({"report", "a.jsonl", "-o", "a.jsonl"}, "is read by this command");
}

}  // namespace
}  // namespace goldhive::tests
