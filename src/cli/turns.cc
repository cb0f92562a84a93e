#include "src/cli/turns.h"

#include <fmt/format.h>

#include <map>
#include <memory>
#include <set>

#include "imgtools/host/path.h"
#include "src/target/folder_places.h"
#include "src/target/target_name.h"

namespace goldhive::cli {
namespace {

/// What is the same for all names of a file or folder.
std::string identity_of(const Host& host, const std::string& path) {
  const std::optional<FileInfo> info = host.input.stat(path);
  if (!info) return "";
  if (info->inode != 0) return fmt::format("{}:{}", info->device, info->inode);
  return comparable(make_absolute(path, host.folders.working));
}

/// The hives in a folder by their names, as a patch of the folder changes them.
std::vector<std::string> hives_in(const Host& host, const std::string& folder) {
  std::vector<std::string> hives;
  for (const windows::Place& place : target::places_in_folder(host.input, folder)) {
    for (const auto& hive : {place.software, place.system}) {
      if (hive) hives.push_back(join_path(folder, hive->path));
    }
    for (const windows::HiveFile& hive : place.unnamed) {
      hives.push_back(join_path(folder, hive.path));
    }
  }
  return hives;
}

struct SharedFiles {
  std::string path;  ///< of the target, without what it selects in it
  std::string own;   ///< identity of what has that path
  std::set<std::string> all;
};

/// What cannot be looked at is shared with nobody. Whoever opens it as a target says why.
SharedFiles files_of_target(const Host& host, const std::string& target) {
  SharedFiles files;
  try {
    files.path = target::split_target(host.input, target).path;
    files.own = identity_of(host, files.path);
    if (files.own.empty()) return files;
    files.all.insert(files.own);
    const std::optional<FileInfo> info = host.input.stat(files.path);
    const bool folder = info && info->type == FileType::directory;
    for (const std::string& file :
         folder ? hives_in(host, files.path) : files_of_disk(host, files.path)) {
      files.all.insert(identity_of(host, file));
    }
    files.all.erase("");
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch)
  }
  return files;
}

/// "" of two parts of one file, which the user named as such.
std::string note_of(const SharedFiles& earlier, const std::string& earlier_name,
                    const SharedFiles& later, const std::string& later_name) {
  const bool in_earlier = earlier_name != earlier.path;
  const bool in_later = later_name != later.path;
  if (in_earlier && in_later && earlier.path == later.path) return "";
  const bool same = earlier.own == later.own && !in_earlier && !in_later;
  return fmt::format("{} {}, and was worked on after it",
                     same ? "is the same as" : "has files in common with", earlier_name);
}

}  // namespace

Turns::Turns(const Host& host, const std::vector<Target>& targets) : turns_(targets.size()) {
  if (targets.size() < 2) return;
  struct Takers {
    std::size_t first;
    std::size_t last;  ///< who waits for it waits for all before
  };
  std::vector<SharedFiles> files;
  std::map<std::string, Takers> takers;  // by identity of a file
  for (std::size_t i = 0; i < targets.size(); ++i) {
    files.push_back(files_of_target(host, targets[i].path));
    std::set<std::size_t> first;
    std::set<std::size_t> last;
    for (const std::string& file : files[i].all) {
      const auto [known, is_new] = takers.try_emplace(file, Takers{i, i});
      if (is_new) continue;
      first.insert(known->second.first);
      last.insert(known->second.last);
      known->second.last = i;
    }
    turns_[i].after.assign(last.begin(), last.end());
    for (const std::size_t other : first) {
      const std::string note =
          note_of(files[other], targets[other].path, files[i], targets[i].path);
      if (!note.empty()) turns_[i].notes.push_back(note);
    }
  }
}

std::vector<std::string> Turns::notes(std::size_t index) const {
  return turns_.empty() ? std::vector<std::string>() : turns_[index].notes;
}

void Turns::take(std::size_t index, const std::function<void()>& work) {
  if (turns_.empty()) return work();
  {
    std::unique_lock lock(mutex_);
    for (const std::size_t other : turns_[index].after) {
      changed_.wait(lock, [&] { return turns_[other].done; });
    }
  }
  const auto end = [&] {
    const std::lock_guard lock(mutex_);
    turns_[index].done = true;
    changed_.notify_all();
  };
  try {
    work();
  } catch (...) {
    end();
    throw;
  }
  end();
}

}  // namespace goldhive::cli
