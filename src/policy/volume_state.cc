// volume.state: whether the metadata of the volume itself makes its files doubtful. A row is there
// only where it does: of a plain directory nothing is known, and no row claims otherwise.
#include "src/policy/checks.h"
#include "src/policy/finding_parts.h"

namespace goldhive::policy {
namespace {

void run(const windows::Installation& installation, const Policy&, Rows& rows) {
  const VolumeState& volume = installation.volume;
  if (!volume.suspicious()) return;
  rows.push_back(
      make_row(volume.encrypted ? Verdict::undetermined : Verdict::warn, describe(volume)));
}

}  // namespace

namespace checks {

extern const Check volume_state{
    .id = "volume.state",
    .draws_on = DrawsOn::nothing,
    .severity = Severity::medium,
    .explanation =
        {.summary = "The volume is not hibernated, unclean or encrypted",
         .meaning = "The NTFS dirty flag, an unreplayed $LogFile, a saved session, BitLocker. "
                    "There is a row only where there is something to say.",
         .why = "What is on such a volume may change at the next start without any program doing "
                "so; findings are marked possibly stale.",
         .fix = "Shut Windows down fully (shutdown /s /t 0), run chkdsk, or unlock the volume.",
         .source =
             "learn.microsoft.com, Fast startup; NTFS documentation of the Linux-NTFS project"},
    .run = run,
    .on_encrypted_volume = true,
};

}  // namespace checks

}  // namespace goldhive::policy
