// patch, undo and recover from end to end, on trees and loose hives in memory.
#include <catch2/catch.hpp>
#include <future>
#include <nlohmann/json.hpp>

#include "fixtures/hostile/hive_places.h"
#include "fixtures/recipe.h"
#include "imgtools/bytes/error.h"
#include "src/cli/timestamp.h"
#include "src/hive/checker.h"
#include "src/hive/cross_check.h"
#include "src/patch/prepare.h"
#include "src/patch/undo_note.h"
#include "tests/cli/session.h"
#include "tests/golden.h"

namespace goldhive::tests {
namespace {

using nlohmann::json;
using patch::parse_undo_note;
using patch::UndoNote;

const std::string config = "win7/Windows/System32/config/";
const std::vector<std::string> patch_win7 = {"patch", "win7", "--timestamp",
                                             "2016-02-15T00:00:00Z"};

std::vector<std::string> hives(const Session& session) {
  return {session.storage.text(config + "SOFTWARE"), session.storage.text(config + "SYSTEM")};
}

void require_sound(const std::string& text) {
  const hive::CheckResult result =
      hive::check(MemorySource(Bytes(text.begin(), text.end()), "hive"));
  for (const hive::Fault& fault : result.faults) FAIL(to_string(fault));
}

Session windows_7(const std::string& recipe = "windows-7-sp1-x64") {
  Session session;
  session.put_recipe(recipe, "win7");
  return session;
}

}  // namespace

TEST_CASE("A patch sets what a patch can set and says what is left to do") {
  Session session = windows_7();
  const Outcome outcome = session.run(patch_win7);
  CHECK(outcome.code == 1);  // KB3140245 is still missing
  CHECK(outcome.err.empty());
  CHECK_THAT(outcome.out, Catch::Contains("kb3140245-x64") && Catch::Contains("dism") &&
                              Catch::Contains("undo: ") && Catch::Contains("1 finding"));
  for (const std::string& hive : hives(session)) require_sound(hive);
  const Outcome scan = session.run({"scan", "win7", "-f", "json"});
  const json report = scan.json();
  for (const json& finding : report["targets"][0]["installations"][0]["findings"]) {
    if (finding["id"] != "servicing.kb3140245" && finding["severity"] != "info") {
      CHECK(finding["verdict"] == "pass");
    }
  }
}

TEST_CASE("A patch that no hivex has checked says so") {
  Session session = windows_7();
  session.put_recipe("windows-7-sp1-x64-ready", "ready");
  const std::string note = "hivex did not check the edited hives";
  const bool usual = hive::cross_check_available();
  CHECK((session.run({"patch", "win7"}).out.find(note) == std::string::npos) == usual);
  session = windows_7();
  session.put_recipe("windows-7-sp1-x64-ready", "ready");
  const json report =
      session.run({"patch", "--no-cross-check", "-f", "json", "win7", "ready"}).json();
  CHECK_THAT(report["targets"][0]["notes"].dump(), Catch::Contains(note));
  CHECK(report["targets"][1]["notes"].empty());  // nothing was changed there
}

TEST_CASE("The first objection to an edited hive is told by whoever waits for its checks") {
  std::promise<void> approves;
  std::promise<void> objects;
  approves.set_value();
  objects.set_exception(std::make_exception_ptr(Error(ErrorKind::refused, "no", "SOFTWARE")));
  patch::PendingChecks checks;
  checks.add(approves.get_future());
  checks.add(objects.get_future());
  CHECK_THROWS_WITH(checks.wait(), Catch::Contains("no"));
  CHECK_NOTHROW(checks.wait());  // nothing is pending any more
}

TEST_CASE("Undo gives the original bytes back and leaves nothing behind") {
  Session session = windows_7();
  const std::vector<std::string> before = hives(session);
  session.run(patch_win7);
  CHECK(hives(session) != before);
  CHECK(session.storage.has("win7.goldhive-undo"));
  const Outcome undo = session.run({"undo", "win7"});
  CHECK(undo.code == 0);
  CHECK(hives(session) == before);
  CHECK_FALSE(session.storage.has("win7.goldhive-undo"));
  CHECK(session.run({"undo", "win7"}).code == 2);
}

TEST_CASE("An undo that was cut off is finished by the next one, which takes no other patch back") {
  Session session = windows_7();
  const std::vector<std::string> original = hives(session);
  session.run({"patch", "win7", "--only", "winhttp.default-secure-protocols"});
  const std::vector<std::string> first = hives(session);
  session.run(patch_win7);
  REQUIRE(hives(session)[1] != first[1]);
  // As the second operation of an undo leaves it (journal_undo.cc).
  session.storage.rename("win7.goldhive-undo.2", config + "SYSTEM.goldhive-journal");

  const Outcome undo = session.run({"undo", "win7"});
  CHECK(undo.code == 0);
  CHECK_THAT(undo.out, Catch::Contains("another undo takes it back"));
  CHECK(hives(session) == first);
  CHECK(session.run({"undo", "win7"}).code == 0);
  CHECK(hives(session) == original);
}

TEST_CASE("An undo of several installations that was cut off is finished by the next one") {
  for (const int left : {1, 0}) {
    CAPTURE(left);  // undo files, when it was cut off
    Session session;
    session.put_recipe("windows-7-sp1-x64", "win7");
    session.put_recipe("windows-7-sp1-x64", "win7/Windows.old");
    const auto all = [&session] {
      std::vector<std::string> out = hives(session);
      for (const char* name : {"SOFTWARE", "SYSTEM"}) {
        out.push_back(
            session.storage.text("win7/Windows.old/Windows/System32/config/" + std::string(name)));
      }
      return out;
    };
    const std::vector<std::string> original = all();
    session.run({"patch", "win7", "--only", "winhttp.default-secure-protocols"});
    const std::vector<std::string> first = all();
    session.run(patch_win7);
    REQUIRE(session.storage.has("win7.goldhive-undo.4"));
    std::string folder = "win7/Windows.old/Windows/System32/config/";
    if (left == 0) {
      const std::string journal = folder + "SYSTEM.goldhive-journal";
      session.storage.rename("win7.goldhive-undo.4", journal);
      CHECK(session.run({"recover", "win7"}).code == 0);
      folder = config;
    }
    session.storage.rename("win7.goldhive-undo." + std::to_string(3 + left),
                           folder + "SYSTEM.goldhive-journal");

    CHECK(session.run({"undo", "win7"}).code == 0);
    CHECK(all() == first);
    CHECK(session.run({"undo", "win7"}).code == 0);
    CHECK(all() == original);
  }
}

TEST_CASE("undo and recover report what they did as the other commands do") {
  Session session = windows_7();
  session.run(patch_win7);
  const std::string undo = session.run({"undo", "win7", "-f", "json"}).out;
  check_golden("tests/cli/golden/undo.json", undo);
  const json restored = {{{"path", config + "SOFTWARE"}, {"changed", true}},
                         {{"path", config + "SYSTEM"}, {"changed", true}}};
  CHECK(json::parse(undo)["targets"][0]["restored"] == restored);
  const auto error_of = [&session](const char* command) {
    return session.run({command, "win7", "-f", "json"}).json()["targets"][0]["error"];
  };
  CHECK(error_of("undo")["kind"] == "not-found");
  CHECK(error_of("recover").is_null());
}

TEST_CASE("undo takes the names that patch took: a folder of images, a list, an installation") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "images/first");
  session.put_recipe("windows-7-sp1-x64", "images/first/Windows.old");
  session.put_recipe("windows-7-sp1-x64-ready", "images/second");  // nothing to patch
  session.storage.put("list", std::string("images/first\n"));
  const std::string hive = "images/first/Windows.old/Windows/System32/config/SOFTWARE";
  const std::string before = session.storage.text(hive);
  for (const char* name : {"images", "@list", "images/first:/Windows.old", "images/first"}) {
    INFO(name);
    session.run({"patch", name, "--timestamp", "2016-02-15T00:00:00Z"});
    CHECK(session.storage.text(hive) != before);
    const Outcome undo = session.run({"undo", name});
    CHECK(undo.code == 0);
    CHECK(undo.err.empty());
    CHECK(session.storage.text(hive) == before);
  }
}

