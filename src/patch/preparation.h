// The part of a patch that only reads: what is to be changed, what that comes to in the files of
// the host, and what of it is refused. `patch` writes what comes out of it, and `plan` ends here:
// so it says beforehand what a patch would refuse, in the same words.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "imgtools/host_change.h"
#include "src/patch/check_edit.h"
#include "src/patch/patch_target.h"
#include "src/patch/prepare.h"
#include "src/patch/undo_note.h"
#include "src/target/visit_target.h"

namespace goldhive::patch {

/// The installations whose changes are written together.
struct Batch {
  struct Member {
    std::size_t volume;
    std::size_t installation;  ///< index into TargetReport::installations
  };
  std::vector<Member> members;
};

/// A batch that can be written.
struct WorkedOut {
  Batch batch;                     ///< without the members that are refused
  std::vector<WrittenHive> hives;  ///< what the edited hives must be like
  HostChange change;
};

class Preparation {
 public:
  /// The rows of `report`, which must outlive this, get their changes and refusals. `path`: of the
  /// target.
  Preparation(const PatchSettings& settings, std::string path, report::TargetReport& report)
      : settings_(settings), path_(std::move(path)), report_(report) {}

  /// Sets the changes of every row. Throws Error.
  void set_changes();
  /// The rows that are to be changed. `volumes`: the volume of each row of the report.
  std::vector<Batch> batches(const Image& image, const std::vector<std::size_t>& volumes) const;

  enum class Result {
    ready,
    nothing,  ///< all hives are already what they are to be
    again,    ///< a member is refused whose edit was mixed with others
  };
  /// Edits the hives of a batch in memory and has them checked. Members that are refused get their
  /// refusal. Throws the Error by which all of the batch is refused.
  Result work_out(const target::OpenTarget& open, const Batch& batch, WorkedOut& out);

  /// Calls `once` until it returns true, each time with a batch without those that are refused.
  /// What it throws refuses all that are left.
  void attempt(Batch& batch, const std::function<bool()>& once);

  /// Nothing is changed of the installation, and why.
  void refuse(std::size_t installation, const Error& why);
  bool any_refused() const;

 private:
  struct Edited;

  void edit_hives(const target::OpenTarget& open, const Batch& batch, Edited& out);
  bool passes(Edited& edited);
  void drop_refused(Batch& batch) const;

  const PatchSettings& settings_;
  std::string path_;
  report::TargetReport& report_;
};

/// Adds what there is to say of the disks that rest on the target and are cut off from it by the
/// change. Error(refused) if one would not notice.
void mind_children(const ReadStorage& storage, const Image& image, const HostChange& change,
                   std::vector<std::string>& notes);
/// What --compact does; Error(usage) for a format that has no dead space.
HostRewrite compacted(const Image& image);
/// What the undo file of a part of a patch notes. `name`: of the target; `batch`: what the part
/// changes, empty where it changes no value.
UndoNote undo_note(const PatchSettings& settings, const target::TargetName& name,
                   const report::TargetReport& report, const Batch& batch, std::size_t part,
                   std::size_t parts);
/// Error(refused) for what is no target of a patch: undo files and the like.
void refuse_own_file(const std::string& path);

}  // namespace goldhive::patch
