// Opens the hives of a place, with their logs, and tells by content which hive is which.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "src/hive/hive.h"
#include "src/windows/facts.h"
#include "src/windows/find_installations.h"
#include "src/windows/inspect.h"

namespace goldhive::windows {

struct LoadedHive {
  HiveFact fact;
  std::optional<hive::Hive> hive;  ///< empty if missing or damaged

  /// "SOFTWARE is missing", "SOFTWARE is damaged: ..."; "" if it can be read.
  std::string why_not() const;
};

/// False of a file that is surely no hive: by its first bytes none, and not of a size that a hive
/// has. True of one that cannot be read, and of an empty one, which a copy of a hive may have
/// become.
bool may_be_hive(const FileTree& tree, const HiveFile& file);

/// What a hive is, by its keys; unclear if as much speaks for the one as for the other.
enum class HiveKind { software, system, other, unclear };
HiveKind kind_of(const hive::Hive& hive);
/// For a hive that is neither: "a SAM hive (user accounts)", "a user's hive (NTUSER.DAT)", ...
std::string describe_hive(const hive::Hive& hive);

/// Opens the hive that is expected to be `name`; nullptr gives the fact "missing". A file whose
/// content is another kind of hive comes back damaged, with the error saying what it is.
LoadedHive load_hive(const FileTree& tree, const HiveFile* file, HiveName name,
                     const InspectOptions& options);

/// The hives of one installation.
struct HivePair {
  LoadedHive software, system;
  std::string root;  ///< as Place::root; the file's path where a lone hive needs to be told apart
};

/// Opens the files of a flat folder and pairs SOFTWARE with SYSTEM by content. With more than one
/// of a kind those belong together that one host is named in: PC1_SOFTWARE and PC1_SYSTEM (rule
/// I5). Any other then stands alone, as do two that are named by two hosts.
///
/// Throws Error(unsupported) that says what the files are if hives are there but neither kind;
/// the first error if there are only broken ones. Files that are no hives at all are passed over.
std::vector<HivePair> load_unnamed(const FileTree& tree, const std::vector<HiveFile>& files,
                                   const InspectOptions& options);

}  // namespace goldhive::windows
