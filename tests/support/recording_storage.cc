#include "tests/support/recording_storage.h"

#include <algorithm>

namespace goldhive::testing {

Storage& RecordingStorage::note(const char* name, const std::string& path) const {
  calls_.push_back({name, path});
  if (before_each_) before_each_(Call{name, path}, *base_);
  return *base_;
}

std::size_t RecordingStorage::count(const std::string& name) const {
  return static_cast<std::size_t>(
      std::count_if(calls_.begin(), calls_.end(), [&](const Call& c) { return c.name == name; }));
}

std::vector<RecordingStorage::Call> RecordingStorage::changes() const {
  const std::vector<std::string> harmless{"stat",      "list",       "open",       "open_own",
                                          "read_link", "free_space", "hold_folder"};
  std::vector<Call> result;
  for (const Call& call : calls_) {
    if (std::find(harmless.begin(), harmless.end(), call.name) == harmless.end()) {
      result.push_back(call);
    }
  }
  return result;
}

std::optional<FileInfo> RecordingStorage::stat(const std::string& path) const {
  return note("stat", path).stat(path);
}
std::vector<DirectoryEntry> RecordingStorage::list(const std::string& directory) const {
  return note("list", directory).list(directory);
}
std::unique_ptr<ByteSource> RecordingStorage::open(const std::string& path) const {
  return note("open", path).open(path);
}
std::optional<std::string> RecordingStorage::read_link(const std::string& path) const {
  return note("read_link", path).read_link(path);
}
std::optional<OwnFile> RecordingStorage::open_own(const std::string& path,
                                                  const std::string& target) const {
  return note("open_own", path).open_own(path, target);
}
std::unique_ptr<HeldFolder> RecordingStorage::hold_folder(const std::string& path, Reach reach) {
  return note("hold_folder", path).hold_folder(path, reach);
}
std::unique_ptr<WritableFile> RecordingStorage::open_write(const std::string& path) {
  return note("open_write", path).open_write(path);
}
std::unique_ptr<WritableFile> RecordingStorage::create(const std::string& path) {
  return note("create", path).create(path);
}
void RecordingStorage::rename(const std::string& from, const std::string& to) {
  note("rename", from).rename(from, to);
}
void RecordingStorage::rename_new(const std::string& from, const std::string& to) {
  note("rename_new", from).rename_new(from, to);
}
void RecordingStorage::remove(const std::string& path) { note("remove", path).remove(path); }
bool RecordingStorage::link(const std::string& from, const std::string& to) {
  return note("link", from).link(from, to);
}
void RecordingStorage::send(const std::string& path, std::span<const std::uint8_t> data) {
  note("send", path).send(path, data);
}
void RecordingStorage::make_directories(const std::string& path) {
  note("make_directories", path).make_directories(path);
}
void RecordingStorage::sync_directory(const std::string& directory) {
  note("sync_directory", directory).sync_directory(directory);
}
std::uint64_t RecordingStorage::free_space(const std::string& path) const {
  return note("free_space", path).free_space(path);
}

}  // namespace goldhive::testing
