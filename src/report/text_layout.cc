#include "src/report/text_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "src/policy/plan.h"
#include "src/report/printable.h"

namespace goldhive::report {
namespace {

const char* escape_code(Color color) {
  switch (color) {
    case Color::red:
      return "\x1b[31m";
    case Color::green:
      return "\x1b[32m";
    case Color::yellow:
      return "\x1b[33m";
    case Color::dim:
      return "\x1b[2m";
    case Color::bold:
      return "\x1b[1m";
    case Color::none:
      break;
  }
  return "";
}

/// Words of `text` in lines of at most `width` columns. A word that is longer has a line of its
/// own.
std::vector<std::string> fold(std::string_view text, std::size_t width) {
  std::vector<std::string> lines(1);
  std::size_t column = 0;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    const std::size_t length = display_width(word);
    if (column > 0 && column + 1 + length > width) {
      lines.emplace_back();
      column = 0;
    }
    if (column > 0) lines.back() += ' ';
    lines.back() += word;
    column += length + (column > 0 ? 1 : 0);
  }
  return lines;
}

const char* short_name(windows::Architecture a) {
  return a == windows::Architecture::amd64 ? "x64" : windows::to_string(a);
}

std::string spaces(std::size_t n) { return std::string(n, ' '); }

}  // namespace

std::string Lines::painted(std::string_view text, Color color) const {
  if (!options_.color || color == Color::none || text.empty()) return std::string(text);
  return fmt::format("{}{}\x1b[0m", escape_code(color), text);
}

/// The last column, also where the width is not known.
std::size_t Lines::edge() const { return options_.width == 0 ? usual_width : options_.width; }

void Lines::right_aligned(std::string_view left, std::string_view middle, std::string_view right,
                          Color right_color) {
  std::size_t used = display_width(left);
  out_ << painted(left, Color::bold);
  if (!middle.empty()) {
    out_ << "  " << middle;
    used += 2 + display_width(middle);
  }
  const std::size_t wanted = display_width(right);
  if (wanted == 0) {
    out_ << '\n';
    return;
  }
  if (used + 2 + wanted > edge() && options_.width != 0) {
    out_ << '\n';
    used = 0;
  }
  const std::size_t gap = used + 2 + wanted > edge() ? 2 : edge() - used - wanted;
  out_ << spaces(gap) << painted(right, right_color) << '\n';
}

void Lines::row(std::string_view verdict, Color color, std::string_view id, std::size_t id_width,
                std::string_view message, std::string_view severity) {
  constexpr std::size_t verdict_width = 4;
  const std::size_t message_column = 2 + verdict_width + 2 + id_width + 2;
  const std::size_t severity_width = severity.empty() ? 0 : display_width(severity) + 2;
  out_ << "  " << painted(verdict, color) << spaces(verdict_width - display_width(verdict) + 2)
       << id << spaces(id_width - display_width(id) + 2);
  std::vector<std::string> lines = {std::string(message)};
  if (options_.width != 0) {
    // On a narrow terminal, lines still have a readable length; the terminal wraps them itself.
    const std::size_t taken = message_column + severity_width;
    lines = fold(message, edge() > taken + 24 ? edge() - taken : 24);
  }
  out_ << lines.front();
  if (!severity.empty()) {
    const std::size_t used = message_column + display_width(lines.front());
    const std::size_t wanted = display_width(severity);
    out_ << spaces(used + 2 + wanted > edge() ? 2 : edge() - used - wanted) << severity;
  }
  out_ << '\n';
  for (std::size_t i = 1; i < lines.size(); ++i) {
    out_ << spaces(message_column) << lines[i] << '\n';
  }
}

void Lines::status_first(std::string_view word, Color color, std::size_t column,
                         std::string_view text) {
  const std::size_t used = display_width(word);
  const std::size_t width = std::max(column, used + 2);
  folded(painted(word, color) + spaces(width - used), width, text);
}

void Lines::plain(std::string_view text, Color color) { out_ << painted(text, color) << '\n'; }

