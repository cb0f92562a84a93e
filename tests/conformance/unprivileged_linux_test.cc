// Everything is done to disk images by a user who may do nothing: not root, no capability, no way
// to get one, no /dev/fuse, no kernel module.
#include <unistd.h>

#include <filesystem>

#include "imgtools/bytes/digest.h"
#include "tests/conformance/windows_disk.h"

using namespace goldhive;
using namespace goldhive::testing;
namespace fs = std::filesystem;

namespace {

constexpr unsigned nobody = 65534;

/// Runs shell commands without rights. Root hides /dev/fuse first, in a mount namespace of its own.
class Unprivileged {
 public:
  Unprivileged() {
    drop_ = {"setpriv", "--no-new-privs", "--inh-caps=-all"};
    if (::geteuid() != 0) return;
    for (const std::string& option :
         {"--reuid=" + std::to_string(nobody), "--regid=" + std::to_string(nobody),
          std::string("--clear-groups"), std::string("--bounding-set=-all")}) {
      drop_.push_back(option);
    }
    const std::vector<std::string> hide = {
        "unshare",
        "--mount",
        "sh",
        "-c",
        "[ ! -e /dev/fuse ] || mount --bind /dev/null /dev/fuse; exec \"$@\"",
        "sh"};
    std::vector<std::string> hidden = hide;
    hidden.insert(hidden.end(), drop_.begin(), drop_.end());
    hidden.emplace_back("true");
    if (run_tool(hidden).status == 0) drop_.insert(drop_.begin(), hide.begin(), hide.end());
  }

  ToolResult run(const std::string& script, const std::string& directory) const {
    std::vector<std::string> command = drop_;
    command.insert(command.end(), {"sh", "-c", "cd \"$0\" && " + script, directory});
    return run_tool(command);
  }

 private:
  std::vector<std::string> drop_;
};

void give_away(const std::string& path) {
  if (::geteuid() != 0) return;
  REQUIRE(::chown(path.c_str(), nobody, nobody) == 0);
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    REQUIRE(::chown(entry.path().c_str(), nobody, nobody) == 0);
  }
}

}  // namespace

TEST_CASE("a user without rights scans and plans and patches and verifies and undoes") {
  if (!have_disk_tools() || !have_tool("qemu-nbd")) return;
  if (!have_tool("setpriv") || !have_tool("unshare")) return;
  const Unprivileged user;
  const ToolResult rights = user.run(
      "grep -E '^(NoNewPrivs|Cap(Inh|Prm|Eff|Bnd|Amb))' /proc/self/status; "
      "if (: <>/dev/fuse) 2>/dev/null; then stat -c 'fuse: %t:%T' /dev/fuse; fi",
      "/");
  INFO(rights.output);
  CHECK_THAT(rights.output, Catch::Contains("NoNewPrivs:\t1"));
  CHECK_THAT(rights.output, Catch::Contains("CapEff:\t0000000000000000"));
  CHECK_THAT(rights.output, Catch::Contains("CapPrm:\t0000000000000000"));
  if (rights.output.find("fuse: a:e5") != std::string::npos) {
    WARN("FUSE could not be hidden: that it is not used is not shown");
  }

  const TempDir dir;
  const std::string raw = make_windows_disk(dir, "disk", Layout::gpt, "windows-7-sp1-x64");
  std::vector<std::string> images;
  for (const ContainerKind& kind : container_kinds()) {
    if (std::string(kind.name) != "vmdk-stream") images.push_back(convert_disk(raw, kind));
  }
  // The program may lie where that user may not go.
  fs::copy_file(GOLDHIVE_PROGRAM, dir / "goldhive");
  give_away(dir.path());
  for (const std::string& image : images) {
    INFO(image);
    const auto digest = [&] { return to_hex(sha256(*host_read_storage()->open(image))); };
    const auto goldhive = [&](const std::string& command, const std::string& after = "") {
      return user.run("./goldhive " + command + " '" + image + "'" + after, dir.path());
    };
    const std::string before = digest();
    const ToolResult scan = goldhive("scan", "; [ $? = 1 ]");
    INFO(scan.output);
    CHECK(scan.status == 0);
    CHECK_THAT(scan.output, Catch::Contains("4 findings"));
    CHECK(goldhive("list").status == 0);
    CHECK_THAT(goldhive("plan").output, Catch::Contains("6 changes"));
    CHECK(digest() == before);
    const ToolResult patch = goldhive("patch", "; [ $? = 1 ]");
    INFO(patch.output);
    CHECK(patch.status == 0);
    CHECK_THAT(goldhive("scan").output, Catch::Contains("64-bit and 32-bit view: 0xa00"));
    CHECK(goldhive("verify").status == 0);
    const ToolResult undo = goldhive("undo");
    INFO(undo.output);
    CHECK(undo.status == 0);
    CHECK_THAT(goldhive("scan").output, Catch::Contains("4 findings"));
    if (image.find("vhd") != std::string::npos || image.find(".raw") != std::string::npos) {
      CHECK(digest() == before);
    }
  }
}
