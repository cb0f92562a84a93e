// volume.state: what the volume's own metadata says that makes its files doubtful. A row only where
// there is something to say: of a plain directory nothing is known, and no row claims otherwise.
#include "src/policy/judging.h"
#include "src/policy/topics.h"

namespace goldhive::policy {

void check_volume_state(const windows::Installation& installation, const Policy&, Rows& rows) {
  const VolumeState& volume = installation.volume;
  if (!volume.suspicious()) return;
  std::string text;
  const auto add = [&](bool is, const char* what) {
    if (is) text += (text.empty() ? "" : ", ") + std::string(what);
  };
  add(volume.encrypted, "encrypted");
  add(volume.hibernated, "hibernated: a session is saved that may change it on resume");
  add(volume.fast_startup, "shut down by fast startup");
  add(volume.unclean_log, "its log holds work that was not replayed");
  add(volume.dirty, "marked dirty: a check of the disk is due");
  if (!volume.detail.empty()) text += "; " + volume.detail;
  rows.push_back(
      make_row("volume.state", volume.encrypted ? Verdict::undetermined : Verdict::warn, text));
}

}  // namespace goldhive::policy