TEST_CASE("undo of one of several installations takes back no other one's patch") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "both");
  session.put_recipe("windows-7-sp1-x64", "both/Windows.old");
  const std::string hive = "both/Windows/System32/config/SOFTWARE";
  const std::string old_hive = "both/Windows.old/Windows/System32/config/SOFTWARE";
  const std::string before = session.storage.text(hive);
  session.run({"patch", "both"});
  const Outcome part = session.run({"undo", "both:/Windows.old"});
  CHECK(part.code == 2);
  CHECK_THAT(part.err, Catch::Contains("changed both:/ as well") && Catch::Contains("name both"));
  CHECK(session.storage.text(hive) != before);
  CHECK(session.run({"undo", "both"}).code == 0);

  session.run({"patch", "both:/Windows.old"});
  session.run({"patch", "both:/"});
  const std::string patched = session.storage.text(hive);
  const Outcome first = session.run({"undo", "both:/Windows.old"});
  CHECK(first.code == 2);
  CHECK_THAT(first.err, Catch::Contains("the last patch changed both:/, and patches are taken"));
  CHECK(session.storage.text(hive) == patched);
  CHECK(session.run({"undo", "both:/"}).code == 0);
  CHECK(session.storage.text(hive) == before);
  CHECK(session.run({"undo", "both:/Windows.old"}).code == 0);
  CHECK(session.storage.text(old_hive) == before);
}

