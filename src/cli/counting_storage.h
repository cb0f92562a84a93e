// Storages that count what goes through them: the figures of --verbose, and how far a long read is.
// Since every command works on its targets through them, they also end the work where the user
// wants to (stop.h), note which files went away, and know which files the user vouches for
// (--trust-journal).
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "imgtools/change/own_names.h"
#include "imgtools/host/storage.h"
#include "src/cli/changed_names.h"
#include "src/cli/stop.h"

namespace goldhive::cli {

/// A file that is being read from front to back, as a packed archive or a file that is written anew
/// is.
struct LongRead {
  std::uint64_t number = 0;  ///< another one has another number
  std::string file;
  std::uint64_t done = 0;   ///< bytes passed since it began
  std::uint64_t total = 0;  ///< bytes from where it began to the end of the file
  bool writing = false;     ///< something is written meanwhile
};

/// What the storages of one target count, and when they end its work. Any thread may ask and count.
class IoCounter {
 public:
  /// `asked`: whether the user wants to end the run; null: never.
  explicit IoCounter(bool (*asked)() = nullptr) : stop_(asked) {}

  Stop& stop() { return stop_; }
  /// Reads and bytes of all files opened so far, closed ones too.
  ReadStats read() const;
  /// The read that goes on now, if one has come so far that people want to know.
  std::optional<LongRead> long_read() const;

 private:
  friend class CountedSource;
  friend class CountedFile;

  std::uint64_t begin_read();
  void end_read(std::uint64_t number);
  void add_read(std::uint64_t bytes, const LongRead& now);
  void add_written(std::uint64_t bytes);

  Stop stop_;
  mutable std::mutex mutex_;
  ReadStats read_;
  std::uint64_t written_ = 0;
  std::uint64_t reads_begun_ = 0;
  std::optional<LongRead> long_read_;
  std::uint64_t written_before_ = 0;  // what was written when the long read began
};

/// `inner`, counted.
std::unique_ptr<ByteSource> counted(std::unique_ptr<ByteSource> inner, IoCounter& counter);

/// Whether one of `names` means the file at `path`, which is open and said `info` of itself.
bool is_named(const ReadStorage& storage, const std::vector<std::string>& names,
              const std::string& path, const FileInfo& info);

[[noreturn]] void refuse_link(const std::string& path);

/// Any storage with its reads counted. The counter must outlive what was opened.
template <class Interface, class Inner>
class CountingReads : public Interface {
 public:
  /// The user vouches for the files at `trusted`, which must outlive this. What is at `no_link` was
  /// found in a folder, where it was no link: if it is one now, somebody wants us elsewhere.
  CountingReads(Inner& inner, IoCounter& counter, const std::vector<std::string>& trusted,
                std::string no_link = "")
      : inner_(inner), counter_(counter), trusted_(trusted), no_link_(std::move(no_link)) {}

  std::optional<FileInfo> stat(const std::string& path) const override { return inner_.stat(path); }
  std::vector<DirectoryEntry> list(const std::string& directory) const override {
    return inner_.list(directory);
  }
  std::unique_ptr<ByteSource> open(const std::string& path) const override {
    return counted(inner_.open(path), counter_);
  }
  std::optional<std::string> read_link(const std::string& path) const override {
    std::optional<std::string> target = inner_.read_link(path);
    if (target && !no_link_.empty() && path == no_link_) refuse_link(path);
    return target;
  }
  std::string writer_of(const std::string& path) const override { return inner_.writer_of(path); }
  std::optional<Error> write_refusal(const std::string& path) const override {
    return inner_.write_refusal(path);
  }
  ChangeMark change_mark(const std::string& path) const override {
    return inner_.change_mark(path);
  }
  std::string in_use_by(const std::string& path) const override { return inner_.in_use_by(path); }
  std::uint64_t free_space(const std::string& path) const override {
    return inner_.free_space(path);
  }
  std::optional<OwnFile> open_own(const std::string& path,
                                  const std::string& target) const override {
    std::optional<OwnFile> file = inner_.open_own(path, target);
    if (!file) return file;
    if (file->content) file->content = counted(std::move(file->content), counter_);
    file->vouched_for = is_named(inner_, trusted_, path, file->info);
    return file;
  }

 protected:
  Inner& inner_;
  IoCounter& counter_;
  const std::vector<std::string>& trusted_;
  const std::string no_link_;
};

class CountingReadStorage final : public CountingReads<ReadStorage, const ReadStorage> {
 public:
  using CountingReads::CountingReads;
};

class CountingStorage final : public CountingReads<Storage, Storage> {
 public:
  using CountingReads::CountingReads;

  std::unique_ptr<HeldFolder> hold_folder(const std::string& path, Reach reach) override {
    return inner_.hold_folder(path, reach);
  }
  std::unique_ptr<WritableFile> open_write(const std::string& path) override;
  std::unique_ptr<WritableFile> create(const std::string& path) override;
  void rename(const std::string& from, const std::string& to) override;
  void rename_new(const std::string& from, const std::string& to) override;
  void remove(const std::string& path) override;
  bool link(const std::string& from, const std::string& to) override;
  void send(const std::string& path, std::span<const std::uint8_t> data) override {
    inner_.send(path, data);
  }
  void make_directories(const std::string& path) override { inner_.make_directories(path); }
  void sync_directory(const std::string& directory) override { inner_.sync_directory(directory); }

  const ChangedNames& names() const { return names_; }

 private:
  ChangedNames names_;
};

}  // namespace goldhive::cli
