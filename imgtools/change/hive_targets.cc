// Why content tells what is a hive: a tree may hold hives of any name, and a patch keeps the first
// bytes of a hive as they are ("regf" at 0, "hbin" at 4096), so that no moment of it makes a hive
// look like something else. A disk that lost power while it wrote the first block may have: then
// the user has to say that the journal is his (--trust-journal).
#include "imgtools/change/hive_targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "imgtools/change/own_names.h"
#include "imgtools/hive_logs.h"
#include "imgtools/host/path.h"

namespace goldhive {

namespace {

constexpr std::uint64_t first_bin = 4096;
constexpr std::size_t mark_size = 4;

[[noreturn]] void refuse(const std::string& journal, const std::string& name, const char* what) {
  throw Error(ErrorKind::refused,
              fmt::format("names {} as a target, which is {}: not believed", name, what), journal);
}

bool has_mark(const TargetView& file, std::uint64_t at, std::string_view mark) {
  std::array<std::uint8_t, mark_size> found{};
  if (file.size < at + mark_size) return false;
  file.read(at, found);
  return std::equal(found.begin(), found.end(), mark.begin(), mark.end());
}

bool is_log(const std::string& name) {
  return std::any_of(hive_log_suffixes.begin(), hive_log_suffixes.end(),
                     [&](std::string_view suffix) { return nt_has_end(name, suffix); });
}

/// What Windows keeps beside a hive besides its logs; some of it begins as a hive does.
bool is_beside_hive(const std::string& name) {
  return nt_has_end(name, ".blf") || nt_has_end(name, ".regtrans-ms");
}

bool is_log_of_any(const std::string& name, const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& hive) { return is_log_of(name, hive); });
}

}  // namespace

bool is_log_of(const std::string& name, const std::string& hive) {
  return std::any_of(
      hive_log_suffixes.begin(), hive_log_suffixes.end(),
      [&](std::string_view suffix) { return nt_equal(name, hive + std::string(suffix)); });
}

void require_hive(const TargetView& file, const std::string& journal, const std::string& name) {
  if (is_log(name)) return;  // empty, or of any age: only its name tells what it is
  if (has_mark(file, 0, "regf") && has_mark(file, first_bin, "hbin")) return;
  refuse(journal, name, "no registry hive");
}

std::optional<std::uint64_t> admit_hive(const ReadStorage& storage, const std::string& journal,
                                        const std::string& folder, const std::string& name,
                                        const std::vector<std::string>& names, bool vouched_for) {
  if (is_own_file(name)) refuse(journal, name, "a file of goldhive itself");
  if (is_beside_hive(name)) refuse(journal, name, "a file that Windows keeps beside a hive");
  if (is_log(name) && !is_log_of_any(name, names)) {
    refuse(journal, name, "the log of a hive that it does not name");
  }
  const std::string path = join_path(folder, name);
  const std::optional<OwnFile> file = storage.open_own(path, path);
  if (!file) return std::nullopt;
  if (file->info.type == FileType::symlink) refuse(journal, name, "a symbolic link");
  if (!file->content) refuse(journal, name, "no regular file");
  if (!vouched_for) require_hive(view_of(*file->content), journal, name);
  return file->content->size();
}

}  // namespace goldhive
