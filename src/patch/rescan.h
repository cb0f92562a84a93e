// The scan after a write: what was changed must be found as the plan predicted, and all else as it
// was. Whatever is not so is an Error, by which the patch rolls back.
#pragma once

#include <string>
#include <vector>

#include "src/patch/check_edit.h"
#include "src/patch/preparation.h"

namespace goldhive::patch {

/// Looks at a target through what was written. All that it is made of must outlive it.
class Rescan {
 public:
  Rescan(const target::TargetName& name, const PatchSettings& settings,
         const report::TargetReport& before)
      : name_(name), settings_(settings), before_(before) {}

  /// The installations of a batch as a scan finds them now. `image` is the one that the edits were
  /// worked out from. The written hives are checked as a whole, since a finding looks at a few
  /// values only.
  std::vector<report::InstallationReport> after(const ReadStorage& written, const Image& image,
                                                const Batch& batch,
                                                const std::vector<WrittenHive>& hives) const;
  /// Nothing was to be changed.
  void require_same_findings(const ReadStorage& written) const;

 private:
  void require_others_unchanged(const Image& now, const Image& before, const Batch& batch) const;
  report::InstallationReport require_findings(std::vector<target::Found>& found,
                                              const report::InstallationReport& row,
                                              const std::vector<policy::Finding>& expected) const;

  const target::TargetName& name_;
  const PatchSettings& settings_;
  const report::TargetReport& before_;
};

}  // namespace goldhive::patch
