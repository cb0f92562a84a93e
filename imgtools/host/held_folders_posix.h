// Folders that are opened once, and the way from a path to the descriptor of the folder that it
// lies in. See Storage::hold_folder().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "imgtools/host/descriptor_posix.h"
#include "imgtools/host/storage.h"

namespace goldhive::posix {

/// A name, and the folder in which it is looked for.
struct At {
  std::shared_ptr<const Descriptor> folder;  ///< null: the working directory
  std::string name;                          ///< a path from there, never empty

  int fd() const { return folder ? folder->get() : AT_FDCWD; }
  /// Error(usage) for one with a NUL in it: "a\0b" must not silently become "a".
  const char* c_name() const;
};

class HeldFolders {
 public:
  std::unique_ptr<HeldFolder> hold(const std::string& path, Reach reach);

  /// For reading: from the held folder that is nearest to `path`, and links are followed.
  At find(const std::string& path) const;
  /// For what makes, opens for writing, renames or removes an entry: its very folder. No link is
  /// followed between a held folder and the entry. Error(refused) if there is one, or a "..".
  At entry(const std::string& path) const;

 private:
  struct One {
    std::uint64_t number = 0;
    bool absolute = false;
    std::vector<std::string> parts;
    Reach reach = Reach::names;
    std::shared_ptr<const Descriptor> folder;
  };
  class Hold;

  /// The nearest held folder, and the parts from there to the path.
  struct Nearest {
    std::shared_ptr<const Descriptor> folder;
    std::vector<std::string> rest;
  };
  std::optional<Nearest> nearest(const std::string& path) const;
  void forget(std::uint64_t number);

  mutable std::shared_mutex mutex_;
  std::vector<One> all_;
  std::uint64_t last_number_ = 0;
};

}  // namespace goldhive::posix
