// plan and verify from end to end, and reading a target whose patch was cut off.
#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "imgtools/change/journal.h"
#include "src/policy/plan.h"
#include "tests/cli/session.h"
#include "tests/golden.h"

namespace goldhive::tests {
namespace {

using nlohmann::json;

const std::string golden = "tests/cli/golden/";

TEST_CASE("A plan shows its changes and what stays and changes nothing") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "win7");
  session.put_recipe("windows-7-sp1-x64-ready", "ready");
  session.put_recipe("05-explicit-old-default", "old");
  const Outcome text = session.run({"plan", "win7", "ready", "old", "--all"});
  CHECK(text.code == 1);
  check_golden(golden + "plan.txt", text.out);
  check_golden(golden + "plan.overview.txt", session.run({"plan", "win7", "ready", "old"}).out);
  check_golden(golden + "plan.json", session.run({"plan", "-f", "json", "win7"}).out);
  check_golden(golden + "plan.reg", session.run({"plan", "-f", "reg", "win7"}).out);
  CHECK(session.storage.changes().empty());
}

/// The number in front of `words` in the last lines of a text; 0 if they are not there.
std::uint64_t number_before(const std::string& text, const std::string& words) {
  const std::size_t end = text.rfind(" " + words);
  if (end == std::string::npos) return 0;
  const std::size_t begin = text.find_last_of(" \n", end - 1) + 1;
  return std::stoull(text.substr(begin, end - begin));
}

TEST_CASE("What a plan says will be left is what a scan after the patch counts") {
  for (const char* recipe :
       {"windows-7-sp1-x64", "18-boots-another-set", "i12-default-not-in-order", "20-enabled-alone",
        "layout-system-alone", "i24-lone-system-without-build", "07-staged-only",
        "windows-server-2012"}) {
    INFO(recipe);
    Session session;
    session.put_recipe(recipe, "win");
    const std::string planned = session.run({"plan", "win"}).out;
    session.run({"patch", "win", "--no-cross-check"});
    const std::string after = session.run({"scan", "win"}).out;
    INFO(planned << after);
    const std::uint64_t left =
        number_before(planned, "finding left") + number_before(planned, "findings left");
    CHECK(left == number_before(after, "finding") + number_before(after, "findings"));
    CHECK(number_before(planned, "undetermined") == number_before(after, "undetermined"));
  }
}

TEST_CASE("The exit code of a plan tells whether changes are pending") {
  Session session;
  session.put_recipe("windows-7-sp1-x64-ready", "ready");
  session.put_recipe("07-staged-only", "kb-missing");
  session.put_recipe("layout-system-alone", "system");
  session.put_recipe("03-qword", "changes");
  CHECK(session.run({"plan", "ready"}).code == 0);
  CHECK(session.run({"plan", "kb-missing"}).code == 0);  // scan: 1, but no patch can help
  CHECK(session.run({"plan", "changes"}).code == 1);
  CHECK(session.run({"plan", "--exit-code", "5", "changes"}).code == 5);
  CHECK(session.run({"plan", "--exit-zero", "changes"}).code == 0);
  CHECK(session.run({"plan", "--exit-zero", "missing"}).code == 2);
  CHECK(session.run({"plan", "changes", "system"}).code == 2);
  CHECK(session.run({"plan", "changes", "no-such-path"}).code == 2);
}

