// An ISO is two things at once: a file tree of its own, in which a Windows may lie, and a container
// of WIM files, each of which holds several images of a Windows. The WIM files are read where they
// lie: nothing is extracted, and the ISO file is the only file of the host.
//
// What is odd about it: a disc can hold two file systems over the same files. If there is UDF,
// Windows reads it, and the ISO9660 beside it may show only a README.TXT. So UDF is tried first,
// and a broken UDF is an error and no reason to look at ISO9660. Media for both architectures have
// a folder "sources" below x86 and below x64.
//
// An ISO is never changed: there is no room behind a file, and a longer file would have to move
// everything after it. README.md says how to make a new one.
#include "imgtools/iso/iso_image.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "imgtools/iso/iso9660.h"
#include "imgtools/iso/udf.h"
#include "imgtools/tree_storage.h"

namespace goldhive {

namespace {

constexpr std::array wim_folders = {"sources", "x86/sources", "x64/sources"};
constexpr std::array wim_names = {"install.wim", "install.esd", "install.swm", "boot.wim"};

class IsoImage final : public Image {
 public:
  explicit IsoImage(const Candidate& candidate) : opener_(candidate.opener), path_(candidate.path) {
    const std::shared_ptr<const DiscFileSystem> files =
        is_udf(*candidate.source) ? open_udf(candidate.source) : open_iso9660(candidate.source);
    const std::shared_ptr<const FileTree> tree = make_disc_tree(candidate.source, files);
    storage_ = std::make_unique<TreeStorage>(tree);
    for (const std::string folder : wim_folders) {
      for (const std::string name : wim_names) {
        // Spelled like this whatever the spelling on the disc, so that ids are known in advance.
        if (tree->find(folder + "/" + name)) add_wim("/" + folder + "/" + name);
      }
    }
    Volume disc;
    disc.label = files->label();
    disc.file_system = files->kind();
    disc.size = candidate.source->size();
    disc.tree = tree;
    volumes_.push_back(std::move(disc));
  }

  std::string format() const override { return "iso"; }
  const std::vector<Volume>& volumes() const override { return volumes_; }
  std::vector<std::string> notes() const override { return notes_; }
  std::vector<std::string> details() const override { return details_; }
  std::vector<std::string> host_files() const override { return {path_}; }
  bool may_lack_windows() const override { return !wims_.empty(); }

  std::vector<std::string> check() const override {
    std::vector<std::string> said;
    for (const auto& wim : wims_) {
      const std::vector<std::string> each = wim->check();
      said.insert(said.end(), each.begin(), each.end());
    }
    return said;
  }

  HostChange host_change(std::size_t index, const std::vector<FileEdit>&) const override {
    throw Error(*refusal(index));
  }

  std::optional<Error> refusal(std::size_t index) const override {
    const std::string& id = volumes_.at(index).id;
    const std::string wim = id.substr(0, id.find('@'));
    return Error(
        ErrorKind::refused,
        fmt::format("a disc image cannot be changed in place: copy its files to a folder, "
                    "patch {}, and make a new image (xorriso -as mkisofs, genisoimage -udf "
                    "or oscdimg -u2, with the boot sectors of the old one)",
                    wim.empty() ? "the folder" : "the folder's " + wim.substr(1)),
        path_);
  }

 private:
  /// A WIM that cannot be read must neither hide the others nor look as if it were not there.
  void add_wim(const std::string& path) {
    try {
      std::unique_ptr<Image> wim = opener_.open_image(*storage_, path, {"wim"});
      for (Volume volume : wim->volumes()) {
        volume.id.insert(0, path);
        volumes_.push_back(std::move(volume));
      }
      for (const std::string& note : wim->notes()) notes_.push_back(path + ": " + note);
      for (const std::string& detail : wim->details()) details_.push_back(path + ": " + detail);
      wims_.push_back(std::move(wim));
    } catch (const Error& e) {
      Volume broken;
      broken.id = path;
      broken.file_system = "wim";
      broken.passed_over = "a WIM that cannot be read";
      broken.error = e;
      volumes_.push_back(std::move(broken));
    }
  }

  const Opener& opener_;
  std::string path_;
  std::unique_ptr<const TreeStorage> storage_;  ///< of the disc; its users come after it
  std::vector<std::unique_ptr<Image>> wims_;
  std::vector<Volume> volumes_;  ///< the images of the WIMs, then the disc itself
  std::vector<std::string> notes_;
  std::vector<std::string> details_;
};

}  // namespace

bool is_iso_image(const Candidate& candidate) {
  return !candidate.is_directory() && (is_iso9660(*candidate.source) || is_udf(*candidate.source));
}

std::unique_ptr<Image> open_iso_image(const Candidate& candidate) {
  return std::make_unique<IsoImage>(candidate);
}

}  // namespace goldhive
