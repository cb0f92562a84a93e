// Reads every #include of the product and fails on one that its room may not have.
//
// The rules are read from tables of docs/architecture.md, so that document and test cannot differ.
// A table is known by the first cell of its head. In a cell only `words in backticks` count; all
// other text is prose. A word that ends in '/' means everything in this folder. Any other word
// means the files of that name, with any extension.
//
// exceptions.txt lists the known violations, one on a line. A line that is not needed is a failure,
// too, so the list can only shrink.
//
// It needs no Catch, so that it is built and run in a second.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Words = std::vector<std::string>;
using Row = std::vector<Words>;  ///< one entry a column

const std::filesystem::path top = GOLDHIVE_SOURCE_DIR;
int failures = 0;

void fail(const std::string& what) {
  std::cout << what << '\n';
  ++failures;
}

bool starts_with_one_of(std::string_view text, const Words& starts) {
  return std::any_of(starts.begin(), starts.end(),
                     [&](const std::string& start) { return text.starts_with(start); });
}

/// Whether a path, from the top of the project, is what a word of a table means.
bool means(std::string_view word, std::string_view path) {
  if (!path.starts_with(word)) return false;
  return word.ends_with('/') || path.size() == word.size() || path[word.size()] == '.';
}

bool means_one_of(const Words& words, std::string_view path) {
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& word) { return means(word, path); });
}

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) fail("cannot read " + file.string());
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// The words in backticks of each cell of "| a | b |".
Row cells_of(std::string_view line) {
  Row row;
  for (size_t bar = line.find('|'); bar + 1 < line.size();) {
    size_t next = line.find('|', bar + 1);
    if (next == std::string_view::npos) break;
    std::string_view cell = line.substr(bar + 1, next - bar - 1);
    Words words;
    for (size_t open = cell.find('`'); open != std::string_view::npos;) {
      size_t close = cell.find('`', open + 1);
      if (close == std::string_view::npos) break;
      words.emplace_back(cell.substr(open + 1, close - open - 1));
      open = cell.find('`', close + 1);
    }
    row.push_back(words);
    bar = next;
  }
  return row;
}

/// The rows of the table of docs/architecture.md whose head starts with a title.
std::vector<Row> table(const std::string& title) {
  std::vector<Row> rows;
  bool inside = false;
  for (const std::string& line : lines_of(top / "docs/architecture.md")) {
    if (line.starts_with("| " + title + " |")) {
      inside = true;
    } else if (inside && line.starts_with("|---")) {
      continue;
    } else if (inside && line.starts_with('|')) {
      rows.push_back(cells_of(line));
    } else {
      inside = false;
    }
  }
  if (rows.empty()) fail("docs/architecture.md has no table '" + title + "'");
  return rows;
}

/// What the list of exceptions allows, and which of it was needed.
class Exceptions {
 public:
  Exceptions() {
    for (const std::string& line : lines_of(top / "tests/layers/exceptions.txt"))
      if (!line.empty() && line[0] != '#') needed_[line] = false;
  }
  bool allow(const std::string& from, const std::string& what) {
    auto found = needed_.find(from + ' ' + what);
    if (found == needed_.end()) return false;
    return found->second = true;
  }
  void report_what_was_not_needed() const {
    for (const auto& [line, needed] : needed_)
      if (!needed) fail("tests/layers/exceptions.txt: take out what is not needed: " + line);
  }

 private:
  std::map<std::string, bool> needed_;
};

struct Include {
  std::string path;
  size_t line = 0;
};

struct Source {
  std::vector<Include> ours;      ///< #include "..."
  std::vector<Include> others;    ///< #include <...>
  std::vector<std::string> code;  ///< the lines, without comments of whole lines
};

/// Every source file of the product, by its path from the top.
std::map<std::string, Source> read_sources() {
  std::map<std::string, Source> sources;
  for (const char* folder : {"src", "imgtools", "fixtures"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(top / folder)) {
      std::string kind = entry.path().extension().string();
      if (kind != ".cc" && kind != ".h" && kind != ".in") continue;
      Source source;
      size_t number = 0;
      for (const std::string& line : lines_of(entry.path())) {
        ++number;
        std::string_view text = line;
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
        if (text.starts_with("//")) continue;
        if (text.starts_with("#include \"")) {
          text.remove_prefix(10);
          source.ours.push_back({std::string(text.substr(0, text.find('"'))), number});
        } else if (text.starts_with("#include <")) {
          text.remove_prefix(10);
          source.others.push_back({std::string(text.substr(0, text.find('>'))), number});
        } else {
          source.code.push_back(line);
        }
      }
      sources[entry.path().lexically_relative(top).generic_string()] = std::move(source);
    }
  }
  return sources;
}

using Sources = std::map<std::string, Source>;

void fail_include(const std::string& path, const Include& included, const std::string& why) {
  fail(path + ":" + std::to_string(included.line) + ": includes " + included.path + ": " + why);
}

