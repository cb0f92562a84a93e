#include "imgtools/ntfs/volume_reader.h"

#include <fmt/format.h>

#include "imgtools/bytes/text.h"
#include "imgtools/host/path.h"
#include "imgtools/ntfs/corrupt.h"
#include "imgtools/ntfs/reparse_point.h"
#include "imgtools/ntfs/wof.h"

namespace goldhive::ntfs {

namespace {

std::unique_ptr<Stream> open_upcase(const Mft& mft) {
  const File file = mft.file({upcase_file, 0});
  auto table = file->stream(AttributeType::data);
  if (!table) throw corrupt(file->view(), 0, "$UpCase has no data");
  return table;
}

}  // namespace

VolumeReader::VolumeReader(const std::shared_ptr<const ByteSource>& source)
    : bytes_(source), mft_(bytes_), upcase_(open_upcase(mft_)) {}

File VolumeReader::file(const FileReference& reference) const {
  constexpr std::size_t most_folders = 16;
  const auto known = folders_.find(reference.record);
  if (known != folders_.end() &&
      (reference.sequence == 0 || reference.sequence == known->second.file->sequence())) {
    return known->second.file;
  }
  File file = mft_.file(reference);
  if (file->is_folder()) {
    if (folders_.size() >= most_folders) folders_.clear();
    folders_[reference.record] = {file, nullptr};
  }
  return file;
}

std::shared_ptr<const FolderIndex> VolumeReader::index(const FileRecord& folder) const {
  const auto known = folders_.find(folder.number());
  if (known != folders_.end() && known->second.index) return known->second.index;
  auto index = std::make_shared<const FolderIndex>(bytes_, upcase_, folder);
  if (known != folders_.end()) known->second.index = index;
  return index;
}

std::optional<IndexEntry> VolumeReader::look_up(const FileRecord& folder,
                                                const std::string& name) const {
  constexpr std::size_t longest_name = 255;
  const std::u16string wanted = to_utf16(name);
  if (wanted.empty() || wanted.size() > longest_name) return std::nullopt;
  return index(folder)->look_up(wanted);
}

std::optional<IndexEntry> VolumeReader::look_up_user(const FileRecord& folder,
                                                     const std::string& name) const {
  std::optional<IndexEntry> entry = look_up(folder, name);
  if (entry && entry->file.record < first_user_file) return std::nullopt;
  return entry;
}

File VolumeReader::open_path(const std::string& path) const {
  File found = root();
  for (const std::string& part : path_parts(path)) {
    if (!found->is_folder()) return nullptr;
    require_own_content(*found, path);
    const std::optional<IndexEntry> entry = look_up_user(*found, part);
    if (!entry) return nullptr;
    found = file(entry->file);
  }
  return found;
}

std::unique_ptr<Content> VolumeReader::open_content(const FileRecord& file,
                                                    const std::string& path) const {
  if (reparse_tag(file) == overlay_filter_tag) return open_wof(bytes_, file, path);
  return open_data(file, path);
}

std::unique_ptr<Stream> VolumeReader::open_data(const FileRecord& file,
                                                const std::string& path) const {
  if (const std::optional<std::uint32_t> tag = reparse_tag(file)) {
    throw content_elsewhere(*tag, path);
  }
  const HeldAttribute data = file.first(AttributeType::data);
  if (data.attribute == nullptr) throw corrupt(file.view(), 0, fmt::format("{} has no data", path));
  if (data->encrypted) {
    throw Error(ErrorKind::unsupported, "is encrypted (EFS), so it cannot be read", path);
  }
  return file.stream(AttributeType::data);
}

}  // namespace goldhive::ntfs
