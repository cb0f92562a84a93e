// registry.stray-key: keys and values that Windows never reads and that someone wrote by mistake
// (rules F): a CurrentControlSet inside the file, a Wow6432Node on 32-bit Windows, names that only
// look right, values one key too high.
// They change nothing, but whoever wrote them believes they do.
#include <fmt/format.h>

#include "src/policy/finding_parts.h"
#include "src/policy/topics.h"

namespace goldhive::policy {

void check_stray_keys(const windows::Installation& installation, const Policy&, Rows& rows) {
  for (const windows::StrayKey& stray : installation.stray_keys) {
    Finding row = make_row("registry.stray-key", Verdict::warn,
                           stray.value.empty() ? fmt::format("{}: {}", stray.key, stray.reason)
                                               : fmt::format("{}, value \"{}\": {}", stray.key,
                                                             stray.value, stray.reason));
    row.key = stray.key;
    row.value = stray.value;
    row.key_last_written = stray.last_written;
    rows.push_back(std::move(row));
  }
}

}  // namespace goldhive::policy
