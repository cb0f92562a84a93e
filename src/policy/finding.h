// A finding: one row of a report, one verdict of one check on one view, side or file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/hive/hive.h"
#include "src/windows/facts.h"

namespace goldhive::policy {

enum class Verdict { pass, fail, warn, not_applicable, undetermined };
const char* to_string(Verdict v);  ///< "pass", "fail", "warn", "not-applicable", "undetermined"

enum class Severity { info, low, medium, high, critical };
const char* to_string(Severity s);

/// One value a patch would write, with what it expects to find there.
struct Edit {
  windows::HiveName hive = windows::HiveName::software;
  std::string key;    ///< path in the hive, parts divided by '\\', no HKLM\SOFTWARE in front
  std::string value;  ///< value name
  /// What is there now: nullopt = absent.
  struct Data {
    hive::ValueType type = hive::ValueType::none;
    Bytes data;
    bool operator==(const Data&) const = default;
  };
  std::optional<Data> before;
  std::optional<Data> after;  ///< nullopt = delete the value
  bool operator==(const Edit&) const = default;
};

struct Finding {
  std::string id;  ///< check id of report.md; never changes its meaning
  Verdict verdict = Verdict::undetermined;
  Severity severity = Severity::info;
  std::optional<windows::View> view;
  std::optional<std::uint32_t> control_set;
  std::string
      subject;      ///< what of several the row is about: "SOFTWARE", "TLS 1.0 client", a module
  std::string key;  ///< "HKLM\..." or ""
  std::string value;
  std::optional<std::string> actual;       ///< hex for numbers, text otherwise; nullopt = absent
  std::optional<std::string> actual_type;  ///< "REG_DWORD"
  std::optional<std::string> expected;
  std::optional<hive::FileTime> key_last_written;
  std::string message;  ///< one sentence: the resulting state, why it matters, what would settle it
  std::vector<std::string> evidence;  ///< raw facts behind the verdict, one line each
  /// Drawn from a dirty hive or a suspicious volume: true of the bytes, maybe not of the next boot.
  bool possibly_stale = false;
  /// The files of Windows alone gave the verdict: whatever a hive says, it stays.
  bool rests_on_files = false;
  /// A hive that the verdict rests on beside the one that its check draws on.
  std::optional<windows::HiveName> also_rests_on;
  bool waived = false;
  /// The waiver that accepts this row, or would if it had not expired: its place in the policy.
  std::optional<std::size_t> waiver;
  std::string waiver_reason;
  /// The edits that would make it pass; empty if a patch cannot.
  std::vector<Edit> edits;
  /// The edits would undo what someone has decided: a plan takes them only where the user names the
  /// check (rules I2).
  bool only_when_named = false;
  /// About a control set that does not boot and whose fault is not that of the one that boots: it
  /// informs, whatever severity a policy gives the check.
  bool only_informs = false;
  bool fixable() const { return !edits.empty(); }
};

}  // namespace goldhive::policy