TEST_CASE("A plan may fail for changes of a severity only") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "high");
  session.put_recipe("i02-tls11-denied-on-7", "low");
  session.put_recipe("windows-7-sp1-x64-ready", "ready");
  session.put_recipe("07-staged-only", "kb-missing");
  struct Case {
    std::vector<std::string> arguments;
    int code;
  };
  for (const Case& each : std::vector<Case>{
           {{"high"}, 1},
           {{"high", "--fail-on", "high"}, 1},
           {{"high", "--fail-on", "critical"}, 0},
           {{"high", "--fail-on", "high", "--exit-code", "7"}, 7},
           {{"low", "--only", "schannel.tls11.client"}, 1},
           {{"low", "--only", "schannel.tls11.client", "--fail-on", "critical"}, 0},
           {{"ready", "--fail-on", "low"}, 0},
           // No change settles what fails here.
           {{"kb-missing", "--fail-on", "low"}, 0},
           {{"high", "--only", "winhttp.default-secure-protocols", "--fail-on", "high"}, 1},
           {{"no-such-path", "--fail-on", "critical"}, 2},
       }) {
    std::vector<std::string> arguments = {"plan"};
    arguments.insert(arguments.end(), each.arguments.begin(), each.arguments.end());
    CAPTURE(arguments);
    CHECK(session.run(arguments).code == each.code);
    arguments[0] = "patch";
    arguments.emplace_back("--dry-run");
    CHECK(session.run(arguments).code == each.code);
  }
  session.run({"plan", "high", "kb-missing", "-f", "json", "-o", "plan.json"});
  CHECK(session.run({"report", "plan.json", "--fail-on", "high"}).code == 1);
  CHECK(session.run({"report", "plan.json", "--fail-on", "critical"}).code == 0);
  session.run({"plan", "kb-missing", "-f", "json", "-o", "nothing.json"});
  CHECK(session.run({"report", "nothing.json"}).code == 0);
}

TEST_CASE("verify shows the hashes that it is asked for") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "win7");
  const std::string system = "win7/Windows/System32/config/SYSTEM";
  const json hives = session.run({"scan", "win7", "--hash", "-f", "json"})
                         .json()["targets"][0]["installations"][0]["hives"];
  const Outcome text = session.run({"verify", "win7", "--hash"});
  const json checks =
      session.run({"verify", "win7", "--hash", "-f", "json"}).json()["targets"][0]["hive_checks"];
  REQUIRE(hives.size() == checks.size());
  for (std::size_t i = 0; i < hives.size(); ++i) {
    const std::string hash = hives[i]["sha256"];
    CHECK(checks[i]["sha256"] == hash);
    CHECK_THAT(text.out, Catch::Contains("  hash: sha256 " + hash + "\n"));
  }
  CHECK_THAT(session.run({"verify", system, "--hash"}).out,
             Catch::Contains(hives[1]["sha256"].get<std::string>()));
  CHECK(session.run({"verify", "win7"}).out.find("sha256") == std::string::npos);
}

TEST_CASE("A plan that was saved under a name that no line can hold is not left out") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "win7");
  const Outcome got = session.run({"plan", "win7", "--save", "a\nb.json"});
  CHECK(got.code == 1);
  CHECK_THAT(got.out, Catch::EndsWith("To make them: goldhive patch with the policy, the options "
                                      "and the targets of the plan, and --plan with the file of "
                                      "the plan\n"));
  // Of many targets the present command cannot be given again: patch has no --save.
  std::vector<std::string> many = {"plan", "--save", "p.json"};
  for (int i = 0; i < 9; ++i) {
    many.push_back("pc" + std::to_string(i));
    session.put_recipe("windows-7-sp1-x64", many.back());
  }
  CHECK_THAT(session.run(many).out,
             Catch::Contains("goldhive patch --plan p.json with the targets of the plan\n"));
}

TEST_CASE("A plan that settles what is undetermined has changes pending, and no error") {
  Session session;
  session.put_recipe("i19-tls13-bit-on-7", "win7");
  CHECK(session.run({"scan", "win7"}).code == 2);
  const Outcome plan = session.run({"plan", "win7"});
  INFO(plan.out << plan.err);
  CHECK(plan.code == 1);
  // What it leaves open is still nothing that anybody could say.
  session.put_recipe("i10-kb3125574-alone", "rollup");
  const auto bytes = [&](const std::string& path) {
    const auto file = session.storage.open(path);
    return file->read(0, static_cast<std::size_t>(file->size()));
  };
  const std::string system = "/Windows/System32/config/SYSTEM";
  session.put_recipe("windows-7-sp1-x64", "fresh");
  session.storage.put("rollup" + system, bytes("fresh" + system));
  const Outcome open = session.run({"plan", "-f", "json", "rollup"});
  INFO(open.out);
  CHECK_FALSE(open.json()["targets"][0]["installations"][0]["changes"].empty());
  CHECK(open.code == 2);
}

