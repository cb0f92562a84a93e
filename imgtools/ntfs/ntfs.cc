#include "imgtools/ntfs/ntfs.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "imgtools/host/path.h"
#include "imgtools/ntfs/corrupt.h"
#include "imgtools/ntfs/reparse_point.h"
#include "imgtools/ntfs/volume_reader.h"

namespace goldhive {

namespace {

using ntfs::AttributeType;
using ntfs::File;
using ntfs::FileName;
using ntfs::FileReference;
using ntfs::HeldAttribute;
using ntfs::IndexEntry;
using ntfs::VolumeReader;

constexpr std::size_t max_entries = 1U << 20;  // of one directory

/// Says of an error in the structures of a volume what was being done with which file.
template <class Action>
auto doing(const char* what, const std::string& path, const Action& action) {
  try {
    return action();
  } catch (const Error& e) {
    if (!e.offset()) throw;
    throw Error::corrupt(e.where(), *e.offset(),
                         fmt::format("cannot {} {}: {}", what,
                                     path.empty() ? "the root directory" : path, e.message()),
                         e.expected(), e.actual());
  }
}

class NtfsFile final : public ByteSource {
 public:
  NtfsFile(std::shared_ptr<const VolumeReader> volume, std::unique_ptr<ntfs::Content> data,
           const std::string& path)
      : ByteSource(fmt::format("{}: {}", volume->bytes().name(), path)),
        path_(path),
        volume_(std::move(volume)),
        data_(std::move(data)) {}

  std::uint64_t size() const override { return data_->size(); }
  SharedBudget budget() const override { return volume_->bytes().budget(); }

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    // Of a sparse or compressed file the volume holds less than what is given out.
    if (const SharedBudget budget = this->budget()) budget->read(out.size(), name());
    doing("read", path_, [&] { data_->read(offset, out); });
  }

 private:
  std::string path_;
  // In this order, so that they are closed in the reverse order.
  std::shared_ptr<const VolumeReader> volume_;
  std::unique_ptr<ntfs::Content> data_;
};

[[noreturn]] void not_found(const std::string& path, const char* what) {
  throw Error(ErrorKind::not_found, what, path);
}

/// Not an 8.3 name of a file that has a long one, nor one of the volume's own files.
bool is_listed(const IndexEntry& entry) {
  const std::u16string& name = entry.name->name;
  return name != u"." && name != u".." && !entry.name->is_short() &&
         entry.file.record >= ntfs::first_user_file;
}

bool is_listed_as_folder(const FileName& name) {
  constexpr std::uint32_t folder = 0x10000000;
  constexpr std::uint32_t reparse_point = 0x400;  // a junction leads elsewhere
  return (name.flags & folder) != 0 && (name.flags & reparse_point) == 0;
}

/// Adds the 8.3 names of files that have no other one there: no Windows makes such, and whoever
/// looks one up finds the file all the same.
void add_alone(const std::vector<IndexEntry>& short_names, std::vector<IndexEntry>& entries) {
  std::set<std::uint64_t> named;
  for (const IndexEntry& entry : entries) named.insert(entry.file.record);
  for (const IndexEntry& entry : short_names) {
    if (named.count(entry.file.record) == 0) entries.push_back(entry);
  }
}

/// The name of an entry of `folder`; of an 8.3 name the long one that belongs to it.
std::string stored_name(const IndexEntry& entry, const ntfs::FileRecord& file,
                        const ntfs::FileRecord& folder) {
  if (entry.name->is_short()) {
    for (const HeldAttribute& attribute : file.all(AttributeType::file_name)) {
      const FileName name = ntfs::parse_file_name(attribute->value);
      if (name.is_windows() && name.folder.record == folder.number()) return to_utf8(name.name);
    }
  }
  return to_utf8(entry.name->name);
}

class OpenedVolume final : public NtfsVolume {
 public:
  explicit OpenedVolume(const std::shared_ptr<const ByteSource>& source)
      : volume_(std::make_shared<VolumeReader>(source)) {
    read_volume_file();
  }

  std::string label() const override { return label_; }
  bool dirty() const override { return dirty_; }

  std::vector<TreeEntry> list(const std::string& directory) const override;
  std::vector<std::string> names(const std::string& directory) const override;
  std::vector<std::string> spellings(const std::string& directory,
                                     const std::string& name) const override;
  std::unique_ptr<ByteSource> open(const std::string& path) const override;
  std::optional<std::string> find(const std::string& path) const override;
  std::uint64_t other_names(const std::string& path) const override;
  std::unique_ptr<ByteSource> open_metadata(const std::string& name) const override;

 private:
  void read_volume_file();
  File open_directory(const std::string& directory) const;
  void look_at(const FileReference& reference, TreeEntry& entry) const;
  std::vector<IndexEntry> read_directory(const std::string& directory) const;
  std::unique_ptr<ByteSource> open_file(const File& file, const std::string& path) const;

