#include "src/report/html_parts.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>

#include "imgtools/bytes/digest.h"
#include "src/policy/checks.h"
#include "src/report/html_page.h"
#include "src/report/row_parts.h"

namespace goldhive::report {
namespace {

std::string base64(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t rest = bytes.size() - i;
    const std::uint32_t group = (static_cast<std::uint32_t>(bytes[i]) << 16) |
                                (rest > 1 ? static_cast<std::uint32_t>(bytes[i + 1]) << 8 : 0) |
                                (rest > 2 ? bytes[i + 2] : 0);
    for (unsigned digit = 0; digit < 4; ++digit) {
      out += digit > rest ? '=' : digits[(group >> (18 - 6 * digit)) & 0x3f];
    }
  }
  return out;
}

std::string source_digest(std::string_view text) { return "'sha256-" + base64(sha256(text)) + "'"; }

}  // namespace

std::string html_text(std::string_view untrusted) {
  constexpr std::size_t longest = 4'000;
  if (untrusted.size() <= longest) return markup_text(untrusted);
  std::size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(untrusted[end]) & 0xc0) == 0x80) --end;
  return markup_text(untrusted.substr(0, end)) + " [cut]";
}

std::string html_code(std::string_view untrusted) {
  return "<code>" + html_text(untrusted) + "</code>";
}

std::string html_word(std::string_view word) {
  return fmt::format("<span class=\"{0}\">{0}</span>", word);
}

void begin_html(std::string_view title, std::string_view heading, std::string_view below,
                const std::vector<HtmlPart>& parts, std::ostream& out) {
  out << "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      << source_digest(html_style) << "; script-src " << source_digest(html_script)
      << "; base-uri 'none'; form-action 'none'\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta name=\"referrer\" content=\"no-referrer\">\n<title>"
      << html_text(title) << "</title>\n<style>" << html_style
      << "</style>\n</head>\n<body>\n<header>\n<h1>" << heading << "</h1>\n<p>" << below
      << "</p>\n</header>\n<nav aria-label=\"Parts of the report\"><ul>\n";
  for (const HtmlPart& part : parts) {
    out << fmt::format("<li><a href=\"#{}\">{}</a></li>\n", part.id, part.title);
  }
  out << "</ul></nav>\n<main>\n";
}

void end_html(std::ostream& out) {
  out << "</main>\n<script>" << html_script << "</script>\n</body>\n</html>\n";
}

void begin_html_part(const HtmlPart& part, std::ostream& out) {
  out << fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n", part.id, part.title);
}

void end_html_part(std::ostream& out) { out << "</section>\n"; }

void begin_html_table(std::string_view id, std::string_view label, std::string_view caption,
                      std::span<const std::string_view> columns, std::ostream& out) {
  out << fmt::format(
      "<div class=\"wide\" role=\"region\" aria-label=\"{}\" tabindex=\"0\"><table{}>\n"
      "<caption>{}</caption><thead><tr>",
      label, id.empty() ? "" : fmt::format(" id=\"{}\"", id), caption);
  for (const std::string_view column : columns) {
    out << fmt::format("<th scope=\"col\">{}</th>", column);
  }
  out << "</tr></thead>\n<tbody>\n";
}

void end_html_table(std::ostream& out) { out << "</tbody></table></div>\n"; }

namespace {

/// What rows say, and how bad it is; the same on every page.
constexpr std::array row_words = {
    HtmlWord{"pass", "It is as the policy wants it."},
    HtmlWord{"fail",
             "It is not. How much that matters stands beside it: low, medium, high or "
             "critical."},
    HtmlWord{"undetermined",
             "The image does not tell. The row says what is missing, and what would "
             "settle it."},
    HtmlWord{"warn", "Nothing is broken, and somebody should look at it."},
    HtmlWord{"waived", "It fails, and the policy accepts that until a day, for a reason."},
    HtmlWord{"info", "It is told, and asked by nobody."},
    HtmlWord{"n/a", "The question does not apply to that Windows."},
};

void write_html_words(std::span<const HtmlWord> words, std::ostream& out) {
  for (const HtmlWord& each : words) {
    out << fmt::format("<dt>{}</dt><dd>{}</dd>\n", html_text(each.word), html_text(each.meaning));
  }
}

}  // namespace

void write_html_about(std::string_view lead, std::span<const HtmlWord> words, std::ostream& out) {
  begin_html_part(html_about_part, out);
  out << "<p>" << lead
      << "</p>\n<p>TLS is what keeps a connection secret, as that of https; its old versions are "
         "broken, and more and more servers refuse them. Windows 7 and 8, Server 2008 R2 and 2012 "
         "know TLS 1.1 and 1.2, but WinHTTP, by which Outlook, Office and Windows itself connect, "
         "offers them only where update KB3140245 is installed and values in the registry ask for "
         "it.</p>\n<details><summary>What the words mean</summary><dl>\n";
  write_html_words(words, out);
  write_html_words(row_words, out);
  out << fmt::format(
      "</dl><p>What each check asks, why, and what fixes it stands at the end, under "
      "<a href=\"#{}\">{}</a>.</p></details>\n",
      html_glossary_part.id, html_glossary_part.title);
  end_html_part(out);
}

void write_html_choice(std::string_view label, std::string_view id,
                       const std::vector<std::string>& options, std::ostream& out) {
  out << fmt::format("<label>{}<select id=\"{}\"><option value=\"\">all</option>", label, id);
  for (const std::string& option : options) {
    out << fmt::format("<option>{}</option>", html_text(option));
  }
  out << "</select></label>\n";
}

void write_html_glossary(std::ostream& out) {
  begin_html_part(html_glossary_part, out);
  for (const policy::Check& check : policy::all_checks()) {
    const policy::Explanation& e = check.explanation;
    out << fmt::format(
        "<article id=\"{0}\">\n<h3><code>{0}</code></h3>\n<p>{1}</p>\n<dl><dt>What it means</dt>"
        "<dd>{2}</dd><dt>Why it matters</dt><dd>{3}</dd><dt>What fixes it</dt><dd>{4}</dd>"
        "<dt>Who says so</dt><dd>{5}</dd></dl>\n</article>\n",
        check.id, html_text(e.summary), html_text(e.meaning), html_text(e.why), html_text(e.fix),
        html_text(e.source));
  }
  end_html_part(out);
}

}  // namespace goldhive::report
