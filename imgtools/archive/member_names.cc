#include "imgtools/archive/member_names.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "imgtools/bytes/text.h"
#include "imgtools/hive_logs.h"

namespace goldhive {

namespace {

/// Compares ASCII names without regard to case; that is fast, and tens of thousands of members are
/// compared. Where Windows' own rule differs, this only costs a second pass.
bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return ascii_lower(x) == ascii_lower(y);
         });
}

using Parts = std::vector<std::string_view>;

/// A hive has at least 8192 bytes, and packed it may have less than a tenth of that.
constexpr std::uint64_t smallest_packed = 512;

constexpr std::array<std::string_view, 2> hive_names = {"SOFTWARE", "SYSTEM"};
constexpr std::array<std::string_view, 4> modules = {"winhttp.dll", "webio.dll", "ntoskrnl.exe",
                                                     "cmd.exe"};
constexpr std::array<std::string_view, 2> system_folders = {"System32", "SysWOW64"};
constexpr std::array<std::string_view, 24> image_suffixes = {
    ".vhd", ".vhdx", ".avhd", ".avhdx", ".vmdk", ".qcow2", ".vdi",  ".wim",
    ".esd", ".swm",  ".iso",  ".img",   ".raw",  ".dd",    ".tar",  ".tgz",
    ".tbz", ".txz",  ".tzst", ".zip",   ".7z",   ".cpio",  ".tbz2", ".ova"};
constexpr std::array<std::string_view, 4> packed_suffixes = {".gz", ".bz2", ".xz", ".zst"};

constexpr std::array<std::string_view, 62> document_suffixes = {
    ".txt", ".md",   ".log", ".csv",  ".ini", ".inf",  ".cfg", ".conf", ".json", ".xml",  ".yml",
    ".htm", ".html", ".css", ".js",   ".php", ".py",   ".ps1", ".bat",  ".cmd",  ".sh",   ".c",
    ".h",   ".cpp",  ".cs",  ".java", ".sql", ".doc",  ".xls", ".ppt",  ".docx", ".xlsx", ".pptx",
    ".odt", ".ods",  ".odp", ".rtf",  ".pdf", ".epub", ".eml", ".msg",  ".jpg",  ".jpeg", ".png",
    ".gif", ".bmp",  ".tif", ".tiff", ".ico", ".svg",  ".mp3", ".wav",  ".mp4",  ".avi",  ".mov",
    ".mkv", ".exe",  ".dll", ".sys",  ".msi", ".lnk",  ".ttf"};

/// Folders whose files are neither loose hives nor images that anybody backed up: Windows' own
/// folders (winre.wim and boot.wim hold a Windows, but not the one that is judged) and those of the
/// users.
constexpr std::array<std::string_view, 15> foreign_folders = {
    "Windows",       "WINNT",
    "System32",      "SysWOW64",
    "WinSxS",        "Recovery",
    "$Recycle.Bin",  "$WinREAgent",
    "Program Files", "Documents and Settings",
    "ProgramData",   "Program Files (x86)",
    "Users",         "System Volume Information",
    "PerfLogs"};

Parts split(std::string_view path) {
  Parts parts;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    if (end > 0) parts.push_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return parts;
}

template <class List>
bool is_one_of(const List& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [name](std::string_view other) { return same(name, other); });
}

template <class List>
bool ends_in_one_of(const List& suffixes, std::string_view name) {
  return std::any_of(suffixes.begin(), suffixes.end(), [name](std::string_view suffix) {
    return name.size() > suffix.size() && same(name.substr(name.size() - suffix.size()), suffix);
  });
}

bool is_hive_or_log(std::string_view name) {
  for (const std::string_view hive : hive_names) {
    if (!same(name.substr(0, hive.size()), hive)) continue;
    const std::string_view suffix = name.substr(hive.size());
    if (suffix.empty() || is_one_of(hive_log_suffixes, suffix)) return true;
  }
  return false;
}

}  // namespace

CleanName clean_name(const std::string& stored, bool backslashes) {
  CleanName clean;
  std::string name = stored;
  if (backslashes) std::replace(name.begin(), name.end(), '\\', '/');
  clean.absolute = !name.empty() && name.front() == '/';
  for (const std::string_view part : split(name)) {
    if (part == ".") continue;
    if (part == "..") {
      clean.leads_out = true;
      clean.path.clear();
      return clean;
    }
    if (!clean.path.empty()) clean.path += '/';
    clean.path += part;
  }
  return clean;
}

Interest interest_in(const std::string& path, std::uint64_t size) {
  const Parts parts = split(path);
  if (parts.empty()) return Interest::none;
  const std::string_view name = parts.back();
  if (is_hive_or_log(name)) return Interest::keep;
  if (is_one_of(modules, name) && parts.size() > 1 &&
      is_one_of(system_folders, parts[parts.size() - 2])) {
    return Interest::keep;
  }
  const bool foreign = std::any_of(parts.begin(), parts.end() - 1, [](std::string_view folder) {
    return is_one_of(foreign_folders, folder);
  });
  if (foreign) return Interest::none;
  if (ends_in_one_of(image_suffixes, name) || ends_in_one_of(packed_suffixes, name)) {
    return Interest::image;
  }
  return size == 0 || size >= smallest_packed ? Interest::peek : Interest::none;
}

bool is_document_name(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return ends_in_one_of(document_suffixes,
                        slash == std::string::npos ? path : path.substr(slash + 1));
}

bool is_read_by_qemu(const std::string& path) {
  constexpr std::array<std::string_view, 3> suffixes = {".vmdk", ".qcow2", ".vdi"};
  return ends_in_one_of(suffixes, path);
}

bool starts_like_hive(std::span<const std::uint8_t> head) {
  constexpr std::array<std::uint8_t, 4> magic = {'r', 'e', 'g', 'f'};
  return head.size() >= magic.size() && std::equal(magic.begin(), magic.end(), head.begin());
}

}  // namespace goldhive
