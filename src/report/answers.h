// What is first asked of an installation, and of all of them: whether the update is in it, whether
// WinHTTP and Schannel are set up, and what puts right the rest.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "src/report/report.h"

namespace goldhive::report {

/// In ascending order: the worst row of a question is its answer.
enum class Answer {
  not_asked,  ///< the policy asks nothing, or no check could run
  not_applicable,
  pass,
  informs,  ///< fails at severity `info`
  waived,
  warn,
  undetermined,
  fail,
};
const char* to_string(Answer answer);  ///< "", "n/a", "pass", "info", "waived", "warn", ...

inline constexpr std::array<std::string_view, 4> questions = {"KB3140245", "WinHTTP", "TLS 1.1",
                                                              "TLS 1.2"};

/// Whether the check answers one of them.
bool answers_a_question(std::string_view check);

/// The answers to `questions`.
std::array<Answer, questions.size()> answers_of(const InstallationReport& report);

/// The row by itself, as its question would have it.
Answer answer_of(const policy::Finding& finding);

/// Whether any of its rows warns.
bool has_warnings(const InstallationReport& report);

/// Its status, with a word of what alone is not seen in it: "compliant, with warnings".
std::string status_in_words(const InstallationReport& report);
/// The same of a status that may hide warnings.
std::string status_in_words(Status status, bool warns);

/// Whether a patch would put right some of it.
bool patch_helps(const InstallationReport& report);

/// Counts over all installations.
struct Totals {
  std::array<std::uint64_t, 5> by_status = {};  ///< installations, by Status; without the next
  std::uint64_t warned = 0;                     ///< of which there is nothing but warnings to say
  std::uint64_t need_update = 0;                ///< KB3140245 is not in effect
  std::uint64_t need_patch = 0;                 ///< patch_helps()
  std::uint64_t refused = 0;                    ///< a patch refuses what it is to change

  void add(const InstallationReport& report);
  std::uint64_t with(Status status) const { return by_status.at(static_cast<std::size_t>(status)); }
  /// Of the whole report.
  std::string status(Status status) const { return status_in_words(status, warned > 0); }
};

}  // namespace goldhive::report
