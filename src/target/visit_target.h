// The one road to the volumes of a target: split its name, open it, narrow it to what was asked
// for, look at each volume. Whatever reads a target takes it: scan, list, plan, verify, patch, the
// rescan of patch, and recover.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "imgtools/budgeted_storage.h"
#include "imgtools/candidate.h"
#include "src/policy/policy.h"
#include "src/report/report.h"
#include "src/target/target_name.h"
#include "src/windows/inspect.h"

namespace goldhive::target {

/// How to open and judge a target.
struct Options {
  OpenOptions open;
  std::vector<std::string> images;  ///< --image, as chosen_images() takes them
  bool check = false;               ///< Image::check() first
  windows::InspectOptions inspect;
  std::string files;  ///< --files: a folder with the files of Windows, for hives without them
  /// Null: look, do not judge (`list`). Must outlive the call.
  const policy::Policy* policy = nullptr;
  std::string today;           ///< "YYYY-MM-DD"
  bool may_be_empty = false;   ///< a target without Windows is worth a note, no error (`list`)
  bool force_unclean = false;  ///< for refusal(): an NTFS volume marked dirty may be patched
};

/// A volume that is asked for, with what holds it.
struct VisitedVolume {
  const Image& image;
  const TargetName& name;
  std::size_t index;  ///< in Image::volumes()
  const Volume& volume;

  std::string id() const { return name.id_of(volume.id); }
};

/// The installations of a volume that its target's name selects.
std::vector<windows::Installation> installations_in(const VisitedVolume& visited,
                                                    const windows::InspectOptions& options);

/// One installation of a target, and the index of its volume in Image::volumes().
struct Found {
  std::size_t volume;
  windows::Installation facts;
};

/// A target that is open. What it was opened with must outlive it.
class OpenTarget {
 public:
  /// Opens what `name` names. Throws Error.
  OpenTarget(const ReadStorage& storage, TargetName name, const OpenOptions& options);
  /// The same, then does as `options.images` and `options.check` say. Throws Error.
  OpenTarget(const ReadStorage& storage, TargetName name, const Options& options);

  const Image& image() const { return *image_; }
  /// What was read of it so far, and what may be.
  const ParseBudget& budget() const { return storage_->budget(); }
  /// The name it was opened by, narrowed to the image that --image asks for, if it is one.
  const TargetName& name() const { return name_; }
  /// What the image says of itself, then what its check says.
  const std::vector<std::string>& notes() const { return notes_; }

  VisitedVolume volume(std::size_t index) const;

  /// May throw Error.
  using Visit = std::function<void(const VisitedVolume& visited)>;
  /// Calls `visit` for each volume that may hold what is asked for. One that cannot be read does
  /// not keep the others from being visited. The first error of all is returned, and those after it
  /// are added to `others`, if that is not null.
  std::optional<Error> visit(const Visit& visit, std::vector<Error>* others = nullptr) const;

  /// The selected installations of all volumes, added to `found`. Returns what visit() returns.
  std::optional<Error> find_installations(const windows::InspectOptions& options,
                                          std::vector<Found>& found) const;

 private:
  void narrow_to(std::vector<std::string> ids);
  bool asks_for(const Volume& volume) const;

  TargetName name_;
  std::vector<std::string> images_;           ///< ids of the volumes that --image names; empty: all
  std::unique_ptr<BudgetedStorage> storage_;  ///< before what reads through it
  std::unique_ptr<Image> image_;
  std::vector<std::string> notes_;
};

/// What a command does with one volume of a target. May throw Error.
using VisitForReport =
    std::function<void(const VisitedVolume& visited, report::TargetReport& target)>;

/// What a command does with a target after all of its volumes, while it is open. May throw Error,
/// which becomes that of the report.
using AfterVisits = std::function<void(const OpenTarget& open, report::TargetReport& target)>;

/// Opens a target and visits its volumes that may hold what is asked for and have a tree, or are
/// encrypted: then there is no tree, and inspect() yields an installation that says so. Never
/// throws for what is in the target: what goes wrong is TargetReport::error. Not settled.
report::TargetReport visit_target(const ReadStorage& storage, const std::string& target,
                                  const Options& options, const VisitForReport& visit,
                                  const AfterVisits& after = {});

/// Adds the hives of an installation in volume `index` of a folder: there they are files of the
/// host. Links within the folder are followed.
void add_hives(const windows::Installation& installation, const Image& image, std::size_t index,
               std::vector<std::string>& files);

}  // namespace goldhive::target