TEST_CASE("A note in an undo file is read back, and any other text is an empty one") {
  const UndoNote note{"goldhive 1", 2, 3, {"@2", ":p2:/Windows.old"}};
  const UndoNote read = parse_undo_note(to_text(note));
  CHECK(read.tool == note.tool);
  CHECK(read.part == 2);
  CHECK(read.parts == 3);
  CHECK(read.installations == note.installations);
  CHECK(to_text(note).find("other_names") == std::string::npos);
  UndoNote more = note;
  more.other_names = 7;
  more.content_id = "12ab";
  CHECK(parse_undo_note(to_text(more)).other_names == 7);
  CHECK(parse_undo_note(to_text(more)).content_id == "12ab");
  for (const char* text : {"", "{", "[]", "7", R"({"part": -1, "installations": {"a": 1}})",
                           R"({"part": "2", "installations": [1, null], "tool": 5})"}) {
    INFO(text);
    CHECK(parse_undo_note(text).part == 1);
    CHECK(parse_undo_note(text).installations.empty());
  }
}

TEST_CASE("A patch that was refused does not end by advising a plan") {
  Session session = windows_7();
  // A fault that concerns no row, and that an edit could make worse.
  std::string system = session.storage.text(config + "SYSTEM");
  Bytes bytes(system.begin(), system.end());
  put_u32(bytes, fixtures::HivePlaces(bytes).security("") + 8, 0x7ffffff0);
  session.storage.put(config + "SYSTEM", bytes);
  const std::string advice = "The fix: goldhive plan";
  CHECK_THAT(session.run({"scan", "win7"}).out, Catch::Contains(advice));
  const Outcome patch = session.run({"patch", "win7"});
  CHECK(patch.code == 2);
  CHECK(patch.out.find(advice) == std::string::npos);
}

