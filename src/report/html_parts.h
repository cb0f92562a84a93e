// What the pages of a report and of a comparison are made of.
//
// A page needs nothing but itself: no network, and no script to be complete. What stands in it may
// come from a hive, so all of it is escaped, and a policy of the page itself
// (Content-Security-Policy) lets run only the style and the script whose digests it names: even
// markup that slipped through could load and run nothing.
#pragma once

#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/report/report.h"

namespace goldhive::report {

/// Text of the page. One that is longer than anybody reads is cut.
std::string html_text(std::string_view untrusted);
std::string html_code(std::string_view untrusted);
/// A status, an answer or a kind of change, in its colour: what it is is also its class.
std::string html_word(std::string_view word);

/// A part of the page that its head links to.
struct HtmlPart {
  std::string_view id;
  std::string_view title;
};

/// All before the first part. `heading` and `below` are markup, `title` is not.
void begin_html(std::string_view title, std::string_view heading, std::string_view below,
                const std::vector<HtmlPart>& parts, std::ostream& out);
void end_html(std::ostream& out);

void begin_html_part(const HtmlPart& part, std::ostream& out);
void end_html_part(std::ostream& out);

/// A table that scrolls by itself where the page is too narrow for it; its rows follow. `id` may be
/// "".
void begin_html_table(std::string_view id, std::string_view label, std::string_view caption,
                      std::span<const std::string_view> columns, std::ostream& out);
void end_html_table(std::ostream& out);

/// The part for readers who know neither goldhive nor TLS: what was done, which stands in `lead`
/// (markup, sentences), what it is about, and what the words of the page mean.
inline constexpr HtmlPart html_about_part = {"about", "What this is"};
struct HtmlWord {
  std::string_view word;
  std::string_view meaning;
};
void write_html_about(std::string_view lead, std::span<const HtmlWord> words, std::ostream& out);

/// "<label>Text<select id=...>" with "all" and the options, which are no markup.
void write_html_choice(std::string_view label, std::string_view id,
                       const std::vector<std::string>& options, std::ostream& out);

/// The part with the checks and their explanations.
inline constexpr HtmlPart html_glossary_part = {"checks", "Checks"};
void write_html_glossary(std::ostream& out);

}  // namespace goldhive::report
