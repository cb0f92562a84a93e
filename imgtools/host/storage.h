// The one seam for file I/O. Two halves on purpose: ReadStorage has no call that can change
// anything, and scan, list, plan and verify are handed nothing else. Only patch, undo and recover
// get a Storage. Tests put a recording or a failing double in its place.
//
// Paths are UTF-8, as the user gave them, on every platform.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "imgtools/bytes/byte_source.h"
#include "imgtools/bytes/error.h"

namespace goldhive {

enum class FileType { file, directory, symlink, device, other };

struct FileInfo {
  FileType type = FileType::other;
  std::uint64_t size = 0;  ///< bytes; 0 for what is not a file or a block device
  /// Identity on this host (device and inode, or volume serial and file index).
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t links = 1;  ///< names that a file has
  /// When its bytes, and when anything of it changed last. Units and start are the host's own: good
  /// for nothing but to compare. 0 for what is not a file.
  std::uint64_t modified = 0;
  std::uint64_t changed = 0;
  std::uint64_t allocated = 0;  ///< bytes that it takes of the disk; 0: not known
};

/// True of one file or folder, whatever the names that both were looked up by.
inline bool is_same_file(const FileInfo& a, const FileInfo& b) {
  return a.device == b.device && a.inode == b.inode;
}

struct DirectoryEntry {
  std::string name;
  FileType type = FileType::other;  ///< of the entry itself: links are not followed
};

/// A file that may be one of our own (a journal, an undo file), and what the open file itself says
/// of who made it. change/own_files.h judges.
struct OwnFile {
  FileInfo info;                        ///< of the entry itself: a link is a link
  std::unique_ptr<ByteSource> content;  ///< null if the entry is no regular file
  /// It belongs to the user who runs this, to the system's administrator, or to the owner of the
  /// target.
  bool known_owner = true;
  bool others_write = false;  ///< other users than its owner may write it
  bool vouched_for = false;   ///< the user has named it: it is to be believed
};

/// What a file itself says of a change in place that is under way or was cut off. It is kept with
/// the file and not with its name, so that each of its names (hard links) shows it.
struct ChangeMark {
  bool possible = false;  ///< the file system keeps such marks
  std::string journal;    ///< of that change; "" if there is none
};

class ReadStorage {
 public:
  virtual ~ReadStorage() = default;

