// The order of writes of an undo
//
//   1. lock      the targets, and see that they are exactly as the patch left them; sync them, since
//                a copy that was made a moment ago may be in memory alone
//   2. journal   sync the undo file, rename it to X.goldhive-journal, sync the folder
//                                                                        <- hot from here on
//   3. restore   write the old bytes, sync, read back
//   4. forget    sync the undo file's folder, remove the journal, sync its folder
//
// The rename takes no room, so a full disk does not stand in the way. An undo file on another file
// system is copied, as a journal is written (journal.cc), and removed in step 4. So is one that
// only the user vouches for: under the journal's name nobody would.
//
// An undo needs no journal of what it overwrites: it makes the patch's own journal hot again, and
// from then on every reader sees, and every recover() completes, the original state. A crash before
// step 2 is done leaves the patched files, after it the original ones.
#include "imgtools/change/undo.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>

#include "imgtools/bytes/error.h"
#include "imgtools/change/own_files.h"
#include "imgtools/change/own_names.h"
#include "imgtools/change/replacement.h"
#include "imgtools/change/replacement_record.h"
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

/// The numbers in use at `path`, the highest first.
std::vector<std::uint64_t> numbers_at(const ReadStorage& storage, const std::string& path) {
  const std::string folder = parent_of(path);
  if (!storage.stat(folder.empty() ? "." : folder)) return {};
  std::vector<std::uint64_t> numbers;
  const std::string base = comparable(base_name(path));
  for (const DirectoryEntry& entry : storage.list(folder)) {
    const std::uint64_t number = number_of(comparable(entry.name), base);
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

std::string writable_undo_path(Storage& storage, const JournalPlace& place) {
  std::string reasons;
  for (const std::string& path : place.undo_paths) {
    const std::string probe = unfinished(path);
    try {
      if (!parent_of(path).empty()) storage.make_directories(parent_of(path));
      if (storage.stat(probe)) storage.remove(probe);
      storage.create(probe);
      storage.remove(probe);
      return path;
    } catch (const Error& e) {
      reasons += fmt::format("; {}", e.what());
    }
  }
  throw Error(ErrorKind::refused,
              "there is no place for the undo file (name one with --undo-dir, or do without by "
              "--no-undo)" +
                  reasons);
}

std::string next_undo_file(const ReadStorage& storage, const std::string& path) {
  const std::vector<std::uint64_t> numbers = numbers_at(storage, path);
  const std::uint64_t highest = numbers.empty() ? 0 : numbers.front();
  if (highest == UINT64_MAX) {
    throw Error(ErrorKind::refused, "has the last number that there is: no undo file can follow it",
                numbered(path, highest));
  }
  return numbered(path, highest + 1);
}

std::vector<UndoFile> undo_files(const ReadStorage& storage, const JournalPlace& place) {
  std::vector<UndoFile> files;
  for (const std::string& path : place.undo_paths) {
    for (const std::uint64_t number : numbers_at(storage, path)) {
      files.push_back({numbered(path, number), number});
    }
    if (!files.empty()) break;
  }
  return files;
}

std::optional<std::string> newest_undo_file(const ReadStorage& storage, const JournalPlace& place) {
  const std::vector<UndoFile> files = undo_files(storage, place);
  return files.empty() ? std::nullopt : std::optional(files.front().path);
}

void copy_durably(Storage& storage, const Journal& journal, const std::string& path) {
  const std::string fresh = unfinished(path);
  remove_if_there(storage, fresh);
  write_whole_file(storage,
                   {path, fresh, [&](WritableFile& file) { fill_from(journal.source(), file); },
                    [&] { Journal::decode(storage.open(fresh), {}); }});
}

namespace {

/// The file or folder that the place is of.
std::string target_of(const JournalPlace& place) {
  return place.file.empty() ? place.root : join_path(place.root, place.file);
}

OwnFile open_undo_file(const ReadStorage& storage, const JournalPlace& place,
                       const std::string& path) {
  std::optional<OwnFile> file = open_own_file(storage, path, target_of(place), OwnKind::written);
  if (!file) throw Error(ErrorKind::not_found, "no such file", path);
  return std::move(*file);
}

/// The paths of the files that an undo file concerns. Error(refused) if a patch of that place
/// cannot have made it.
std::vector<std::string> targets_at(const ReadStorage& storage, const JournalPlace& place,
                                    const Journal& journal) {
  const std::string& undo_file = journal.source().name();
  const std::string folder = folder_below(storage, place.root, journal.folder());
  std::vector<std::string> files;
  for (const std::string& name : target_names(journal)) {
    if (place.file.empty()) {
      if (is_own_file(name)) {
        throw Error(ErrorKind::refused, "names a file of goldhive (" + name + "): not believed",
                    undo_file);
      }
      files.push_back(join_path(folder, name));
    } else {  // it may have been renamed since
      const std::string file = is_disk_inside(name) ? disk_inside(place.file) : place.file;
      files.push_back(join_path(folder, file));
    }
  }
  if (!place.file.empty() && (files.size() != 1 || !journal.folder().empty())) {
    throw Error(ErrorKind::refused, "names other files than the target: not believed", undo_file);
  }
  return files;
}

Journal decode_undo_file(const ReadStorage& storage, const JournalPlace& place,
                         std::shared_ptr<const ByteSource> content) {
  return Journal::decode(std::move(content), [&](const Journal& begun) {
    std::uint64_t bytes = 0;
    for (const std::string& file : targets_at(storage, place, begun)) {
      const std::optional<FileInfo> info = storage.stat(file);
      if (info) bytes += info->size;
    }
    return bytes;
  });
}

/// Makes the undo file itself the hot journal, which takes no room. False where it must be copied.
bool make_hot_by_name(Storage& storage, const std::string& undo_file, const std::string& hot_path) {
  try {
    // It may be an unsynced copy that somebody made of it.
    storage.open_write(undo_file)->sync();
    storage.rename_new(undo_file, hot_path);
  } catch (const Error&) {
    return false;
  }
  return true;
}

/// Makes a copy of the undo file the hot journal.
void make_hot_copy(Storage& storage, const Journal& journal, const std::string& hot_path) {
  const std::string folder = parent_of(hot_path);
  const std::uint64_t needed = journal.source().size();
  const std::uint64_t room = storage.free_space(folder);
  if (room < needed) {
    throw Error(ErrorKind::refused,
                fmt::format("not enough room on the file system: {} bytes needed for the journal, "
                            "{} free",
                            needed, room),
                folder.empty() ? "." : folder);
  }
  make_hot(storage, hot_path, [&](WritableFile& file) { fill_from(journal.source(), file); });
}

}  // namespace

std::string undo_metadata(const ReadStorage& storage, const JournalPlace& place,
                          const std::string& undo_file) {
  OwnFile file = open_undo_file(storage, place, undo_file);
  if (is_replacement_record(*file.content)) return decode_replacement(*file.content).metadata;
  return decode_undo_file(storage, place, std::move(file.content)).metadata();
}

UndoResult undo(Storage& storage, const JournalPlace& place, const std::string& undo_file,
                bool force) {
  OwnFile file = open_undo_file(storage, place, undo_file);
  if (is_replacement_record(*file.content)) {
    return undo_replacement(storage, place, *file.content, force);
  }
  const std::shared_ptr<const ByteSource> content = std::move(file.content);
  const Journal journal = decode_undo_file(storage, place, content);
  UndoResult result;
  result.metadata = journal.metadata();
  result.targets = targets_at(storage, place, journal);
  const std::string folder = parent_of(result.targets.front());
  std::vector<std::string> names;
  for (const std::string& target : result.targets) names.push_back(base_name(target));
  LockedTargets targets(storage, folder, names);
  if (!storage.stat(undo_file)) {
    throw Error(ErrorKind::refused, "was taken back by another goldhive just now", undo_file);
  }
  for (const std::string& target : result.targets) refuse_hot(storage, target);
  const TargetState state = compare_all(journal, targets);
  result.changed = !state.is_old;
  if (!state.is_old && !state.is_new && !force) {
    throw Error(ErrorKind::refused,
                fmt::format("does not fit: {} changed since that patch ({})",
                            place.file.empty() ? "a hive was" : "the file was",
                            state.foreign.empty() ? "in part" : state.foreign),
                undo_file);
  }

  const std::string hot_path = journal_path(folder, names);
  bool moved = false;
  if (result.changed) {
    require_old_length(journal, targets);
    for (std::size_t i = 0; i < targets.size(); ++i) targets.file(i).sync();
    moved = !file.vouched_for && make_hot_by_name(storage, undo_file, hot_path);
    if (!moved) make_hot_copy(storage, journal, hot_path);
    try {
      if (moved) storage.sync_directory(folder);
      restore(journal, targets);
    } catch (const Error& e) {
      throw Error(ErrorKind::io,
                  fmt::format("{}: the journal stays, run goldhive recover", e.what()), hot_path);
    }
  }

  std::optional<Error> kept;
  try {
    if (!moved) storage.remove(undo_file);
    storage.sync_directory(parent_of(undo_file));
  } catch (const Error& e) {
    kept = e;
  }
  if (result.changed) {
    storage.remove(hot_path);
    storage.sync_directory(folder);
  }
  if (kept) {
    throw Error(ErrorKind::io,
                fmt::format("the patch is taken back, but its undo file could not be removed: {}",
                            kept->what()));
  }
  return result;
}

}  // namespace goldhive