TEST_CASE("A hive with a fault in its structure is refused by the fault, wherever that is") {
  using Places = fixtures::HivePlaces;
  struct Case {
    const char* fault;
    void (*damage)(Bytes& hive, const Places& places);
  };
  // Where no row looks: the scan has its verdicts, and only the check of the whole hive can know.
  const std::vector<Case> cases = {
      {"bad-key", [](Bytes& h, const Places& p) { h[p.key("Clients\\Mail")] = 'x'; }},
      {"no-security",
       [](Bytes& h, const Places& p) { put_u32(h, p.key("Clients\\Mail") + 44, 0xffffffff); }},
      {"wrong-security-ring",
       [](Bytes& h, const Places& p) { put_u32(h, p.security("") + 8, 0x7ffffff0); }},
  };
  for (const Case& c : cases) {
    INFO(c.fault);
    Session session = windows_7();
    const std::string software = session.storage.text(config + "SOFTWARE");
    Bytes damaged(software.begin(), software.end());
    c.damage(damaged, Places(damaged));
    session.storage.put(config + "SOFTWARE", damaged);
    const std::vector<std::string> before = hives(session);
    CHECK(session.run({"scan", "win7"}).code == 1);
    for (const char* option : {"--no-cross-check", "--force-dirty"}) {
      const Outcome patch = session.run({"patch", "win7", option});
      CHECK(patch.code == 2);
      CHECK_THAT(patch.err, Catch::Contains(config + "SOFTWARE: the structure of the hive is "
                                                     "damaged and an edit could make it worse (") &&
                                Catch::Contains(std::string("): ") + c.fault + " at 0x") &&
                                Catch::Contains("; a Windows that loads the hive"));
    }
    CHECK(hives(session) == before);
    for (const std::string& change : session.storage.changes()) {
      CHECK_THAT(change, Catch::StartsWith("open_write "));  // to lock it, and no more
    }
  }
}

TEST_CASE("A fault that Windows mends or never looks at refuses no patch, and numbers are mended") {
  using Places = fixtures::HivePlaces;
  struct Case {
    const char* fault;
    bool mended;
    void (*damage)(Bytes& hive, const Places& places);
  };
  const std::vector<Case> cases = {
      {"max-length-too-small", true,
       [](Bytes& h, const Places& p) { put_u16(h, p.key("Clients") + 52, 0); }},
      // As reged leaves it: it counts no key that it adds.
      {"security-count-too-low", true,
       [](Bytes& h, const Places& p) { put_u32(h, p.security("") + 12, 3); }},
      {"security-count-too-high", true,
       [](Bytes& h, const Places& p) { put_u32(h, p.security("") + 12, 100000); }},
      {"wrong-parent", false,
       [](Bytes& h, const Places& p) {
         put_u32(h, p.key("Clients\\Mail") + 16, Places::offset(p.root()));
       }},
      // As hivex leaves it for names that are not ASCII.
      {"wrong-hash", false, [](Bytes& h, const Places& p) { h[p.list("Clients") + 8] ^= 1; }},
  };
  for (const Case& c : cases) {
    INFO(c.fault);
    Session session = windows_7();
    const std::string software = session.storage.text(config + "SOFTWARE");
    Bytes damaged(software.begin(), software.end());
    c.damage(damaged, Places(damaged));
    session.storage.put(config + "SOFTWARE", damaged);
    CHECK_THAT(session.run({"verify", "win7"}).out, Catch::Contains(c.fault));
    CHECK(session.run({"verify", "win7"}).code == 0);
    const Outcome patch = session.run({"patch", "win7"});
    CHECK(patch.err.empty());
    CHECK(patch.code == 1);
    CHECK((session.run({"verify", "win7"}).out.find(c.fault) == std::string::npos) == c.mended);
    CHECK(session.run({"undo", "win7"}).code == 0);
    CHECK(session.storage.text(config + "SOFTWARE") == std::string(damaged.begin(), damaged.end()));
  }
}

