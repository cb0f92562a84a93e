#include "imgtools/change/undo_place.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>

#include "imgtools/bytes/digest.h"
#include "imgtools/bytes/error.h"
#include "imgtools/change/locked_targets.h"
#include "imgtools/change/own_files.h"
#include "imgtools/change/own_names.h"
#include "imgtools/host/path.h"
#include "imgtools/host/storage_steps.h"

namespace goldhive {

namespace {

/// The number of an undo file called `name` if it belongs to `base`, both comparable(): "x" is 1,
/// "x.2" is 2. 0: no.
std::uint64_t number_of(const std::string& name, const std::string& base) {
  if (name == base) return 1;
  if (!name.starts_with(base + ".")) return 0;
  const char* digits = name.data() + base.size() + 1;
  const char* end = name.data() + name.size();
  std::uint64_t number = 0;
  const auto [stop, error] = std::from_chars(digits, end, number);
  return error == std::errc() && stop == end && number > 1 && *digits != '0' ? number : 0;
}

/// `name` without `end`; nullopt if it has none.
std::optional<std::string> without_end(const std::string& name, const std::string& end) {
  if (!name.ends_with(end)) return std::nullopt;
  return name.substr(0, name.size() - end.size());
}

/// The numbers of the undo files at `path`, the highest first. `taken`: those of kept originals,
/// too, since one may stand there without its undo file, and of whatever else has such a name.
std::vector<std::uint64_t> numbers_at(const ReadStorage& storage, const std::string& path,
                                      bool taken = false) {
  const std::string folder = parent_of(path);
  if (!storage.stat(folder.empty() ? "." : folder)) return {};
  std::vector<std::uint64_t> numbers;
  const std::string base = comparable(base_name(path));
  for (const DirectoryEntry& entry : storage.list(folder)) {
    if (!taken && entry.type != FileType::file) continue;
    const std::optional<std::string> of = without_end(entry.name, original_of(""));
    const std::uint64_t number = number_of(comparable(taken && of ? *of : entry.name), base);
    if (number > 0) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end(), std::greater<>());
  return numbers;
}

std::string numbered(const std::string& path, std::uint64_t number) {
  return number == 1 ? path : fmt::format("{}.{}", path, number);
}

/// "<path>-<8 hex digits that stand for `what`>.goldhive-undo"
std::string hashed_name(const std::string& path, const std::string& what) {
  const std::string hashed = comparable(what);
  Sha256 hash;
  hash.add(Bytes(hashed.begin(), hashed.end()));
  return fmt::format("{}-{}{}", path, to_hex(hash.finish()).substr(0, 8), undo_suffix);
}

std::string shared_name(const std::string& directory, const std::string& absolute_target) {
  const std::string target = without_trailing_separators(absolute_target);
  const std::string name = base_name(target);
  return hashed_name(join_path(directory, is_plain_name(name) ? name : "root"), target);
}

}  // namespace

std::string relative_folder(const std::string& given_root, const std::string& given_folder) {
  const std::string root = with_slashes(without_trailing_separators(given_root));
  const std::string folder = with_slashes(without_trailing_separators(given_folder));
  if (folder == root) return "";
  const std::string prefix = join_path(root, "");
  if (!folder.starts_with(prefix)) {
    throw Error(ErrorKind::refused, "lies outside of " + root, folder);
  }
  return folder.substr(prefix.size());
}

std::string folder_below(const ReadStorage& storage, const std::string& root,
                         const std::string& folder) {
  std::string path = root;
  for (const std::string& part : path_parts(folder)) {
    path = join_path(path, part);
    if (storage.read_link(path)) {
      throw Error(ErrorKind::refused, "is a symbolic link: not followed for an undo", path);
    }
  }
  return path;
}

JournalPlace place_of(const ReadStorage& storage, const std::string& target,
                      const std::string& absolute_target, const UndoOptions& options) {
  JournalPlace place;
  place.keep_undo = options.keep;
  place.named = target;
  const std::optional<FileInfo> info = storage.stat(target);
  std::string beside;
  if (info && info->type == FileType::directory) {
    place.root = without_trailing_separators(target);
    beside = without_trailing_separators(absolute_target);
    if (!is_plain_name(base_name(beside))) beside.clear();  // "/" and "C:" have no beside
  } else {
    const std::string file = follow_links(storage, target);
    place.root = parent_of(file);
    place.file = base_name(file);
    beside = file;
  }
  place.apart = options.directory.empty() ? options.fallback_dir : options.directory;
  if (!options.directory.empty()) {
    place.undo_paths.push_back(shared_name(options.directory, absolute_target));
  } else {
    const std::string& root = options.image_root;
    if (!root.empty()) {
      if (is_plain_name(base_name(root))) {
        place.undo_paths.push_back(hashed_name(root, absolute_target.substr(root.size())));
      }
    } else if (!beside.empty()) {
      place.undo_paths.push_back(beside + undo_suffix);
    }
    if (!options.fallback_dir.empty()) {
      place.undo_paths.push_back(shared_name(options.fallback_dir, absolute_target));
    }
  }
  return place;
}

std::unique_ptr<HeldFolder> hold_root(Storage& storage, const JournalPlace& place) {
  return storage.hold_folder(place.root, place.file.empty() ? Reach::below : Reach::names);
}

std::string changed_file(const JournalPlace& place, const std::string& path) {
  if (place.file.empty() || without_disk_inside(path) != place.named) return path;
  const std::string file = join_path(place.root, place.file);
  return is_disk_inside(path) ? disk_inside(file) : file;
}

namespace {

Error no_undo_place(const std::string& reasons) {
  return Error(ErrorKind::refused,
               "there is no place for the undo file (name one with --undo-dir, or do without by "
               "--no-undo)" +
                   reasons);
}

/// Why nothing can be made under that name: in its folder, or in the one that has to be made first.
std::optional<Error> why_not_made(const ReadStorage& storage, const std::string& path) {
  const std::string folder = without_trailing_separators(parent_of(path));
  if (folder.empty() || folder == path || storage.stat(folder)) return storage.write_refusal(path);
  return why_not_made(storage, folder);
}

/// A folder for undo files that does not lie beside the target need have nothing to do with it: the
/// home of another user is one, where root runs with his environment. Whoever can put a link on the
/// way to it must not choose where files of ours go, so a link counts if it belongs to this user or
/// to root, or leads to what belongs to its own owner.
void refuse_links_of_others(const ReadStorage& storage, const std::string& folder) {
  for (std::string path = without_trailing_separators(folder); !path.empty();) {
    if (storage.read_link(path)) {
      const std::optional<OwnFile> link = storage.open_own(path, path);
      if (link && !link->known_owner) {
        throw Error(ErrorKind::refused,
                    "is a symbolic link of another user: no undo file is put behind it", path);
      }
    }
    const std::string above = without_trailing_separators(parent_of(path));
    path = above == path ? "" : above;
  }
}

void refuse_links_of_others(const ReadStorage& storage, const JournalPlace& place,
                            const std::string& undo_path) {
  if (place.apart.empty() || undo_path != place.undo_paths.back()) return;
  refuse_links_of_others(storage, place.apart);
}

}  // namespace

std::string likely_undo_path(const ReadStorage& storage, const JournalPlace& place) {
  std::string reasons;
  for (const std::string& path : place.undo_paths) {
    try {
      refuse_links_of_others(storage, place, path);
      const std::optional<Error> error = why_not_made(storage, unfinished(path));
      if (!error) return path;
      reasons += fmt::format("; {}", error->what());
    } catch (const Error& e) {
      reasons += fmt::format("; {}", e.what());
    }
  }
  throw no_undo_place(reasons);
}

UndoPath writable_undo_path(Storage& storage, const JournalPlace& place) {
  std::string reasons;
  for (const std::string& path : place.undo_paths) {
    const std::string probe = unfinished(path);
    try {
      refuse_links_of_others(storage, place, path);
      if (!parent_of(path).empty()) storage.make_directories(parent_of(path));
      UndoPath found{path, storage.hold_folder(parent_of(path), Reach::names)};
      remove_unfinished(storage, probe);
      storage.create(probe);
      storage.remove(probe);
      return found;
    } catch (const Error& e) {
      reasons += fmt::format("; {}", e.what());
    }
  }
  throw no_undo_place(reasons);
}

std::string next_undo_file(const ReadStorage& storage, const JournalPlace& place,
                           const std::string& path) {
  std::uint64_t highest = 0;
  for (const std::string& one : place.undo_paths) {
    try {
      const std::vector<std::uint64_t> numbers = numbers_at(storage, one, true);
      if (!numbers.empty()) highest = std::max(highest, numbers.front());
    } catch (const Error&) {  // a folder that cannot be seen holds up no patch that goes elsewhere
      if (one == path) throw;
    }
  }
  if (highest == UINT64_MAX) {
    throw Error(ErrorKind::refused,
                "has the highest number that an undo file can have: rename or remove it",
                numbered(path, highest));
  }
  return numbered(path, highest + 1);
}

std::vector<UndoFile> undo_files(const ReadStorage& storage, const JournalPlace& place) {
  std::vector<UndoFile> files;
  std::optional<Error> unseen;
  for (const std::string& path : place.undo_paths) {
    try {
      for (const std::uint64_t number : numbers_at(storage, path)) {
        files.push_back({numbered(path, number), path, number});
      }
    } catch (const Error& e) {
      unseen = e;
    }
  }
  if (files.empty() && unseen) throw Error(*unseen);
  const auto written = [&storage](const UndoFile& file) {
    const std::optional<FileInfo> info = storage.stat(file.path);
    return info ? info->modified : 0;
  };
  std::stable_sort(files.begin(), files.end(), [&](const UndoFile& a, const UndoFile& b) {
    return a.number != b.number ? a.number > b.number : written(a) > written(b);
  });
  return files;
}

namespace {

struct UndoLeftover {
  std::string path;
  bool unfinished = false;  ///< else it is a kept original, which has no undo file
};

std::vector<UndoLeftover> undo_leftovers(const ReadStorage& storage, const std::string& undo_path) {
  const std::string folder = parent_of(undo_path);
  if (!storage.stat(folder.empty() ? "." : folder)) return {};
  const std::string base = comparable(base_name(undo_path));
  const auto is_undo_name = [&](const std::string& name) {
    return number_of(comparable(name), base) > 0;
  };
  std::vector<UndoLeftover> found;
  for (const DirectoryEntry& entry : storage.list(folder)) {
    if (entry.type != FileType::file) continue;
    const std::optional<std::string> whole = without_end(entry.name, unfinished(""));
    const std::string name = whole.value_or(entry.name);
    const std::optional<std::string> undo_name = without_end(name, original_of(""));
    if (!is_undo_name(undo_name.value_or(name))) continue;
    const std::string path = join_path(folder, entry.name);
    if (whole) found.push_back({path, true});
    if (!whole && undo_name && !storage.stat(join_path(folder, *undo_name))) {
      found.push_back({path, false});
    }
  }
  return found;
}

/// False if it stays. `target`: "" for a folder, which has no kept originals.
bool removed(Storage& storage, const UndoLeftover& leftover, const std::string& target) {
  try {
    if (leftover.unfinished) {
      remove_unfinished(storage, leftover.path, target);
    } else if (!target.empty() && is_same_as(storage, leftover.path, target)) {
      storage.remove(leftover.path);
      storage.sync_directory(parent_of(leftover.path));
    }
  } catch (const Error&) {  // a folder that gives nothing back, for example
    return false;
  }
  return !storage.stat(leftover.path);
}

}  // namespace

std::vector<std::string> remove_undo_leftovers(Storage& storage, const JournalPlace& place) {
  std::vector<std::string> stay;
  const std::string target = join_path(place.root, place.file);
  for (const std::string& undo_path : place.undo_paths) {
    try {
      if (undo_leftovers(storage, undo_path).empty()) continue;
      refuse_links_of_others(storage, place, undo_path);
      const std::unique_ptr<HeldFolder> held =
          storage.hold_folder(parent_of(undo_path), Reach::names);
      std::unique_ptr<WritableFile> locked;
      if (!place.file.empty()) locked = storage.open_write(target);
      for (const UndoLeftover& one : undo_leftovers(storage, undo_path)) {
        if (!removed(storage, one, place.file.empty() ? "" : target)) stay.push_back(one.path);
      }
    } catch (const Error&) {  // NOLINT(bugprone-empty-catch)
      // What cannot be seen there, or be locked against a patch that is under way and makes files
      // of both kinds, must not make a roll-back fail.
    }
  }
  return stay;
}

void remove_same_originals(Storage& storage, const std::string& undo_path,
                           const std::string& target) {
  for (const UndoLeftover& one : undo_leftovers(storage, undo_path)) {
    if (!one.unfinished) removed(storage, one, target);
  }
}

std::optional<std::string> newest_undo_file(const ReadStorage& storage, const JournalPlace& place) {
  const std::vector<UndoFile> files = undo_files(storage, place);
  return files.empty() ? std::nullopt : std::optional(files.front().path);
}

}  // namespace goldhive
