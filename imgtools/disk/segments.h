// A disk image that was cut into files of one folder: name.E01, name.E02, ...; name.001, name.002.
// An image of a large disk has more of them than a process may have open, so only some are.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "imgtools/host/file_places.h"
#include "imgtools/host/storage.h"

namespace goldhive {

/// Files that are opened by their number, from 0 on. Not thread-safe.
class Segments {
 public:
  /// `storage` must outlive this. `places`: where the files may lie; `first`: the image, as named.
  Segments(const ReadStorage& storage, FilePlaces places, std::string first);

  /// Adds the next file and leaves it open. Error(not_found), or as FilePlaces::open().
  void add(const std::string& path);
  std::size_t count() const { return files_.size(); }
  const std::string& path(std::size_t index) const { return files_.at(index).path; }
  std::uint64_t size(std::size_t index) const { return files_.at(index).size; }
  /// Opens the file once more if it has been closed. Error(io) if another one lies there now. Valid
  /// until the next call.
  const ByteSource& file(std::size_t index) const;
  std::vector<std::string> paths() const;
  /// That of the target, which all files have.
  const SharedBudget& budget() const { return budget_; }

 private:
  struct File {
    std::string path;
    std::uint64_t size = 0;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    mutable std::unique_ptr<ByteSource> source = nullptr;  ///< null while it is closed
    mutable std::uint64_t used = 0;
  };
  static constexpr std::size_t most_open = 64;

  void open(const File& file) const;

  const ReadStorage& storage_;
  FilePlaces places_;
  std::string first_;
  std::vector<File> files_;
  SharedBudget budget_;
  mutable std::uint64_t clock_ = 0;
  mutable std::size_t open_ = 0;
};

}  // namespace goldhive
