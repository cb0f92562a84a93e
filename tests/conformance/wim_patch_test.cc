// Patching WIMs through the command line. The judges: wimlib-imagex verifies the result, lists each
// image with every attribute of every file, and can go on working with it; undo gives the bytes
// back.
#include <filesystem>

#include "imgtools/host/storage.h"
#include "tests/conformance/verdicts.h"
#include "tests/conformance/wim_maker.h"
#include "tests/conformance/windows_disk.h"
#include "tests/support/digest_of.h"
#include "tests/support/regex.h"

using namespace goldhive;
using namespace goldhive::testing;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

const std::string software = "/Windows/System32/config/SOFTWARE";
const std::string system_hive = "/Windows/System32/config/SYSTEM";

/// What wimlib says of an image: each file's path -> all of its attributes. Where its content lies
/// and how often it is used is left out: that may change, and `verify` judges it.
std::map<std::string, std::string> files_of_image(const std::string& wim, int image) {
  const std::string text =
      must_run({"wimlib-imagex", "dir", wim, std::to_string(image), "--detailed"});
  const std::string moving =
      "(Compressed size|Offset in WIM|Reference Count|Solid resource|Solid offset|Flags) *= "
      "[^\n]*\n";
  std::map<std::string, std::string> files;
  std::size_t start = text.find("Full Path");
  while (start != std::string::npos) {
    const std::size_t next = text.find("Full Path", start + 1);
    const std::string one = text.substr(start, next - start);
    const std::vector<Match> names = all_matches(one, "Full Path *= \"([^\"]*)\"");
    REQUIRE(!names.empty());
    files[names[0][1]] = replace_all(one, moving, "");
    start = next;
  }
  return files;
}

std::vector<std::string> changed_files(const std::map<std::string, std::string>& before,
                                       const std::map<std::string, std::string>& after) {
  std::vector<std::string> changed;
  CHECK(before.size() == after.size());
  const std::string content = "(Hash|Uncompressed size) *= [^\n]*\n";
  for (const auto& [path, attributes] : before) {
    const auto now = after.find(path);
    REQUIRE(now != after.end());
    if (now->second == attributes) continue;
    changed.push_back(path);
    CHECK(replace_all(now->second, content, "") == replace_all(attributes, content, ""));
  }
  return changed;
}

std::string xml_of(const TempDir& dir, const std::string& wim) {
  must_run({"wimlib-imagex", "info", wim, "--extract-xml=" + (dir / "xml")});
  const Bytes xml = dir.read("xml");
  std::string text;
  for (std::size_t i = 2; i + 1 < xml.size(); i += 2) text += static_cast<char>(xml[i]);
  return text;
}

/// The text of the n-th element of that name.
std::string element(const std::string& xml, const std::string& name, int n) {
  std::size_t at = 0;
  for (int i = 0; i < n; ++i) at = xml.find("<" + name + ">", at) + name.size() + 2;
  return xml.substr(at, xml.find("</", at) - at);
}

void judge(const std::string& wim) {
  const ToolResult verified = run_tool({"wimlib-imagex", "verify", wim});
  INFO(verified.output);
  CHECK(verified.status == 0);
}

struct Kind {
  const char* name;
  std::vector<std::string> options;
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = {
      {"none", {"--compress=none"}}, {"xpress", {"--compress=XPRESS"}},
      {"lzx", {"--compress=LZX"}},   {"lzx-2m", {"--compress=LZX", "--chunk-size=2M"}},
      {"lzms", {"--compress=LZMS"}}, {"solid", {"--solid"}},
  };
  return all;
}

const std::vector<std::string> three = {"windows-7-sp1-x64", "windows-7-sp1-x86",
                                        "windows-7-sp1-x64-ready", ""};

}  // namespace

