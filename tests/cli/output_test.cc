#include "src/cli/output.h"

#include <catch2/catch.hpp>

#include "tests/cli/session.h"
#include "tests/support/temp_dir.h"

namespace goldhive::tests {
namespace {

/// The header of a qcow2 that names a parent.
Bytes small_qcow2(const std::string& parent) {
  Bytes file(512);
  const std::string magic = "QFI\xfb";
  std::copy(magic.begin(), magic.end(), file.begin());
  file[7] = 2;                                          // version
  file[15] = 80;                                        // where the name is
  file[19] = static_cast<std::uint8_t>(parent.size());  // its length
  file[23] = 16;                                        // bits of a cluster
  std::copy(parent.begin(), parent.end(), file.begin() + 80);
  return file;
}

TEST_CASE("A report file is written beside its name and renamed onto it") {
  MemoryStorage files;
  files.put("out/report.json", std::string("old"));
  cli::write_text_file(files, "out/report.json", "new");
  CHECK(files.text("out/report.json") == "new");
  CHECK(files.changes() ==
        std::vector<std::string>{"create out/report.json.goldhive-report.new",
                                 "rename out/report.json.goldhive-report.new out/report.json",
                                 "sync_directory out"});
}

TEST_CASE("What a killed run left behind is not overwritten") {
  MemoryStorage files;
  files.put("report.json.goldhive-report.new", std::string("half"));
  cli::write_text_file(files, "report.json", "new");
  CHECK(files.text("report.json") == "new");
  CHECK(files.text("report.json.goldhive-report.new") == "half");
}

TEST_CASE("A report never overwrites a target, a hive or an undo file") {
  Session session;
  session.storage.put("target", std::string("not a hive"));
  session.storage.put("other", std::string("regf and more"));
  session.storage.put("undo", std::string("goldhive and more"));
  session.storage.put("record", std::string("goldrepl and more"));
  for (const std::string path : {"target", "./target", "other", "undo", "record"}) {
    const Outcome got = session.run({"scan", "target", "--report", "json=" + path});
    INFO(path << ": " << got.err);
    CHECK(got.code == 2);
    CHECK(got.out.empty());
    CHECK(got.err.find("must not overwrite") != std::string::npos);
  }
  CHECK(session.run({"scan", "target", "-o", "target"}).code == 2);
  CHECK(session.storage.changes().empty());
}

TEST_CASE("A report is never put where a log of a hive would be, or over a file of a Windows") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "trees/win7");
  session.put_recipe("layout-flat", "hives");
  session.storage.put("hives/SYSTEM.LOG1", std::string("old"));
  session.storage.put("hives/notes.log1", std::string("old"));
  const std::string windows = "trees/win7/Windows/";
  session.storage.put(windows + "some.exe", std::string("MZ"));
  session.storage.put("scan.sh", std::string("#!/bin/sh"));
  session.storage.put("goldhive", std::string("\x7f"
                                              "ELF"));
  session.storage.put(windows + "winsxs/pending.xml", std::string("<a/>"));
  session.storage.put(windows + "report", std::string("old"));
  struct Case {
    std::string path;
    const char* why;
  };
  for (const Case& c : std::vector<Case>{
           {windows + "System32/config/SOFTWARE.LOG1", "is the log of a hive beside it"},
           {windows + "System32/config/system.log", "is the log of a hive beside it"},
           {"hives/SYSTEM.LOG1", "is the log of a hive beside it"},
           {"hives/SOFTWARE.log2", "is the log of a hive beside it"},
           {windows + "some.exe", "is a program: a report must not overwrite it"},
           {"scan.sh", "is a program: a report must not overwrite it"},
           {"goldhive", "is a program: a report must not overwrite it"},
           {windows + "System32/some.dll", "lies in a system folder of a Windows"},
           {windows + "System32/config/SOFTWARE", "lies in a system folder of a Windows"},
           {windows + "SysWOW64/webio.dll", "lies in a system folder of a Windows"},
           {windows + "winsxs/pending.xml", "lies in a system folder of a Windows"},
           {"hives/goldhive-journal", "has the name of a journal, a record or an undo file"},
           {"a.wim.goldhive-replacing", "has the name of a journal, a record or an undo file"},
           {"trees.goldhive-undo.2", "has the name of a journal, a record or an undo file"}}) {
    INFO(c.path);
    const Outcome got = session.run({"scan", "trees", "-o", c.path});
    CHECK(got.code == 2);
    CHECK(got.out.empty());
    CHECK_THAT(got.err, Catch::Contains(c.why));
  }
  CHECK(session.storage.changes().empty());
  for (const std::string& path : {windows + "report", windows + "new",
                                  std::string("hives/notes.log1"), std::string("hives/new")}) {
    INFO(path);
    CHECK(session.run({"scan", "trees", "-o", path}).code != 2);
    CHECK(session.storage.text(path).size() > 100);
  }
}