  /// What a path names, following links; nullopt if nothing is there. Error(io) otherwise.
  virtual std::optional<FileInfo> stat(const std::string& path) const = 0;
  /// The entries of a directory but "." and "..", sorted by name (bytewise).
  virtual std::vector<DirectoryEntry> list(const std::string& directory) const = 0;
  /// Opens for reading only. Error(not_found) or Error(io).
  virtual std::unique_ptr<ByteSource> open(const std::string& path) const = 0;
  /// The target of a symbolic link as stored; nullopt if the path is none.
  virtual std::optional<std::string> read_link(const std::string& path) const = 0;
  /// Somebody else who has a file or device open for writing, so that it may change while it is
  /// read: "process 1234 (qemu-system-x86) has it open for writing", "it is mounted"; "" if nobody
  /// is known, or this host cannot tell. Does not stand in anybody's way.
  virtual std::string writer_of(const std::string&) const { return ""; }
  /// The Error with which Storage::open_write() refuses the file, or create() the name if nothing
  /// has it, for what they and their file system are: read-only, a link, no permission. nullopt if
  /// nothing is known to be in the way.
  virtual std::optional<Error> write_refusal(const std::string&) const { return std::nullopt; }
  /// Who keeps open_write() from the file, as it says it behind "is in use: "; "" if nobody is
  /// known. Takes no lock, not even for a moment.
  virtual std::string in_use_by(const std::string&) const { return ""; }
  /// See ChangeMark.
  virtual ChangeMark change_mark(const std::string&) const { return {}; }
  /// Bytes that could still be written on the file system that holds `path`.
  virtual std::uint64_t free_space(const std::string&) const { return UINT64_MAX; }
  /// Opens a file that may be one of our own, of a patch of `target`, for reading. Follows no link,
  /// and asks the open file, so that nobody can swap names between the question and the reading.
  /// nullopt if nothing has that name. Error(io).
  virtual std::optional<OwnFile> open_own(const std::string& path,
                                          const std::string& target) const = 0;
};

/// A file open for reading and writing, with an exclusive lock held until it is closed.
class WritableFile {
 public:
  virtual ~WritableFile() = default;
  virtual std::uint64_t size() const = 0;
  virtual void read(std::uint64_t offset, std::span<std::uint8_t> out) const = 0;
  /// Writes all of `data` (short writes and EINTR are retried below this line) or throws Error(io).
  virtual void write(std::uint64_t offset, std::span<const std::uint8_t> data) = 0;
  virtual void resize(std::uint64_t size) = 0;
  /// Gives a new, empty file the content of `from` by sharing its blocks until either is written (a
  /// reflink), which takes no room. False where that is not possible: then copy it. `from` comes
  /// from the same storage.
  virtual bool clone(const ByteSource&) { return false; }
  /// Owner, mode, ACLs and other attributes of `from`, whose place this file is to take; not its
  /// times. `from` comes from the same storage. Error(refused) if the owner cannot be kept.
  virtual void copy_attributes(const ByteSource&) {}
  /// Sets ChangeMark::journal, durable after sync(); "" takes the mark away. Error(io) where that
  /// is not possible.
  virtual void mark_change(const std::string& journal);
  /// Lets other users read a new file as far as the user's settings for new files say (the umask);
  /// until then only its owner may.
  virtual void let_others_read() {}
  /// Returns when everything written so far is on stable storage (fdatasync, FlushFileBuffers).
  virtual void sync() = 0;
};

/// A folder that is open for as long as this lives.
class HeldFolder {
 public:
  virtual ~HeldFolder() = default;
};

/// What a held folder is held for.
enum class Reach {
  names,  ///< the entries of the folder itself
  below,  ///< all that is below it
};

class Storage : public ReadStorage {
 public:
  /// Opens a folder once. Until the result goes, what is asked of the names in `reach` is asked of
  /// the very folder that was opened, even if another one, or a link to one, takes its place; and
  /// what changes anything there follows no link on the way down from it. A folder within the reach
  /// of a held one is opened from that one. So whoever owns one of the folders cannot turn a write
  /// to another place. The storage must outlive the result, which is null where there is nothing to
  /// hold. Error(not_found), Error(io); Error(refused) for a link within another's reach.
  virtual std::unique_ptr<HeldFolder> hold_folder(const std::string& path, Reach reach) = 0;
  /// Opens an existing file for writing and takes an exclusive lock on it. Follows no link.
  /// Error(refused) if another process holds it, it is read-only or a link.
  virtual std::unique_ptr<WritableFile> open_write(const std::string& path) = 0;
  /// Creates a new file; Error(refused) if the name is taken.
  virtual std::unique_ptr<WritableFile> create(const std::string& path) = 0;
  /// Replaces `to` atomically. Both names are in one directory or at least on one file system.
  virtual void rename(const std::string& from, const std::string& to) = 0;
  /// Renames, but replaces nothing: Error(refused) if `to` is taken.
  virtual void rename_new(const std::string& from, const std::string& to) = 0;
  virtual void remove(const std::string& path) = 0;
  /// Gives a file a second name, which must be free. False where that is not possible (another file
  /// system, or one without hard links): then copy it.
  virtual bool link(const std::string&, const std::string&) { return false; }
  /// Hands `data` to what is no file but a device, a pipe or a terminal, where offsets mean
  /// nothing. Error(io); Error(refused) for a file.
  virtual void send(const std::string& path, std::span<const std::uint8_t> data) = 0;
  /// Makes the directory and those above it that are missing, durably.
  virtual void make_directories(const std::string& path) = 0;
  /// Makes creations, renames and removals in `directory` durable (a no-op where the OS has none).
  virtual void sync_directory(const std::string& directory) = 0;
  std::uint64_t free_space(const std::string& path) const override = 0;
};

/// The file system of this host. Read-only view: opens with O_RDONLY and nothing else.
std::unique_ptr<ReadStorage> host_read_storage();
std::unique_ptr<Storage> host_storage();

}  // namespace goldhive
