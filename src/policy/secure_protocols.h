// What the DWORDs DefaultSecureProtocols of WinHTTP and SecureProtocols of WinINet come to. They
// have the same bits, and one model answers for both, for verdicts and edits alike (docs/rules.md,
// I19): the set of masks that are possible.
//
// - A value with defined bits alone, and not 0: that mask.
// - No value, or one that Windows ignores as a whole (another type, 0, an undefined bit; rule A6):
//   what that Windows offers by itself. Where that depends on its updates, there are several masks.
// - The bit of TLS 1.3 on a Windows that is older than TLS 1.3: nobody has looked whether such a
//   Windows ignores the bit or the whole value, so both are possible.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/policy/finding.h"
#include "src/policy/grade.h"
#include "src/windows/facts.h"

namespace goldhive::policy {

/// The check of DefaultSecureProtocols.
inline constexpr std::string_view secure_protocols_id = "winhttp.default-secure-protocols";

using Masks = std::vector<std::uint32_t>;  ///< each is possible; never empty

/// How one Windows reads such a value.
struct MaskRules {
  std::uint32_t legal = 0;      ///< the bits that are defined
  Masks unset;                  ///< without a usable value
  std::string_view depends_on;  ///< which of several `unset` it is
};
MaskRules winhttp_rules(const windows::OsFacts& os);
MaskRules wininet_rules(const windows::OsFacts& os);

struct MaskReading {
  /// `risk`: with the bit of TLS 1.3, on a Windows older than TLS 1.3.
  enum class How { absent, set, ignored, risk } how = How::absent;
  std::uint32_t bits = 0;   ///< of `set` and `risk`: those that are defined
  std::string why_ignored;  ///< of `ignored`
  std::string question;     ///< what else may have been meant; "" if nothing
  Masks masks;
};
MaskReading read_masks(const windows::ValueFact& fact, const MaskRules& rules);

/// What a policy asks of such a value on one Windows.
struct MaskDemand {
  std::uint32_t required = 0;
  std::uint32_t forbidden = 0;
  bool without_tls11 = false;  ///< the policy requires TLS 1.1, which is not asked of this Windows

  Grade grade(std::uint32_t mask) const;
};
MaskDemand demand_of(const windows::OsFacts& os, std::uint32_t required, std::uint32_t forbidden);

/// All that the verdict on one value is drawn from.
struct MaskQuestion {
  const windows::ValueFact& fact;  ///< present or absent for certain: see unreadable()
  const windows::OsFacts& os;
  MaskRules rules;
  MaskDemand demand;
  std::string programs;     ///< who reads it: "64-bit programs"
  std::string_view check;   ///< its id
  std::string_view policy;  ///< its name
};

/// Verdict, message and edits. The edits of a row that fails or is undetermined make it pass, or
/// warn where somebody has left TLS 1.1 out. Those of a warning about that bring TLS 1.1 back, and
/// count only when they are named.
Finding judge_masks(const MaskQuestion& question);

}  // namespace goldhive::policy
