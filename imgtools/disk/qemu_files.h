// From the names of the files of an image to what qemu is handed.
//
// Who shares a folder can give a name to another file at any moment. So what is looked at (see
// qemu_image.h) and what qemu opens must be one open file and not one name.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "imgtools/disk/nbd.h"
#include "imgtools/disk/qemu_image.h"
#include "imgtools/host/storage.h"

namespace goldhive {

/// Opens each file once, and keeps it open: whoever opens the name again gets the same file.
class FilesForQemu final : public ReadStorage {
 public:
  using Open = std::function<std::shared_ptr<const ByteSource>(const std::string& path)>;

  /// `open` opens the files of `base`, which must outlive this.
  FilesForQemu(const ReadStorage& base, Open open) : base_(base), open_(std::move(open)) {}

  std::optional<FileInfo> stat(const std::string& path) const override { return base_.stat(path); }
  std::vector<DirectoryEntry> list(const std::string& directory) const override {
    return base_.list(directory);
  }
  std::unique_ptr<ByteSource> open(const std::string& path) const override;
  std::optional<std::string> read_link(const std::string& path) const override {
    return base_.read_link(path);
  }
  std::optional<OwnFile> open_own(const std::string& path,
                                  const std::string& target) const override {
    return base_.open_own(path, target);
  }

 private:
  const ReadStorage& base_;
  Open open_;
  mutable std::map<std::string, std::shared_ptr<const ByteSource>> files_;
};

/// The disk of an image that was examined through `files`. They must stay until qemu has them open.
std::vector<NbdLayer> layers_of(const QemuImage& image, const FilesForQemu& files);

}  // namespace goldhive
