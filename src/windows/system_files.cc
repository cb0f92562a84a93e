#include "src/windows/system_files.h"

#include <algorithm>
#include <array>

#include "imgtools/bytes/error.h"
#include "src/windows/pe_version.h"

namespace goldhive::windows {
namespace {

/// Whether a folder has what every System32 and SysWOW64 has. Collections of evidence take single
/// files; nobody copies these three and leaves a neighbour out.
bool is_whole(const FileTree& tree, const std::string& folder) {
  constexpr std::array<const char*, 3> always_there = {"ntdll.dll", "kernel32.dll", "advapi32.dll"};
  return std::all_of(always_there.begin(), always_there.end(), [&](const char* name) {
    return tree.find(join_path(folder, name)).has_value();
  });
}

}  // namespace

FileVersionFact read_system_file(const FileTree& tree, const std::string& root,
                                 const std::optional<std::string>& folder,
                                 const std::string& expected_at, const std::string& module) {
  FileVersionFact fact;
  fact.module = module;
  if (!folder) {
    fact.path = join_path(expected_at, module);
    fact.out_of_reach = true;
    return fact;
  }
  fact.path = join_path(*folder, module);
  try {
    const std::optional<std::string> path = tree.find(fact.path);
    if (const std::string twin = twin_of(tree, root, path.value_or(fact.path)); !twin.empty()) {
      fact.twin = twin;
      fact.why_unknown = why_not_read(twin);
      return fact;
    }
    if (!path) {
      fact.presence = Presence::absent;
      fact.lost = is_whole(tree, *folder);
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
    fact.why_unknown = e.message();  // the fact names the file
  }
  return fact;
}

bool has_system_files(const FileTree& tree, const Place& place) {
  if (!place.system32) return false;
  try {
    const std::vector<TreeEntry> entries = tree.list(*place.system32);
    return std::any_of(entries.begin(), entries.end(),
                       [](const TreeEntry& entry) { return !entry.directory; });
  } catch (const Error&) {  // what cannot be listed shows nothing
    return false;
  }
}

}  // namespace goldhive::windows