TEST_CASE("Options narrow and widen a plan") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "win7");
  const auto changes = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"plan", "win7", "-f", "json"});
    const json report = session.run(arguments).json();
    return report["targets"][0]["installations"][0]["changes"];
  };
  CHECK(changes({}).size() == 6);
  CHECK(changes({"--control-set", "all"}).size() == 10);
  CHECK(changes({"--only", "schannel.tls12.client"}).size() == 2);
  CHECK(changes({"--only", "schannel.tls12.client", "--only", "servicing.kb3140245"}).size() == 2);
  const json exact =
      changes({"--protocols", "tls1.2", "--only", "winhttp.default-secure-protocols"});
  REQUIRE(exact.size() == 2);
  CHECK(exact[0]["after"] == json({{"type", "REG_DWORD"}, {"data", "0x800"}}));
}

TEST_CASE("A plan of several is an overview, unless it is to show all, or nothing") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "farm/seven");
  session.put_recipe("windows-8-x64", "farm/eight");
  session.put_recipe("windows-7-sp1-x64-ready", "farm/ready");
  const std::string overview = session.run({"plan", "farm"}).out;
  INFO(overview);
  CHECK_THAT(overview, Catch::Contains("CHANGES") && Catch::Contains("farm:/seven") &&
                           Catch::Contains("WinHTTP native+WoW64, TLS 1.1, TLS 1.2: 6 values") &&
                           Catch::Contains("stays: servicing.kb3140245") &&
                           Catch::Contains("3 installations: ") &&
                           Catch::Contains("goldhive patch "));
  CHECK_THAT(overview, !Catch::Contains("[HKEY_LOCAL_MACHINE"));
  const std::string summary = session.run({"plan", "farm", "--summary"}).out;
  CHECK_THAT(summary, Catch::StartsWith("3 installations: "));
  CHECK_THAT(overview, Catch::EndsWith(summary));
  CHECK_THAT(session.run({"plan", "farm", "--all"}).out,
             Catch::Contains("6 CHANGES") && Catch::Contains("[HKEY_LOCAL_MACHINE"));
  const Outcome quiet = session.run({"plan", "farm", "--quiet"});
  CHECK(quiet.code == 1);
  CHECK(quiet.out.empty());
  CHECK_THAT(session.run({"plan", "farm/seven", "--summary"}).out,
             Catch::StartsWith("1 installation, 6 changes"));
}

TEST_CASE("A protocol that this Windows does not have is an error of the target") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "win7");
  const Outcome got = session.run({"plan", "--protocols", "tls1.3", "win7"});
  CHECK(got.code == 2);
  CHECK(got.err.find("TLS 1.3 cannot be set in DefaultSecureProtocols: Windows 7") !=
        std::string::npos);
}

TEST_CASE("A saved plan holds what was shown") {
  Session session;
  session.put_recipe("03-qword", "a");
  session.put_recipe("01-all-in-order", "b");
  CHECK(session.run({"plan", "a", "b", "--save", "plan.json"}).code == 1);
  const policy::SavedPlan plan = policy::load_plan(session.storage.text("plan.json"), "plan.json");
  REQUIRE(plan.entries.size() == 1);
  CHECK(plan.policy == "baseline");
  CHECK(plan.entries[0].target == "a");
  CHECK(plan.entries[0].edits.size() == 2);
  CHECK(session.run({"plan", "a", "--save", "a/Windows/System32/config/SYSTEM"}).code == 2);
}