TEST_CASE("a patch of one image changes the hashes of its hives in the WIM and nothing else") {
  if (!have_wim_tools()) return;
  for (const Kind& kind : kinds()) {
    INFO(kind.name);
    const TempDir dir;
    const std::string wim = make_wim(dir, "w.wim", three, kind.options);
    const std::string before = digest_of(wim);
    std::vector<std::map<std::string, std::string>> old;
    for (int image = 1; image <= 4; ++image) old.push_back(files_of_image(wim, image));
    const std::string old_xml = xml_of(dir, wim);

    const RunResult patch =
        run_cli({"patch", "--timestamp", "2016-07-08T10:11:12Z", "--format", "json", wim + "@2"});
    INFO(patch.out << patch.err);
    CHECK(patch.status == 1);  // the update itself is still missing
    CHECK(patch.err.empty());
    const RunResult scan = run_cli({"scan", "--check", "--format", "json", wim + "@2"});
    CHECK(scan.json().at("targets").at(0).at("installations").at(0).at("findings") ==
          patch.json().at("targets").at(0).at("installations").at(0).at("findings"));

    judge(wim);
    CHECK(changed_files(old[1], files_of_image(wim, 2)) ==
          std::vector<std::string>{software, system_hive});
    for (const int other : {1, 3, 4}) {
      CHECK(files_of_image(wim, other) == old[static_cast<std::size_t>(other - 1)]);
    }
    const std::string xml = xml_of(dir, wim);
    CHECK(element(xml, "HIGHPART", 4) == "0x01D1D901");  // image 2 was modified at the timestamp
    CHECK(element(xml, "LOWPART", 4) == "0x0DCA2000");
    CHECK(element(xml, "HIGHPART", 2) == element(old_xml, "HIGHPART", 2));
    CHECK(xml.size() == old_xml.size() + element(xml, "TOTALBYTES", 5).size() -
                            element(old_xml, "TOTALBYTES", 5).size());

    const std::string after = digest_of(wim);
    CHECK(run_cli({"patch", wim + "@2"}).status == 1);
    CHECK(digest_of(wim) == after);  // nothing to do a second time

    const RunResult undo = run_cli({"undo", wim});
    INFO(undo.err);
    CHECK(undo.status == 0);
    CHECK(digest_of(wim) == before);
    CHECK_FALSE(fs::exists(wim + ".goldhive-undo"));
  }
}

TEST_CASE("a patched WIM can be appended to and deleted from and exported by wimlib") {
  if (!have_wim_tools()) return;
  for (const Kind& kind : kinds()) {
    INFO(kind.name);
    const TempDir dir;
    const std::string wim = make_wim(dir, "w.wim", three, kind.options);
    CHECK(run_cli({"patch", "--image", "all", "--no-undo", wim}).status == 1);
    judge(wim);
    const auto second = files_of_image(wim, 2);
    must_run({"wimlib-imagex", "export", wim, "2", dir / "e.wim"});
    judge(dir / "e.wim");
    CHECK(changed_files(second, files_of_image(dir / "e.wim", 1)).empty());
    must_run({"wimlib-imagex", "append", dir / "data", wim, "more"});
    must_run({"wimlib-imagex", "delete", wim, "1"});
    must_run({"wimlib-imagex", "optimize", wim});
    judge(wim);
    CHECK(changed_files(second, files_of_image(wim, 1)).empty());
    must_run({"wimlib-imagex", "extract", wim, "1", software, "--dest-dir=" + (dir / "out"),
              "--no-acls"});
    must_run({"wimlib-imagex", "extract", dir / "e.wim", "1", software,
              "--dest-dir=" + (dir / "out2"), "--no-acls"});
    CHECK(digest_of(dir / "out/SOFTWARE") == digest_of(dir / "out2/SOFTWARE"));
    CHECK(run_cli({"scan", "--image", "windows-7-sp1-x86", wim}).status == 1);
  }
}

