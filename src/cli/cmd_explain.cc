// goldhive explain: what a check means, why it matters, what fixes it, and who says so.
#include <fmt/format.h>

#include <ostream>

#include "src/cli/command.h"
#include "src/cli/exit_codes.h"
#include "src/policy/checks.h"
#include "src/policy/suggest.h"
#include "src/report/text_layout.h"

namespace goldhive::cli {
namespace {

void list_checks(Host& host) {
  std::size_t width = 0;
  for (const policy::Check& c : policy::all_checks()) width = std::max(width, c.id.size());
  for (const policy::Check& c : policy::all_checks()) {
    host.out << fmt::format("{:{}}  {}\n", c.id, width, c.explanation.summary);
  }
}

void explain(Host& host, const policy::Check& check) {
  report::WriteOptions options;
  options.width = host.terminal.out_is_terminal ? host.terminal.width : 0;
  options.color = host.terminal.out_is_terminal && host.terminal.wants_color;
  report::Lines lines(host.out, options);
  const policy::Explanation& e = check.explanation;
  lines.right_aligned(check.id, "", "", report::Color::none);
  lines.folded("  ", 2, e.summary);
  const auto section = [&](std::string_view title, std::string_view text) {
    if (text.empty()) return;
    host.out << '\n';
    lines.right_aligned(title, "", "", report::Color::none);
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      lines.folded("  ", 2, text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  };
  section("What it means", e.meaning);
  section("Why it matters", e.why);
  section("What fixes it", e.fix);
  section("What a policy may require", fmt::format("{}", fmt::join(check.may_require, ", ")));
  section("Source", e.source);
}

int run_explain(Host& host, const std::string& id) {
  if (id.empty()) {
    list_checks(host);
    return exit_compliant;
  }
  const policy::Check* check = policy::find_check(id);
  if (check == nullptr) {
    std::vector<std::string_view> known;
    for (const policy::Check& c : policy::all_checks()) known.push_back(c.id);
    const std::string nearest = policy::did_you_mean(id, known);
    throw Error(ErrorKind::usage, fmt::format("no check '{}'{} (goldhive explain lists them)", id,
                                              nearest.starts_with("; did") ? nearest : ""));
  }
  explain(host, *check);
  return exit_compliant;
}

}  // namespace

Command explain_command() {
  const auto id = std::make_shared<std::string>();
  return {.name = "explain",
          .summary = "Say what a check means, why it matters and what fixes it",
          .flags = {{.names = {"CHECK"},
                     .help = "a check id as in the report; without one, all are listed",
                     .group = Group::general,
                     .value = id.get()}},
          .run = [id](Host& host) { return run_explain(host, *id); }};
}

}  // namespace goldhive::cli