TEST_CASE("What is shown goes where -o says, and a plan where --save says") {
  Session session;
  session.put_recipe("03-qword", "a");
  CHECK(session.run({"plan", "a", "-f", "reg", "-o", "a.reg"}).code == 1);
  CHECK_THAT(session.storage.text("a.reg"), Catch::StartsWith("Windows Registry Editor"));
  CHECK(session.run({"plan", "a", "-f", "json", "-o", "a.json"}).code == 1);
  CHECK(session.run({"plan", "a", "-o", "a.txt"}).code == 1);
  CHECK(session.storage.text("a.txt") == session.run({"plan", "a"}).out);
  const Outcome old = session.run({"plan", "a", "-o", "plan.json"});
  CHECK(old.code == 2);
  CHECK_THAT(old.err, Catch::Contains("saved by --save FILE"));
  const Outcome none = session.run({"patch", "a", "--plan", "a.json"});
  CHECK(none.code == 2);
  CHECK_THAT(none.err, Catch::Contains("is not a plan, as goldhive plan --save FILE makes it"));
}

TEST_CASE("Protocols that can have no effect are a usage error") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "win7");
  session.storage.put("quiet.toml", std::string("name = \"quiet\"\nextends = \"nothing\"\n"));
  const Outcome other =
      session.run({"plan", "win7", "--protocols", "tls1.2", "--only", "schannel.tls12.client"});
  CHECK(other.code == 2);
  CHECK_THAT(other.err, Catch::Contains("--only leaves out winhttp.default-secure-protocols"));
  const Outcome quiet = session.run({"plan", "win7", "--protocols", "tls1.2", "-p", "quiet.toml"});
  CHECK(quiet.code == 2);
  CHECK_THAT(quiet.err, Catch::Contains("asks nothing of WinHTTP"));
}

TEST_CASE("A reg file is refused for the changes of two installations") {
  Session session;
  session.put_recipe("03-qword", "a");
  session.put_recipe("05-explicit-old-default", "b");
  const Outcome got = session.run({"plan", "a", "b", "--report", "reg=x.reg"});
  CHECK(got.code == 2);
  CHECK(got.err.find("name one of them, e.g. a") != std::string::npos);
  CHECK_FALSE(session.storage.has("x.reg"));
  CHECK(session.run({"scan", "a", "-f", "reg"}).code == 2);
}

/// The first key in the second bin states a name longer than its cell.
Bytes hive_with_long_name(const std::string& sound) {
  Bytes hive(sound.begin(), sound.end());
  const std::string signature = "nk";
  const auto at = std::search(hive.begin() + 8192, hive.end(), signature.begin(), signature.end());
  REQUIRE(at != hive.end());
  constexpr std::size_t name_length = 72;
  put_u16(hive, static_cast<std::size_t>(at - hive.begin()) + name_length, 0x7fff);
  return hive;
}

TEST_CASE("Verify names the faults of a hive and passes a sound one") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "win7");
  const std::string system = "win7/Windows/System32/config/SYSTEM";
  const Outcome sound = session.run({"verify", "win7"});
  CHECK(sound.code == 0);
  check_golden(golden + "verify-sound.txt", sound.out);

  session.storage.put("lone/SYSTEM", hive_with_long_name(session.storage.text(system)));
  const Outcome faulty = session.run({"verify", "lone/SYSTEM", "win7"});
  CHECK(faulty.code == 1);
  check_golden(golden + "verify-faulty.txt", faulty.out);
  check_golden(golden + "verify-faulty.json",
               session.run({"verify", "lone/SYSTEM", "win7", "-f", "json"}).out);
  CHECK(session.run({"verify", "lone/SYSTEM", "no-such-path"}).code == 2);
  CHECK(session.storage.changes().empty());
}