void Lines::failed(const TargetReport& target) {
  const bool begun = target.interrupted != Interruption::not_begun;
  right_aligned(printable(target.path), "",
                !target.interrupted ? "ERROR"
                : begun             ? "INTERRUPTED"
                                    : "NOT BEGUN",
                target.interrupted ? Color::yellow : Color::red);
  if (begun) folded("  ", 2, reason_of(target));
}

void Lines::only_notes(const TargetReport& target) {
  if (target.error || !target.installations.empty() || target.notes.empty()) return;
  right_aligned(printable(target.path), "", "NOT-APPLICABLE", Color::none);
}

void Lines::waivers(const std::vector<WaiverReport>& waivers) {
  // One policy may serve many runs, and then most of its waivers are about other targets.
  constexpr std::size_t most_unused = 3;
  std::size_t unused = 0;
  for (const WaiverReport& w : waivers) {
    if (!w.expired && w.rows > 0) continue;
    if (w.rows == 0 && ++unused > most_unused && !options_.verbose) continue;
    std::string line = fmt::format("waiver of {} on {}", w.waiver.check, w.waiver.target);
    if (w.expired) line += fmt::format(" expired on {}", w.waiver.until);
    line += w.rows == 0 ? fmt::format("{} met no row", w.expired ? " and" : "")
                        : fmt::format(": it would accept {}", counted(w.rows, "row"));
    folded("", 0, printable(line) + ".");
  }
  if (unused > most_unused && !options_.verbose) {
    folded("", 0,
           fmt::format("{} met no row (-v names them).",
                       counted(unused - most_unused, "more waiver")));
  }
}

void Lines::diff(const std::vector<policy::Edit>& edits) {
  std::istringstream text(policy::plan_diff(edits));
  for (std::string line; std::getline(text, line);) {
    const Color color = line.starts_with("+ ")   ? Color::green
                        : line.starts_with("- ") ? Color::red
                                                 : Color::none;
    plain(printable(line), color);
  }
}

void Lines::folded(std::string_view first, std::size_t hang, std::string_view text) {
  if (options_.width == 0) {
    out_ << first << text << '\n';
    return;
  }
  const std::size_t width = options_.width > hang + 24 ? options_.width - hang : 24;
  const std::vector<std::string> lines = fold(text, width);
  out_ << first << lines.front() << '\n';
  for (std::size_t i = 1; i < lines.size(); ++i) out_ << spaces(hang) << lines[i] << '\n';
}

void Lines::with_command(std::string_view text, std::string_view label, std::string_view command) {
  const auto fits = [this](const std::string& line) {
    return options_.width == 0 || display_width(line) <= options_.width;
  };
  const std::string with_label = fmt::format("{} {}", label, command);
  const std::string whole = fmt::format("{}{}{}", text, text.empty() ? "" : "  ", with_label);
  if (fits(whole)) return plain(whole, Color::none);
  if (!text.empty()) folded("", 0, text);
  if (fits(with_label)) return plain(with_label, Color::none);
  folded("", 0, label.substr(0, label.find_last_not_of(' ') + 1));
  out_ << "  " << command << '\n';
}

namespace {

const char* words_for(UndoState state) {
  switch (state) {
    case UndoState::not_compared:
      break;
    case UndoState::fits:
      return "can be taken back";
    case UndoState::in_turn:
      return "can be taken back after the newer one";
    case UndoState::done:
      return "of no use: the target is as it was before that patch";
    case UndoState::no_match:
      return "does not fit: the target was changed since that patch";
    case UndoState::unknown:
      return "cannot be compared: what it puts back is not there, or a newer one does not fit";
  }
  return "";
}

}  // namespace

std::string describe_undo_file(const UndoFileReport& undo) {
  if (undo.error) return printable(undo.path + "  " + undo.error->message());
  const std::string in_files = counted(undo.files.size(), "file");
  std::string text =
      fmt::format("{}  {}  {}  {}", undo.path, iso_time(undo.made).value_or("time not noted"),
                  undo.values == 0 ? in_files : counted(undo.values, "value") + " in " + in_files,
                  human_size(undo.size));
  if (undo.state != UndoState::not_compared) text += std::string("  ") + words_for(undo.state);
  return printable(text);
}

