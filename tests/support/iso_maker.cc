#include "tests/support/iso_maker.h"

#include "tests/support/tools.h"

namespace goldhive::testing {

const std::vector<IsoKind>& iso_kinds() {
  static const std::vector<IsoKind> kinds = {
      {"udf-bridge", "udf", {"genisoimage", "-quiet", "-udf", "-iso-level", "3"}},
      {"udf-joliet-bridge",
       "udf",
       {"genisoimage", "-quiet", "-udf", "-J", "-joliet-long", "-allow-limited-size"}},
      {"joliet", "joliet", {"genisoimage", "-quiet", "-J", "-joliet-long", "-iso-level", "3"}},
      {"joliet-by-xorriso",
       "joliet",
       {"xorriso", "-report_about", "WARNING", "-as", "mkisofs", "-J", "-joliet-long"}},
      {"rock-ridge", "iso9660", {"genisoimage", "-quiet", "-R", "-iso-level", "3"}},
  };
  return kinds;
}

bool have_iso_tools() { return have_tool("genisoimage") && have_tool("xorriso"); }

std::string make_iso(const TempDir& dir, const std::string& name, const std::string& folder,
                     const IsoKind& kind) {
  const std::string path = dir / name;
  std::vector<std::string> command(kind.command.begin(), kind.command.end());
  command.insert(command.end(), {"-V", "GOLDHIVE", "-o", path, folder});
  must_run(command);
  return path;
}

}  // namespace goldhive::testing
