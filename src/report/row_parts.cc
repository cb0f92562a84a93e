#include "src/report/row_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "src/policy/plan.h"
#include "src/report/printable.h"

namespace goldhive::report {

std::string row_name(const policy::Finding& f) {
  std::string name;
  const auto add = [&name](std::string_view part) {
    if (part.empty()) return;
    if (!name.empty()) name += ' ';
    name += part;
  };
  if (f.view) add(windows::to_string(*f.view));
  if (f.control_set) add(windows::control_set_name(*f.control_set));
  add(f.subject);
  if (f.id == "registry.stray-key") {  // a row for each place
    add(f.key);
    if (!f.value.empty()) add(": " + f.value);
  }
  return name;
}

std::string value_and_wish(const policy::Finding& f) {
  std::string text = f.value;
  if (f.actual) {
    text += fmt::format("{}{}", text.empty() ? "" : ": ", *f.actual);
    if (f.actual_type) text += fmt::format(" ({})", *f.actual_type);
  } else if (!f.value.empty()) {
    text += ": absent";
  }
  if (f.expected) text += fmt::format("{}want {}", text.empty() ? "" : ", ", *f.expected);
  return text;
}

std::string undo_file_of(const TargetReport& patched, const InstallationReport& installation) {
  for (const UndoFileReport& undo : patched.undo_files) {
    const auto& ids = undo.installations;
    if (std::find(ids.begin(), ids.end(), installation.facts.id) != ids.end()) return undo.path;
  }
  return "";
}

std::vector<std::string> diff_lines(const std::vector<policy::Edit>& edits) {
  std::istringstream text(policy::plan_diff(edits));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(printable(line));
  return lines;
}

std::string markup_text(std::string_view untrusted) {
  std::string out;
  const std::string text = printable(untrusted);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = std::string_view(text).substr(i);
    // Of all that printable() lets pass, XML 1.0 knows only these two not (section 2.2).
    if (rest.starts_with("\xef\xbf\xbe") || rest.starts_with("\xef\xbf\xbf")) {
      out += rest[2] == '\xbe' ? "\\u{fffe}" : "\\u{ffff}";
      i += 2;
    } else if (text[i] == '&') {
      out += "&amp;";
    } else if (text[i] == '<') {
      out += "&lt;";
    } else if (text[i] == '>') {
      out += "&gt;";
    } else if (text[i] == '"') {
      out += "&quot;";
    } else if (text[i] == '\'') {
      out += "&#39;";
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace goldhive::report
