#include "src/windows/inspect.h"

#include <catch2/catch.hpp>

#include <memory>

#include "fixtures/log_builder.h"
#include "imgtools/bytes/error.h"
#include "imgtools/formats.h"
#include "src/windows/load_hive.h"
#include "tests/hive/test_hive.h"
#include "tests/support/corpus.h"
#include "tests/windows/sample.h"

namespace goldhive::windows {
namespace {

using goldhive::testing::MemoryTree;

std::vector<Installation> inspect_files(const std::map<std::string, Bytes>& files,
                                        const std::string& target = "target",
                                        const InspectOptions& options = {},
                                        const std::string& volume_id = "") {
  Volume volume;
  volume.id = volume_id;
  volume.tree = std::make_shared<MemoryTree>(files);
  return inspect(volume, target, options);
}

Error error_of(const std::map<std::string, Bytes>& files) {
  try {
    inspect_files(files);
  } catch (const Error& e) {
    return e;
  }
  FAIL("no error");
  return Error(ErrorKind::io, "");
}

TEST_CASE("a whole tree gives one installation with both hives") {
  const Installation found = Sample().facts();
  CHECK(found.id == "image");
  CHECK(found.root == "/");
  CHECK(found.windows_directory == "Windows");
  CHECK_FALSE(found.loose);
  REQUIRE(found.hives.size() == 2);
  CHECK(found.hives[0].name == HiveName::software);
  CHECK_FALSE(found.hives[0].missing);
  CHECK(found.hives[0].path == "Windows/System32/config/SOFTWARE");
  CHECK(found.hives[0].size > 4096);
  CHECK(found.hives[0].state == hive::HiveState::clean);
  CHECK(found.hives[0].sequence1 == 1);
  CHECK(found.hives[0].last_written != 0);
  CHECK_FALSE(found.hives[0].sha256);
  CHECK(found.hives[1].name == HiveName::system);
}

TEST_CASE("a volume without a tree or without Windows gives nothing") {
  CHECK(inspect(Volume(), "disk", {}).empty());
  CHECK(inspect_files({}).empty());
  CHECK(inspect_files({{"docs/readme.txt", {'x'}}, {"photo.jpg", {'y', 'z'}}}).empty());
}

TEST_CASE("several installations are told apart by their ids") {
  const Bytes system = hive_of(system_7);
  const auto found = inspect_files({{"Windows/System32/config/SYSTEM", system},
                                    {"WINNT/System32/config/SYSTEM", system},
                                    {"Windows.old/Windows/System32/config/SYSTEM", system}},
                                   "disk.vhd", {}, ":p2");
  REQUIRE(found.size() == 3);
  CHECK(found[0].id == "disk.vhd:p2:/WINNT");
  CHECK(found[1].id == "disk.vhd:p2:/Windows");
  CHECK(found[2].id == "disk.vhd:p2:/Windows.old");
  CHECK(found[2].root == "/Windows.old");
  CHECK(found[2].windows_directory == "Windows.old/Windows");
}

TEST_CASE("a missing hive is a fact and what only it knows is unknown") {
  Sample sample;
  SECTION("SOFTWARE") {
    sample.software.clear();
    sample.system += "[ControlSet001\\Control\\Windows]\n\"CSDBuildNumber\"=dword:446a\n";
    const Installation found = sample.facts();
    CHECK(found.hives[0].missing);
    CHECK_FALSE(found.hives[1].missing);
    CHECK(found.winhttp.at(0).default_secure_protocols.presence == Presence::unknown);
    CHECK(found.winhttp.at(0).default_secure_protocols.why_unknown == "SOFTWARE is missing");
    CHECK(found.servicing.packages_presence == Presence::unknown);
    CHECK(found.servicing.why_unknown == "SOFTWARE is missing");
    CHECK(found.control_sets.boots == 1u);
  }
  SECTION("SYSTEM") {
    sample.system.clear();
    const Installation found = sample.facts();
    CHECK(found.hives[1].missing);
    CHECK_FALSE(found.control_sets.boots);
    CHECK(found.schannel.empty());
    CHECK(found.os.family == Family::windows_7);
  }
}

TEST_CASE("a damaged hive of an installation is a fact with its error") {
  Sample sample;
  sample.software.clear();
  sample.files["Windows/System32/config/SOFTWARE"] = Bytes(8192, 0);
  const Installation found = sample.facts();
  CHECK(found.hives[0].state == hive::HiveState::damaged);
  REQUIRE(found.hives[0].error);
  CHECK(found.hives[0].error->kind() == ErrorKind::corrupt);
  CHECK(found.winhttp.at(0).default_secure_protocols.presence == Presence::unknown);
  CHECK(found.winhttp.at(0).default_secure_protocols.why_unknown.find("SOFTWARE is damaged") == 0);
}

TEST_CASE("an unreadable hive of an installation is a fact with its error") {
  auto tree = std::make_shared<MemoryTree>();
  tree->add("Windows/System32/config/SOFTWARE", hive_of(software_7));
  tree->add("Windows/System32/config/SYSTEM", hive_of(system_7));
  tree->make_unreadable("Windows/System32/config/SOFTWARE");
  Volume volume;
  volume.tree = tree;
  const auto found = inspect(volume, "image", {});
  REQUIRE(found.size() == 1);
  REQUIRE(found[0].hives[0].error);
  CHECK(found[0].hives[0].error->kind() == ErrorKind::io);
  CHECK(found[0].hives[1].state == hive::HiveState::clean);
}

TEST_CASE("the hash is that of the primary file as it lies") {
  Sample sample;
  sample.options.hash = true;
  sample.software = "[Microsoft]\n";
  const Installation found = sample.facts();
  REQUIRE(found.hives[0].sha256);
  CHECK(found.hives[0].sha256->size() == 64);
  CHECK(found.hives[0].sha256 != found.hives[1].sha256);
}

TEST_CASE("a dirty hive is read through its logs unless they are switched off") {
  const std::string after = software_7 + R"(
[Microsoft\Windows\CurrentVersion\Internet Settings\WinHttp]
"DefaultSecureProtocols"=dword:a00
)";
  const fixtures::DirtyHive dirty = fixtures::make_dirty_old(hive_of(software_7), hive_of(after));
  const std::map<std::string, Bytes> files = {
      {"Windows/System32/config/SOFTWARE", dirty.primary},
      {"Windows/System32/config/software.log", dirty.log},
      {"Windows/System32/config/SOFTWARE.LOG1", dirty.log1},
      {"Windows/System32/config/SOFTWARE.Log2", dirty.log2}};
  const auto recovered = inspect_files(files);
  CHECK(recovered.at(0).hives[0].state == hive::HiveState::recovered);
  CHECK(recovered[0].winhttp.at(0).default_secure_protocols.dword() == 0xa00u);

