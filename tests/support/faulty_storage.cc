#include "tests/support/faulty_storage.h"

#include <algorithm>
#include <functional>

#include "imgtools/bytes/error.h"
#include "imgtools/host/path.h"

namespace goldhive::testing {

namespace {

constexpr std::size_t sector = 512;
constexpr std::uint64_t largest_file = 256 << 20;

std::string device_of(const std::string& path) { return path.substr(0, path.find('/', 1)); }

std::uint64_t device_number(const std::string& path) {
  return std::hash<std::string>()(device_of(path));
}

[[noreturn]] void absent(const std::string& path) {
  throw Error(ErrorKind::not_found, "no such file", path);
}

}  // namespace

class FaultyStorage::File final : public WritableFile {
 public:
  File(FaultyStorage& storage, Inode inode) : storage_(storage), inode_(inode) {}
  ~File() override { storage_.locked_.erase(inode_); }

  std::uint64_t size() const override {
    if (storage_.step(Effect::reads)) storage_.cut();
    return content().current.size();
  }

  void read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    if (storage_.step(Effect::reads)) storage_.cut();
    const Bytes& data = content().current;
    if (offset > data.size() || out.size() > data.size() - offset) {
      throw Error(ErrorKind::io, "read beyond the end");
    }
    std::copy_n(data.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
  }

  void write(std::uint64_t offset, std::span<const std::uint8_t> data) override {
    const bool dying = storage_.step(Effect::writes);
    const std::size_t length = dying ? data.size() / 2 : data.size();
    const Write write{offset,
                      Bytes(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(length))};
    apply(write, content().current);
    content().pending.emplace_back(write);
    if (dying) storage_.cut();
  }

  void resize(std::uint64_t size) override {
    const bool dying = storage_.step(Effect::writes);
    if (size > largest_file) throw Error(ErrorKind::io, "file too large");
    content().current.resize(static_cast<std::size_t>(size));
    content().pending.emplace_back(Resize{size});
    if (dying) storage_.cut();
  }

  bool clone(const ByteSource& from) override {
    const bool dying = storage_.step(Effect::writes);
    if (!storage_.reflinks_) return false;
    const Write write{0, from.read(0, static_cast<std::size_t>(from.size()))};
    apply(write, content().current);
    content().pending.emplace_back(write);
    if (dying) storage_.cut();
    return true;
  }

  void mark_change(const std::string& journal) override {
    const bool dying = storage_.step(Effect::writes);
    if (!storage_.marks_) WritableFile::mark_change(journal);
    content().mark = journal;
    if (dying) storage_.cut();
  }

  void sync() override {
    const bool dying = storage_.step(Effect::writes);
    content().durable = content().current;
    content().durable_mark = content().mark;
    content().pending.clear();
    if (dying) storage_.cut();
  }

 private:
  Content& content() const { return storage_.contents_.at(inode_); }