TEST_CASE("A report is never put where a disk has its parent or a part") {
  Session session;
  session.storage.put("x/child.qcow2", small_qcow2("../base.img"));
  session.storage.put("x/json.qcow2",
                      small_qcow2(R"(json:{"file": {"filename": "n\u0062d.img"}})"));
  session.storage.put("x/grandchild.qcow2", small_qcow2("file:between.qcow2"));
  session.storage.put("x/between.qcow2", small_qcow2("../far.img"));
  session.storage.put("x/disk.vmdk", std::string("# Disk DescriptorFile\nCID=1\nparentCID=2\n"
                                                 "parentFileNameHint=\"hint\"\n"
                                                 "RW 1 FLAT \"part\" 0\n"));
  for (const std::string target : {"x/child.qcow2", "x/grandchild.qcow2", "x/json.qcow2"}) {
    for (const std::string file : {"base.img", "far.img", "x/nbd.img", "x/hint", "x/part"}) {
      for (const bool there : {false, true}) {
        const bool found_by_target = (target == "x/child.qcow2" && file == "base.img") ||
                                     (target == "x/grandchild.qcow2" && file == "far.img");
        if (!file.starts_with("x/") && !found_by_target) continue;
        Session one = session;
        if (there) one.storage.put(file, std::string("bytes of no format"));
        const Outcome got = one.run({"scan", target, "-o", file});
        INFO(target << " " << file << ": " << got.err);
        CHECK(got.code == 2);
        CHECK(got.err.find("is a parent or a part of the disk x/") != std::string::npos);
        CHECK(one.storage.changes().empty());
      }
    }
  }
  session.run({"scan", "x/child.qcow2", "-o", "x/report"});
  CHECK(session.storage.has("x/report"));
}

TEST_CASE("No output takes the place of what the command reads, or of another output") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "win7");
  session.storage.put("own.toml", session.run({"policy", "show", "baseline"}).out);
  session.storage.put("list", std::string("win7\n"));
  REQUIRE(session.run({"plan", "win7", "--save", "plan.json"}).code == 1);
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"scan", "win7", "-p", "own.toml", "-o", "own.toml"},
           {"plan", "win7", "-p", "own.toml", "--save", "own.toml"},
           {"scan", "@list", "-o", "list"},
           {"patch", "win7", "--plan", "plan.json", "-f", "json", "-o", "plan.json"},
           {"patch", "win7", "--plan", "plan.json", "--dry-run", "-o", "plan.json"}}) {
    const Outcome got = session.run(arguments);
    CHECK(got.code == 2);
    CHECK_THAT(got.err, Catch::Contains("is read by this command: its output must not overwrite"));
  }
  const Outcome twice = session.run({"scan", "win7", "-o", "r", "--report", "json=./r"});
  CHECK(twice.code == 2);
  CHECK_THAT(twice.err, Catch::Contains("is named for two outputs"));
  CHECK_FALSE(session.storage.stat("r"));
}

TEST_CASE("The next command repeats what was chosen, and names an image of several Windows once") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "win7");
  const auto ends_with = [&](const std::vector<std::string>& arguments, const std::string& end) {
    const std::string out = session.run(arguments).out;
    CHECK_THAT(out, Catch::EndsWith(end + "\n"));
  };
  ends_with({"scan", "win7"}, "The fix: goldhive plan win7");
  ends_with({"scan", "win7", "-p", "tls12-only", "--no-logs"},
            "The fix: goldhive plan --no-logs --policy tls12-only win7");
  ends_with({"plan", "win7", "--control-set", "all", "--only", "schannel.tls12.client"},
            "goldhive patch --control-set all --only schannel.tls12.client win7");
  session.put_recipe("windows-7-sp1-x64", "two/a");
  session.put_recipe("windows-7-sp1-x64", "two/b");
  ends_with({"scan", "two", "--all"}, "The fix: goldhive plan two");
  CHECK_THAT(session.run({"scan", "two"}).out,
             Catch::Contains("Registry, 2 installations:  goldhive plan two\n"));
  CHECK_THAT(session.run({"plan", "two"}).out,
             Catch::Contains("\nRegistry, 2 installations:  goldhive patch two\n"));
}

