#include "imgtools/disk/segments.h"

#include <algorithm>

#include "imgtools/bytes/error.h"

namespace goldhive {

Segments::Segments(const ReadStorage& storage, FilePlaces places, std::string first)
    : storage_(storage), places_(std::move(places)), first_(std::move(first)) {}

void Segments::add(const std::string& path) {
  File file;
  file.path = path;
  const std::optional<FileInfo> info = storage_.stat(path);
  if (!info) throw Error(ErrorKind::not_found, "no such file", path);
  file.device = info->device;
  file.inode = info->inode;
  open(file);
  file.size = file.source->size();
  if (files_.empty()) budget_ = file.source->budget();
  files_.push_back(std::move(file));
}

void Segments::open(const File& file) const {
  if (open_ >= most_open) {
    const auto oldest =
        std::min_element(files_.begin(), files_.end(), [](const File& a, const File& b) {
          if ((a.source == nullptr) != (b.source == nullptr)) return a.source != nullptr;
          return a.used < b.used;
        });
    oldest->source.reset();
    --open_;
  }
  file.source = file.path == first_ ? storage_.open(file.path)
                                    : places_.open(file.path, "its segment", first_);
  file.used = ++clock_;
  ++open_;
}

const ByteSource& Segments::file(std::size_t index) const {
  const File& file = files_.at(index);
  if (!file.source) {
    const std::optional<FileInfo> info = storage_.stat(file.path);
    open(file);
    if (!info || info->device != file.device || info->inode != file.inode ||
        file.source->size() != file.size) {
      throw Error(ErrorKind::io, "is another file than before", file.path);
    }
  }
  file.used = ++clock_;
  return *file.source;
}

std::vector<std::string> Segments::paths() const {
  std::vector<std::string> paths;
  for (const File& file : files_) paths.push_back(file.path);
  return paths;
}

}  // namespace goldhive
