#include "tests/cli/memory_storage.h"

#include <algorithm>

#include "imgtools/bytes/error.h"
#include "imgtools/host/path.h"

namespace goldhive::tests {
namespace {

/// As every storage of the host takes paths: on Windows with either separator.
std::string normal(const std::string& given) {
  const std::string path = with_slashes(given);
  std::string out;
  std::size_t start = 0;
  while (start < path.size()) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string part = path.substr(start, end - start);
    if (!part.empty() && part != ".") out += (out.empty() ? "" : "/") + part;
    start = end + 1;
  }
  return out;
}

std::string parent(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

class MemoryFile final : public WritableFile {
 public:
  explicit MemoryFile(Bytes& data) : data_(data) {}
  std::uint64_t size() const override { return data_.size(); }
  void read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    if (offset + out.size() > data_.size()) throw Error(ErrorKind::io, "read beyond the end");
    std::copy_n(data_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
  }
  void write(std::uint64_t offset, std::span<const std::uint8_t> data) override {
    if (data_.size() < offset + data.size()) data_.resize(offset + data.size());
    std::copy(data.begin(), data.end(), data_.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  void resize(std::uint64_t size) override { data_.resize(size); }
  void mark_change(const std::string&) override {}
  void sync() override {}

 private:
  Bytes& data_;
};

}  // namespace

void MemoryStorage::put(const std::string& path, Bytes data) {
  for (std::string d = parent(path); !d.empty(); d = parent(d)) directories_.insert(d);
  files_[path] = std::move(data);
}

void MemoryStorage::put(const std::string& path, const std::string& text) {
  put(path, Bytes(text.begin(), text.end()));
}

std::string MemoryStorage::text(const std::string& path) const {
  const Bytes& data = files_.at(path);
  return {data.begin(), data.end()};
}

std::optional<FileInfo> MemoryStorage::stat(const std::string& path) const {
  const std::string name = normal(path);
  const auto number = [&] { return numbers_.emplace(name, numbers_.size() + 1).first->second; };
  if (const auto file = files_.find(name); file != files_.end()) {
    FileInfo info{FileType::file, file->second.size(), 1, number()};
    if (const auto links = links_.find(name); links != links_.end()) info.links = links->second;
    return info;
  }
  if (directories_.count(name) != 0) return FileInfo{FileType::directory, 0, 2, number()};
  return std::nullopt;
}

std::vector<DirectoryEntry> MemoryStorage::list(const std::string& directory) const {
  const std::string name = normal(directory);
  if (forbidden_.count(name) != 0) throw Error(ErrorKind::io, "permission denied", directory);
  if (directories_.count(name) == 0) throw Error(ErrorKind::not_found, "no such directory", name);
  std::vector<DirectoryEntry> out;
  const auto add = [&](const std::string& path, FileType type) {
    if (!path.empty() && parent(path) == name) {
      out.push_back({path.substr(name.empty() ? 0 : name.size() + 1), type});
    }
  };
  for (const auto& [path, data] : files_) add(path, FileType::file);
  for (const std::string& path : directories_) add(path, FileType::directory);
  std::sort(out.begin(), out.end(),
            [](const DirectoryEntry& a, const DirectoryEntry& b) { return a.name < b.name; });
  return out;
}

std::unique_ptr<ByteSource> MemoryStorage::open(const std::string& path) const {
  const std::string name = normal(path);
  if (forbidden_.count(name) != 0) {
    throw Error(ErrorKind::io, "cannot be opened: permission denied", path);
  }
  const auto file = files_.find(name);
  if (file == files_.end()) throw Error(ErrorKind::not_found, "no such file or directory", path);
  return std::make_unique<MemorySource>(file->second, path);
}

std::optional<std::string> MemoryStorage::read_link(const std::string&) const {
  return std::nullopt;
}

std::optional<OwnFile> MemoryStorage::open_own(const std::string& path, const std::string&) const {
  std::optional<OwnFile> file = open_own_by_name(*this, path);
  if (file) file->known_owner = strangers_.count(normal(path)) == 0;
  return file;
}

std::string MemoryStorage::writer_of(const std::string& path) const {
  return written_.count(normal(path)) != 0 ? "process 7 (qemu) has it open for writing" : "";
}

std::optional<Error> MemoryStorage::write_refusal(const std::string& path) const {
  const std::string name = normal(path);
  const bool there = has(name);
  if (read_only_.count(there ? name : parent(name)) == 0) return std::nullopt;
  return Error(ErrorKind::refused, there ? "is read-only" : "lies in a read-only folder", path);
}

std::unique_ptr<WritableFile> MemoryStorage::open_write(const std::string& path) {
  changes_.push_back("open_write " + path);
  if (!has(normal(path))) throw Error(ErrorKind::not_found, "no such file or directory", path);
  if (const std::optional<Error> error = write_refusal(path)) throw Error(*error);
  if (const std::string by = in_use_by(path); !by.empty()) {
    throw Error(ErrorKind::refused, "is in use: " + by, path);
  }
  return std::make_unique<MemoryFile>(files_[normal(path)]);
}

std::unique_ptr<WritableFile> MemoryStorage::create(const std::string& path) {
  changes_.push_back("create " + path);
  if (has(normal(path))) throw Error(ErrorKind::refused, "exists already", path);
  if (const std::optional<Error> error = write_refusal(path)) throw Error(*error);
  return std::make_unique<MemoryFile>(files_[normal(path)]);
}

void MemoryStorage::rename(const std::string& from, const std::string& to) {
  changes_.push_back("rename " + from + " " + to);
  files_[normal(to)] = std::move(files_.at(normal(from)));
  files_.erase(normal(from));
}

void MemoryStorage::rename_new(const std::string& from, const std::string& to) {
  if (has(normal(to))) throw Error(ErrorKind::refused, "exists already", to);
  rename(from, to);
}

void MemoryStorage::remove(const std::string& path) {
  changes_.push_back("remove " + path);
  files_.erase(normal(path));
}

void MemoryStorage::send(const std::string& path, std::span<const std::uint8_t>) {
  changes_.push_back("send " + path);
}

void MemoryStorage::make_directories(const std::string& path) {
  changes_.push_back("make_directories " + path);
  for (std::string d = normal(path); !d.empty(); d = parent(d)) directories_.insert(d);
}

void MemoryStorage::sync_directory(const std::string& directory) {
  changes_.push_back("sync_directory " + directory);
}

}  // namespace goldhive::tests
