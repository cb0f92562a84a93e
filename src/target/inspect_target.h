// From a path to findings: open_image -> volumes -> windows::inspect -> policy::evaluate. Every
// command that judges a target goes through here, patch's rescan included.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "imgtools/host/storage.h"
#include "imgtools/image.h"
#include "src/policy/policy.h"
#include "src/report/report.h"
#include "src/windows/inspect.h"

namespace goldhive::cli {

struct PipelineOptions {
  OpenOptions open;
  std::string image;   ///< --image: number or name of an image; "" or "all": all
  bool check = false;  ///< Image::check() first
  windows::InspectOptions inspect;
  /// Null: look, do not judge (`list`). Must outlive the call.
  const policy::Policy* policy = nullptr;
  std::string today;           ///< "YYYY-MM-DD"
  bool may_be_empty = false;   ///< a target without Windows is worth a note, no error (`list`)
  bool force_unclean = false;  ///< for refusal(): an NTFS volume marked dirty may be patched
};

/// What a user names: a file or directory of the host, and perhaps one of the volumes or
/// installations in it, as an installation id names it ("install.wim@2", "disk.vhd:p2",
/// "win7.iso/sources/install.wim@2").
struct TargetName {
  std::string path;
  std::string selector;  ///< "" = all; else what follows the path: "@2", ":p2:/Windows.old"
};

/// A volume is worth a look if the selector names it or an installation in it.
bool may_hold(const std::string& selector, const std::string& volume_id);

/// True if the selector names the installation whose id goes on with `suffix` behind the target's
/// path, or something that holds it.
bool selects(const std::string& selector, const std::string& suffix);

/// Adds the hives of an installation in the directory `path`: there they are files of the host.
void add_hives(const windows::Installation& installation, const std::string& path,
               std::vector<std::string>& files);

/// Splits `text`. A path that exists as it stands is never split.
TargetName split_target(const ReadStorage& storage, const std::string& text);

/// Opens the target that `name` names and applies `options.image` and `options.check` to it:
/// narrows the selector, adds what the check says to `notes`. Throws Error.
std::unique_ptr<Image> open_target(const ReadStorage& storage, TargetName& name,
                                   const PipelineOptions& options, std::vector<std::string>& notes);

/// What a command does with one volume of a target. May throw Error.
using VisitVolume = std::function<void(const Image& image, const Volume& volume,
                                       const TargetName& name, report::TargetReport& target)>;

/// Opens a target and visits its volumes that may hold what is asked for and have a tree, or are
/// encrypted: then there is no tree, and inspect() yields an installation that says so. Never
/// throws for what is in the target: what goes wrong is TargetReport::error. Not settled.
report::TargetReport visit_target(const ReadStorage& storage, const std::string& target,
                                  const PipelineOptions& options, const VisitVolume& visit);

/// The installations of a volume that the name selects.
std::vector<windows::Installation> selected_installations(const Volume& volume,
                                                          const TargetName& name,
                                                          const windows::InspectOptions& options);

/// Why a patch refuses whatever it is to change in the volume; nullopt if nothing is known to be in
/// the way. What is merely marked dirty can be forced, anything else cannot.
std::optional<Error> refusal(const Image& image, const Volume& volume, const std::string& target,
                             bool force_unclean);

/// visit_target() with facts, findings and refusals; no installation at all is an error.
report::TargetReport inspect_target(const ReadStorage& storage, const std::string& target,
                                    const PipelineOptions& options);

}  // namespace goldhive::cli
