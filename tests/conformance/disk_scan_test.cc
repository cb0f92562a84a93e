#include <filesystem>

#include "tests/conformance/verdicts.h"
#include "tests/conformance/windows_disk.h"

using namespace goldhive;
using namespace goldhive::testing;
namespace fs = std::filesystem;
using nlohmann::json;

TEST_CASE("every container and layout gets the verdicts of the plain tree") {
  if (!have_disk_tools() || !have_tool("qemu-nbd")) return;
  const TempDir dir;
  for (const std::string recipe : {"windows-7-sp1-x64", "dirty-7-old-logs"}) {
    dir.make_directory(recipe);
    fixtures::write_tree(fixtures::load_recipe(recipe), dir / recipe);
    const RunResult plain = run_cli({"scan", "--format", "json", dir / recipe});
    const json expected = verdicts(plain.json());
    CHECK(expected.at("findings").size() > 5);
    for (const Layout layout : all_layouts) {
      const std::string raw = make_windows_disk(dir, to_string(layout), layout, recipe);
      for (const ContainerKind& kind : container_kinds()) {
        INFO(recipe << " in " << kind.name << " with " << to_string(layout));
        const std::string path = convert_disk(raw, kind);
        const RunResult scan = run_cli({"scan", "--format", "json", path});
        CHECK(scan.err.empty());
        CHECK(scan.status == plain.status);
        const json report = scan.json();
        CHECK(report.at("targets").at(0).at("format") == kind.format);
        CHECK(report.at("targets").at(0).at("installations").at(0).at("id") ==
              path + windows_id(layout));
        CHECK(verdicts(report) == expected);
        const RunResult by_id = run_cli({"scan", "--format", "json", path + windows_id(layout)});
        CHECK(verdicts(by_id.json()) == expected);
        const RunResult list = run_cli({"list", path});
        CHECK(list.out.find("Windows 7") != std::string::npos);
        fs::remove(path);
      }
    }
  }
}

TEST_CASE("a volume without Windows is listed by the name that selects it") {
  if (!have_disk_tools()) return;
  const TempDir dir;
  const std::string raw = make_windows_disk(dir, "disk", Layout::mbr, "windows-7-sp1-x64");
  for (const std::string& target : {raw, raw + ":p1"}) {
    const RunResult list = run_cli({"list", target});
    INFO(list.out);
    CHECK(list.status == 0);
    CHECK(list.out.find("  volume: " + raw + ":p1  ") != std::string::npos);
    CHECK((list.out.find("Windows 7") != std::string::npos) == (target == raw));
  }
  CHECK(run_cli({"scan", raw + ":p1"}).status == 2);
  CHECK(run_cli({"list", raw + ":p9"}).status == 2);
}

TEST_CASE("a disk cut off anywhere is an error or has all that was read and says what is wrong") {
  if (!have_disk_tools() || !have_tool("qemu-nbd")) return;
  const TempDir dir;
  const std::string raw = make_windows_disk(dir, "disk", Layout::gpt, "windows-7-sp1-x64-ready");
  for (const ContainerKind& kind : container_kinds()) {
    const std::string name = kind.name;
    if (name == "vmdk-flat" || name == "vmdk-split") continue;  // their data lie in other files
    std::string path = convert_disk(raw, kind);
    const RunResult whole = run_cli({"scan", "--format", "json", path});
    CHECK(whole.status == 0);
    CHECK(whole.json().at("targets").at(0).at("notes").empty());
    const std::uint64_t size = fs::file_size(path);
    for (const std::uint64_t part : {7U, 6U, 5U, 3U, 2U, 1U}) {
      fs::resize_file(path, size * part / 8);
      const RunResult scan = run_cli({"scan", "--format", "json", path});
      INFO(kind.name << " cut to " << part << "/8: " << scan.out);
      if (scan.status == 2) continue;
      CHECK((name == "raw" || name.starts_with("vhd")));  // of the others all must be there
      CHECK(scan.status == 0);
      CHECK(verdicts(scan.json()) == verdicts(whole.json()));
      CHECK_FALSE(scan.json().at("targets").at(0).at("notes").empty());
    }
    CHECK(run_cli({"scan", path}).status == 2);
  }
}

TEST_CASE("an encrypted volume beside a Windows makes the target undetermined") {
  if (!have_disk_tools()) return;
  const TempDir dir;
  const std::string windows = make_ntfs(dir, "w", 16 * mib, files_of("windows-7-sp1-x64-ready"));
  const std::string locked = make_ntfs(dir, "l", 4 * mib, {});
  write_at(locked, 3, Bytes{'-', 'F', 'V', 'E', '-', 'F', 'S', '-'});
  CHECK(run_cli({"scan", make_raw_disk(dir, "a", Layout::mbr, {windows})}).status == 0);
  const RunResult scan = run_cli(
      {"scan", "--format", "json", make_raw_disk(dir, "b", Layout::mbr, {windows, locked})});
  CHECK(scan.status == 2);
  const json target = scan.json().at("targets").at(0);
  CHECK(target.at("status") == "undetermined");
  const json finding = target.at("installations").at(1).at("findings").at(0);
  CHECK(finding.at("id") == "volume.state");
  CHECK(finding.at("verdict") == "undetermined");
}

