// scan and list from end to end, on trees made from recipes; their outputs are golden files.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/cli/session.h"
#include "tests/golden.h"
#include "tests/support/corpus.h"

namespace goldhive::tests {
namespace {

using nlohmann::json;

const std::string golden = "tests/cli/golden/";

TEST_CASE("Waivers that expired or met no row are said, and the day can be given") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "images/win7");
  std::string policy = "name = \"corp\"\nextends = \"baseline\"\n";
  const auto add = [&policy](const std::string& check, const std::string& target) {
    policy += "[[waiver]]\ncheck = \"" + check + "\"\ntarget = \"" + target +
              "\"\nreason = \"known\"\nuntil = 2026-06-30\n";
  };
  add("servicing.kb3140245", "win7");
  for (const char* misspelled : {"win7.wim", "wni7", "win7/", "Win7", "7"}) {
    add("schannel.tls12.client", misspelled);
  }
  session.storage.put("corp.toml", policy);
  const std::vector<std::string> scan = {"scan", "images/win7", "-p", "corp.toml", "--today"};
  const auto on = [&](const std::string& day, const std::string& more) {
    std::vector<std::string> arguments = scan;
    arguments.push_back(day);
    if (!more.empty()) arguments.push_back(more);
    return session.run(arguments).out;
  };
  const std::string in_time = on("2026-06-30", "");
  CHECK_THAT(in_time, Catch::Contains("waiver of schannel.tls12.client on wni7 met no row.") &&
                          Catch::Contains("2 more waivers met no row (-v names them).") &&
                          !Catch::Contains("waiver of servicing.kb3140245"));
  CHECK_THAT(on("2026-06-30", "-v"), Catch::Contains("waiver of schannel.tls12.client on 7 met"));
  CHECK_THAT(
      on("2026-07-01", ""),
      Catch::Contains("waiver of servicing.kb3140245 on win7 expired on 2026-06-30: it would "
                      "accept 1 row."));
  const json report = session.run({"scan", "images/win7", "-p", "corp.toml", "-f", "json"}).json();
  CHECK(report["waivers"].size() == 6);
  CHECK(report["waivers"][0] == json({{"check", "servicing.kb3140245"},
                                      {"target", "win7"},
                                      {"reason", "known"},
                                      {"until", "2026-06-30"},
                                      {"expired", false},
                                      {"rows", 1}}));
  CHECK(session.run({"scan", "images/win7", "--today", "June"}).code == 2);
}

TEST_CASE("A fresh Windows 7 has findings") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "win7");
  const Outcome text = session.run({"scan", "win7"});
  CHECK(text.code == 1);
  CHECK(text.err.empty());
  check_golden(golden + "windows-7-sp1-x64.txt", text.out);
  check_golden(golden + "windows-7-sp1-x64.verbose.txt", session.run({"scan", "-v", "win7"}).out);
  check_golden(golden + "windows-7-sp1-x64.json",
               session.run({"scan", "-f", "json", "--hash", "win7"}).out);
  CHECK(session.run({"scan", "--exit-code", "9", "win7"}).code == 9);
}

TEST_CASE("A listing judges nothing") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "win7");
  const Outcome text = session.run({"list", "win7"});
  CHECK(text.code == 0);
  check_golden(golden + "list.txt", text.out);
  check_golden(golden + "list.json", session.run({"list", "-f", "json", "win7"}).out);
}

TEST_CASE("That there is no Windows is no error to list and one to scan") {
  Session session;
  session.storage.put("photos/cat.jpg", std::string("meow"));
  const Outcome listed = session.run({"list", "photos"});
  CHECK(listed.code == 0);
  CHECK(listed.err.empty());
  CHECK(listed.out ==
        "photos  directory\n"
        "  note: no Windows installation and no SOFTWARE or SYSTEM hive found\n");
  CHECK(session.run({"scan", "photos"}).code == 2);
  const Outcome unknown = session.run({"list", "photos:/Windows.old"});
  CHECK(unknown.code == 2);
  CHECK_THAT(unknown.err, Catch::Contains("no volume or installation ':/Windows.old'"));
}

TEST_CASE("Scan opens nothing for writing") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "win7");
  session.run({"scan", "-v", "--hash", "win7", "win7/Windows/System32/config/SYSTEM"});
  session.run({"list", "win7"});
  CHECK(session.storage.changes().empty());
}

TEST_CASE("What somebody writes meanwhile is judged with a note that says who") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "win7");
  session.put_recipe("windows-7-sp1-x64", "other");
  session.storage.write_elsewhere("win7/Windows/System32/config/SYSTEM");
  const json report = session.run({"scan", "-f", "json", "win7", "other"}).json();
  REQUIRE(report["targets"][0]["notes"].size() == 1);
  CHECK(report["targets"][0]["notes"][0] ==
        "win7/Windows/System32/config/SYSTEM may change while it is read: process 7 (qemu) has it "
        "open for writing; scan it again when that is done");
  CHECK(report["targets"][1]["notes"].empty());
  CHECK(report["targets"][0]["status"] == report["targets"][1]["status"]);
}

TEST_CASE("Verbose says on stderr what was read") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "win7");
  const Outcome got = session.run({"scan", "--verbose", "win7"});
  CHECK(got.err.find("goldhive: win7: ") == 0);
  CHECK(got.err.find(" reads, ") != std::string::npos);
}