  InspectOptions no_logs;
  no_logs.use_logs = false;
  const auto as_it_lies = inspect_files(files, "target", no_logs);
  CHECK(as_it_lies.at(0).hives[0].state == hive::HiveState::dirty);
  CHECK(as_it_lies[0].winhttp.at(0).default_secure_protocols.presence == Presence::absent);
}

TEST_CASE("a dirty hive without usable logs is read without them") {
  fixtures::HiveOptions dirty;
  dirty.sequence1 = 7;
  dirty.sequence2 = 6;
  const Bytes hive = fixtures::build_hive(fixtures::parse_reg_text(software_7, "test"), dirty);
  std::map<std::string, Bytes> files = {{"Windows/System32/config/SOFTWARE", hive},
                                        {"Windows/System32/config/software.log", {}},
                                        {"Windows/System32/config/SOFTWARE.Log1", Bytes(600, 1)}};
  const auto found = inspect_files(files);
  const HiveFact& fact = found.at(0).hives[0];
  CHECK(fact.state == hive::HiveState::dirty);
  CHECK_FALSE(fact.reason.empty());
  CHECK(fact.sequence1 == 7);
  CHECK(fact.sequence2 == 6);
  CHECK(fact.logs.size() == 2);
  CHECK(found[0].winhttp.at(0).default_secure_protocols.presence == Presence::absent);
  CHECK(found[0].os.family == Family::windows_7);

  InspectOptions no_logs;
  no_logs.use_logs = false;
  CHECK(inspect_files(files, "target", no_logs).at(0).hives[0].logs.empty());
}

TEST_CASE("loose hives are told by content and not by name") {
  const Bytes software = hive_of(software_7);
  const Bytes system = hive_of(system_7);
  SECTION("exported names") {
    const auto found = inspect_files({{"SYSTEM_2016", system}, {"my hive.bin", software}});
    REQUIRE(found.size() == 1);
    CHECK(found[0].loose);
    CHECK(found[0].id == "target");
    CHECK(found[0].hives[0].path == "my hive.bin");
    CHECK(found[0].hives[1].path == "SYSTEM_2016");
    CHECK(found[0].os.family == Family::windows_7);
    CHECK(found[0].control_sets.boots == 1u);
  }
  SECTION("one file, its name the opposite of its content") {
    const auto found = inspect_files({{"software.hiv", system}});
    REQUIRE(found.size() == 1);
    CHECK(found[0].hives[0].missing);
    CHECK(found[0].hives[1].path == "software.hiv");
  }
  SECTION("two of a kind are not paired by guess") {
    const auto found = inspect_files(
        {{"SYSTEM_2015", system}, {"SYSTEM_2016", system}, {"my SOFTWARE.hiv", software}});
    REQUIRE(found.size() == 3);
    CHECK(found[0].id == "target:/SYSTEM_2015");
    CHECK(found[1].id == "target:/SYSTEM_2016");
    CHECK(found[1].hives[0].missing);
    CHECK(found[2].id == "target:/my SOFTWARE.hiv");
  }
  SECTION("what one host is named in is paired") {
    // SOFTWARE and SYSTEM of each pair, or one of them and "".
    using Pairs = std::vector<std::pair<std::string, std::string>>;
    const std::vector<Pairs> cases = {
        {{"PC1_SOFTWARE", "PC1_SYSTEM"}, {"SOFTWARE-PC2", "SYSTEM-PC2"}},
        {{"PC3.SOFTWARE.hiv", "PC3.SYSTEM.hiv"}, {"pc4 software.bak", "PC4_System"}},
        {{"SOFTWARE_2016", "SYSTEM_2016"}, {"", "SYSTEM_2015"}},
        {{"SYSTEM01_SOFTWARE", "SYSTEM01_SYSTEM"}, {"x", ""}, {"", "y"}},
        {{"PC1_SOFTWARE", ""}, {"", "PC2_SYSTEM"}},      // one of each, of two hosts
        {{"PC1_SOFTWARE_1011", "PC1_SYSTEM_1012"}},      // one of each, at two times
        {{"PC1_SOFTWARE", "SYSTEM.hiv"}},                // one of each, one without a host
        {{"a/PC1_SOFTWARE", ""}, {"", "b/PC1_SYSTEM"}},  // of two folders
        {{"PC1_SOFTWARE", ""}, {"PC1_SOFTWARE.bak", ""}, {"", "PC1_SYSTEM"}},  // of which?
    };
    for (const Pairs& pairs : cases) {
      std::map<std::string, Bytes> files;
      for (const auto& [software_path, system_path] : pairs) {
        if (!software_path.empty()) files[software_path] = software;
        if (!system_path.empty()) files[system_path] = system;
      }
      Pairs got;
      for (const Installation& installation : inspect_files(files)) {
        got.emplace_back(installation.hives[0].path, installation.hives[1].path);
      }
      CHECK_THAT(got, Catch::UnorderedEquals(pairs));
    }
  }
  SECTION("a SYSTEM with a vendor's key Software stays a SYSTEM") {
    const auto found = inspect_files({{"x", hive_of(system_7 + "[Software\\Vendor]\n")}});
    CHECK(found.at(0).hives[0].missing);
  }
  SECTION("other hives and other files beside them do not matter") {
    const auto found = inspect_files({{"SAM", hive_of("[SAM\\Domains]\n")},
                                      {"software.bak", software},
                                      {"notes.txt", {'h', 'i'}}});
    REQUIRE(found.size() == 1);
    CHECK(found[0].hives[0].path == "software.bak");
  }
}

TEST_CASE("the marks of both kinds tell what a hive is") {
  struct Case {
    const char* what;
    std::string text;
    HiveKind kind;
    const char* name = "";  ///< of another kind
  };
  const std::string view_of_32_bits =
      "[Classes]\n[Policies]\n[Microsoft\\Windows NT\\CurrentVersion]\n"
      "[Microsoft\\Windows\\CurrentVersion]\n"
      "\"ProgramFilesDir\"=\"C:\\\\Program Files (x86)\"\n"
      "\"ProgramFilesDir (x86)\"=\"C:\\\\Program Files (x86)\"\n"
      "\"ProgramW6432Dir\"=\"C:\\\\Program Files\"\n";
  const std::vector<Case> cases = {
      {"SOFTWARE", software_7, HiveKind::software},
      {"SOFTWARE with a stray Select", software_7 + "[Select]\n", HiveKind::software},
      {"SOFTWARE with a stray control set",
       software_7 + "[Select]\n[CurrentControlSet\\Control]\n[ControlSet001\\Control]\n",
       HiveKind::software},
      {"SYSTEM", system_7, HiveKind::system},
      {"SYSTEM with what belongs into SOFTWARE",
       system_7 + "[Setup]\n[Microsoft\\Windows\\CurrentVersion]\n[Policies]\n", HiveKind::system},
      {"SYSTEM of Windows 8", system_7 + "[DriverDatabase]\n[Software\\Microsoft]\n",
       HiveKind::system},
      {"as much of the one as of the other", "[Microsoft]\n[Select]\n", HiveKind::unclear,
       "a hive with keys of SOFTWARE and of SYSTEM"},
      {"neither", "[Foo]\n", HiveKind::unclear, "a hive of some other kind"},
      {"the 32-bit view of SOFTWARE", view_of_32_bits, HiveKind::other,
       "the 32-bit view of a SOFTWARE, saved without the rest of it"},
      {"SOFTWARE with other folders", view_of_32_bits + "[Wow6432Node\\Microsoft]\n",
       HiveKind::software},
      {"SOFTWARE of 32 bits",
       "[Classes]\n[Microsoft\\Windows\\CurrentVersion]\n\"ProgramFilesDir\"=\"C:\\\\Program "
       "Files\"\n",
       HiveKind::software},
      {"UsrClass.dat", "[Local Settings]\n[CLSID]\n[Wow6432Node\\CLSID]\n", HiveKind::other,
       "a user's class hive (UsrClass.dat)"},
      {"NTUSER.DAT", "[Control Panel]\n[Software\\Microsoft]\n[Environment]\n", HiveKind::other,
       "a user's hive (NTUSER.DAT or DEFAULT)"},
      {"NTUSER.DAT with a stray key", "[Software]\n[Microsoft]\n", HiveKind::other,
       "a user's hive (NTUSER.DAT)"},
      {"SAM", "[SAM\\Domains]\n", HiveKind::other, "a SAM hive (user accounts)"},
      {"SECURITY", "[Policy\\PolAdtEv]\n[Cache]\n", HiveKind::other, "a SECURITY hive"},
      {"BCD", "[Description]\n[Objects]\n", HiveKind::other, "a boot configuration store (BCD)"},
      {"COMPONENTS", "[CanonicalData]\n[DerivedData]\n[Installers]\n", HiveKind::other,
       "a COMPONENTS hive"},
      {"DRIVERS", "[DriverDatabase]\n", HiveKind::other, "a DRIVERS hive"},
  };
  for (const Case& c : cases) {
    INFO(c.what);
    const hive::Hive hive = testing::open_text(c.text);
    CHECK(kind_of(hive) == c.kind);
    if (*c.name != '\0') CHECK(describe_hive(hive) == c.name);
  }
}

TEST_CASE("a file that is another hive than its place says is not read as that") {
  Sample sample;
  sample.software.clear();
  sample.files["Windows/System32/config/SOFTWARE"] = hive_of(system_7);
  const Installation found = sample.facts();
  CHECK(found.hives[0].state == hive::HiveState::damaged);
  REQUIRE(found.hives[0].error);
  CHECK(found.hives[0].error->kind() == ErrorKind::unsupported);
  CHECK(found.hives[0].error->message() == "is a SYSTEM hive by its content, not SOFTWARE");
}

TEST_CASE("a saved Wow6432Node keeps its name and is no SOFTWARE") {
  fixtures::KeyModel root = fixtures::parse_reg_text(software_7, "test");
  root.name = u"Wow6432Node";
  const Error error = error_of({{"wow.hiv", fixtures::build_hive(root)}});
  CHECK(error.kind() == ErrorKind::unsupported);
  CHECK(error.message().find("the 32-bit view of a SOFTWARE") != std::string::npos);
}

TEST_CASE("two hives whose paths differ only in case are not read, and both are named") {
  struct Case {
    const char* what;
    std::string software;  ///< what is named beside Windows/System32/config/SOFTWARE
    std::string system;
  };
  const std::vector<Case> cases = {
      {"files", "Windows/System32/config/software", ""},
      {"both files", "Windows/System32/config/Software", "Windows/System32/config/system"},
      {"folders", "Windows/system32/config/SOFTWARE", "Windows/system32/config/SYSTEM"},
      {"a folder with one of them", "Windows/SYSTEM32/config", "Windows/SYSTEM32/config/system"},
      {"config", "Windows/System32/CONFIG/SOFTWARE", "Windows/System32/CONFIG/SYSTEM"},
  };
  for (const Case& c : cases) {
    INFO(c.what);
    Sample sample;
    if (!c.software.empty() && !c.software.ends_with("config"))
      sample.files[c.software] = hive_of(software_7);
    if (!c.system.empty()) sample.files[c.system] = hive_of(system_7);
    const Installation found = sample.facts();
    for (const auto& [hive, twin] :
         {std::pair{found.hives[0], c.software}, std::pair{found.hives[1], c.system}}) {
      CHECK(hive.error.has_value() == !twin.empty());
      if (!hive.error) continue;
      CHECK(hive.unread());
      CHECK(hive.error->message().find("the other is " + twin + ",") != std::string::npos);
    }
  }
  Sample sample;
  sample.files["Windows/system32/notes.txt"] = {'x'};
  CHECK_FALSE(sample.facts().hives[0].error);
}

TEST_CASE("of two Windows folders that differ only in case neither is read") {
  Sample sample;
  sample.files["WINDOWS/System32/config/SOFTWARE"] = hive_of(software_7);
  sample.files["WINDOWS/System32/config/SYSTEM"] = hive_of(system_7);
  const auto found = inspect(sample.volume(), "image", {});
  REQUIRE(found.size() == 2);
  for (const Installation& each : found) {
    for (const HiveFact& hive : each.hives) CHECK(hive.unread());
  }
  // Above the volume of a Windows, names are those of whoever made the folder.
  const auto cases = inspect_files({{"Case/Windows/System32/config/SYSTEM", hive_of(system_7)},
                                    {"case/Windows/System32/config/SYSTEM", hive_of(system_7)}});
  REQUIRE(cases.size() == 2);
  for (const Installation& each : cases) CHECK_FALSE(each.hives[1].unread());
}

TEST_CASE("loose hives of other kinds are refused with their name") {
  const Error sam = error_of({{"SAM", hive_of("[SAM\\Domains]\n")}});
  CHECK(sam.kind() == ErrorKind::unsupported);
  CHECK(sam.where() == "SAM");
  CHECK(sam.message().find("a SAM hive (user accounts)") != std::string::npos);
  const Error user = error_of({{"NTUSER.DAT", hive_of("[Software]\n[Control Panel]\n")}});
  CHECK(user.message().find("a user's hive") != std::string::npos);
  CHECK(error_of({{"x", hive_of("[]\n")}}).message().find("a hive without keys") !=
        std::string::npos);
  CHECK(error_of({{"x", hive_of("[Foo]\n")}}).message().find("some other kind") !=
        std::string::npos);
}

TEST_CASE("a loose file that is broken or empty is an error with its reason") {
  Bytes cut = hive_of(software_7);
  cut.resize(2000);
  CHECK(error_of({{"SOFTWARE", cut}}).kind() == ErrorKind::corrupt);
  CHECK(error_of({{"export.hiv", cut}}).where() == "export.hiv");
  CHECK(error_of({{"SYSTEM", {}}}).where() == "SYSTEM");
  const auto one_good = inspect_files({{"SOFTWARE", cut}, {"SYSTEM", hive_of(system_7)}});
  REQUIRE(one_good.size() == 1);
  CHECK(one_good[0].hives[0].error);
}

TEST_CASE("broken or foreign loose files in the root of a volume of a disk are passed over") {
  CHECK(inspect_files({{"SYSTEM", {}}}, "disk.vhd", {}, ":p2").empty());
  CHECK(inspect_files({{"copy.dat", hive_of("[SAM]\n")}}, "disk.vhd", {}, ":p2").empty());
}

TEST_CASE("hives of RegBack given directly are marked as backups") {
  const auto found =
      inspect_files({{"SYSTEM", hive_of(system_7)}}, "/mnt/Windows/System32/config/RegBack");
  REQUIRE(found.size() == 1);
  CHECK(found[0].regback);
  CHECK(found[0].loose);
}

TEST_CASE("a tree that begins at System32 is loose and still has its files") {
  const auto found =
      inspect_files({{"config/SOFTWARE", hive_of(software_7)},
                     {"winhttp.dll", dll(Architecture::amd64, {6, 1, 7601, 23375})}});
  REQUIRE(found.size() == 1);
  CHECK(found[0].loose);
  const auto& files = found[0].servicing.files;
  REQUIRE(files.size() == 4);
  CHECK(files[0].path == "winhttp.dll");
  CHECK(files[0].presence == Presence::present);
  CHECK(files[1].presence == Presence::absent);
  CHECK(files[2].presence == Presence::unknown);
}

TEST_CASE("the real Windows 7 SYSTEM hive of the corpus says which set boots and what it is") {
  if (!goldhive::testing::has_corpus()) return;
  const auto storage = host_read_storage();
  const std::string path = goldhive::testing::corpus_path("real/SYSTEM.win7");
  const auto image = open_image(*storage, path);
  REQUIRE(image->volumes().size() == 1);
  const auto found = inspect(image->volumes()[0], path, {});
  REQUIRE(found.size() == 1);
  CHECK(found[0].hives[0].missing);
  CHECK(found[0].hives[1].state == hive::HiveState::clean);
  CHECK(found[0].control_sets.boots == 1u);
  CHECK(found[0].control_sets.last_known_good == 2u);
  CHECK(found[0].control_sets.present == std::vector<std::uint32_t>{1, 2});
  CHECK(found[0].os.architecture == Architecture::x86);
  CHECK(found[0].os.family == Family::windows_7);
  CHECK(found[0].ignored.empty());
  for (const SchannelFacts& row : found[0].schannel) {
    const bool ssl2 = row.protocol == "SSL 2.0" && row.side == Side::client;
    CHECK(row.disabled_by_default.presence == (ssl2 ? Presence::present : Presence::absent));
    if (ssl2) CHECK(row.disabled_by_default.dword() == 1u);
  }
}

}  // namespace
}  // namespace goldhive::windows
