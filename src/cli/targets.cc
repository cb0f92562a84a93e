#include "src/cli/targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <istream>
#include <set>
#include <sstream>

#include "imgtools/bytes/text.h"
#include "imgtools/change/own_names.h"
#include "imgtools/disk/relatives.h"
#include "imgtools/formats.h"
#include "imgtools/host/path.h"
#include "src/cli/text_file.h"
#include "src/target/folder_places.h"

namespace goldhive::cli {
namespace {

constexpr std::uint64_t list_size_limit = 64 << 20;
constexpr std::size_t deepest_folder = 64;
constexpr const char* standard_input_name = "standard input";

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t") == std::string_view::npos;
}

/// An empty name is what is left of an unset variable ("%IMG%", "$IMG"). Windows takes it for the
/// current folder, and a patch would change whatever lies in it.
void refuse_blank(const std::vector<std::string>& targets) {
  if (std::none_of(targets.begin(), targets.end(), is_blank)) return;
  throw Error(ErrorKind::usage,
              "a target is empty (an unset variable?); '.' names the current folder");
}

/// The paths in the bytes of a list that is called `name`: one a line, but for blank lines and
/// comments; with `null` one before each NUL, taken as it is.
std::vector<std::string> paths_in(std::string bytes, bool null, const std::string& name) {
  const std::string text = null ? std::move(bytes) : text_of(std::move(bytes));
  if (!null && text.find('\0') != std::string::npos) {
    throw Error(ErrorKind::usage, "holds NULs, as a list of find -print0 does: --null reads it",
                name);
  }
  std::istringstream in(text);
  std::vector<std::string> paths;
  for (std::string part; std::getline(in, part, null ? '\0' : '\n');) {
    if (!null && !part.empty() && part.back() == '\r') part.pop_back();
    const bool is_comment = !null && part.starts_with('#');
    if (!is_comment && !is_blank(part)) paths.push_back(part);
  }
  return paths;
}

std::string read_list(const Host& host, const std::string& path) {
  const Bytes bytes =
      read_bytes(*host.input.open(path), path, list_size_limit, "a list of targets");
  return {bytes.begin(), bytes.end()};
}

std::string read_list(std::istream& in) {
  std::string text;
  std::vector<char> piece(64 * 1024);
  while (in) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    text.append(piece.data(), static_cast<std::size_t>(in.gcount()));
    if (text.size() > list_size_limit) {
      throw Error(
          ErrorKind::usage,
          fmt::format("is too large for a list of targets: more than {} bytes", list_size_limit),
          standard_input_name);
    }
  }
  return text;
}

/// Windows' own stores of single files' versions. Their names are fixed.
bool is_file_backup(const std::string& name) {
  return nt_equal(name, "System Volume Information") || nt_equal(name, "FileHistory");
}

bool is_interrupted(const Host& host) { return host.interrupted != nullptr && host.interrupted(); }

class Walk {
 public:
  Walk(const Host& host, const TargetFlags& flags, std::string root, Targets& out)
      : host_(host), storage_(host.input), flags_(flags), root_(std::move(root)), out_(out) {}

  /// True if the folder, or anything in it, is a target.
  bool run() { return folder(root_, 0); }

 private:
  bool folder(const std::string& path, std::size_t depth) {
    if (depth > deepest_folder || stopped()) return false;
    std::set<std::string> installations;
    try {
      for (const windows::Place& place : target::places_in_folder(storage_, path)) {
        if (holds_hives(place, path)) installations.insert(place.root);
      }
    } catch (const Error&) {
      add(path, depth > 0);  // whoever opens this target learns what is wrong
      return true;
    }
    if (!installations.empty()) add(path, depth > 0);
    if (installations.count("") != 0) return true;  // what lies in it is Windows' own
    const bool more = contents(path, "", installations, depth);
    return more || !installations.empty();
  }

  /// A folder of files without names of hives counts if one of the files is a hive by its content.
  bool holds_hives(const windows::Place& place, const std::string& folder) const {
    return !place.loose() || (place.software && may_be_hive(*place.software, folder)) ||
           (place.system && may_be_hive(*place.system, folder)) ||
           std::any_of(place.unnamed.begin(), place.unnamed.end(),
                       [&](const windows::HiveFile& file) {
                         return is_hive(storage_, join_path(folder, file.path));
                       });
  }

  /// False of a file that only has the name of a hive (/etc/.../software). One that may be a hive
  /// with a damaged head is a target, so that an error says so.
  bool may_be_hive(const windows::HiveFile& file, const std::string& folder) const {
    return windows::may_be_hive_by_size(file.size) ||
           is_hive(storage_, join_path(folder, file.path));
  }

