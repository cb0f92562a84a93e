#include "imgtools/change/own_names.h"

#include "imgtools/host/path.h"

namespace goldhive {

namespace {

constexpr std::string_view disk_suffix = ".goldhive-disk";
constexpr const char* one_file_journal_suffix = ".goldhive-journal";
constexpr const char* fresh_suffix = ".goldhive-new";
constexpr const char* record_suffix = ".goldhive-replacing";

}  // namespace

std::string journal_path(const std::string& folder, const std::vector<std::string>& names) {
  return join_path(folder, names.size() == 1 ? names[0] + one_file_journal_suffix : journal_name);
}

std::string unfinished(const std::string& path) { return path + ".new"; }

std::string unfinished_report(const std::string& path, int number) {
  const std::string report = path + ".goldhive-report";
  return unfinished(number == 0 ? report : report + "." + std::to_string(number));
}

ReplacementNames::ReplacementNames(const std::string& file)
    : fresh(file + fresh_suffix), old(file + ".goldhive-old"), record(file + record_suffix) {}

std::string original_of(const std::string& undo_file) { return undo_file + ".original"; }

bool is_own_file(const std::string& path) {
  const std::string name = base_name(path);
  return name.find(".goldhive-") != std::string::npos || name.starts_with(journal_name);
}

bool is_hot_name(const std::string& path) {
  const std::string name = base_name(path);
  return name == journal_name || name.ends_with(one_file_journal_suffix) ||
         name.ends_with(record_suffix);
}

bool is_new_content(const std::string& path) { return path.ends_with(fresh_suffix); }

std::string disk_inside(const std::string& image) { return image + std::string(disk_suffix); }

bool is_disk_inside(const std::string& path) {
  return path.size() > disk_suffix.size() && path.ends_with(disk_suffix);
}

std::string without_disk_inside(const std::string& path) {
  return is_disk_inside(path) ? path.substr(0, path.size() - disk_suffix.size()) : path;
}

}  // namespace goldhive
