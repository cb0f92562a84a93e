// Why folders are held: whoever owns a folder, or one above it, can put a link in its place between
// any two of our calls. "/d/SYSTEM" is then another file in another folder, where we would make,
// rename and remove files with our rights instead of his. A descriptor stays with the folder that
// it was opened for, whatever its path comes to mean.
//
// From a held folder downwards each part of a path is opened by itself, as a folder and without
// following a link, and ".." is refused. That is what openat2() does with RESOLVE_BENEATH and
// RESOLVE_NO_SYMLINKS in one call; it is not used, since every kernel can do this, and one way is
// one to test. (A folder that is moved meanwhile takes us along, but only to where its owner may
// move it.)
//
// The folder itself is opened as it was named, with the links that are in its path then: that is
// what the user asked for.
#include "imgtools/host/held_folders_posix.h"

#include <sys/stat.h>

#include <algorithm>
#include <mutex>

#include "imgtools/bytes/error.h"
#include "imgtools/host/names_posix.h"
#include "imgtools/host/path.h"

namespace goldhive::posix {

namespace {

#ifdef O_PATH  // a folder that may be entered but not listed can be held, too
constexpr int folder_only = O_PATH | O_DIRECTORY;
#else
constexpr int folder_only = O_RDONLY | O_DIRECTORY;
#endif

std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts = path_parts(path);
  std::erase(parts, ".");
  return parts;
}

std::string joined(const std::vector<std::string>& parts, std::size_t count) {
  std::string path;
  for (std::size_t i = 0; i < count; ++i) path = join_path(path, parts[i]);
  return path;
}

/// Opens the folder that `count` of the parts lead to from `start`, without a link on the way.
std::shared_ptr<const Descriptor> descend(std::shared_ptr<const Descriptor> start,
                                          const std::vector<std::string>& parts, std::size_t count,
                                          const std::string& path) {
  for (std::size_t i = 0; i < count; ++i) {
    if (parts[i] == "..") {
      throw Error(ErrorKind::refused,
                  "has '..' in its path, which is not followed where files are changed", path);
    }
    Descriptor next = open_at(start->get(), c_path(parts[i]), folder_only | O_NOFOLLOW);
    if (!next.valid()) {
      const int error = errno;
      struct stat s {};
      if (::fstatat(start->get(), parts[i].c_str(), &s, AT_SYMLINK_NOFOLLOW) == 0 &&
          S_ISLNK(s.st_mode)) {
        throw Error(
            ErrorKind::refused,
            "lies behind a symbolic link (" + parts[i] + "): not followed where files are changed",
            path);
      }
      fail(path, "open the folder", error);
    }
    start = std::make_shared<const Descriptor>(std::move(next));
  }
  return start;
}

}  // namespace

const char* At::c_name() const { return c_path(name); }

class HeldFolders::Hold final : public HeldFolder {
 public:
  Hold(HeldFolders& all, std::uint64_t number) : all_(all), number_(number) {}
  ~Hold() override { all_.forget(number_); }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

 private:
  HeldFolders& all_;
  std::uint64_t number_;
};

std::unique_ptr<HeldFolder> HeldFolders::hold(const std::string& path, Reach reach) {
  One one{0, is_absolute(path), parts_of(path), reach, nullptr};
  if (const std::optional<Nearest> near = nearest(path)) {
    one.folder = descend(near->folder, near->rest, near->rest.size(), path);
  } else {
    Descriptor folder = open_at(AT_FDCWD, path.empty() ? "." : c_path(path), folder_only);
    if (!folder.valid()) fail(path, "open the folder", errno);
    one.folder = std::make_shared<const Descriptor>(std::move(folder));
  }
  const std::unique_lock lock(mutex_);
  one.number = ++last_number_;
  all_.push_back(std::move(one));
  return std::make_unique<Hold>(*this, last_number_);
}

void HeldFolders::forget(std::uint64_t number) {
  const std::unique_lock lock(mutex_);
  std::erase_if(all_, [number](const One& one) { return one.number == number; });
}

std::optional<HeldFolders::Nearest> HeldFolders::nearest(const std::string& path) const {
  const std::shared_lock lock(mutex_);
  if (all_.empty()) return std::nullopt;
  const std::vector<std::string> parts = parts_of(path);
  const bool absolute = is_absolute(path);
  const One* best = nullptr;
  for (const One& one : all_) {
    const std::size_t count = one.parts.size();
    if (count == 0 && !parts.empty() && parts.front() == "..") continue;  // not below "."
    const std::size_t most = one.reach == Reach::below ? parts.size() : count + 1;
    if (one.absolute != absolute || count > parts.size() || parts.size() > most) continue;
    if (best != nullptr && best->parts.size() > count) continue;
    if (std::equal(one.parts.begin(), one.parts.end(), parts.begin())) best = &one;
  }
  if (best == nullptr) return std::nullopt;
  const auto from = parts.begin() + static_cast<std::ptrdiff_t>(best->parts.size());
  return Nearest{best->folder, std::vector<std::string>(from, parts.end())};
}

At HeldFolders::find(const std::string& path) const {
  const std::optional<Nearest> near = nearest(path);
  if (!near) return {nullptr, path.empty() ? "." : path};
  const std::string rest = joined(near->rest, near->rest.size());
  return {near->folder, rest.empty() ? "." : rest};
}

At HeldFolders::entry(const std::string& path) const {
  std::optional<Nearest> near = nearest(path);
  if (!near) return {nullptr, path.empty() ? "." : path};
  if (near->rest.empty()) return {near->folder, "."};
  const std::string name = near->rest.back();
  if (name == "..") {
    throw Error(ErrorKind::refused,
                "has '..' in its path, which is not followed where files are changed", path);
  }
  return {descend(std::move(near->folder), near->rest, near->rest.size() - 1, path), name};
}

}  // namespace goldhive::posix