TEST_CASE("all images of a WIM are patched in one transaction and share what they shared") {
  if (!have_wim_tools()) return;
  const TempDir dir;
  const std::string wim = make_wim(dir, "w.wim", {"windows-7-sp1-x64"});
  must_run({"wimlib-imagex", "export", wim, "1", wim, "copy"});
  must_run({"wimlib-imagex", "export", wim, "1", wim, "third"});
  const std::string before = digest_of(wim);
  const auto size = fs::file_size(wim);

  CHECK(run_cli({"patch", "--image", "1", wim}).status == 1);
  const auto one = fs::file_size(wim) - size;
  judge(wim);
  CHECK(files_of_image(wim, 2) == files_of_image(wim, 3));
  CHECK(files_of_image(wim, 1).at(software) != files_of_image(wim, 2).at(software));
  CHECK(run_cli({"undo", wim}).status == 0);
  CHECK(digest_of(wim) == before);

  const RunResult all = run_cli({"patch", "--format", "json", wim});
  CHECK(all.status == 1);
  CHECK(all.json().at("targets").at(0).at("installations").size() == 3);
  CHECK(fs::exists(wim + ".goldhive-undo"));
  CHECK_FALSE(fs::exists(wim + ".goldhive-undo.2"));
  CHECK(fs::file_size(wim) - size < 2 * one);  // two more copies of the metadata, none of the hives
  judge(wim);
  CHECK(files_of_image(wim, 1).at(software) == files_of_image(wim, 3).at(software));
  CHECK(run_cli({"undo", wim}).status == 0);
  CHECK(digest_of(wim) == before);
}

TEST_CASE("the same patch of the same WIM at the same time gives the same bytes") {
  if (!have_wim_tools()) return;
  const TempDir dir;
  const std::string wim = make_wim(dir, "w.wim", three);
  fs::copy_file(wim, dir / "copy.wim");
  for (const std::string& each : {wim, dir / "copy.wim"}) {
    run_cli({"patch", "--timestamp", "2016-07-08", each});
  }
  CHECK(digest_of(wim) == digest_of(dir / "copy.wim"));
}

TEST_CASE("a dirty hive in a WIM is patched as recovered and its logs are made harmless") {
  if (!have_wim_tools()) return;
  for (const char* recipe : {"dirty-7-old-logs", "dirty-8.1-new-logs"}) {
    INFO(recipe);
    const TempDir dir;
    const std::string wim = make_wim(dir, "w.wim", {recipe});
    const std::string before = digest_of(wim);
    const RunResult patch =
        run_cli({"patch", "--timestamp", "2016-07-08", "--format", "json", wim});
    INFO(patch.err);
    CHECK(patch.err.empty());
    judge(wim);
    const RunResult tree =
        run_cli({"patch", "--timestamp", "2016-07-08", "--format", "json", dir / recipe});
    CHECK(verdicts(patch.json()).at("findings") == verdicts(tree.json()).at("findings"));
    if (digest_of(wim) != before) CHECK(run_cli({"undo", wim}).status == 0);
    CHECK(digest_of(wim) == before);
  }
}

TEST_CASE("all names of a hive with hard links get the new content") {
  if (!have_wim_tools()) return;
  const TempDir dir;
  make_wim(dir, "unused.wim", {"windows-7-sp1-x64"});
  const std::string tree = dir / "windows-7-sp1-x64";
  fs::create_hard_link(tree + software, tree + "/Windows/linked");
  const std::string wim = make_wim(dir, "w.wim", {"windows-7-sp1-x64"});
  const auto old = files_of_image(wim, 1);
  CHECK(run_cli({"patch", "--all-links", wim}).status == 1);
  judge(wim);
  CHECK(changed_files(old, files_of_image(wim, 1)) ==
        std::vector<std::string>{software, system_hive, "/Windows/linked"});
}

TEST_CASE("a WIM captured from NTFS keeps security descriptors and streams through a patch") {
  if (!have_wim_tools() || !have_disk_tools() || !have_tool("ntfscp")) return;
  const TempDir dir;
  const std::string volume =
      make_ntfs(dir, "volume", 16 * mib, files_of("windows-7-sp1-x64"), {"-L", "Windows"});
  dir.write("zone", std::string("[ZoneTransfer]"));
  must_run({"ntfscp", "-f", "-N", "Zone.Identifier", volume, dir / "zone", software.substr(1)});
  const std::string wim = dir / "w.wim";
  must_run({"wimlib-imagex", "capture", volume, wim, "NTFS"});
  const auto old = files_of_image(wim, 1);
  CHECK_THAT(old.at(software), Catch::Contains("Security Descriptor = 01") &&
                                   Catch::Contains("Named data stream \"Zone.Identifier\""));
  CHECK(run_cli({"patch", wim}).status == 1);
  judge(wim);
  CHECK(changed_files(old, files_of_image(wim, 1)) ==
        std::vector<std::string>{software, system_hive});
}

