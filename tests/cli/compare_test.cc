// goldhive compare: what changed between two saved reports.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/cli/session.h"

namespace goldhive::tests {
namespace {

using nlohmann::json;

/// Reports of a Windows before and after its patch.
Session patched() {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "a/pc");
  session.put_recipe("windows-7-sp1-x64-ready", "a/ready");
  session.run({"scan", "a/pc", "a/ready", "-f", "jsonl", "-o", "before.jsonl"});
  REQUIRE(session.run({"patch", "a/pc", "--no-cross-check"}).code == 1);
  session.run({"scan", "a/pc", "a/ready", "-f", "json", "-o", "after.json"});
  return session;
}

TEST_CASE("What a patch puts right is fixed, and new if the reports change places") {
  Session session = patched();
  const Outcome forth = session.run({"compare", "before.jsonl", "after.json"});
  INFO(forth.out);
  CHECK(forth.code == 0);
  CHECK(forth.err.empty());
  CHECK_THAT(forth.out, Catch::StartsWith("From before.jsonl to after.json.\nChanged\na/pc\n") &&
                            Catch::Contains("\nFixed\na/pc\n"));
  CHECK_THAT(forth.out, Catch::Contains("        before: fail: "));
  const json found = session.run({"compare", "before.jsonl", "after.json", "-f", "json"}).json();
  CHECK(found["status"] == "compliant");
  CHECK(found["summary"]["rows"]["fixed"] > 3);
  CHECK(found["summary"]["rows"]["new"] == 0);
  CHECK(found["summary"]["installations"]["changed"] == 1);
  CHECK(found["summary"]["installations"]["unchanged"] == 1);

  const Outcome back = session.run({"compare", "after.json", "before.jsonl"});
  CHECK(back.code == 1);
  CHECK_THAT(back.out, Catch::Contains("New\na/pc\n"));
  const json undone = session.run({"compare", "after.json", "before.jsonl", "-f", "json"}).json();
  CHECK(undone["status"] == "findings");
  // Rows of the control set that does not boot fail as before, for information only.
  CHECK(found["summary"]["rows"]["changed"] == 2);
  CHECK(undone["summary"]["new_failing"] == found["summary"]["rows"]["fixed"].get<int>() + 2);
  CHECK(session.run({"compare", "after.json", "before.jsonl", "--exit-code", "7"}).code == 7);
}

TEST_CASE("A report has no difference to itself, and --all lists what it has") {
  Session session = patched();
  const Outcome same = session.run({"compare", "before.jsonl", "before.jsonl"});
  CHECK(same.code == 0);
  CHECK(same.out.find("Unchanged") == std::string::npos);
  const Outcome all = session.run({"compare", "before.jsonl", "before.jsonl", "--all"});
  CHECK_THAT(all.out, Catch::Contains("Unchanged\na/pc\n"));
  CHECK(session.run({"compare", "before.jsonl", "after.json", "--summary"}).out.find("Fixed") ==
        std::string::npos);
  CHECK(session.run({"compare", "before.jsonl", "after.json", "-q"}).out.empty());
}

TEST_CASE("A target that cannot be read any more is neither fixed nor gone") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "a/pc");
  session.put_recipe("windows-7-sp1-x64", "a/other");
  session.run({"scan", "a/pc", "a/other", "-f", "jsonl", "-o", "before.jsonl"});
  session.run({"scan", "a/lost", "a/other", "-f", "jsonl", "-o", "lost.jsonl"});
  std::string text = session.storage.text("lost.jsonl");
  for (std::size_t at = 0; (at = text.find("a/lost", at)) != std::string::npos;) {
    text.replace(at, 6, "a/pc");
  }
  session.storage.put("after.jsonl", text);
  const Outcome got = session.run({"compare", "before.jsonl", "after.jsonl", "-f", "json"});
  INFO(got.err);
  CHECK(got.code == 2);
  CHECK(got.json()["status"] == "error");
  CHECK(got.json()["installations"][0]["change"] == "unreachable");
  CHECK(got.json()["summary"]["rows"]["fixed"] == 0);
  CHECK(got.json()["summary"]["rows"]["gone"] == 0);
  CHECK(got.json()["summary"]["rows"]["unreachable"] > 3);
  CHECK_THAT(session.run({"compare", "before.jsonl", "after.jsonl"}).out,
             Catch::Contains("Unreachable\na/pc\n"));
  // Who could not read it before has lost nothing.
  CHECK(session.run({"compare", "after.jsonl", "after.jsonl"}).code == 0);
}

