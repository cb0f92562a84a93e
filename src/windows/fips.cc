// The switch for FIPS mode, in every control set (rules C10). Windows XP has it as a value of Lsa
// itself, which is not read: nothing is judged there.
#include "src/windows/topics.h"

namespace goldhive::windows {

void read_fips(const Sources& sources, Installation& installation) {
  for (const std::uint32_t set : installation.control_sets.present) {
    installation.fips.push_back(
        {set, sources.system.value(in_control_set(set, "Control\\Lsa\\FipsAlgorithmPolicy"),
                                   "Enabled")});
  }
}

}  // namespace goldhive::windows