TEST_CASE("The same input gives the same bytes") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "win7");
  for (const char* format : {"text", "json", "jsonl"}) {
    const std::vector<std::string> arguments = {"scan", "-f", format, "win7", "win7"};
    CHECK(session.run(arguments).out == session.run(arguments).out);
  }
}

TEST_CASE("The SYSTEM hive of a real Windows 7 fails for TLS and leaves the rest undetermined") {
  if (!testing::has_corpus()) return;
  const auto system = testing::corpus_file("real/SYSTEM.win7");
  Session session;
  session.storage.put("SYSTEM.win7", system->read(0, static_cast<std::size_t>(system->size())));
  const Outcome got = session.run({"scan", "-f", "json", "SYSTEM.win7"});
  CHECK(got.code == 2);
  const json report = got.json();
  const json& found = report["targets"][0]["installations"][0];
  CHECK(found["hives"][0]["state"] == "missing");
  CHECK(found["hives"][1]["state"] == "clean");
  CHECK(found["control_sets"]["boots"] == 1);
  int failed = 0;
  int open = 0;
  for (const json& row : found["findings"]) {
    const std::string id = row["id"];
    const bool schannel = id == "schannel.tls11.client" || id == "schannel.tls12.client";
    if (schannel && row["control_set"] == "ControlSet001") {
      CHECK(row["verdict"] == "fail");
      ++failed;
    }
    if (id == "servicing.kb3140245" || id == "winhttp.default-secure-protocols") {
      CHECK(row["verdict"] == "undetermined");
      CHECK(row["message"].get<std::string>().find("SOFTWARE") != std::string::npos);
      ++open;
    }
  }
  CHECK(failed == 2);
  CHECK(open >= 2);
}

}  // namespace
TEST_CASE("Files of Windows that lie elsewhere settle what hives alone leave open") {
  Session session;
  session.put_recipe("windows-7-sp1-x64-ready", "pc");
  const std::string config = "pc/Windows/System32/config/";
  for (const char* name : {"SOFTWARE", "SYSTEM"}) {
    const auto file = session.storage.open(config + name);
    session.storage.put(std::string("hives/") + name,
                        file->read(0, static_cast<std::size_t>(file->size())));
  }
  const auto servicing = [](const nlohmann::json& report) {
    for (const auto& row : report["targets"][0]["installations"][0]["findings"]) {
      if (row["id"] == "servicing.kb3140245") return row["verdict"].get<std::string>();
    }
    return std::string("absent");
  };
  for (const char* folder : {"pc", "pc/Windows"}) {
    INFO(folder);
    const Outcome outcome = session.run({"scan", "-f", "json", "--files", folder, "hives"});
    INFO(outcome.out << outcome.err);
    CHECK(servicing(outcome.json()) == "pass");
    CHECK_THAT(outcome.out, !Catch::Contains("--files DIR"));
  }
  const Outcome none = session.run({"scan", "--files", "hives", "hives"});
  CHECK(none.code == 2);
  CHECK_THAT(none.err, Catch::Contains("--files takes a folder with the files of Windows"));
}

TEST_CASE("Files of another Windows beside hives give no verdict on them") {
  Session session;
  session.put_recipe("windows-7-sp1-x64-ready", "pc");
  for (const char* name : {"windows-7-sp1-x64", "windows-7-sp1-x86", "windows-8-x64"}) {
    session.put_recipe(name, name);
  }
  const std::string config = "pc/Windows/System32/config/";
  for (const char* name : {"SOFTWARE", "SYSTEM"}) {
    const auto file = session.storage.open(config + name);
    session.storage.put(std::string("hives/") + name,
                        file->read(0, static_cast<std::size_t>(file->size())));
  }
  const auto servicing = [&](const char* folder) {
    const Outcome outcome = session.run({"scan", "-f", "json", "--files", folder, "hives"});
    INFO(outcome.out << outcome.err);
    const auto report = outcome.json();
    const auto& installation = report["targets"][0]["installations"][0];
    for (const auto& row : installation["findings"]) {
      if (row["id"] != "servicing.kb3140245") continue;
      return row["verdict"].get<std::string>() + ": " + row["message"].get<std::string>() + "; " +
             installation["warnings"].dump();
    }
    return std::string("absent");
  };
  CHECK_THAT(servicing("windows-7-sp1-x64"),
             Catch::StartsWith("undetermined: ") && Catch::Contains("by the hives the component "
                                                                    "store has"));
  CHECK_THAT(servicing("windows-7-sp1-x86"),
             Catch::StartsWith("pass: ") &&
                 Catch::Contains("is for x86, and the hives are of a Windows for amd64"));
  CHECK_THAT(servicing("windows-8-x64"),
             Catch::StartsWith("pass: ") && Catch::Contains("is of Windows 6.2"));
}

TEST_CASE("Hives whose files would settle a row say how to name them") {
  Session session;
  session.put_recipe("layout-flat", "hives");
  const Outcome outcome = session.run({"scan", "hives"});
  INFO(outcome.out);
  const bool open = outcome.out.find("?     servicing.kb3140245") != std::string::npos;
  CHECK((outcome.out.find("--files DIR") != std::string::npos) == open);
}

}  // namespace goldhive::tests
