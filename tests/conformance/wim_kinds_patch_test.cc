// Every kind of WIM, with all that only Windows images hold, is patched: wimlib sees other hives
// and nothing else changed, 7-Zip reads the same, and undo gives the same bytes back.
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "tests/conformance/verdicts.h"
#include "tests/conformance/windows_disk.h"
#include "tests/support/digest_of.h"
#include "tests/support/rich_wim.h"

using namespace goldhive;
using namespace goldhive::testing;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

const std::string config = "/Windows/System32/config/";

bool is_hive(const std::string& path) {
  return path == config + "SOFTWARE" || path == config + "SYSTEM";
}

/// What wimlib says of one file: its properties, and its content, which is the first stream without
/// a name.
struct Detail {
  std::vector<std::string> lines;              ///< without those of `content`
  std::map<std::string, std::string> content;  ///< "Hash", "Uncompressed size", ...
};
using Details = std::map<std::string, Detail>;  // by path

Details details_of(const std::string& wim, int image) {
  std::istringstream text(
      must_run({"wimlib-imagex", "dir", "--detailed", wim, std::to_string(image)}));
  Details details;
  Detail* here = nullptr;
  bool in_content = false;
  for (std::string line; std::getline(text, line);) {
    const std::size_t equals = line.find('=');
    const std::string name = line.substr(0, line.find_last_not_of(" \t", equals - 1) + 1);
    const std::string value = equals == std::string::npos ? "" : line.substr(equals + 1);
    if (name == "Full Path") {
      here = &details[value.substr(2, value.size() - 3)];
      in_content = false;
    } else if (line.find("data stream") != std::string::npos ||
               line.find("Reparse point stream") != std::string::npos) {
      in_content = line.find("Unnamed data stream") != std::string::npos;
      if (here != nullptr) here->lines.push_back(line);
    } else if (here != nullptr && in_content && equals != std::string::npos) {
      here->content[name] = value;
    } else if (here != nullptr) {
      here->lines.push_back(line);
    }
  }
  return details;
}

/// `patched`: the images whose hives may differ.
void check_details(const std::vector<Details>& before, const std::vector<Details>& after,
                   const std::set<std::size_t>& patched) {
  REQUIRE(after.size() == before.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    INFO("image " << i + 1);
    REQUIRE(after[i].size() == before[i].size());
    for (const auto& [path, old] : before[i]) {
      INFO(path);
      const Detail& now = after[i].at(path);
      CHECK(now.lines == old.lines);
      if (!is_hive(path)) {
        CHECK(now.content == old.content);
      } else if (patched.count(i) != 0) {
        CHECK(now.content.at("Hash") != old.content.at("Hash"));
      } else {
        std::map<std::string, std::string> expected = old.content;
        expected["Reference Count"] = now.content.at("Reference Count");
        CHECK(now.content == expected);
      }
    }
  }
}

/// Every image of the WIM as wimlib extracts it, hives left out: path -> SHA-256.
std::map<std::string, std::string> files_of_images(const std::string& wim, int images) {
  const TempDir dir;
  std::map<std::string, std::string> files;
  for (int image = 1; image <= images; ++image) {
    const std::string number = std::to_string(image);
    dir.make_directory(number);
    must_run({"wimlib-imagex", "apply", wim, number, dir / number});
    for (const auto& entry : fs::recursive_directory_iterator(dir / number)) {
      if (!entry.is_regular_file()) continue;
      const std::string path = entry.path().string().substr(dir.path().size());
      if (is_hive(path.substr(number.size() + 1))) continue;
      files[path] = digest_of(entry.path().string());
    }
  }
  return files;
}

/// 7-Zip tests all of it, and its hives are wimlib's.
void judge_by_7z(const std::string& wim, int image) {
  if (!have_tool("7z")) return;
  must_run({"7z", "t", wim});
  const TempDir dir;
  for (const char* hive : {"SOFTWARE", "SYSTEM"}) {
    const std::string number = std::to_string(image);
    must_run({"wimlib-imagex", "extract", wim, number, config + hive, "--dest-dir=" + dir.path()});
    must_run({"7z", "e", "-y", "-o" + (dir / "7z"), wim, number + config + hive});
    CHECK(dir.read(hive) == dir.read(std::string("7z/") + hive));
  }
}

