#include "tests/support/ntfs_oracle.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "imgtools/host/path.h"
// Must be the last include; the header says why.
#include "imgtools/ntfs/ntfs_library.h"

namespace goldhive::testing {

namespace {

using ntfs3g::Attribute;
using ntfs3g::Inode;
using ntfs3g::is_directory;
using ntfs3g::Mount;
using ntfs3g::no_record;

constexpr std::size_t max_entries = 1U << 20;  // of one directory

/// The name in a FILE_NAME attribute. The name is a member of a packed struct, so no pointer of its
/// own type may point to it.
std::string name_of(const FILE_NAME_ATTR* attribute) {
  const auto* start = reinterpret_cast<const std::uint8_t*>(attribute);
  return to_utf8(
      ntfs3g::name_from(start + offsetof(FILE_NAME_ATTR, file_name), attribute->file_name_length));
}

class NtfsFile final : public ByteSource {
 public:
  NtfsFile(std::shared_ptr<Mount> mount, Inode inode, Attribute data, std::string name)
      : ByteSource(std::move(name)),
        mount_(std::move(mount)),
        inode_(std::move(inode)),
        data_(std::move(data)) {}

  std::uint64_t size() const override { return static_cast<std::uint64_t>(data_->data_size); }
  SharedBudget budget() const override { return mount_->budget(); }

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    // Of a sparse or compressed file the volume holds less than what is given out.
    if (const SharedBudget& budget = mount_->budget()) budget->read(out.size(), name());
    while (!out.empty()) {
      Mount::forget_complaints();
      errno = EIO;  // for a short read that sets no errno
      const s64 got = ntfs_attr_pread(data_.get(), static_cast<s64>(offset),
                                      static_cast<s64>(out.size()), out.data());
      if (got <= 0) mount_->fail(fmt::format("read {} at {:#x}", name(), offset), errno);
      offset += static_cast<std::uint64_t>(got);
      out = out.subspan(static_cast<std::size_t>(got));
    }
  }

 private:
  // In this order, so that they are closed in the reverse order.
  std::shared_ptr<Mount> mount_;
  Inode inode_;
  Attribute data_;
};

// --- Directories

struct Listing {
  explicit Listing(Mount& from) : mount(from) {}

  Mount& mount;
  std::vector<std::pair<TreeEntry, MFT_REF>> entries;
  bool too_many = false;
};

int collect(void* context, const ntfschar* name, const int length, const int name_space, const s64,
            const MFT_REF reference, const unsigned type) {
  Listing& listing = *static_cast<Listing*>(context);
  const bool dots = length <= 2 && name[0] == const_cpu_to_le16('.') &&
                    (length == 1 || name[1] == const_cpu_to_le16('.'));
  if (dots || name_space == FILE_NAME_DOS || MREF(reference) < FILE_first_user) return 0;
  if (listing.entries.size() == max_entries) {
    listing.too_many = true;
    return -1;
  }
  TreeEntry entry;
  try {
    entry.name = to_utf8(ntfs3g::name_from(name, static_cast<std::size_t>(length)));
    entry.directory = type == NTFS_DT_DIR;
    listing.entries.emplace_back(std::move(entry), reference);
  } catch (...) {
    listing.mount.keep_failure();
    return -1;
  }
  return 0;
}

class MountedVolume final : public NtfsVolume {
 public:
  explicit MountedVolume(std::shared_ptr<const ByteSource> source)
      : mount_(std::make_shared<Mount>(std::move(source))) {}

  std::string label() const override {
    return mount_->volume()->vol_name == nullptr ? std::string() : mount_->volume()->vol_name;
  }
  bool dirty() const override { return (mount_->volume()->flags & VOLUME_IS_DIRTY) != 0; }

  std::vector<TreeEntry> list(const std::string& directory) const override;
  std::vector<std::string> names(const std::string& directory) const override;
  std::unique_ptr<ByteSource> open(const std::string& path) const override;
  std::optional<std::string> find(const std::string& path) const override;
  std::uint64_t other_names(const std::string& path) const override;
  std::unique_ptr<ByteSource> open_metadata(const std::string& name) const override {
    const Inode root = open_record(FILE_root, "the root directory");
    const u64 record = ntfs3g::look_up(*mount_, root, name, name);
    if (record == no_record) not_found(name, "no such file");
    return open_inode(open_record(record, name), name);
  }

 private:
  std::vector<std::pair<TreeEntry, MFT_REF>> read_directory(const std::string& directory) const;
  Inode open_record(u64 record, const std::string& what) const {
    return ntfs3g::open_record(*mount_, record, what);
  }
  void each_name(const Inode& inode,
                 const std::function<bool(const FILE_NAME_ATTR* name)>& visit) const;
  std::string stored_name(const Inode& inode, const Inode& directory,
                          const std::string& asked) const;
  std::unique_ptr<ByteSource> open_inode(Inode inode, const std::string& path) const;
  std::uint64_t size_of(MFT_REF reference) const;

  [[noreturn]] static void not_found(const std::string& path, const char* what) {
    throw Error(ErrorKind::not_found, what, path);
  }

