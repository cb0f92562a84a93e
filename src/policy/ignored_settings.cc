// registry.stray-key: keys and values that Windows never reads and that someone wrote by mistake
// (docs/rules.md, F): a CurrentControlSet inside the file, a Wow6432Node on 32-bit Windows, names
// that only look right, values one key too high. They change nothing, but whoever wrote them
// believes that they do.
#include <fmt/format.h>

#include "src/policy/checks.h"
#include "src/policy/finding_parts.h"

namespace goldhive::policy {
namespace {

void run(const windows::Installation& installation, const Policy&, Rows& rows) {
  for (const windows::IgnoredEntry& entry : installation.ignored) {
    Finding row =
        make_row(Verdict::warn, entry.value.empty() ? fmt::format("{}: {}", entry.key, entry.reason)
                                                    : fmt::format("{}, value \"{}\": {}", entry.key,
                                                                  entry.value, entry.reason));
    row.key = entry.key;
    row.value = entry.value;
    row.key_last_written = entry.last_written;
    rows.push_back(std::move(row));
  }
}

}  // namespace

namespace checks {

extern const Check ignored_settings{
    .id = "registry.stray-key",
    .draws_on = DrawsOn::nothing,
    .severity = Severity::low,
    .explanation =
        {.summary = "Keys and values that Windows never reads",
         .meaning =
             "A CurrentControlSet inside a SYSTEM file, a Wow6432Node in a 32-bit SOFTWARE, "
             "keys of the one hive in the other, names of Schannel's keys and of WinHTTP's "
             "and Schannel's values that only look right, such values in another key or made "
             "as keys, and numbers in the default value of a key.",
         .why = "Whoever wrote them believes a setting is made. CurrentControlSet exists only "
                "while Windows runs; in the file the sets are ControlSet001 and so on.",
         .fix = "Delete it by hand after a look at it; goldhive patches the real place.",
         .source = "support.microsoft.com/kb/102984; learn.microsoft.com, Registry Redirector"},
    .run = run,
};

}  // namespace checks

}  // namespace goldhive::policy
