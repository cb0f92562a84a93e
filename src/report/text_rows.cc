#include "src/report/text_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "src/report/printable.h"

namespace goldhive::report {
namespace {

using policy::Finding;

bool says_the_same(const Finding& a, const Finding& b) {
  return a.id == b.id && a.subject == b.subject && a.verdict == b.verdict &&
         a.severity == b.severity && a.message == b.message && a.waived == b.waived &&
         a.waiver_reason == b.waiver_reason && a.possibly_stale == b.possibly_stale &&
         a.view.has_value() == b.view.has_value() &&
         a.control_set.has_value() == b.control_set.has_value() &&
         // Rows of both are told apart by one of them at a time.
         (a.view == b.view || a.control_set == b.control_set);
}

const char* bits_of(windows::View view) {
  switch (view) {
    case windows::View::native:
      return "64-bit";
    case windows::View::wow64:
      return "32-bit";
    case windows::View::wowaa32:
      break;
  }
  return "32-bit ARM";
}

/// "a", "a and b", "a, b and c".
std::string in_words(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += names[i];
  }
  return text;
}

void add_once(std::vector<std::string>& names, std::string name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
}

std::string describe_views(const TextRow& row, const windows::Installation& facts) {
  const bool two_views = windows::is_64_bit(facts.os.architecture);
  std::vector<std::string> names;
  for (const Finding* f : row.findings) {
    if (f->view && (two_views || f->view != windows::View::native)) {
      add_once(names, bits_of(*f->view));
    }
  }
  return names.empty() ? "" : in_words(names) + " view";
}

std::string describe_control_sets(const TextRow& row, const windows::Installation& facts) {
  std::vector<std::string> names;
  for (const Finding* f : row.findings) {
    if (!f->control_set) continue;
    const bool boots = facts.control_sets.boots == f->control_set;
    // "ControlSet001 (boots) and 002"
    const std::string name = windows::control_set_name(*f->control_set);
    const std::size_t digits = names.empty() ? 0 : name.find_first_of("0123456789");
    add_once(names, name.substr(digits) + (boots ? " (boots)" : ""));
  }
  return in_words(names);
}

}  // namespace

std::vector<TextRow> folded(const std::vector<const Finding*>& findings) {
  std::vector<TextRow> rows;
  for (const Finding* f : findings) {
    const auto same = std::find_if(rows.begin(), rows.end(), [&](const TextRow& row) {
      return says_the_same(row.first(), *f);
    });
    if (same == rows.end()) {
      rows.push_back({{f}});
    } else {
      same->findings.push_back(f);
    }
  }
  return rows;
}

std::vector<TextRow> folded_rows(const InstallationReport& installation) {
  std::vector<const Finding*> all;
  for (const Finding& f : installation.findings) all.push_back(&f);
  return folded(all);
}

std::string describe_row(const TextRow& row, const windows::Installation& facts,
                         bool subject_tells) {
  const Finding& f = row.first();
  std::vector<std::string> parts;
  if (subject_tells && !f.subject.empty() && !f.message.starts_with(f.subject)) {
    parts.push_back(f.subject);
  }
  for (const std::string& part : {describe_views(row, facts), describe_control_sets(row, facts)}) {
    if (!part.empty()) parts.push_back(part);
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string describe_row(const Finding& finding, const windows::Installation& facts,
                         bool subject_tells) {
  return describe_row(TextRow{{&finding}}, facts, subject_tells);
}

std::string what_is_said(const Finding& f) {
  std::string text = f.message;
  if (f.possibly_stale) text += " [possibly stale]";
  if (f.waived) text += fmt::format(" [{}, waived: {}]", to_string(f.verdict), f.waiver_reason);
  return text;
}

std::string row_message(const TextRow& row, const windows::Installation& facts,
                        bool subject_tells) {
  const Finding& f = row.first();
  std::string text = describe_row(row, facts, subject_tells);
  if (!text.empty() && !f.message.empty()) text += ": ";
  return printable(text + what_is_said(f));
}

std::string describe_hidden(std::uint64_t rows, policy::Severity least) {
  return fmt::format("{} of less severity than {} {} hidden (--severity info shows {})",
                     counted(rows, "row"), policy::to_string(least), rows == 1 ? "is" : "are",
                     rows == 1 ? "it" : "them");
}

Style style_of(const Finding& f) {
  if (f.waived) return {"waiv", Color::dim};
  switch (f.verdict) {
    case policy::Verdict::pass:
      return {"pass", Color::green};
    case policy::Verdict::fail:
      return {"fail", Color::red};
    case policy::Verdict::warn:
      return {"warn", Color::yellow};
    case policy::Verdict::not_applicable:
      return {"n/a", Color::dim};
    case policy::Verdict::undetermined:
      break;
  }
  return {"?", Color::yellow};
}

}  // namespace goldhive::report