TEST_CASE("A dirty hive is verified as its logs make it") {
  Session session;
  session.put_recipe("dirty-7-old-logs", "dirty");
  const json with = session.run({"verify", "dirty", "-f", "json"}).json();
  CHECK(with["targets"][0]["hive_checks"][0]["state"] == "recovered");
  const json without = session.run({"verify", "dirty", "--no-logs", "-f", "json"}).json();
  CHECK(without["targets"][0]["hive_checks"][0]["state"] == "dirty");
}

TEST_CASE("A target whose patch was cut off is read as it was before and says so") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "win7");
  const std::string config = "win7/Windows/System32/config";
  const Outcome before = session.run({"scan", "-f", "json", "win7"});
  const HostChange change{{{config + "/SYSTEM", 0, {4096, Bytes(4096, 0xee)}}}, {}};
  Transaction patch(session.storage, {"win7", "", {"win7.goldhive-undo"}, true}, change, "");
  patch.write();
  Session crashed;
  crashed.storage = session.storage;
  patch.roll_back();

  const std::size_t changes = crashed.storage.changes().size();
  const Outcome after = crashed.run({"scan", "-f", "json", "win7"});
  CHECK(after.code == before.code);
  json expected = before.json();
  json found = after.json();
  REQUIRE(found["targets"][0]["notes"].size() == 1);
  const std::string note = found["targets"][0]["notes"][0];
  CHECK(note.find("was cut off") != std::string::npos);
  CHECK_THAT(note, Catch::EndsWith("goldhive recover win7"));
  const Outcome of_hive = crashed.run({"scan", config + "/SYSTEM"});
  CHECK_THAT(of_hive.out, Catch::Contains("goldhive recover " + config + "/SYSTEM\n"));
  found["targets"][0]["notes"] = expected["targets"][0]["notes"];
  CHECK(found == expected);
  CHECK(crashed.storage.changes().size() == changes);
}

TEST_CASE("A journal of another user is refused by name until the user vouches for it") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "win7");
  const std::string config = "win7/Windows/System32/config";
  const std::string journal = config + "/SYSTEM.goldhive-journal";
  const Bytes before = session.storage.open(config + "/SYSTEM")->read(0, 8192);
  {
    const HostChange change{{{config + "/SYSTEM", 0, {4096, Bytes(4096, 0xee)}}}, {}};
    Transaction patch(session.storage, {"win7", "", {"win7.goldhive-undo"}, true}, change, "");
    patch.write();
    Session crashed;
    crashed.storage = session.storage;
    patch.roll_back();
    session.storage = crashed.storage;
  }
  session.storage.give_away(journal);
  for (const char* command : {"scan", "list", "plan", "verify", "patch", "recover"}) {
    INFO(command);
    const Outcome refused = session.run({command, "win7"});
    CHECK(refused.code == (command == std::string("list") ? 0 : 2));  // it lists what it can read
    CHECK_THAT(refused.err, Catch::Contains("--trust-journal " + journal));
  }
  CHECK_THAT(session.run({"scan", "win7"}).out,
             Catch::Contains("SYSTEM could not be read: " + journal + ": belongs to another user"));
  const std::string not_restored = session.run({"recover", "win7"}).out;
  const std::string line = "SYSTEM: not restored: " + journal + ": belongs to another user";
  CHECK_THAT(not_restored, Catch::Contains(line));
  CHECK(not_restored.find(line) == not_restored.rfind(line));  // once
  CHECK(session.run({"scan", "--trust-journal", "other", "win7"}).code == 2);
  CHECK_THAT(session.run({"scan", "--trust-journal", journal, "win7"}).out,
             Catch::Contains("was cut off"));
  CHECK(session.run({"recover", "--trust-journal", journal, "win7"}).code == 0);
  CHECK_FALSE(session.storage.has(journal));
  CHECK(session.storage.open(config + "/SYSTEM")->read(0, 8192) == before);
}

}  // namespace
}  // namespace goldhive::tests