  /// The images in `root`/`below`, leaving out the installations, which are relative to `root`.
  bool contents(const std::string& root, const std::string& below,
                const std::set<std::string>& installations, std::size_t depth) {
    const std::string path = windows::join_path(root, below);
    bool any = false;
    std::vector<DirectoryEntry> entries;
    try {
      entries = storage_.list(path);
    } catch (const Error&) {
      add(path, true);  // whoever opens this target learns what is wrong
      return true;
    }
    for (const DirectoryEntry& entry : entries) {
      if (stopped()) break;
      const std::string relative = windows::join_path(below, entry.name);
      const std::string full = join_path(root, relative);
      if (entry.type == FileType::file) {
        any = (!is_own_file(entry.name) && file(full)) || any;
      } else if (entry.type != FileType::directory || is_file_backup(entry.name)) {
        out_.passed_over.push_back(full);
      } else if (installations.count(relative) == 0) {
        const auto inside = installations.lower_bound(relative + "/");
        const bool holds = inside != installations.end() && inside->starts_with(relative + "/");
        any = (holds ? contents(root, relative, installations, depth + 1)
                     : folder(full, depth + 1)) ||
              any;
      }
    }
    return any;
  }

  bool file(const std::string& path) {
    bool image = true;
    try {
      if (is_opened_with_another(storage_, path)) return true;
      image = may_hold_windows(storage_, path);
    } catch (const Error&) {
      // The file cannot be read. Whoever opens it as a target learns why.
    }
    if (image || flags_.strict) {
      add(path, !flags_.strict);
    } else {
      out_.passed_over.push_back(path);
    }
    return image;
  }

  bool stopped() {
    if (is_interrupted(host_)) out_.interrupted = "the folders were not walked to the end";
    return !out_.interrupted.empty();
  }

  void add(const std::string& path, bool found) {
    out_.targets.push_back({path, found, path == root_ ? "" : root_});
  }

  const Host& host_;
  const ReadStorage& storage_;
  const TargetFlags& flags_;
  const std::string root_;
  Targets& out_;
};

bool is_folder(const ReadStorage& storage, const std::string& path) {
  const std::optional<FileInfo> info = storage.stat(path);
  return info && info->type == FileType::directory;
}

/// Adds what one path stands for. A path that cannot be looked at becomes a target, so that an
/// error says why.
void expand_path(const Host& host, const TargetFlags& flags, const std::string& path,
                 Targets& out) {
  const std::size_t passed_over = out.passed_over.size();
  try {
    if (flags.input_format.empty() && is_folder(host.input, path) &&
        Walk(host, flags, path, out).run()) {
      return;
    }
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch): told by whoever opens the target
  }
  out.passed_over.resize(passed_over);  // the target's error says that there is nothing in it
  out.targets.push_back({path});
}

/// True if the path names something, even something that we may not look at.
bool exists(const ReadStorage& storage, const std::string& path) {
  try {
    return storage.stat(path).has_value();
  } catch (const Error&) {
    return true;
  }
}

/// The paths of the list that `text` names; nullopt if it names none.
std::optional<std::vector<std::string>> list_named(const Host& host, const std::string& text,
                                                   bool null) {
  const bool from_input = text == "-" && host.in != nullptr;
  const bool from_file = text.size() > 1 && text.front() == '@';
  if ((!from_input && !from_file) || exists(host.input, text)) return std::nullopt;
  if (from_input) return paths_in(read_list(*host.in), null, standard_input_name);
  const std::string path = text.substr(1);
  return paths_in(read_list(host, path), null, path);
}

}  // namespace

Targets expand_targets(const Host& host, const TargetFlags& flags) {
  refuse_blank(flags.targets);
  Targets out;
  for (const std::string& text : flags.targets) {
    const auto list = list_named(host, text, flags.null);
    if (list && is_interrupted(host)) {
      // What came through a pipe may end in the middle of a name.
      out.interrupted = "the list of targets was not read to its end";
      continue;
    }
    if (list && list->empty()) {
      throw Error(ErrorKind::usage, "the list of targets is empty: nothing would be looked at",
                  text == "-" ? standard_input_name : text.substr(1));
    }
    for (const std::string& path : list.value_or(std::vector<std::string>{text})) {
      expand_path(host, flags, path, out);
    }
  }
  return out;
}

std::size_t count_images(const Host& host, const std::vector<Target>& targets) {
  std::size_t count = 0;
  for (const Target& target : targets) {
    std::size_t found = 1;
    try {
      const std::optional<FileInfo> info = host.input.stat(target.path);
      if (info && info->type == FileType::directory) {
        found = target::places_in_folder(host.input, target.path).size();
      }
    } catch (const Error&) {  // NOLINT(bugprone-empty-catch): the patch says why
    }
    count += found;
  }
  return count;
}

std::vector<std::string> files_of_disk(const Host& host, const std::string& disk) {
  const std::vector<std::string> none;
  return files_named_by(host.input, disk, host.parent_folders ? *host.parent_folders : none).all();
}

}  // namespace goldhive::cli