TEST_CASE("WIMs that must not be changed are refused with the reason and left alone") {
  if (!have_wim_tools()) return;
  const TempDir dir;
  const std::string wim = make_wim(dir, "w.wim", {"windows-7-sp1-x64"});
  const auto refused = [&](const std::string& path, const char* reason, const char* advice) {
    const std::string before = digest_of(path);
    CHECK_THAT(refused_patch(path).err, Catch::Contains(reason) && Catch::Contains(advice));
    CHECK(digest_of(path) == before);
    CHECK(run_cli({"scan", path}).status == 1);
  };
  must_run({"wimlib-imagex", "export", wim, "1", dir / "p.wim", "--pipable"});
  refused(dir / "p.wim", "pipable", "--not-pipable");
  must_run({"wimlib-imagex", "split", wim, dir / "s.swm", "0.05"});
  refused(dir / "s.swm", "split WIM", "wimlib-imagex join");
  const Bytes good = dir.read("w.wim");
  Bytes marked = good;
  marked[16] |= 0x40;
  dir.write("w.wim", marked);
  refused(wim, "being written", "optimize");
  marked[16] = good[16] | 0x04;
  dir.write("w.wim", marked);
  refused(wim, "read-only", "export");
}

TEST_CASE("a hive in a WIM that does not have its SHA-1 is not given a good one by a patch") {
  if (!have_wim_tools()) return;
  const TempDir dir;
  const std::string wim = make_wim(dir, "w.wim", {"windows-7-sp1-x64"}, {"--compress=none"});
  Bytes data = dir.read("w.wim");
  const std::string mark = "regf";
  const auto hive = std::search(data.begin(), data.end(), mark.begin(), mark.end());
  REQUIRE(hive != data.end());
  hive[1000] ^= 1;  // in the unused part of the base block, of one hive
  dir.write("w.wim", data);
  const RunResult patch = run_cli({"patch", wim});
  CHECK(patch.status == 2);
  CHECK_THAT(patch.err, Catch::Contains("SHA-1"));
  CHECK(dir.read("w.wim") == data);
}

TEST_CASE("compacting a patched WIM takes the dead space out and changes nothing else") {
  if (!have_wim_tools()) return;
  for (const Kind& kind : kinds()) {
    INFO(kind.name);
    const TempDir dir;
    const std::string wim = make_wim(dir, "w.wim", three, kind.options);
    const std::string before = digest_of(wim);
    fs::copy_file(wim, dir / "plain.wim");
    CHECK(run_cli({"patch", "--timestamp", "2016-07-08", dir / "plain.wim"}).status == 1);
    const std::vector<std::string> compact = {"patch", "--timestamp", "2016-07-08", "--compact",
                                              wim};
    const RunResult patch = run_cli(compact);
    INFO(patch.err);
    CHECK(patch.status == 1);
    CHECK_THAT(patch.out, Catch::Contains("bytes smaller"));
    CHECK(fs::file_size(wim) < fs::file_size(dir / "plain.wim"));
    judge(wim);
    for (int image = 1; image <= 4; ++image) {
      CHECK(changed_files(files_of_image(dir / "plain.wim", image), files_of_image(wim, image))
                .empty());
    }
    CHECK(run_cli({"scan", "--check", wim}).status == 1);
    const std::string after = digest_of(wim);
    CHECK(run_cli(compact).status == 1);
    CHECK(digest_of(wim) == after);  // nothing to take out any more
    fs::copy_file(wim, dir / "more.wim");
    must_run({"wimlib-imagex", "append", dir / "data", dir / "more.wim", "more"});
    judge(dir / "more.wim");

    CHECK(run_cli({"undo", wim}).status == 0);
    CHECK(digest_of(wim) == before);
  }
}

TEST_CASE("what has no dead space is not patched where compacting is asked for") {
  if (!have_wim_tools()) return;
  const TempDir dir;
  make_wim(dir, "w.wim", {"windows-7-sp1-x64"});
  const std::string tree = dir / "windows-7-sp1-x64";
  const std::string hive = digest_of(tree + software);
  const RunResult patch = run_cli({"patch", "--compact", tree});
  CHECK(patch.status == 2);
  CHECK_THAT(patch.err, Catch::Contains("--compact is for WIM"));
  CHECK(digest_of(tree + software) == hive);
}
