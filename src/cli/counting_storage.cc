#include "src/cli/counting_storage.h"

namespace goldhive::cli {
namespace {

class CountedSource final : public ByteSource {
 public:
  CountedSource(std::unique_ptr<ByteSource> inner, ReadStats& total)
      : ByteSource(inner->name()), inner_(std::move(inner)), total_(total) {}
  std::uint64_t size() const override { return inner_->size(); }

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    inner_->read(offset, out);
    ++total_.reads;
    total_.bytes += out.size();
  }

 private:
  std::unique_ptr<ByteSource> inner_;
  ReadStats& total_;
};

}  // namespace

std::optional<FileInfo> CountingStorage::stat(const std::string& path) const {
  return inner_.stat(path);
}

std::vector<DirectoryEntry> CountingStorage::list(const std::string& directory) const {
  return inner_.list(directory);
}

std::unique_ptr<ByteSource> CountingStorage::open(const std::string& path) const {
  return std::make_unique<CountedSource>(inner_.open(path), total_);
}

std::optional<std::string> CountingStorage::read_link(const std::string& path) const {
  return inner_.read_link(path);
}

}  // namespace goldhive::cli
