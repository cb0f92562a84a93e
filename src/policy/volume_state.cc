// volume.state: what the volume's own metadata says that makes its files doubtful. A row only where
// there is something to say: of a plain directory nothing is known, and no row claims otherwise.
#include "src/policy/finding_parts.h"
#include "src/policy/topics.h"

namespace goldhive::policy {

void check_volume_state(const windows::Installation& installation, const Policy&, Rows& rows) {
  const VolumeState& volume = installation.volume;
  if (!volume.suspicious()) return;
  rows.push_back(make_row("volume.state", volume.encrypted ? Verdict::undetermined : Verdict::warn,
                          describe(volume)));
}

}  // namespace goldhive::policy
