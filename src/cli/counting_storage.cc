#include "src/cli/counting_storage.h"

#include <algorithm>

#include "imgtools/bytes/error.h"
#include "imgtools/host/path.h"

namespace goldhive::cli {
namespace {

/// A shorter read is done before anybody could read a line about it.
constexpr std::uint64_t worth_telling = 16 << 20;

}  // namespace

ReadStats IoCounter::read() const {
  const std::lock_guard lock(mutex_);
  return read_;
}

std::optional<LongRead> IoCounter::long_read() const {
  const std::lock_guard lock(mutex_);
  return long_read_;
}

std::uint64_t IoCounter::begin_read() {
  const std::lock_guard lock(mutex_);
  return ++reads_begun_;
}

void IoCounter::end_read(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  if (long_read_ && long_read_->number == number) long_read_.reset();
}

void IoCounter::add_read(std::uint64_t bytes, const LongRead& now) {
  const std::lock_guard lock(mutex_);
  ++read_.reads;
  read_.bytes += bytes;
  if (now.done < worth_telling) return;
  if (!long_read_ || long_read_->number != now.number) written_before_ = written_;
  long_read_ = now;
  long_read_->writing = written_ > written_before_;
}

void IoCounter::add_written(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  written_ += bytes;
}

class CountedSource final : public ByteSource {
 public:
  CountedSource(std::unique_ptr<ByteSource> inner, IoCounter& counter)
      : ByteSource(inner->name()), inner_(std::move(inner)), counter_(counter) {
    now_.file = name();
    begin(0);
  }
  ~CountedSource() override { counter_.end_read(now_.number); }
  std::uint64_t size() const override { return inner_->size(); }
  SharedBudget budget() const override { return inner_->budget(); }
  std::string open_path() const override { return inner_->open_path(); }
  const ByteSource& inner() const { return *inner_; }

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    counter_.stop().check();
    inner_->read(offset, out);
    if (offset < from_ + now_.done) {  // a step back begins another read
      counter_.end_read(now_.number);
      begin(offset);
    }
    now_.done = offset + out.size() - from_;
    counter_.add_read(out.size(), now_);
  }

 private:
  void begin(std::uint64_t offset) const {
    from_ = offset;
    now_.number = counter_.begin_read();
    now_.done = 0;
    now_.total = size() - offset;
  }

  std::unique_ptr<ByteSource> inner_;
  IoCounter& counter_;
  mutable std::uint64_t from_ = 0;
  mutable LongRead now_;
};

/// The storage below knows only what it opened itself.
const ByteSource& uncounted(const ByteSource& source) {
  const auto* counted = dynamic_cast<const CountedSource*>(&source);
  return counted == nullptr ? source : counted->inner();
}

class CountedFile final : public WritableFile {
 public:
  /// `fresh`: made by this run, so that no change of it is one of the target.
  CountedFile(std::unique_ptr<WritableFile> inner, bool fresh, IoCounter& counter)
      : inner_(std::move(inner)), fresh_(fresh), counter_(counter) {}

  std::uint64_t size() const override { return inner_->size(); }
  void read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    counter_.stop().check();
    inner_->read(offset, out);
  }
  void write(std::uint64_t offset, std::span<const std::uint8_t> data) override {
    about_to_change();
    inner_->write(offset, data);
    counter_.add_written(data.size());
  }
  void resize(std::uint64_t size) override {
    about_to_change();
    inner_->resize(size);
  }
  bool clone(const ByteSource& from) override { return inner_->clone(uncounted(from)); }
  void copy_attributes(const ByteSource& from) override {
    inner_->copy_attributes(uncounted(from));
  }
  void mark_change(const std::string& journal) override { inner_->mark_change(journal); }
  void sync() override { inner_->sync(); }

 private:
  void about_to_change() {
    counter_.stop().check();
    if (!fresh_) counter_.stop().hold();
  }

  std::unique_ptr<WritableFile> inner_;
  bool fresh_;
  IoCounter& counter_;
};

std::unique_ptr<ByteSource> counted(std::unique_ptr<ByteSource> inner, IoCounter& counter) {
  return std::make_unique<CountedSource>(std::move(inner), counter);
}

bool is_named(const ReadStorage& storage, const std::vector<std::string>& names,
              const std::string& path, const FileInfo& info) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    if (comparable(base_name(name)) != comparable(base_name(path))) return false;
    const std::optional<FileInfo> named = storage.stat(name);
    return named && is_same_file(*named, info);
  });
}

void refuse_link(const std::string& path) {
  throw Error(ErrorKind::refused,
              "is a symbolic link, and was none when its folder was listed: not followed", path);
}

std::unique_ptr<WritableFile> CountingStorage::open_write(const std::string& path) {
  return std::make_unique<CountedFile>(inner_.open_write(path), false, counter_);
}

std::unique_ptr<WritableFile> CountingStorage::create(const std::string& path) {
  auto file = std::make_unique<CountedFile>(inner_.create(path), true, counter_);
  names_.created(path);
  return file;
}

void CountingStorage::rename(const std::string& from, const std::string& to) {
  inner_.rename(from, to);
  names_.renamed(from, to);
}

void CountingStorage::rename_new(const std::string& from, const std::string& to) {
  if (is_hot_name(to)) counter_.stop().check();
  inner_.rename_new(from, to);
  if (is_hot_name(to)) counter_.stop().hold();
  if (is_hot_name(from)) counter_.stop().release();
  names_.renamed(from, to);
}

void CountingStorage::remove(const std::string& path) {
  inner_.remove(path);
  if (is_hot_name(path)) counter_.stop().release();
  names_.removed(path);
}

bool CountingStorage::link(const std::string& from, const std::string& to) {
  if (!inner_.link(from, to)) return false;
  names_.created(to);
  return true;
}

}  // namespace goldhive::cli