  std::shared_ptr<Mount> mount_;
};

/// Calls `visit` with each name of a file until it returns false. The names are gone afterwards.
void MountedVolume::each_name(const Inode& inode,
                              const std::function<bool(const FILE_NAME_ATTR* name)>& visit) const {
  const auto put = [](ntfs_attr_search_ctx* context) { ntfs_attr_put_search_ctx(context); };
  const std::unique_ptr<ntfs_attr_search_ctx, decltype(put)> context(
      ntfs_attr_get_search_ctx(inode.get(), nullptr), put);
  if (!context) mount_->fail("read the names of a file", errno);
  while (ntfs_attr_lookup(AT_FILE_NAME, AT_UNNAMED, 0, CASE_SENSITIVE, 0, nullptr, 0,
                          context.get()) == 0) {
    const auto* name = reinterpret_cast<const FILE_NAME_ATTR*>(
        reinterpret_cast<const u8*>(context->attr) + le16_to_cpu(context->attr->value_offset));
    if (!visit(name)) return;
  }
}

bool is_short(const FILE_NAME_ATTR* name) {
  return ntfs3g::stored_number(&name->file_name_type) == FILE_NAME_DOS;
}

/// The name that `directory` stores for `inode`, which was found by `asked`: the name that differs
/// from `asked` in case only. If that is an 8.3 name: the long name.
std::string MountedVolume::stored_name(const Inode& inode, const Inode& directory,
                                       const std::string& asked) const {
  std::string best = asked;
  each_name(inode, [&](const FILE_NAME_ATTR* name) {
    if (MREF_LE(name->parent_directory) != directory->mft_no) return true;
    const std::string text = name_of(name);
    if (nt_equal(text, asked)) {
      best = text;
      return is_short(name);
    }
    if (!is_short(name)) best = text;
    return true;
  });
  return best;
}

std::uint64_t MountedVolume::other_names(const std::string& path) const {
  const Inode inode = ntfs3g::open_path(*mount_, path);
  if (!inode || is_directory(inode)) return 0;
  std::uint64_t names = 0;
  each_name(inode, [&](const FILE_NAME_ATTR* name) {
    if (!is_short(name)) ++names;
    return true;
  });
  return names > 1 ? names - 1 : 0;
}

std::optional<std::string> MountedVolume::find(const std::string& path) const {
  std::string found;
  Inode inode = open_record(FILE_root, "the root directory");
  for (const std::string& part : path_parts(path)) {
    if (!is_directory(inode)) return std::nullopt;
    const u64 record = ntfs3g::look_up(*mount_, inode, part, path);
    if (record == no_record || record < FILE_first_user) return std::nullopt;
    Inode child = open_record(record, path);
    found += (found.empty() ? "" : "/") + stored_name(child, inode, part);
    inode = std::move(child);
  }
  return found;
}

/// Without sizes.
std::vector<std::pair<TreeEntry, MFT_REF>> MountedVolume::read_directory(
    const std::string& directory) const {
  const Inode inode = ntfs3g::open_path(*mount_, directory);
  if (!inode || !is_directory(inode)) not_found(directory, "no such directory");
  Listing listing(*mount_);
  s64 position = 0;
  Mount::forget_complaints();
  if (ntfs_readdir(inode.get(), &position, &listing, collect) != 0) {
    if (listing.too_many) {
      throw Error(ErrorKind::corrupt,
                  fmt::format("a directory of more than {} entries", max_entries), directory);
    }
    mount_->fail(fmt::format("list {}", directory.empty() ? "the root directory" : directory),
                 errno);
  }
  return std::move(listing.entries);
}

std::vector<std::string> MountedVolume::names(const std::string& directory) const {
  std::vector<std::string> names;
  for (auto& [entry, reference] : read_directory(directory)) names.push_back(std::move(entry.name));
  return names;
}

std::vector<TreeEntry> MountedVolume::list(const std::string& directory) const {
  std::vector<TreeEntry> entries;
  for (auto& [entry, reference] : read_directory(directory)) {
    if (!entry.directory) entry.size = size_of(reference);
    entries.push_back(std::move(entry));
  }
  std::sort(entries.begin(), entries.end(),
            [](const TreeEntry& a, const TreeEntry& b) { return a.name < b.name; });
  return entries;
}

/// The size by the file's own record, as the copy in the directory may be stale. A record that
/// cannot be read must neither hide its neighbours nor look like an empty file.
std::uint64_t MountedVolume::size_of(MFT_REF reference) const {
  const Inode inode(ntfs_inode_open(mount_->volume(), reference));
  if (!inode || inode->data_size < 0) return ~std::uint64_t{0};
  return static_cast<std::uint64_t>(inode->data_size);
}

std::unique_ptr<ByteSource> MountedVolume::open_inode(Inode inode, const std::string& path) const {
  Attribute data = ntfs3g::open_data(*mount_, inode, path);
  return std::make_unique<NtfsFile>(mount_, std::move(inode), std::move(data),
                                    fmt::format("{}: {}", mount_->name(), path));
}

std::unique_ptr<ByteSource> MountedVolume::open(const std::string& path) const {
  Inode inode = ntfs3g::open_path(*mount_, path);
  if (!inode) not_found(path, "no such file");
  if (is_directory(inode)) not_found(path, "is a directory");
  return open_inode(std::move(inode), path);
}

}  // namespace

std::shared_ptr<const NtfsVolume> mount_by_library(std::shared_ptr<const ByteSource> volume) {
  return std::make_shared<MountedVolume>(std::move(volume));
}

}  // namespace goldhive::testing