TEST_CASE("a volume that cannot be read beside a recovery system leaves the disk undetermined") {
  if (!have_disk_tools()) return;
  const TempDir dir;
  const std::string rescue = make_ntfs(dir, "r", 16 * mib, files_of("winpe-3-x64"));
  const std::string windows = make_ntfs(dir, "w", 16 * mib, files_of("windows-7-sp1-x64-ready"));
  const std::string unknown = make_ntfs(dir, "u", 4 * mib, {});
  write_at(unknown, 0, Bytes(512, 0x5a));
  CHECK(run_cli({"scan", make_raw_disk(dir, "a", Layout::mbr, {rescue})}).status == 0);
  const RunResult scan = run_cli({"scan", make_raw_disk(dir, "b", Layout::mbr, {rescue, unknown})});
  CHECK(scan.status == 2);
  CHECK_THAT(scan.out, Catch::Contains(":p2 cannot be read (an unknown file system) and may hold"));
  // A stick for setup has the install.wim on FAT or exFAT.
  const std::string data = dir.write("d", Bytes(mib));
  write_at(data, 3, Bytes{'E', 'X', 'F', 'A', 'T', ' ', ' ', ' '});
  const RunResult stick = run_cli({"scan", make_raw_disk(dir, "s", Layout::mbr, {rescue, data})});
  CHECK(stick.status == 2);
  CHECK_THAT(stick.out, Catch::Contains(":p2 cannot be read (exFAT) and may hold"));
  // Where the Windows was found, another volume is its own matter.
  CHECK(run_cli({"scan", make_raw_disk(dir, "c", Layout::mbr, {windows, unknown})}).status == 0);
}

/// An entry of an MBR, or of the sector of a logical partition at `at`.
void put_entry(const std::string& disk, std::uint64_t at, std::size_t number, std::uint8_t type,
               std::uint32_t first, std::uint32_t count) {
  Bytes entry(16);
  entry[4] = type;
  for (std::size_t i = 0; i < 4; ++i) {
    entry[8 + i] = static_cast<std::uint8_t>(first >> (8 * i));
    entry[12 + i] = static_cast<std::uint8_t>(count >> (8 * i));
  }
  write_at(disk, at + 446 + 16 * number, entry);
}

TEST_CASE("what of a disk is not there may hold a Windows, unless one was found to be judged") {
  if (!have_disk_tools()) return;
  const TempDir dir;
  const std::string rescue = make_ntfs(dir, "r", 16 * mib, files_of("winpe-3-x64"));
  const std::string windows = make_ntfs(dir, "w", 16 * mib, files_of("windows-7-sp1-x64-ready"));
  const std::string data = make_ntfs(dir, "d", 4 * mib, {{"notes.txt", Bytes(9, 'n')}});
  struct Case {
    const char* what;
    std::uint8_t type;
    std::uint32_t first;
    const char* words;  ///< "": nothing is missing that could hold a Windows
  };
  constexpr std::uint32_t far = 1 << 24;
  const Case cases[] = {
      {"beyond the end", 0x07, far, "partition 3 (starts beyond the end of the disk)"},
      {"a chain that leaves the disk", 0x0f, far, "the rest of the chain of logical partitions"},
      {"a chain that is broken", 0x05, 64, "the rest of the chain of logical partitions"},
      {"a boot partition", 0xef, far, ""},
  };
  for (const Case& c : cases) {
    INFO(c.what);
    const int wanted = *c.words == '\0' ? 0 : 2;
    const std::string pe = make_raw_disk(dir, "pe", Layout::mbr, {rescue});
    put_entry(pe, 0, 2, c.type, c.first, 4096);
    const RunResult beside = run_cli({"scan", pe});
    CHECK(beside.status == wanted);
    CHECK_THAT(beside.out + beside.err, Catch::Contains(c.words));
    const std::string found = make_raw_disk(dir, "found", Layout::mbr, {windows});
    put_entry(found, 0, 2, c.type, c.first, 4096);
    CHECK(run_cli({"scan", found}).status == wanted);
    CHECK(run_cli({"scan", found + ":p1"}).status == 0);

    const TempDir folder;
    const std::string none = make_raw_disk(folder, "none.img", Layout::mbr, {data});
    CHECK(run_cli({"scan", folder.path()}).status == 0);
    put_entry(none, 0, 2, c.type, c.first, 4096);
    const RunResult alone = run_cli({"scan", folder.path()});
    INFO(alone.out << alone.err);
    CHECK(alone.status == wanted);
  }
}

TEST_CASE("a hibernated volume is scanned with a warning and verdicts marked as possibly stale") {
  if (!have_disk_tools()) return;
  const TempDir dir;
  auto files = files_of("windows-7-sp1-x64-ready");
  Bytes session(8192);
  std::copy_n("hibr", 4, session.begin());
  files.push_back({"hiberfil.sys", session});
  const RunResult scan =
      run_cli({"scan", "--format", "json", make_ntfs(dir, "disk", 16 * mib, files)});
  const json installation = scan.json().at("targets").at(0).at("installations").at(0);
  CHECK(installation.at("volume").at("hibernated") == true);
  CHECK(scan.out.find("\"volume.state\"") != std::string::npos);
}