TEST_CASE("Patching twice changes no byte the second time") {
  Session session = windows_7();
  session.run(patch_win7);
  const std::vector<std::string> once = hives(session);
  const std::size_t changes = session.storage.changes().size();
  const Outcome again = session.run(patch_win7);
  CHECK(again.code == 1);
  CHECK(hives(session) == once);
  CHECK(session.storage.changes().size() == changes);
}

TEST_CASE("The same image and options give the same bytes") {
  Session first = windows_7();
  Session second = windows_7();
  first.run(patch_win7);
  second.run(patch_win7);
  CHECK(hives(first) == hives(second));
}

TEST_CASE("An image that only lacked registry values is compliant after the patch") {
  Session session;
  session.put_recipe("03-qword", "win7");
  CHECK(session.run({"patch", "win7"}).code == 0);
  CHECK(session.run({"scan", "win7"}).code == 0);
}

TEST_CASE("A saved plan is carried out, and refused where reality has moved on") {
  Session session = windows_7();
  CHECK(session.run({"plan", "win7", "--save", "plan.json"}).code == 1);
  Session other = session;
  CHECK(session.run({"patch", "win7", "--plan", "plan.json"}).code == 1);
  CHECK(session.storage.has("win7.goldhive-undo"));

  other.run({"patch", "win7", "--only", "schannel.tls12.client", "--no-undo"});
  CHECK_FALSE(other.storage.has("win7.goldhive-undo"));
  const std::vector<std::string> before = hives(other);
  const Outcome refused = other.run({"patch", "win7", "--plan", "plan.json"});
  CHECK(refused.code == 2);
  CHECK_THAT(refused.err, Catch::Contains("not what the plan expects"));
  CHECK(hives(other) == before);
}

TEST_CASE("A saved plan fits a copy of its target, and several at once") {
  Session session = windows_7();
  session.put_recipe("windows-7-sp1-x64", "copy");
  CHECK(session.run({"plan", "./win7", "--save", "plan.json"}).code == 1);
  const std::vector<std::string> before = hives(session);
  const Outcome patched = session.run({"patch", "win7", "copy", "--plan", "plan.json"});
  CHECK(patched.code == 1);  // KB3140245 is no value
  CHECK(hives(session) != before);
  CHECK(session.run({"plan", "copy"}).code == 0);
}

TEST_CASE("A plan made for another Windows is refused, not passed over in silence") {
  Session session = windows_7();
  session.put_recipe("windows-8-x64", "other");
  CHECK(session.run({"plan", "win7", "--save", "plan.json"}).code == 1);
  for (const char* command : {"patch", "dry"}) {
    std::vector<std::string> arguments = {"patch", "other", "--plan", "plan.json"};
    if (std::string(command) == "dry") arguments.emplace_back("--dry-run");
    const Outcome refused = session.run(arguments);
    CHECK(refused.code == 2);
    CHECK_THAT(refused.err,
               Catch::Contains("other: the plan does not fit other: its entry for win7 is for "
                               "Windows 6.1.7601 amd64, and this is 6.2.9200 amd64"));
  }
}

TEST_CASE("A dry run of a saved plan shows that plan, and its policy judges") {
  Session session = windows_7();
  CHECK(session.run({"plan", "win7", "-p", "tls12-only", "--save", "plan.json"}).code == 1);
  const Outcome dry = session.run({"patch", "win7", "--plan", "plan.json", "--dry-run"});
  CHECK(dry.code == 1);
  const std::string plan = session.run({"plan", "win7", "-p", "tls12-only"}).out;
  const std::string next = "  To make them: goldhive patch ";
  REQUIRE(plan.find(next) != std::string::npos);
  CHECK(dry.out.substr(0, dry.out.find(next)) == plan.substr(0, plan.find(next)));
  CHECK(plan.substr(plan.find(next)) == next + "--policy tls12-only win7\n");
  CHECK(dry.out.substr(dry.out.find(next)) == next + "--plan plan.json win7\n");
  const Outcome patched = session.run({"patch", "win7", "--plan", "plan.json", "-f", "json"});
  CHECK(patched.json()["policy"] == "tls12-only");
  CHECK(session.run({"plan", "win7", "-p", "tls12-only"}).code == 0);
}

