#include "src/windows/system_files.h"

#include "imgtools/bytes/error.h"
#include "src/windows/find_installations.h"
#include "src/windows/pe_version.h"

namespace goldhive::windows {

FileVersionFact read_system_file(const FileTree& tree, const std::optional<std::string>& folder,
                                 const std::string& expected_at, const std::string& module) {
  FileVersionFact fact;
  fact.module = module;
  if (!folder) {
    fact.path = join_path(expected_at, module);
    fact.why_unknown = "the files of Windows are not in this source";
    return fact;
  }
  fact.path = join_path(*folder, module);
  try {
    const std::optional<std::string> path = tree.find(fact.path);
    if (!path) {
      fact.presence = Presence::absent;
      return fact;
    }
    fact.path = *path;
    const std::unique_ptr<ByteSource> source = tree.open(*path);
    const PeFile file(*source);
    fact.architecture = file.architecture();
    fact.version = file.file_version();
    if (fact.version) {
      fact.presence = Presence::present;
    } else {
      fact.why_unknown = "has no version resource";
    }
  } catch (const Error& e) {
    fact.presence = Presence::unknown;
    fact.why_unknown = e.what();
  }
  return fact;
}

}  // namespace goldhive::windows