  std::shared_ptr<const VolumeReader> volume_;
  std::string label_;
  bool dirty_ = false;
};

void OpenedVolume::read_volume_file() {
  constexpr std::uint16_t dirty_flag = 1;
  const File file = volume_->file({ntfs::volume_file, 0});
  const HeldAttribute name = file->first(AttributeType::volume_name);
  if (name.attribute != nullptr) label_ = to_utf8(utf16_from_bytes(name->value.span()));
  const HeldAttribute information = file->first(AttributeType::volume_information);
  if (information.attribute == nullptr) {
    throw ntfs::corrupt(file->view(), 0, "$Volume says nothing of the volume");
  }
  dirty_ = (information->value.u16(10) & dirty_flag) != 0;
}

std::unique_ptr<ByteSource> OpenedVolume::open_metadata(const std::string& name) const {
  const std::optional<IndexEntry> entry = volume_->look_up(*volume_->root(), name);
  if (!entry) not_found(name, "no such file");
  return open_file(volume_->file(entry->file), name);
}

std::uint64_t OpenedVolume::other_names(const std::string& path) const {
  const File file = volume_->open_path(path);
  if (!file || file->is_folder()) return 0;
  std::uint64_t names = 0;
  for (const HeldAttribute& attribute : file->all(AttributeType::file_name)) {
    if (!ntfs::parse_file_name(attribute->value).is_short()) ++names;
  }
  return names > 1 ? names - 1 : 0;
}

std::optional<std::string> OpenedVolume::find(const std::string& path) const {
  return doing("look up", path, [&]() -> std::optional<std::string> {
    std::string found;
    File folder = volume_->root();
    for (const std::string& part : path_parts(path)) {
      if (!folder->is_folder()) return std::nullopt;
      ntfs::require_own_content(*folder, found);
      const std::optional<IndexEntry> entry = volume_->look_up_user(*folder, part);
      if (!entry) return std::nullopt;
      File child = volume_->file(entry->file);
      found += (found.empty() ? "" : "/") + stored_name(*entry, *child, *folder);
      folder = std::move(child);
    }
    return found;
  });
}

File OpenedVolume::open_directory(const std::string& directory) const {
  File folder = volume_->open_path(directory);
  if (!folder || !folder->is_folder()) not_found(directory, "no such directory");
  ntfs::require_own_content(*folder, directory);
  return folder;
}

std::vector<IndexEntry> OpenedVolume::read_directory(const std::string& directory) const {
  std::vector<IndexEntry> entries;
  std::vector<IndexEntry> short_names;
  const auto take = [&](const IndexEntry& entry) {
    if (entry.name->is_short() && entry.file.record >= ntfs::first_user_file) {
      short_names.push_back(entry);
    }
    if (!is_listed(entry)) return;
    if (entries.size() == max_entries) {
      throw Error(ErrorKind::corrupt,
                  fmt::format("a directory of more than {} entries", max_entries), directory);
    }
    entries.push_back(entry);
  };
  doing("list", directory, [&] { volume_->index(*open_directory(directory))->each(take); });
  add_alone(short_names, entries);
  return entries;
}

std::vector<std::string> OpenedVolume::names(const std::string& directory) const {
  std::vector<std::string> names;
  for (const IndexEntry& entry : read_directory(directory)) {
    names.push_back(to_utf8(entry.name->name));
  }
  return names;
}

std::vector<std::string> OpenedVolume::spellings(const std::string& directory,
                                                 const std::string& name) const {
  std::vector<std::string> spellings;
  const auto index = volume_->index(*open_directory(directory));
  std::vector<IndexEntry> entries;
  std::vector<IndexEntry> short_names;
  for (const IndexEntry& entry : index->look_up_all(to_utf16(name))) {
    if (is_listed(entry)) entries.push_back(entry);
    if (entry.name->is_short()) short_names.push_back(entry);
  }
  // Of another file than those, since all of these mean one name. By itself an 8.3 name has no
  // twin.
  if (!entries.empty()) add_alone(short_names, entries);
  for (const IndexEntry& entry : entries) spellings.push_back(to_utf8(entry.name->name));
  return spellings;
}

std::vector<TreeEntry> OpenedVolume::list(const std::string& directory) const {
  std::vector<TreeEntry> entries;
  for (const IndexEntry& stored : read_directory(directory)) {
    TreeEntry entry{to_utf8(stored.name->name), is_listed_as_folder(*stored.name), 0};
    if (!entry.directory) look_at(stored.file, entry);
    entries.push_back(std::move(entry));
  }
  std::sort(entries.begin(), entries.end(),
            [](const TreeEntry& a, const TreeEntry& b) { return a.name < b.name; });
  return entries;
}

/// What the file's own record says, as the copy of it in the directory may be stale. A record that
/// cannot be read must neither hide its neighbours nor look like an empty file.
void OpenedVolume::look_at(const FileReference& reference, TreeEntry& entry) const {
  try {
    const File file = volume_->file(reference);
    entry.leads_elsewhere = file->is_folder() && ntfs::reparse_tag(*file);
    entry.directory = file->is_folder() && !entry.leads_elsewhere;
    const HeldAttribute data = file->first(AttributeType::data);
    if (data.attribute != nullptr && !entry.directory) entry.size = data->size;
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::refused) throw;  // the budget of the target is spent
    entry.size = ~std::uint64_t{0};
  }
}

std::unique_ptr<ByteSource> OpenedVolume::open_file(const File& file,
                                                    const std::string& path) const {
  return std::make_unique<NtfsFile>(volume_, volume_->open_content(*file, path), path);
}

std::unique_ptr<ByteSource> OpenedVolume::open(const std::string& path) const {
  return doing("open", path, [&] {
    const File file = volume_->open_path(path);
    if (!file) not_found(path, "no such file");
    if (file->is_folder()) not_found(path, "is a directory");
    return open_file(file, path);
  });
}

}  // namespace

std::shared_ptr<const NtfsVolume> mount_ntfs(const std::shared_ptr<const ByteSource>& volume) {
  return std::make_shared<OpenedVolume>(volume);
}

}  // namespace goldhive