TEST_CASE("What a saved plan leaves open is not chosen beside it") {
  Session session = windows_7();
  CHECK(session.run({"plan", "win7", "--save", "plan.json"}).code == 1);
  const std::vector<std::string> before = hives(session);
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--only", "schannel.tls12.client"}, "no others"},
      {{"--control-set", "all"}, "no others"},
      {{"--protocols", "tls1.2"}, "no others"},
      {{"-p", "tls12-only"}, "made by the policy 'baseline', and --policy names 'tls12-only'"},
  };
  for (const auto& [flags, why] : cases) {
    std::vector<std::string> arguments = {"patch", "win7", "--plan", "plan.json"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    const Outcome refused = session.run(arguments);
    INFO(flags.front());
    CHECK(refused.code == 2);
    CHECK_THAT(refused.err, Catch::Contains(why));
  }
  CHECK(hives(session) == before);
}

TEST_CASE("A dry run shows the plan and writes nothing") {
  Session session = windows_7();
  const Outcome dry = session.run({"patch", "win7", "--dry-run"});
  CHECK(dry.code == 1);
  CHECK(dry.out == session.run({"plan", "win7"}).out);
  CHECK(session.storage.changes().empty());
}

TEST_CASE("A dirty hive is recovered from its logs and patched, and its logs are spent") {
  Session session = windows_7("dirty-7-old-logs");
  const std::vector<std::string> before = hives(session);
  const Outcome patch =
      session.run({"patch", "win7", "--policy", "tls12-only", "--protocols", "tls1.2"});
  CHECK(patch.err.empty());
  for (const std::string& hive : hives(session)) require_sound(hive);
  const Outcome scan = session.run({"scan", "win7", "-f", "json"});
  const json report = scan.json();
  for (const json& hive : report["targets"][0]["installations"][0]["hives"]) {
    CAPTURE(hive["name"]);
    CHECK(hive["state"] == "clean");
  }
  CHECK(session.run({"undo", "win7"}).code == 0);
  CHECK(hives(session) == before);
}

TEST_CASE("A dirty hive whose logs are missing is refused unless forced") {
  Session session = windows_7("dirty-7-no-logs");
  const std::vector<std::string> before = hives(session);
  const std::vector<std::string> patch = {"patch", "win7", "--protocols", "tls1.1,tls1.2"};
  const Outcome refused = session.run(patch);
  CHECK(refused.code == 2);
  CHECK_THAT(refused.err, Catch::Contains("dirty") && Catch::Contains("--force-dirty"));
  CHECK(hives(session) == before);
  std::vector<std::string> forced = patch;
  forced.emplace_back("--force-dirty");
  CHECK(session.run(forced).err.empty());
  CHECK(hives(session) != before);
}

TEST_CASE("Without its logs a dirty hive is edited as it was planned") {
  Session session = windows_7("dirty-7-old-logs");
  const std::vector<std::string> patch = {"patch", "win7", "--no-logs"};
  const Outcome refused = session.run(patch);
  CHECK(refused.code == 2);
  CHECK_THAT(refused.err, Catch::Contains("--no-logs leaves its logs out"));
  std::vector<std::string> forced = patch;
  forced.insert(forced.end(), {"--force-dirty", "-f", "json"});
  const Outcome patched = session.run(forced);
  CHECK(patched.code == 0);
  for (const std::string& hive : hives(session)) require_sound(hive);
  // The logs would have added what the bytes lack: the 60 services. They are spent, not replayed.
  const json installation =
      session.run({"scan", "win7", "-f", "json"}).json()["targets"][0]["installations"][0];
  for (const json& hive : installation["hives"]) CHECK(hive["state"] == "clean");
}