  FaultyStorage& storage_;
  Inode inode_;
};

void FaultyStorage::put(const std::string& path, const Bytes& data) {
  const Inode inode = next_inode_++;
  contents_[inode] = {data, data, {}};
  names_[path] = inode;
  durable_names_[path] = inode;
}

Bytes FaultyStorage::contents(const std::string& path) const {
  return contents_.at(names_.at(path)).current;
}

std::vector<std::string> FaultyStorage::paths() const {
  std::vector<std::string> result;
  for (const auto& [path, inode] : names_) result.push_back(path);
  return result;
}

void FaultyStorage::fail_at(std::uint64_t operation, Fault fault) {
  operations_ = 0;
  writes_ = 0;
  fault_at_ = operation;
  fault_ = fault;
}

bool FaultyStorage::step(Effect effect) const {
  if (dead_) throw PowerCut{};
  const std::uint64_t now = operations_++;
  if (effect != Effect::reads) ++writes_;
  switch (fault_) {
    case Fault::none:
      return false;
    case Fault::cut_before:
      if (now == fault_at_) cut();
      return false;
    case Fault::cut_within:
      return now == fault_at_;
    case Fault::error_once:
      if (now == fault_at_) throw Error(ErrorKind::io, "injected failure");
      return false;
    case Fault::error_sticky:
      if (now >= fault_at_ && effect == Effect::writes) {
        throw Error(ErrorKind::io, "injected failure that stays");
      }
      return false;
  }
  return false;
}

void FaultyStorage::cut() const {
  dead_ = true;
  throw PowerCut{};
}

void FaultyStorage::reboot(Loss loss, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  dead_ = false;
  locked_.clear();
  fail_at(0, Fault::none);
  if (loss == Loss::killed) return;
  for (auto& [inode, content] : contents_) {
    if (loss == Loss::none) content.durable = content.current;
    if (loss == Loss::none || (loss == Loss::arbitrary && random() % 2 == 0)) {
      content.durable_mark = content.mark;
    }
    content.mark = content.durable_mark;
    if (loss == Loss::arbitrary) {
      for (const auto& change : content.pending) {
        if (const auto* write = std::get_if<Write>(&change)) {
          apply_in_part(*write, content.durable, random);
        } else if (random() % 2 == 0) {
          content.durable.resize(static_cast<std::size_t>(std::get<Resize>(change).size));
        }
      }
    }
    content.current = content.durable;
    content.pending.clear();
  }
  for (const NameChange& change : pending_names_) {
    if (loss == Loss::none || (loss == Loss::arbitrary && random() % 2 == 0)) {
      apply(change, durable_names_);
    }
  }
  pending_names_.clear();
  names_ = durable_names_;
}

void FaultyStorage::apply(const Write& write, Bytes& data) {
  const std::size_t end = static_cast<std::size_t>(write.offset) + write.data.size();
  if (data.size() < end) data.resize(end);
  std::copy(write.data.begin(), write.data.end(),
            data.begin() + static_cast<std::ptrdiff_t>(write.offset));
}

void FaultyStorage::apply_in_part(const Write& write, Bytes& data, std::mt19937_64& random) {
  const std::uint64_t end = write.offset + write.data.size();
  for (std::uint64_t at = write.offset; at < end;) {
    const std::uint64_t stop = std::min<std::uint64_t>(end, (at / sector + 1) * sector);
    std::uint64_t reached = stop;
    const std::uint64_t fate = random() % 5;
    if (fate < 2) reached = at;                                // not on the disk
    if (fate == 2) reached = at + random() % (stop - at + 1);  // torn
    if (reached > at) {
      const auto from = write.data.begin() + static_cast<std::ptrdiff_t>(at - write.offset);
      const auto to = write.data.begin() + static_cast<std::ptrdiff_t>(reached - write.offset);
      apply(Write{at, Bytes(from, to)}, data);
    }
    at = stop;
  }
}

void FaultyStorage::apply(const NameChange& change, Names& names) {
  if (!change.from.empty()) {
    const auto found = names.find(change.from);
    if (found != names.end() && found->second == change.inode) names.erase(found);
  }
  if (!change.to.empty()) names[change.to] = change.inode;
}

void FaultyStorage::change_name(const NameChange& change) {
  apply(change, names_);
  pending_names_.push_back(change);
}

FaultyStorage::Inode FaultyStorage::inode_of(const std::string& path) const {
  const auto found = names_.find(path);
  if (found == names_.end()) absent(path);
  return found->second;
}

std::optional<FileInfo> FaultyStorage::stat(const std::string& path) const {
  if (step(Effect::reads)) cut();
  const auto found = names_.find(path);
  if (found != names_.end()) {
    FileInfo info{FileType::file, contents_.at(found->second).current.size(), device_number(path),
                  found->second};
    info.links = static_cast<std::uint64_t>(
        std::count_if(names_.begin(), names_.end(),
                      [&](const auto& name) { return name.second == found->second; }));
    return info;
  }
  const std::string prefix = join_path(path, "");
  for (const auto& [name, inode] : names_) {
    if (!name.starts_with(prefix)) continue;
    return FileInfo{FileType::directory, 0, device_number(path), std::hash<std::string>{}(prefix)};
  }
  return std::nullopt;
}

std::vector<DirectoryEntry> FaultyStorage::list(const std::string& directory) const {
  if (step(Effect::reads)) cut();
  std::map<std::string, FileType> entries;
  const std::string prefix = join_path(directory, "");
  for (const auto& [name, inode] : names_) {
    if (!name.starts_with(prefix)) continue;
    const std::string rest = name.substr(prefix.size());
    const std::size_t slash = rest.find('/');
    entries[rest.substr(0, slash)] =
        slash == std::string::npos ? FileType::file : FileType::directory;
  }
  std::vector<DirectoryEntry> result;
  for (const auto& [name, type] : entries) result.push_back({name, type});
  return result;
}

std::unique_ptr<ByteSource> FaultyStorage::open(const std::string& path) const {
  if (step(Effect::reads)) cut();
  return std::make_unique<MemorySource>(contents_.at(inode_of(path)).current, path);
}

std::optional<std::string> FaultyStorage::read_link(const std::string&) const {
  if (step(Effect::reads)) cut();
  return std::nullopt;
}

std::optional<OwnFile> FaultyStorage::open_own(const std::string& path, const std::string&) const {
  std::optional<OwnFile> file = open_own_by_name(*this, path);
  if (!file) return file;
  file->known_owner = strangers_.count(path) == 0;
  file->vouched_for = vouched_for_.count(path) > 0;
  return file;
}

ChangeMark FaultyStorage::change_mark(const std::string& path) const {
  if (step(Effect::reads)) cut();
  return {marks_, contents_.at(inode_of(path)).mark};
}

std::unique_ptr<WritableFile> FaultyStorage::lock(Inode inode) {
  if (!locked_.insert(inode).second) throw Error(ErrorKind::refused, "is in use");
  return std::make_unique<File>(*this, inode);
}

std::unique_ptr<WritableFile> FaultyStorage::open_write(const std::string& path) {
  if (step(Effect::reads)) cut();
  return lock(inode_of(path));
}

std::unique_ptr<WritableFile> FaultyStorage::create(const std::string& path) {
  const bool dying = step(Effect::writes);
  if (names_.count(path) > 0) throw Error(ErrorKind::refused, "exists already", path);
  const Inode inode = next_inode_++;
  contents_[inode] = {};
  change_name({"", path, inode});
  if (dying) cut();
  return lock(inode);
}

void FaultyStorage::rename(const std::string& from, const std::string& to) {
  const bool dying = step(Effect::writes);
  if (device_of(from) != device_of(to)) {
    throw Error(ErrorKind::io, "cannot rename between file systems", from);
  }
  // Between two names of one file a rename does nothing: POSIX says so.
  const auto target = names_.find(to);
  if (target == names_.end() || target->second != inode_of(from)) {
    change_name({from, to, inode_of(from)});
  }
  if (dying) cut();
}

void FaultyStorage::rename_new(const std::string& from, const std::string& to) {
  if (names_.count(to) > 0) throw Error(ErrorKind::refused, "exists already", to);
  rename(from, to);
}

bool FaultyStorage::link(const std::string& from, const std::string& to) {
  const bool dying = step(Effect::writes);
  if (device_of(from) != device_of(to)) return false;
  if (names_.count(to) > 0) throw Error(ErrorKind::io, "exists already", to);
  change_name({"", to, inode_of(from)});
  if (dying) cut();
  return true;
}

void FaultyStorage::remove(const std::string& path) {
  const bool dying = step(Effect::removes);
  change_name({path, "", inode_of(path)});
  if (dying) cut();
}

void FaultyStorage::send(const std::string& path, std::span<const std::uint8_t>) {
  throw Error(ErrorKind::io, "has no devices", path);
}

void FaultyStorage::make_directories(const std::string&) {
  if (step(Effect::reads)) cut();
}

void FaultyStorage::sync_directory(const std::string& directory) {
  const bool dying = step(Effect::writes);
  std::vector<NameChange> still_pending;
  for (const NameChange& change : pending_names_) {
    const bool concerned = (!change.from.empty() && parent_of(change.from) == directory) ||
                           (!change.to.empty() && parent_of(change.to) == directory);
    if (concerned) {
      apply(change, durable_names_);
    } else {
      still_pending.push_back(change);
    }
  }
  pending_names_ = std::move(still_pending);
  if (dying) cut();
}

std::uint64_t FaultyStorage::free_space(const std::string&) const {
  if (step(Effect::reads)) cut();
  return free_space_;
}

}  // namespace goldhive::testing