TEST_CASE("An empty list of targets is an error, not a pass") {
  Session session;
  session.storage.put("list", std::string("\n\n"));
  const Outcome got = session.run({"scan", "@list"});
  CHECK(got.code == 2);
  CHECK_THAT(got.err, Catch::Contains("list: the list of targets is empty"));
}

TEST_CASE("Output and further reports are written to their files") {
  Session session;
  session.storage.put("target", std::string("not a hive"));
  const Outcome got = session.run(
      {"scan", "target", "-o", "a.txt", "--report", "json=b.json", "--report", "jsonl=c.jsonl"});
  CHECK(got.code == 2);
  CHECK(got.out.empty());
  CHECK(session.storage.text("a.txt").find("ERROR") != std::string::npos);
  CHECK(session.storage.text("b.json").find("\"schema\": 2") != std::string::npos);
  CHECK(session.storage.text("c.jsonl").find("\n{\"path\":\"target\"") > 0);
}

TEST_CASE("Reports in all formats at once are those of each format alone") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "tree");
  std::vector<std::string> all = {"scan", "tree"};
  std::vector<std::string> names;
  for (const report::Format& format : report::formats()) {
    if (!format.is_for(report::Command::scan)) continue;
    names.emplace_back(format.name);
    all.insert(all.end(), {"--report", names.back() + "=report." + names.back()});
  }
  CHECK(names.size() > 7);
  CHECK(session.run(all).code == 1);
  for (const std::string& name : names) {
    const Outcome alone = session.run({"scan", "tree", "--format", name});
    INFO(name);
    CHECK(alone.out.size() > 100);
    CHECK(session.storage.text("report." + name) == alone.out);
  }
}

TEST_CASE("No report but a file of changes keeps its targets") {
  MemoryStorage files;
  std::ostringstream out, err;
  cli::Host host{out, err, files, files, {}, "", 0, {"", ".", ""}};
  for (const report::Command command : {report::Command::scan, report::Command::plan}) {
    const auto keeps = [&](std::string_view format, const std::vector<std::string>& reports) {
      cli::OutputFlags flags;
      flags.format = report::find_format(format, command);
      flags.reports = reports;
      return cli::Output(host, command, flags, false).needs_targets();
    };
    CHECK_FALSE(keeps("text", {"jsonl=a", "json=b", "html=c"}));
    for (const report::Format& format : report::formats()) {
      if (!format.is_for(command)) continue;
      INFO(format.name);
      CHECK(keeps(format.name, {}) == (format.name == "reg"));
    }
  }
}

TEST_CASE("A text that is too long for the memory comes back whole") {
  const testing::TempDir dir;
  cli::Spool spool(dir.path());
  std::string all;
  for (int i = 0; i < 40; ++i) {
    const std::string piece(100'000, static_cast<char>('a' + i % 26));
    spool.out() << piece;
    all += piece;
  }
  MemoryStorage files;
  cli::write_text_file(files, "report", spool);
  CHECK(files.text("report") == all);
  cli::Spool nowhere(dir.path() + "/no/such/folder");
  nowhere.out() << "short" << std::endl;
  CHECK_THROWS_AS(nowhere.out() << all, Error);
}

TEST_CASE("Colour needs a terminal that wants it or an order") {
  Session session;
  session.storage.put("target", std::string("not a hive"));
  const auto colored = [&](const std::vector<std::string>& extra) {
    std::vector<std::string> arguments = {"scan", "target"};
    arguments.insert(arguments.end(), extra.begin(), extra.end());
    return session.run(arguments).out.find('\x1b') != std::string::npos;
  };
  CHECK_FALSE(colored({}));
  CHECK(colored({"--color", "always"}));
  session.terminal.out_is_terminal = true;
  CHECK(colored({}));
  CHECK_FALSE(colored({"--color", "never"}));
  session.terminal.wants_color = false;
  CHECK_FALSE(colored({}));
}

}  // namespace
}  // namespace goldhive::tests
