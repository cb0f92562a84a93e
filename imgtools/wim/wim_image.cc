#include "imgtools/wim/wim_image.h"

#include <fmt/format.h>

#include "imgtools/compactable.h"
#include "imgtools/host/file_places.h"
#include "imgtools/wim/wim_change.h"
#include "imgtools/wim/wim_compact.h"
#include "imgtools/wim/wim_integrity.h"
#include "imgtools/wim/wim_table_check.h"
#include "imgtools/wim/wim_tree.h"

namespace goldhive {

namespace {

bool is_esd(const WimHeader& header) { return header.version == WimHeader::version_solid; }

std::string list_flags(const WimHeader& header) {
  std::string text;
  const auto add = [&](bool set, const char* name) {
    if (set) text += fmt::format(", {}", name);
  };
  add(header.has(WimHeader::read_only), "read-only");
  add(header.has(WimHeader::spanned) || header.parts > 1, "split");
  add(header.has(WimHeader::resource_only), "resources only");
  add(header.has(WimHeader::metadata_only), "metadata only");
  add(header.has(WimHeader::write_in_progress), "write in progress");
  add(header.has(WimHeader::reparse_fixed), "reparse points fixed");
  add(header.pipable, "pipable");
  return text;
}

class WimImage final : public Image, public Compactable {
 public:
  WimImage(std::shared_ptr<const WimContainer> wim, const std::string& path)
      : wim_(std::move(wim)) {
    for (std::uint32_t image = 1; image <= wim_->images(); ++image) {
      volumes_.push_back(open_volume(image, path));
    }
    if (wim_->header().images > wim_->images()) volumes_.push_back(missing_images());
    if (wim_->header().has(WimHeader::write_in_progress)) {
      notes_.push_back(
          "a program was writing to this WIM, or was cut off; it is read as it was before");
    }
  }

  std::string format() const override { return is_esd(wim_->header()) ? "esd" : "wim"; }
  const std::vector<Volume>& volumes() const override { return volumes_; }
  std::vector<std::string> notes() const override { return notes_; }
  std::vector<std::string> details() const override {
    const WimHeader& header = wim_->header();
    return {fmt::format("version {:#x}, compression {}, GUID {}, boot image {}{}", header.version,
                        to_string(header.compression()), to_string(header.guid),
                        header.boot_image == 0 ? "none" : fmt::format("{}", header.boot_image),
                        list_flags(header))};
  }
  bool may_lack_windows() const override { return true; }
  bool changes_as_one() const override { return true; }

  HostChange change_volumes(const std::vector<VolumeEdit>& edits,
                            std::uint64_t now) const override {
    std::vector<WimImageEdit> images;
    for (const VolumeEdit& edit : edits) {
      const auto number = static_cast<std::uint32_t>(edit.volume + 1);
      images.push_back({number, trees_.at(edit.volume).get(), edit.files});
    }
    return change_wim_files(*wim_, images, now);
  }

  std::vector<std::size_t> volumes_changed_since(const Image& before) const override {
    const auto* old = dynamic_cast<const WimImage*>(&before);
    if (old == nullptr) return Image::volumes_changed_since(before);
    std::vector<std::size_t> volumes;
    for (const std::uint32_t image : changed_wim_images(*old->wim_, *wim_)) {
      volumes.push_back(image - 1);
    }
    return volumes;
  }

  std::optional<Error> refusal(std::size_t) const override { return refusal_of_wim(*wim_); }

  HostRewrite compacted() const override { return compact_wim(wim_); }

  std::vector<std::string> host_files() const override {
    std::vector<std::string> files;
    for (const WimContainer::Part& part : wim_->parts()) files.push_back(part.path);
    return files;
  }

  std::vector<std::string> check() const override {
    std::vector<std::string> said;
    for (const WimContainer::Part& part : wim_->parts()) {
      const WimHeader& header = part.access.header;
      if (header.integrity.is_absent()) {
        said.push_back(fmt::format("{}: has no integrity table to check", part.path));
        continue;
      }
      const std::size_t pieces = check_wim_integrity(*part.access.file, header);
      said.push_back(fmt::format("{}: the integrity table is right ({} {})", part.path, pieces,
                                 pieces == 1 ? "piece" : "pieces"));
    }
    return said;
  }

 private:
  Volume open_volume(std::uint32_t image, const std::string& path) {
    Volume volume;
    volume.id = fmt::format("@{}", image);
    volume.file_system = "wim";
    const auto info = wim_->xml().images.find(image);
    if (info != wim_->xml().images.end()) {
      volume.label = info->second.name;
      volume.description = describe(info->second);
      volume.size = info->second.bytes;
    }
    trees_.emplace_back();
    try {
      trees_.back() = std::make_shared<WimTree>(wim_, image, path + volume.id);
      volume.tree = trees_.back();
    } catch (const Error& e) {
      volume.error = e;
      volume.passed_over = "an image that cannot be read";
    }
    return volume;
  }

  /// Images that the header counts and that have no metadata: their content is not known.
  Volume missing_images() const {
    Volume volume;
    volume.id = fmt::format("@{}", wim_->images() + 1);
    volume.file_system = "wim";
    volume.passed_over = "an image without metadata";
    volume.error = Error(ErrorKind::corrupt,
                         fmt::format("the header counts {} images, and there is metadata of {}",
                                     wim_->header().images, wim_->images()));
    return volume;
  }

  std::shared_ptr<const WimContainer> wim_;
  std::vector<Volume> volumes_;
  std::vector<std::shared_ptr<const WimTree>> trees_;  ///< one for each volume
  std::vector<std::string> notes_;
};

}  // namespace

std::unique_ptr<Image> make_wim_image(std::shared_ptr<const ByteSource> file,
                                      const std::string& path, const OpenWimPart& open_part) {
  return std::make_unique<WimImage>(WimContainer::open(std::move(file), path, open_part), path);
}

bool is_wim_image(const Candidate& candidate) {
  return is_wim(ByteView(candidate.head, 0, candidate.path));
}

bool is_esd_image(const Candidate& candidate) {
  return is_wim_image(candidate) && candidate.head.size() >= wim_header_size &&
         ByteView(candidate.head, 0, candidate.path).u32(12) == WimHeader::version_solid;
}

bool is_later_wim_part(const Candidate& candidate) {
  if (!is_wim_image(candidate)) return false;
  const WimHeader header = read_wim_header(*candidate.source);
  const auto path = first_wim_part_path(candidate.path, header.part);
  if (!path || !candidate.storage.stat(*path)) return false;
  const Candidate first = examine(candidate.storage, *path, candidate.options, candidate.opener);
  if (first.is_directory() || !is_wim_image(first)) return false;
  const WimHeader other = read_wim_header(*first.source);
  return other.part == 1 && other.parts == header.parts && other.guid == header.guid;
}

std::unique_ptr<Image> open_wim_image(const Candidate& candidate) {
  const auto open_part =
      [&candidate](const std::string& path) -> std::shared_ptr<const ByteSource> {
    const FilePlaces places(candidate.storage, candidate.path, candidate.options.parent_folders);
    places.require(path, "its part", candidate.path);
    if (!candidate.storage.stat(path)) return nullptr;
    return places.open(path, "its part", candidate.path);
  };
  return make_wim_image(candidate.source, candidate.path, open_part);
}

}  // namespace goldhive
