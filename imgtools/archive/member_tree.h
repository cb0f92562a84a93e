// The content of an archive as a tree of files. It is built from the headers in one pass, which
// also keeps the data that will probably be wanted (member_names.h).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "imgtools/archive/archive_reader.h"
#include "imgtools/archive/member_data.h"
#include "imgtools/file_tree.h"

namespace goldhive {

struct ArchiveOptions {
  std::string format;             ///< "tar", "zip", "7z", "cpio"
  std::string scratch_directory;  ///< for members that are too large for memory
  /// Whether a file of that size that begins so may be an image or an archive of its own. Of a size
  /// that is not known, 0 is given.
  std::function<bool(std::span<const std::uint8_t> head, std::uint64_t size)> is_image;
  bool images = true;  ///< keep images, too; else they are named as not looked at
  /// For a file without a budget of its own, as OpenOptions::max_unpacked.
  std::uint64_t max_unpacked = 0;
};

class MemberTree final : public FileTree {
 public:
  /// Reads the archive once. Throws Error if it is damaged, cut off or a bomb: of half an archive
  /// nobody knows what is missing.
  MemberTree(std::shared_ptr<const ByteSource> file, ArchiveOptions options);
  ~MemberTree() override;
  MemberTree(const MemberTree&) = delete;
  MemberTree& operator=(const MemberTree&) = delete;

  std::vector<TreeEntry> list(const std::string& directory) const override;
  /// If the data was not kept, reads the archive once more.
  std::unique_ptr<ByteSource> open(const std::string& path) const override;
  /// Error(unsupported) if a symbolic link is on the way: links in archives are not followed, and a
  /// file behind a link must not count as absent.
  std::optional<std::string> find(const std::string& path) const override;
  std::uint64_t other_names(const std::string& path) const override;
  const SharedBudget& budget() const { return budget_; }
  /// False of another thing that is packed as tars are: one file, or a cpio.
  bool is_tar() const { return is_tar_; }
  /// The same, in a temporary file of its own; exact path.
  std::shared_ptr<const SpillFile> open_file(const std::string& path) const;
  std::optional<std::vector<std::string>> known_hives() const override { return hives_; }

  /// What a reader of a verdict should know: names passed over, names that occur twice.
  const std::vector<std::string>& name_notes() const { return name_notes_; }
  /// Members that may be images of their own, with their data; exact paths.
  const std::vector<std::string>& images() const { return images_; }
  /// Names the members that may hold a Windows and could not be looked at, and why not; nullopt if
  /// there are none.
  std::optional<Error> unread() const;
  /// The number of a member among all, from 0, and how often its name occurs. Error(not_found).
  struct Position {
    std::uint64_t ordinal = 0;
    unsigned occurrences = 1;
  };
  Position position(const std::string& path) const;

 private:
  struct Node {
    Member::Kind kind = Member::Kind::directory;
    mutable std::uint64_t size = 0;
    std::uint64_t ordinal = 0;
    unsigned occurrences = 1;
    bool encrypted = false;
    std::string link;
    // Data that was not kept is added when it is read; then its true size may replace `size`.
    mutable std::shared_ptr<const ByteSource> data;
    mutable std::shared_ptr<const Error> error;
  };
  using Folder = std::map<std::string, Node>;
  class Scan;

  const Folder& folder(const std::string& path) const;
  const Node& node(const std::string& path) const;
  const Node* known(const std::string& path) const;  ///< null if there is none
  std::shared_ptr<const ByteSource>& data_of(const std::string& path, int links) const;
  /// Bytes of members that may still be kept in memory.
  std::uint64_t room() const;
  void keep_in_memory(std::uint64_t bytes) const;
  void forget_memory(const ByteSource* data) const;

  std::shared_ptr<const ByteSource> file_;
  ArchiveOptions options_;
  SharedBudget budget_;
  mutable MemberSpill spill_;
  std::map<std::string, Folder> folders_;  // by path; "" is there always
  HeldBytes held_;                         // for folders_
  mutable std::uint64_t in_memory_ = 0;    // bytes of kept data
  mutable std::set<std::string> opened_;   // members that the budget knows
  bool is_tar_ = false;
  std::vector<std::string> hives_;
  std::vector<std::string> images_;
  std::vector<std::string> name_notes_;
  /// Members that were not looked at, of one reason each.
  struct Unread {
    Error reason;
    std::vector<std::string> first;  ///< names, no more than are shown
    std::uint64_t count = 0;
  };
  std::vector<Unread> unread_;
};

}  // namespace goldhive
