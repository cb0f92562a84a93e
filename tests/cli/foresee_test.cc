// What patch refuses, plan says beforehand: for the same target and flags the same installations,
// by the same errors. The formats that other programs make are in conformance/foresee_test.cc.
#include <catch2/catch.hpp>
#include <functional>
#include <nlohmann/json.hpp>

#include "fixtures/hostile/hive_places.h"
#include "tests/cli/session.h"

namespace goldhive::tests {
namespace {

using nlohmann::json;
using Places = fixtures::HivePlaces;

const std::string config = "win7/Windows/System32/config/";

void damage(Session& session, const std::string& path,
            const std::function<void(Bytes& hive, const Places& places)>& how) {
  const std::string text = session.storage.text(path);
  Bytes hive(text.begin(), text.end());
  how(hive, Places(hive));
  session.storage.put(path, hive);
}

/// By id of the installation; with the changes that are not made.
json refusals(const json& report) {
  json found = json::object();
  for (const json& target : report["targets"]) {
    for (const json& installation : target["installations"]) {
      if (!installation.contains("refusal")) continue;
      CHECK_FALSE(installation["changes"].empty());
      found[installation["id"].get<std::string>()] = installation["refusal"];
    }
  }
  return found;
}

struct Case {
  const char* what;
  const char* message;
  std::function<void(Session& session)> prepare;
  std::vector<std::string> flags = {};
};

const std::vector<Case> cases = {
    {"a dirty hive that is taken as it lies",
     "the hive is dirty and --no-logs leaves its logs out",
     [](Session& s) { s.put_recipe("dirty-7-old-logs", "win7"); },
     {"--no-logs"}},
    {"a fault that an edit could make worse", "the structure of the hive is damaged",
     [](Session& s) {
       damage(s, config + "SOFTWARE",
              [](Bytes& h, const Places& p) { put_u32(h, p.security("") + 8, 0x7ffffff0); });
     }},
    {"a key on the way that is no key of its own", "stands for a predefined handle",
     [](Session& s) {
       damage(s, config + "SYSTEM", [](Bytes& h, const Places& p) {
         h[p.key("ControlSet001\\Control\\SecurityProviders\\SCHANNEL") + 2] |= 0x40;
       });
     }},
    {"a hive that is read-only", "is read-only",
     [](Session& s) { s.storage.make_read_only(config + "SYSTEM"); }},
    {"a hive that another program writes", "is in use: process 7 (qemu) has it open for writing",
     [](Session& s) { s.storage.write_elsewhere(config + "SOFTWARE"); }},
    {"a hive with other names", "has 2 more names (hard links)",
     [](Session& s) { s.storage.set_links(config + "SOFTWARE", 3); }},
    {"no room for the journal", "not enough room on the file system",
     [](Session& s) { s.storage.set_free_space(1000); }},
    {"no place for the undo file", "there is no place for the undo file",
     [](Session& s) { s.storage.make_read_only(""); }},
    {"a named place for the undo file that is none",
     "there is no place for the undo file",
     [](Session& s) {
       s.storage.make_directory("kept");
       s.storage.make_read_only("kept");
     },
     {"--undo-dir", "kept"}},
    {"a folder of hives where no journal can be made", "lies in a read-only folder",
     [](Session& s) { s.storage.make_read_only("win7/Windows/System32/config"); }},
};

}  // namespace

TEST_CASE("plan refuses what patch refuses, by the same error, and writes nothing") {
  for (const Case& c : cases) {
    INFO(c.what);
    Session session;
    session.put_recipe("windows-7-sp1-x64", "win7");
    c.prepare(session);
    std::vector<std::string> arguments = {"patch", "win7", "-f", "json"};
    arguments.insert(arguments.end(), c.flags.begin(), c.flags.end());
    std::vector<std::string> dry = arguments;
    dry.emplace_back("--dry-run");
    const Outcome planned = session.run(dry);
    CHECK(session.storage.changes().empty());
    const json expected = refusals(planned.json());
    CHECK(planned.code == 1);
    CHECK(planned.json()["targets"][0]["error"].is_null());
    REQUIRE(expected.size() == 1);
    CHECK_THAT(expected["win7"]["message"].get<std::string>(), Catch::Contains(c.message));

    dry[3] = "text";
    const Outcome text = session.run(dry);
    CHECK_THAT(text.out, Catch::Contains("  refused: ") && Catch::Contains(c.message) &&
                             Catch::Contains("A patch would refuse 1 installation.") &&
                             !Catch::Contains("To make them"));
    if (c.flags.empty()) {
      CHECK(session.run({"plan", "win7", "-f", "json"}).out == planned.out);
    }

    const std::string before =
        session.storage.text(config + "SOFTWARE") + session.storage.text(config + "SYSTEM");
    const Outcome patched = session.run(arguments);
    CHECK(patched.code == 2);
    CHECK(refusals(patched.json()) == expected);
    CHECK(session.storage.text(config + "SOFTWARE") + session.storage.text(config + "SYSTEM") ==
          before);
  }
}

TEST_CASE("plan refuses nothing that patch makes, where a flag of patch allows it") {
  struct Allowed {
    const char* flag;
    void (*prepare)(Session& session);
  };
  const std::vector<Allowed> allowed = {
      {"--force-dirty", [](Session& s) { s.put_recipe("dirty-7-old-logs", "win7"); }},
      {"--all-links", [](Session& s) { s.storage.set_links(config + "SOFTWARE", 3); }},
      {"--no-undo", [](Session& s) { s.storage.make_read_only(""); }},
  };
  for (const Allowed& a : allowed) {
    INFO(a.flag);
    Session session;
    session.put_recipe("windows-7-sp1-x64", "win7");
    a.prepare(session);
    std::vector<std::string> arguments = {"patch", "win7", "-f", "json", a.flag};
    if (std::string(a.flag) == "--force-dirty") arguments.emplace_back("--no-logs");
    std::vector<std::string> dry = arguments;
    dry.emplace_back("--dry-run");
    CHECK(refusals(session.run(dry).json()).empty());
    CHECK(refusals(session.run(arguments).json()).empty());
  }
}

TEST_CASE("of several trees plan refuses those alone that patch refuses") {
  Session session;
  for (const std::string tree : {"lib/a", "lib/b", "lib/c"}) {
    session.put_recipe("layout-flat", tree);
  }
  session.storage.make_read_only("lib/b/SYSTEM");
  const json planned = refusals(session.run({"plan", "lib", "-f", "json"}).json());
  REQUIRE(planned.size() == 1);
  CHECK(planned == refusals(session.run({"patch", "lib", "-f", "json"}).json()));
}

TEST_CASE("what is no target of a patch is none of a plan") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "win7");
  session.run({"patch", "win7"});
  const std::string undo = "win7.goldhive-undo";
  REQUIRE(session.storage.has(undo));
  const Outcome planned = session.run({"plan", undo, "-f", "json"});
  const Outcome patched = session.run({"patch", undo, "-f", "json"});
  CHECK(planned.code == 2);
  CHECK(planned.json()["targets"][0]["error"] == patched.json()["targets"][0]["error"]);
  CHECK_THAT(planned.err, Catch::Contains("is kept for undo and is not patched"));
}

}  // namespace goldhive::tests
