// A file system in memory that forgets what was not synced. It can stop at any operation, like a
// machine that loses power or a process that is killed, and it can fail any operation.
//
// What it models, on the pessimistic side of what file systems promise:
//   - a write is durable after sync() of its file; until then any of its 512-byte sectors may be on
//     the disk or not, in any order, the one at the cut torn at any byte;
//   - a resize is durable after sync();
//   - a name (create, rename, remove) is durable after sync_directory(); until then any subset of
//     the operations may be on the disk; a rename is atomic, also between folders;
//   - syncing a file does not make its name durable, nor the other way round.
// Folders exist by themselves and are durable. The first part of a path is a device of its own:
// rename from "/a/x" to "/b/x" fails as it does between file systems.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "imgtools/bytes/write.h"
#include "imgtools/host/storage_steps.h"

namespace goldhive::testing {

/// Thrown by the operation in which the machine dies. It is deliberately no Error and no
/// std::exception, so that no code of goldhive catches it and goes on.
struct PowerCut {};

enum class Fault {
  none,
  cut_before,    ///< the machine dies before the operation
  cut_within,    ///< a write gets half-way, anything else happens; then the machine dies
  error_once,    ///< the operation fails with Error(io) and does nothing
  error_sticky,  ///< it and all later writing operations but remove() fail: a full or dying disk
};

enum class Loss {
  killed,     ///< the process died, the machine goes on: nothing is lost, nothing is synced
  all,        ///< every unsynced thing is gone
  none,       ///< everything reached the disk
  arbitrary,  ///< any subset, torn; chosen by the seed
};

/// Copyable: a copy is another disk with the same state.
class FaultyStorage final : public Storage {
 public:
  /// Puts a durable file there.
  void put(const std::string& path, const Bytes& data);
  Bytes contents(const std::string& path) const;
  bool exists(const std::string& path) const { return names_.count(path) > 0; }
  std::vector<std::string> paths() const;

  /// Operations (calls of Storage and of its files, reads too) since the last fail_at() or
  /// reboot().
  std::uint64_t operations() const { return operations_; }
  /// Operations among them that wrote.
  std::uint64_t writes() const { return writes_; }
  void fail_at(std::uint64_t operation, Fault fault);
  /// Comes up again after a cut (or without one), with no locks and no fault.
  void reboot(Loss loss, std::uint64_t seed);

  /// Another user owns the file at `path` from now on.
  void give_away(const std::string& path) { strangers_.insert(path); }
  /// The user of the program vouches for the file at `path` from now on.
  void vouch_for(const std::string& path) { vouched_for_.insert(path); }
  /// No file can be marked from now on, as on a file system without attributes.
  void have_no_marks() { marks_ = false; }
  void set_free_space(std::uint64_t bytes) { free_space_ = bytes; }
  /// Files can share blocks from now on, as on btrfs.
  void have_reflinks() { reflinks_ = true; }

  std::optional<FileInfo> stat(const std::string& path) const override;
  std::vector<DirectoryEntry> list(const std::string& directory) const override;
  std::unique_ptr<ByteSource> open(const std::string& path) const override;
  std::optional<std::string> read_link(const std::string& path) const override;
  std::optional<OwnFile> open_own(const std::string& path, const std::string&) const override;
  ChangeMark change_mark(const std::string& path) const override;
  /// Its folders have no links, and nobody replaces them.
  std::unique_ptr<HeldFolder> hold_folder(const std::string&, Reach) override { return nullptr; }
  std::unique_ptr<WritableFile> open_write(const std::string& path) override;
  std::unique_ptr<WritableFile> create(const std::string& path) override;
  void rename(const std::string& from, const std::string& to) override;
  void rename_new(const std::string& from, const std::string& to) override;
  void remove(const std::string& path) override;
  bool link(const std::string& from, const std::string& to) override;
  void send(const std::string& path, std::span<const std::uint8_t> data) override;
  void make_directories(const std::string& path) override;
  void sync_directory(const std::string& directory) override;
  std::uint64_t free_space(const std::string& path) const override;

 private:
  class File;
  using Inode = std::uint64_t;
  using Names = std::map<std::string, Inode>;

  struct Resize {
    std::uint64_t size = 0;
  };
  struct Content {
    Bytes current;
    Bytes durable;
    std::vector<std::variant<Write, Resize>> pending;
    std::string mark = {};
    std::string durable_mark = {};
  };
  /// from "": a creation; to "": a removal.
  struct NameChange {
    std::string from;
    std::string to;
    Inode inode = 0;
  };

  enum class Effect { reads, writes, removes };
  /// Counts an operation. Throws if the operation is to fail. True if it is done and then the
  /// machine dies.
  bool step(Effect effect) const;
  [[noreturn]] void cut() const;
  Inode inode_of(const std::string& path) const;
  std::unique_ptr<WritableFile> lock(Inode inode);
  void change_name(const NameChange& change);
  static void apply(const NameChange& change, Names& names);
  static void apply(const Write& write, Bytes& data);
  static void apply_in_part(const Write& write, Bytes& data, std::mt19937_64& random);

  std::map<Inode, Content> contents_;
  Names names_;
  Names durable_names_;
  std::vector<NameChange> pending_names_;
  std::set<Inode> locked_;
  Inode next_inode_ = 1;
  std::set<std::string> strangers_;
  std::set<std::string> vouched_for_;
  std::uint64_t free_space_ = 1ULL << 40;
  bool reflinks_ = false;
  bool marks_ = true;

  mutable std::uint64_t operations_ = 0;
  mutable std::uint64_t writes_ = 0;
  mutable bool dead_ = false;
  std::uint64_t fault_at_ = 0;
  Fault fault_ = Fault::none;
};

}  // namespace goldhive::testing