TEST_CASE("An installation that is not in the newer report is gone, and that is no error") {
  Session session = patched();
  session.run({"scan", "a/ready", "-f", "jsonl", "-o", "one.jsonl"});
  const Outcome got = session.run({"compare", "before.jsonl", "one.jsonl"});
  CHECK(got.code == 0);
  CHECK_THAT(got.out, Catch::Contains("Gone\na/pc\n"));
  CHECK_THAT(got.out, Catch::Contains("; installations: 1 gone."));
  const Outcome back = session.run({"compare", "one.jsonl", "before.jsonl"});
  CHECK(back.code == 1);
  CHECK_THAT(back.out, Catch::Contains("; installations: 1 new."));
}

TEST_CASE("Reports that cannot be compared are refused, and no report is overwritten") {
  Session session = patched();
  session.run({"plan", "a/pc", "-f", "json", "-o", "plan.json"});
  session.run({"list", "a/pc", "-f", "json", "-o", "list.json"});
  session.run({"scan", "a/pc", "-p", "tls12-only", "-f", "json", "-o", "other.json"});
  session.storage.put("cut.jsonl", session.storage.text("before.jsonl").substr(0, 3000));
  const auto refused = [&](const std::vector<std::string>& arguments, const std::string& reason) {
    const Outcome got = session.run(arguments);
    CHECK(got.code == 2);
    CHECK(got.out.empty());
    CHECK_THAT(got.err, Catch::Contains(reason));
  };
  refused({"compare", "before.jsonl", "plan.json"},
          "plan.json: cannot be compared with before.jsonl: one is of goldhive scan");
  refused({"compare", "list.json", "list.json"}, "has no findings");
  refused({"compare", "before.jsonl", "other.json"}, "judged by the policy 'baseline'");
  refused({"compare", "cut.jsonl", "after.json"}, "is cut off");
  refused({"compare", "before.jsonl", "missing"}, "missing");
  refused({"compare", "before.jsonl", "a"}, "is a folder");
  refused({"compare", "before.jsonl", "after.json", "-o", "after.json"}, "is read by this command");
  refused({"compare", "before.jsonl", "after.json", "-f", "reg"}, "is not for compare");
  refused({"compare", "before.jsonl"}, "NEW");
  CHECK(session.run({"compare", "plan.json", "plan.json"}).code == 0);
}

TEST_CASE("Reports of two policies are compared on demand, and every format says so") {
  Session session = patched();
  session.run({"scan", "a/pc", "a/ready", "-p", "tls12-only", "-f", "json", "-o", "other.json"});
  for (const char* format : {"text", "json", "jsonl", "csv", "junit", "markdown", "sarif"}) {
    INFO(format);
    const Outcome got =
        session.run({"compare", "after.json", "other.json", "--any-policy", "-f", format});
    CHECK(got.err.empty());
    CHECK_THAT(got.out, Catch::Contains("tls12-only"));
  }
}

TEST_CASE("One comparison goes to several files at once") {
  Session session = patched();
  const Outcome got = session.run({"compare", "before.jsonl", "after.json", "-o", "c.json", "-f",
                                   "json", "--report", "csv=c.csv"});
  CHECK(got.code == 0);
  CHECK(got.out.empty());
  CHECK(session.storage.text("c.json") ==
        session.run({"compare", "before.jsonl", "after.json", "-f", "json"}).out);
  CHECK(session.storage.text("c.csv") ==
        session.run({"compare", "before.jsonl", "after.json", "-f", "csv"}).out);
}

}  // namespace
}  // namespace goldhive::tests
