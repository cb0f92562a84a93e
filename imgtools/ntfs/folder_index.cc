#include "imgtools/ntfs/folder_index.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "imgtools/bytes/text.h"
#include "imgtools/ntfs/corrupt.h"

namespace goldhive::ntfs {

namespace {

constexpr std::u16string_view index_of_names = u"$I30";

}  // namespace

FolderIndex::FolderIndex(const VolumeBytes& volume, const Upcase& upcase, const FileRecord& folder)
    : volume_(volume), upcase_(upcase) {
  const HeldAttribute root = folder.first(AttributeType::index_root, index_of_names);
  if (!root.attribute || !root->resident) {
    throw corrupt(folder.view(), 0, "a folder has no index of names");
  }
  root_ = parse_index_root(root->value, volume.boot().cluster_size);
  blocks_ = folder.stream(AttributeType::index_allocation, index_of_names);
}

/// One walk from the root down.
class FolderIndex::Walk {
 public:
  explicit Walk(const FolderIndex& folder) : folder_(folder) {}

  /// Calls `take` with each entry that equals `name` but for case, until it returns false; then
  /// returns false itself.
  bool find(const IndexNode& node, std::u16string_view name,
            const std::function<bool(const IndexEntry&)>& take) {
    const Deeper deeper(*this);
    check_order(node);
    for (const IndexEntry& entry : node.entries) {
      const int order = entry.name ? folder_.upcase_.compare(name, entry.name->name) : -1;
      if (order > 0) continue;
      if (order == 0 && !take(entry)) return false;
      if (entry.child && !find(read(*entry.child), name, take)) return false;
      if (order < 0) break;
    }
    return true;
  }

  void each(const IndexNode& node, const std::function<void(const IndexEntry&)>& take) {
    const Deeper deeper(*this);
    check_order(node);
    for (const IndexEntry& entry : node.entries) {
      if (entry.child) each(read(*entry.child), take);
      if (entry.name) take(entry);
    }
  }

 private:
  /// While a node's children are looked at.
  class Deeper {
   public:
    explicit Deeper(Walk& walk) : walk_(walk) {
      constexpr int deepest = 32;
      if (++walk_.depth_ <= deepest) return;
      --walk_.depth_;
      throw Error::corrupt(walk_.folder_.volume_.name(), walk_.origin_,
                           "the index of a folder is too deep",
                           fmt::format("at most {} levels", deepest));
    }
    ~Deeper() { --walk_.depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;

   private:
    Walk& walk_;
  };

  IndexNode read(std::uint64_t place) {
    const FolderIndex& folder = folder_;
    const std::string& name = folder.volume_.name();
    const std::uint32_t size = folder.root_.block_size;
    const std::uint64_t bytes = folder.blocks_ ? folder.blocks_->size() : 0;
    if (bytes < size || place > (bytes - size) / folder.root_.unit) {
      throw Error::corrupt(name, origin_, "a child of an index node lies beyond the index",
                           fmt::format("in {} bytes", bytes),
                           fmt::format("block {:#x}, in units of {}", place, folder.root_.unit));
    }
    if (!seen_.insert(place).second) {
      throw Error::corrupt(name, origin_, "a node of an index is the child of two", {},
                           fmt::format("block {:#x}", place));
    }
    Bytes block(size);
    const std::uint64_t offset = place * folder.root_.unit;
    folder.blocks_->read(offset, block);
    if (const auto where = folder.blocks_->place(offset)) origin_ = where->offset;
    IndexNode node = parse_index_block(std::move(block), origin_, name, place);
    if (const SharedBudget& budget = folder.volume_.budget()) {
      budget->walk(node.entries.size(), name);
    }
    return node;
  }

  void check_order(const IndexNode& node) const {
    for (std::size_t i = 1; i < node.entries.size() && node.entries[i].name; ++i) {
      const std::u16string& before = node.entries[i - 1].name->name;
      const std::u16string& after = node.entries[i].name->name;
      if (folder_.upcase_.compare(before, after) <= 0) continue;
      throw Error::corrupt(
          folder_.volume_.name(), origin_, "the names of an index are out of order",
          fmt::format("\"{}\" behind \"{}\"", to_utf8(before), to_utf8(after)), "before it");
    }
  }

  const FolderIndex& folder_;
  int depth_ = 0;
  std::uint64_t origin_ = 0;  ///< of the node that was read last, for messages
  std::set<std::uint64_t> seen_;
};

std::optional<IndexEntry> FolderIndex::look_up(std::u16string_view name) const {
  std::optional<IndexEntry> found;
  Walk(*this).find(root_.node, name, [&](const IndexEntry& entry) {
    const bool exact = entry.name->name == name;
    if (exact || !found) found = entry;
    return !exact;
  });
  return found;
}

std::vector<IndexEntry> FolderIndex::look_up_all(std::u16string_view name) const {
  std::vector<IndexEntry> found;
  Walk(*this).find(root_.node, name, [&](const IndexEntry& entry) {
    found.push_back(entry);
    return true;
  });
  return found;
}

void FolderIndex::each(const std::function<void(const IndexEntry&)>& take) const {
  Walk(*this).each(root_.node, take);
}

}  // namespace goldhive::ntfs