std::string joined(const Words& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// A room may include itself and what stands above it in the table. If its last cell names rooms,
/// it may include of those above only these.
void check_rooms(const Sources& sources, Exceptions& exceptions) {
  const std::vector<Row> rooms = table("room");
  auto room_of = [&](const std::string& path) {
    size_t room = 0;
    while (room < rooms.size() && !means_one_of(rooms[room][0], path)) ++room;
    return room;
  };
  for (const auto& [path, source] : sources) {
    size_t mine = room_of(path);
    if (mine == rooms.size()) {
      fail(path + ": is in no room of docs/architecture.md");
      continue;
    }
    const std::string room = joined(rooms[mine][0]);
    for (const Include& included : source.ours) {
      size_t other = room_of(included.path);
      const Words& only = rooms[mine].back();
      if (other < mine && !only.empty() && !means_one_of(only, included.path)) {
        if (!exceptions.allow(path, included.path))
          fail_include(path, included,
                       "of the rooms above " + room + " it may use only " + joined(only));
      } else if (other > mine && !exceptions.allow(path, included.path)) {
        fail_include(path, included,
                     other == rooms.size()
                         ? "this is in no room"
                         : joined(rooms[other][0]) + " stands below " + room +
                               " in the table, and only what stands above may be used");
      }
    }
  }
}

/// A room with doors is entered by these alone: files outside of it include no other header of it.
void check_doors(const Sources& sources, Exceptions& exceptions) {
  for (const Row& row : table("room with doors")) {
    const std::string& room = row[0].front();
    for (const std::string& door : row.back()) {
      if (sources.count(room + door + ".h") == 0) fail(room + " has no door " + door);
    }
    for (const auto& [path, source] : sources) {
      if (means(room, path)) continue;
      for (const Include& included : source.ours) {
        bool door = std::any_of(row.back().begin(), row.back().end(), [&](const std::string& name) {
          return included.path == room + name + ".h";
        });
        if (means(room, included.path) && !door && !exceptions.allow(path, included.path))
          fail_include(path, included,
                       "this is no door of " + room + "; these are: " + joined(row.back()));
      }
    }
  }
}

/// What files of a room must not include of their own room.
void check_strangers(const Sources& sources, Exceptions& exceptions) {
  for (const Row& row : table("file")) {
    for (const auto& [path, source] : sources) {
      if (!means_one_of(row[0], path)) continue;
      for (const Include& included : source.ours) {
        if (means_one_of(row.back(), included.path) && !exceptions.allow(path, included.path))
          fail_include(path, included, "of this it must know nothing");
      }
    }
  }
}

/// Finds a way of includes from a file to one that a word means; empty if there is none.
std::string way_to(const Sources& sources, const std::string& from, const std::string& word) {
  std::map<std::string, std::string> came_from = {{from, ""}};
  Words open = {from};
  while (!open.empty()) {
    std::string path = open.back();
    open.pop_back();
    if (path != from && means(word, path)) {
      std::string way = path;
      for (std::string step = came_from[path]; !step.empty(); step = came_from[step])
        way = step + " -> " + way;
      return way;
    }
    auto source = sources.find(path);
    if (source == sources.end()) continue;  // generated
    for (const Include& included : source->second.ours)
      if (came_from.emplace(included.path, path).second) open.push_back(included.path);
  }
  return "";
}

/// What a room must not see even through the headers that it includes.
void check_reach(const Sources& sources, Exceptions& exceptions) {
  for (const Row& row : table("from")) {
    for (const std::string& word : row.back()) {
      std::string way;  // the first is enough
      for (const auto& [path, source] : sources)
        if (way.empty() && means_one_of(row[0], path)) way = way_to(sources, path, word);
      if (!way.empty() && !exceptions.allow(row[0][0], word))
        fail(row[0][0] + " reaches " + word + ": " + way);
    }
  }
}

/// Headers of libraries and of systems, each in the files that the table names.
void check_others(const Sources& sources, Exceptions& exceptions) {
  const std::vector<Row> rows = table("header");
  for (const auto& [path, source] : sources) {
    for (const Include& header : source.others) {
      auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& candidate) {
        return starts_with_one_of(header.path, candidate[0]);
      });
      std::string only;
      if (row != rows.end()) {
        if (!row->back().empty() && !means_one_of(row->back(), path)) only = joined(row->back());
      } else if (header.path.ends_with(".h")) {  // no header of C++, so one of a system
        if (path.find("_posix.") == std::string::npos &&
            path.find("_linux.") == std::string::npos && path.find("_win32.") == std::string::npos)
          only = "files *_posix, *_linux, *_win32";
      }
      if (!only.empty() && !exceptions.allow(path, header.path))
        fail_include(path, header, "only for " + only);
    }
  }
}

/// Names of the standard library, and parts of names of files, that only some files may use.
void check_names(const std::string& title, const Sources& sources, Exceptions& exceptions) {
  for (const Row& row : table(title)) {
    for (const std::string& name : row[0]) {
      for (const auto& [path, source] : sources) {
        bool used = std::any_of(
            source.code.begin(), source.code.end(),
            [&](const std::string& line) { return line.find(name) != std::string::npos; });
        if (used && !means_one_of(row.back(), path) && !exceptions.allow(path, name))
          fail(path + ": uses " + name + ": only for " + joined(row.back()));
      }
    }
  }
}

}  // namespace

int main() {
  Exceptions exceptions;
  const Sources sources = read_sources();
  check_rooms(sources, exceptions);
  check_doors(sources, exceptions);
  check_strangers(sources, exceptions);
  check_reach(sources, exceptions);
  check_others(sources, exceptions);
  check_names("name", sources, exceptions);
  check_names("part of a name", sources, exceptions);
  exceptions.report_what_was_not_needed();
  if (failures > 0)
    std::cout << failures << " failures; the rules are the tables of docs/architecture.md\n";
  return failures > 0 ? 1 : 0;
}