TEST_CASE("One bad target does not keep the others from being patched") {
  Session session = windows_7();
  session.storage.put("broken", std::string("no hive at all"));
  const std::vector<std::string> before = hives(session);
  const Outcome outcome = session.run({"patch", "broken", "win7", "missing"});
  CHECK(outcome.code == 2);
  CHECK(hives(session) != before);
  CHECK_THAT(outcome.err, Catch::Contains("broken: ") && Catch::Contains("missing: "));
}

TEST_CASE("Two installations of a tree are patched and taken back together") {
  Session session;
  session.put_recipe("layout-windows-old", "tree");
  const Session original = session;
  session.run({"patch", "tree", "--protocols", "tls1.2"});
  CHECK(session.run({"undo", "tree"}).code == 0);
  CHECK(session.run({"undo", "tree"}).code == 2);
  for (const auto& [path, content] : fixtures::load_recipe("layout-windows-old").files) {
    CAPTURE(path);
    CHECK(session.storage.text("tree/" + path) == original.storage.text("tree/" + path));
  }
}

TEST_CASE("The undo file of a part of an image lies beside the image and not in it") {
  const std::string config_folder = "images/win7/Windows/System32/config";
  for (const std::string& target :
       {std::string("images/win7/Windows"), std::string("images/win7/Windows/System32"),
        config_folder, config_folder + "/RegBack", config_folder + "/SYSTEM"}) {
    CAPTURE(target);
    Session session;
    session.put_recipe("layout-regback", "images/win7");
    const std::string original = session.storage.text(config_folder + "/SYSTEM");
    session.run({"patch", target});
    const std::vector<DirectoryEntry> beside = session.storage.list("images");
    REQUIRE(beside.size() == 2);
    CHECK_THAT(beside[0].name + beside[1].name,
               Catch::Contains("win7-") && Catch::Contains(".goldhive-undo"));
    CHECK(session.run({"undo", target}).code == 0);
    CHECK(session.storage.list("images").size() == 1);
    CHECK(session.storage.text(config_folder + "/SYSTEM") == original);
  }
}

TEST_CASE("Times on the command line are dates, moments or seconds") {
  CHECK(cli::parse_timestamp("1970-01-01") == 116444736000000000);
  CHECK(cli::parse_timestamp("0") == 116444736000000000);
  CHECK(cli::parse_timestamp("2016-07-08T10:11:12Z") == cli::parse_timestamp("1467972672"));
  for (const char* bad : {"", "now", "2016-13-01", "2016-02-30", "2016-07-08T10:11:12", "-5",
                          "2016-07-08T24:00:00Z", "99999999999999999999", "1600-12-31T23:59:59Z"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(cli::parse_timestamp(bad), Error);
    CHECK_FALSE(cli::parse_epoch(bad));
  }
  CHECK(cli::parse_timestamp("1601-01-01") == 0);
  CHECK(cli::parse_epoch("1467972672") == 1467972672);
}

TEST_CASE("No hive is patched whose logs differ only in the case of their names") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "win7");
  session.storage.put(config + "SYSTEM.LOG1", Bytes(1024));
  session.storage.put(config + "system.log1", Bytes(1024));
  const Outcome outcome = session.run({"patch", "win7"});
  INFO(outcome.out << outcome.err);
  CHECK(outcome.code == 2);
  CHECK_THAT(outcome.out + outcome.err, Catch::Contains("differ only in case"));
}

TEST_CASE("Undo names only formats that the report knows") {
  Session session;
  session.storage.put("x.rar", Bytes{'R', 'a', 'r', '!', 0x1a, 0x07, 0x01, 0x00});
  const Outcome outcome = session.run({"undo", "-f", "json", "x.rar"});
  INFO(outcome.out << outcome.err);
  CHECK(outcome.json()["targets"][0]["format"].is_null());
}

}  // namespace goldhive::tests