std::vector<std::string> describe_left_undo_files(const TargetReport& patched) {
  const std::vector<UndoFileReport>& files = patched.undo_files;
  std::vector<std::string> lines;
  for (const UndoFileReport& undo : files) {
    std::string text = undo.path;
    if (files.size() > 1 && undo.installations.empty()) {
      text += "  the file that was written anew";  // --compact
    } else if (files.size() > 1) {
      text += fmt::format("  {} of {}", counted(undo.values, "value"),
                          fmt::join(undo.installations, ", "));
    }
    lines.push_back(printable(text));
  }
  return lines;
}

std::string describe_backup(const BackupReport& backup) {
  return fmt::format("Windows backup of {}, {}", backup.machine, backup.time);
}

std::string describe_system(const windows::Installation& facts) {
  const windows::OsFacts& os = facts.os;
  std::string text = os.product;
  if (text.empty()) {
    const bool nt = os.family == windows::Family::nt_4;
    text = os.version.empty() ? "Windows, version unknown"
                              : (nt ? "Windows NT " : "Windows ") + os.version;
  }
  if (os.service_pack) text += fmt::format(" SP{}", *os.service_pack);
  if (os.architecture != windows::Architecture::unknown) {
    text += fmt::format(" {}", short_name(os.architecture));
  }
  if (os.build != 0) text += fmt::format(" ({})", os.build);
  if (facts.winpe && text.find("PE") == std::string::npos) text += ", Windows PE";
  if (facts.regback) text += ", backup hives (RegBack)";
  return text;
}

std::string describe_hive(const windows::HiveFact& hive) {
  const char* name = windows::to_string(hive.name);
  if (hive.missing) return fmt::format("{}  missing", name);
  std::string text = fmt::format("{}  {}  {}", name, human_size(hive.size), to_string(hive.state));
  if (const auto time = iso_time(hive.last_written)) text += fmt::format("  written {}", *time);
  text += fmt::format("  sequence {}/{}  {}", hive.sequence1, hive.sequence2, hive.path);
  if (hive.sha256) text += "  sha256 " + *hive.sha256;
  if (!hive.reason.empty()) text += "  (" + hive.reason + ")";
  return text;
}

std::vector<std::string> hashes_of(const windows::Installation& facts) {
  std::vector<std::string> hashes;
  for (const windows::HiveFact& hive : facts.hives) {
    if (!hive.sha256) continue;
    hashes.push_back(
        printable(fmt::format("{}  sha256 {}", windows::to_string(hive.name), *hive.sha256)));
  }
  return hashes;
}

std::string describe_log(const hive::LogAccount& log) {
  std::uint64_t applied = 0;
  for (const hive::LogEntryAccount& e : log.entries) applied += e.applied ? 1 : 0;
  std::string text = log.name;
  if (!log.format.empty()) text += "  " + log.format;
  text += log.used ? "  used" : "  not used";
  if (!log.entries.empty()) {
    text += fmt::format(", {} of {} applied", applied,
                        counted(log.entries.size(), log.format == "DIRT" ? "page set" : "entry"));
  }
  if (!log.reason.empty()) text += ": " + log.reason;
  return text;
}

std::string reason_of(const TargetReport& target) {
  std::string_view reason = target.error->what();
  if (reason.starts_with(target.path + ": ")) reason.remove_prefix(target.path.size() + 2);
  return printable(reason);
}

std::string counted(std::uint64_t n, std::string_view noun) {
  if (n == 1) return fmt::format("1 {}", noun);
  if (noun.ends_with("ry")) return fmt::format("{} {}ies", n, noun.substr(0, noun.size() - 1));
  return fmt::format("{} {}s", n, noun);
}

}  // namespace goldhive::report
