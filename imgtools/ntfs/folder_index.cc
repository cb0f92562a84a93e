#include "imgtools/ntfs/folder_index.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "imgtools/bytes/text.h"
#include "imgtools/ntfs/corrupt.h"

namespace goldhive::ntfs {

namespace {

constexpr std::u16string_view index_of_names = u"$I30";

// Nodes that stay in memory, of each folder: a scan asks for many names of a few folders.
constexpr std::size_t most_kept = 16;
constexpr std::uint32_t largest_kept = 16U << 10;

}  // namespace

FolderIndex::FolderIndex(const VolumeBytes& volume, const Upcase& upcase, const FileRecord& folder)
    : volume_(volume), upcase_(upcase) {
  const HeldAttribute root = folder.first(AttributeType::index_root, index_of_names);
  if (root.attribute == nullptr || !root->resident) {
    throw corrupt(folder.view(), 0, "a folder has no index of names");
  }
  root_ = parse_index_root(root->value, volume.boot().cluster_size);
  const HeldAttribute blocks = folder.first(AttributeType::index_allocation, index_of_names);
  if (blocks.attribute != nullptr && blocks->compressed) {
    // Else few bytes could be a folder of millions of names.
    throw corrupt(folder.view(), 0, "the index of a folder is compressed, which none is");
  }
  blocks_ = folder.stream(AttributeType::index_allocation, index_of_names);
}

/// One walk from the root down.
class FolderIndex::Walk {
 public:
  explicit Walk(const FolderIndex& folder) : folder_(folder) {}

  /// The names between which those of a node lie; null: no bound.
  struct Bounds {
    const std::u16string* low = nullptr;
    const std::u16string* high = nullptr;
  };

  /// Calls `take` with each entry that equals `name` but for case, until it returns false; then
  /// returns false itself.
  bool find(const IndexNode& node, const Bounds& bounds, std::u16string_view name,
            const std::function<bool(const IndexEntry&)>& take) {
    const Deeper deeper(*this);
    check_order(node, bounds);
    for (std::size_t i = 0; i < node.entries.size(); ++i) {
      const IndexEntry& entry = node.entries[i];
      const int order = entry.name ? folder_.upcase_.compare(name, entry.name->name) : -1;
      if (order > 0) continue;
      if (order == 0 && !take(entry)) return false;
      if (entry.child) {
        const std::shared_ptr<const IndexNode> child = read(*entry.child, true);
        if (!find(*child, bounds_of_child(node, i, bounds), name, take)) return false;
      }
      if (order < 0) break;
    }
    return true;
  }

  void each(const IndexNode& node, const Bounds& bounds,
            const std::function<void(const IndexEntry&)>& take) {
    const Deeper deeper(*this);
    check_order(node, bounds);
    for (std::size_t i = 0; i < node.entries.size(); ++i) {
      const IndexEntry& entry = node.entries[i];
      if (entry.child) {
        each(*read(*entry.child, false), bounds_of_child(node, i, bounds), take);
      }
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

  static Bounds bounds_of_child(const IndexNode& node, std::size_t i, Bounds bounds) {
    if (i > 0) bounds.low = &node.entries[i - 1].name->name;
    if (node.entries[i].name) bounds.high = &node.entries[i].name->name;
    return bounds;
  }

  std::shared_ptr<const IndexNode> read(std::uint64_t place, bool keep) {
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
    const auto known = folder.nodes_.find(place);
    if (known != folder.nodes_.end()) return known->second;
    Bytes block(size);
    const std::uint64_t offset = place * folder.root_.unit;
    folder.blocks_->read(offset, block);
    if (const auto where = folder.blocks_->place(offset)) origin_ = where->offset;
    auto node = std::make_shared<const IndexNode>(
        parse_index_block(std::move(block), origin_, name, place));
    if (const SharedBudget& budget = folder.volume_.budget()) {
      budget->walk(node->entries.size(), name);
    }
    if (keep && size <= largest_kept) {
      if (folder.nodes_.size() >= most_kept) folder.nodes_.clear();
      folder.nodes_.emplace(place, node);
    }
    return node;
  }

  /// Names that differ only in case stand beside each other; the same name twice would be one file
  /// for us and perhaps another for Windows.
  void check_order(const IndexNode& node, const Bounds& bounds) const {
    const std::u16string* before = bounds.low;
    const auto follows = [&](const std::u16string& name) {
      if (before != nullptr && folder_.upcase_.compare(*before, name) > 0) {
        throw Error::corrupt(
            folder_.volume_.name(), origin_, "the names of an index are out of order",
            fmt::format("\"{}\" behind \"{}\"", to_utf8(*before), to_utf8(name)), "before it");
      }
      if (before != nullptr && *before == name) {
        throw Error::corrupt(folder_.volume_.name(), origin_, "an index has one name twice",
                             "different names", fmt::format("\"{}\"", to_utf8(name)));
      }
      before = &name;
    };
    for (const IndexEntry& entry : node.entries) {
      if (entry.name) follows(entry.name->name);
    }
    if (bounds.high != nullptr) follows(*bounds.high);
  }

  const FolderIndex& folder_;
  int depth_ = 0;
  std::uint64_t origin_ = 0;  ///< of the node that was read last, for messages
  std::set<std::uint64_t> seen_;
};

std::optional<IndexEntry> FolderIndex::look_up(std::u16string_view name) const {
  std::optional<IndexEntry> found;
  Walk(*this).find(root_.node, {}, name, [&](const IndexEntry& entry) {
    const bool exact = entry.name->name == name;
    if (exact || !found) found = entry;
    return !exact;
  });
  return found;
}

std::vector<IndexEntry> FolderIndex::look_up_all(std::u16string_view name) const {
  std::vector<IndexEntry> found;
  Walk(*this).find(root_.node, {}, name, [&](const IndexEntry& entry) {
    found.push_back(entry);
    return true;
  });
  return found;
}

void FolderIndex::each(const std::function<void(const IndexEntry&)>& take) const {
  Walk(*this).each(root_.node, {}, take);
}

}  // namespace goldhive::ntfs