/// wimlib can go on working with it.
void use_by_wimlib(const std::string& wim, const std::string& volume) {
  const TempDir dir;
  const std::string copy = dir / "copy.wim";
  fs::copy_file(wim, copy);
  must_run({"wimlib-imagex", "export", copy, "2", dir / "exported.wim"});
  must_run({"wimlib-imagex", "verify", dir / "exported.wim"});
  must_run({"wimlib-imagex", "append", volume, copy, "another"});
  must_run({"wimlib-imagex", "verify", copy});
  must_run({"wimlib-imagex", "delete", copy, "1"});
  must_run({"wimlib-imagex", "verify", copy});
  must_run({"wimlib-imagex", "optimize", copy});
  must_run({"wimlib-imagex", "verify", copy});
  CHECK(
      run_cli({"scan", "--format", "json", copy}).json().at("targets").at(0).at("error").is_null());
}

json findings(const json& report, std::size_t installation) {
  return report.at("targets").at(0).at("installations").at(installation).at("findings");
}

/// Two images of one Windows, whose hives are the same blobs, and one of another.
struct Sources {
  explicit Sources(const TempDir& dir)
      : first(make_rich_volume(dir, "first", "windows-7-sp1-x64")),
        second(make_rich_volume(dir, "second", "windows-server-2008-r2-sp1")) {}
  std::vector<std::string> volumes() const { return {first, first, second}; }
  std::string first;
  std::string second;
};

}  // namespace

TEST_CASE("every kind of WIM that can be patched is patched and judged and undone") {
  if (!have_rich_wim_tools()) return;
  const TempDir dir;
  const Sources sources(dir);
  for (const WimKind& kind : wim_kinds()) {
    if (!kind.can_be_patched) continue;
    INFO(kind.name);
    const std::string wim = make_rich_wim(dir, "image.wim", sources.volumes(), kind);
    const std::string before = digest_of(wim);
    std::vector<Details> old;
    for (int image = 1; image <= 3; ++image) old.push_back(details_of(wim, image));
    const auto files = files_of_images(wim, 3);
    const json scanned = run_cli({"scan", "--format", "json", wim}).json();
    CHECK(run_cli({"plan", wim}).status == 1);
    CHECK(digest_of(wim) == before);

    const std::pair<std::string, std::set<std::size_t>> choices[] = {{"@2", {1}}, {"", {0, 1, 2}}};
    for (const auto& [id, patched] : choices) {
      INFO("patch of " << (id.empty() ? "all" : id));
      const RunResult patch = run_cli({"patch", "--format", "json", wim + id});
      INFO(patch.out << patch.err);
      REQUIRE(patch.status == 1);  // the update itself is still missing
      CHECK(patch.err.empty());
      const json now = run_cli({"scan", "--format", "json", wim}).json();
      for (std::size_t i = 0; i < 3; ++i) {
        CHECK((findings(now, i) == findings(scanned, i)) == (patched.count(i) == 0));
      }
      must_run({"wimlib-imagex", "verify", wim});
      std::vector<Details> after;
      for (int image = 1; image <= 3; ++image) after.push_back(details_of(wim, image));
      check_details(old, after, patched);
      CHECK(files_of_images(wim, 3) == files);
      if (id.empty()) {
        judge_by_7z(wim, 2);
        use_by_wimlib(wim, sources.second);
        // Two images of one Windows still share their hives.
        CHECK(after[0].at(config + "SOFTWARE").content == after[1].at(config + "SOFTWARE").content);
      }
      const std::string patched_digest = digest_of(wim);
      CHECK(run_cli({"patch", wim + id}).status == 1);
      CHECK(digest_of(wim) == patched_digest);  // nothing to do a second time

      const RunResult undo = run_cli({"undo", wim});
      INFO(undo.err);
      CHECK(undo.status == 0);
      CHECK(digest_of(wim) == before);
      CHECK_FALSE(fs::exists(wim + ".goldhive-undo"));
    }
    fs::remove(wim);
  }
}
