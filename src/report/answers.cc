#include "src/report/answers.h"

#include <algorithm>

#include "src/policy/servicing.h"

namespace goldhive::report {
namespace {

using policy::Finding;
using policy::Severity;
using policy::Verdict;

/// Which of `questions` a check answers; their number if it answers none.
std::size_t question_of(std::string_view check) {
  if (check == policy::servicing::id) return 0;
  if (check.starts_with("winhttp.")) return 1;
  if (check.starts_with("schannel.tls11.")) return 2;
  if (check.starts_with("schannel.tls12") || check == "schannel.cipher-suite-order") return 3;
  return questions.size();
}

}  // namespace

const char* to_string(Answer answer) {
  switch (answer) {
    case Answer::not_asked:
      break;
    case Answer::not_applicable:
      return "n/a";
    case Answer::pass:
      return "pass";
    case Answer::informs:
      return "info";
    case Answer::waived:
      return "waived";
    case Answer::warn:
      return "warn";
    case Answer::undetermined:
      return "undetermined";
    case Answer::fail:
      return "fail";
  }
  return "";
}

Answer answer_of(const Finding& f) {
  if (f.waived) return Answer::waived;
  if (f.verdict == Verdict::pass) return Answer::pass;
  if (f.verdict == Verdict::not_applicable) return Answer::not_applicable;
  if (f.severity == Severity::info) return Answer::informs;
  if (f.verdict == Verdict::warn) return Answer::warn;
  return f.verdict == Verdict::fail ? Answer::fail : Answer::undetermined;
}

bool answers_a_question(std::string_view check) { return question_of(check) != questions.size(); }

std::array<Answer, questions.size()> answers_of(const InstallationReport& report) {
  std::array<Answer, questions.size()> answers = {};
  for (const Finding& f : report.findings) {
    const std::size_t question = question_of(f.id);
    // What only informs is about a control set that does not boot.
    if (question == questions.size() || f.only_informs) continue;
    answers.at(question) = std::max(answers.at(question), answer_of(f));
  }
  return answers;
}

bool has_warnings(const InstallationReport& report) {
  return std::any_of(report.findings.begin(), report.findings.end(),
                     [](const Finding& f) { return answer_of(f) == Answer::warn; });
}

std::string status_in_words(const InstallationReport& report) {
  return status_in_words(report.status, has_warnings(report));
}

std::string status_in_words(Status status, bool warns) {
  const bool hides = warns && status <= Status::compliant;
  return to_string(status) + std::string(hides ? ", with warnings" : "");
}

bool patch_helps(const InstallationReport& report) {
  return std::any_of(report.findings.begin(), report.findings.end(), [&](const Finding& f) {
    // A patch that would be refused, or a hive that is dirty, settles nothing.
    const bool settled = leaves_open(f) && !report.refusal && !f.possibly_stale;
    return (counts_as_finding(f) || settled) && f.fixable() && !f.only_when_named;
  });
}

void Totals::add(const InstallationReport& report) {
  const bool only_warns = report.status <= Status::compliant && has_warnings(report);
  ++(only_warns ? warned : by_status.at(static_cast<std::size_t>(report.status)));
  if (answers_of(report)[0] == Answer::fail) ++need_update;
  if (patch_helps(report)) ++need_patch;
  if (report.planned_in_vain()) ++refused;
}

}  // namespace goldhive::report
