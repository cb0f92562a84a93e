// What is odd about archives as images: they are no random-access file systems but streams, read
// once from front to back (member_tree.h). And people put not only the files of a Windows into them
// but also images: a disk.vhd in a zip, an install.wim in a 7z, a tar in a tar. Such a member is
// opened by the same table of formats as a file of the host. For its opener the archive looks like
// a folder of the host. So a differencing disk finds its parent in the same folder, and an error
// names the place of the member.
//
// Volumes: the archive's own files first, under the id ""; then the volumes of each image in it,
// under "/<member>" and their own id: "backup.zip/disk.vhd:p2".
#include "imgtools/archive/archive.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/archive/archive_change.h"
#include "imgtools/archive/archive_reader.h"
#include "imgtools/archive/member_storage.h"
#include "imgtools/archive/member_tree.h"
#include "imgtools/archive/packing.h"
#include "imgtools/archive/tar_format.h"
#include "imgtools/archive/zip_format.h"
#include "imgtools/bytes/error.h"

namespace goldhive {

namespace {

class ArchiveImage final : public Image {
 public:
  ArchiveImage(const Candidate& candidate, std::string format)
      : opener_(candidate.opener),
        path_(candidate.path),
        format_(std::move(format)),
        source_(candidate.source),
        options_(candidate.options) {
    const ArchiveOptions reading{format_, options_.scratch_directory,
                                 [this](std::span<const std::uint8_t> head, std::uint64_t size) {
                                   return opener_.may_be_image(head, size);
                                 },
                                 options_.depth > 0, options_.max_unpacked};
    tree_ = std::make_shared<MemberTree>(candidate.source, reading);
    members_ = std::make_unique<MemberStorage>(tree_, path_);
    Volume own;
    const std::string packing = packing_of(candidate.head);
    own.file_system = packing.empty() ? format_ : format_ + "." + packing;
    own.size = candidate.source->size();
    own.tree = tree_;
    own.error = tree_->unread();
    volumes_.push_back(std::move(own));
    for (const std::string& member : tree_->images()) open_inside(member);
  }

  std::string format() const override { return format_; }
  const std::vector<Volume>& volumes() const override { return volumes_; }
  std::vector<std::string> notes() const override {
    std::vector<std::string> all = tree_->name_notes();
    for (const auto& [id, image] : inside_) {
      for (const std::string& note : image->notes()) all.push_back(id + ": " + note);
    }
    return all;
  }
  std::vector<std::string> details() const override {
    std::vector<std::string> all;
    for (const auto& [id, image] : inside_) {
      for (const std::string& detail : image->details()) all.push_back(id + ": " + detail);
    }
    return all;
  }
  std::vector<std::string> host_files() const override { return {path_}; }

  std::optional<Error> refusal(std::size_t index) const override {
    if (index != 0) {
      return Error(
          ErrorKind::unsupported,
          "an image inside an archive is only read, never changed: extract it, patch it and "
          "put it back",
          path_ + volumes_.at(index).id);
    }
    if (format_ != "tar" && format_ != "zip") return Image::refusal(index);
    if (format_ == "tar" && !tree_->is_tar()) {
      return Error(
          ErrorKind::unsupported,
          "is packed and holds no tar, so it is only read, never changed: unpack it, patch "
          "what comes out and pack that again",
          path_);
    }
    return std::nullopt;
  }

  HostChange host_change(std::size_t index, const std::vector<FileEdit>& edits) const override {
    if (const std::optional<Error> error = refusal(index)) throw Error(*error);
    for (const FileEdit& edit : edits) {
      if (tree_->position(edit.path).occurrences == 1) continue;
      throw Error(ErrorKind::refused,
                  "is in the archive more than once: which of them to change cannot be told",
                  path_ + ": " + edit.path);
    }
    const ArchiveFile archive{path_, source_, tree_};
    return format_ == "tar" ? change_tar(archive, edits) : change_zip(archive, edits);
  }

 private:
  void open_inside(const std::string& member) {
    const std::string id = "/" + member;
    const std::string path = path_ + id;
    Volume failed;
    failed.id = id;
    try {
      if (opener_.is_opened_with_another(*members_, path)) return;
      std::unique_ptr<Image> image = open_member(path);
      for (const Volume& volume : image->volumes()) {
        volumes_.push_back(volume);
        volumes_.back().id = id + volume.id;
      }
      inside_.emplace_back(id, std::move(image));
      return;
    } catch (const Error& e) {
      // A file that only has the name of an image is not an error of the archive.
      if (e.kind() == ErrorKind::unsupported && !may_hold_windows(path)) {
        failed.passed_over = e.message();
        failed.foreign = true;
      } else if (e.kind() == ErrorKind::not_found) {
        failed.error =
            Error(e.kind(), e.message() + " (nothing outside of the archive is looked at)", path);
      } else {
        failed.error = e;
      }
    }
    volumes_.push_back(std::move(failed));
  }

  std::unique_ptr<Image> open_member(const std::string& path) const {
    OpenOptions options = options_;
    options.input_format.clear();
    --options.depth;
    return opener_.open_image(*members_, path, options);
  }

  bool may_hold_windows(const std::string& path) const {
    try {
      return opener_.may_hold_windows(*members_, path);
    } catch (const Error&) {
      return true;  // damaged, perhaps; so the error counts
    }
  }

  const Opener& opener_;
  std::string path_;
  std::string format_;
  std::shared_ptr<const ByteSource> source_;
  OpenOptions options_;
  std::shared_ptr<const MemberTree> tree_;
  std::unique_ptr<MemberStorage> members_;
  /// With the id of each. After tree_ and members_, from which they read.
  std::vector<std::pair<std::string, std::unique_ptr<Image>>> inside_;
  std::vector<Volume> volumes_;
};

}  // namespace

bool is_tar_archive(const Candidate& candidate) {
  if (candidate.is_directory()) return false;
  return !packing_of(candidate.head).empty() || starts_like_tar(candidate.head);
}

bool is_zip_archive(const Candidate& candidate) {
  using namespace std::string_view_literals;
  return candidate.has_magic(0, "PK\3\4"sv) || candidate.has_magic(0, "PK\5\6"sv) ||
         candidate.has_magic(0, "PK\7\x08"sv) || candidate.has_magic(0, "PK00PK"sv);
}

// ECMA-376-2 (OPC), 10.2.3: an item [Content_Types].xml, which writers put first, or _rels/.rels;
// OpenDocument 1.3, part 2, 3.3, and EPUB 3.3, 4.2.2: the first file is "mimetype"; "JAR File
// Specification": META-INF/ comes first.
bool is_document(const Candidate& candidate) {
  constexpr std::size_t name_at = 30;
  if (!is_zip_archive(candidate)) return false;
  const auto names = {"[Content_Types].xml", "_rels/", "mimetype", "META-INF/",
                      "AndroidManifest.xml"};
  return std::any_of(names.begin(), names.end(),
                     [&](const char* name) { return candidate.has_magic(name_at, name); });
}

bool is_7z_archive(const Candidate& candidate) {
  return candidate.has_magic(0, "7z\xbc\xaf\x27\x1c");
}

bool is_cpio_archive(const Candidate& candidate) {
  return !candidate.is_directory() && starts_like_cpio(candidate.head);
}

std::unique_ptr<Image> open_tar_archive(const Candidate& candidate) {
  return std::make_unique<ArchiveImage>(candidate, "tar");
}
std::unique_ptr<Image> open_zip_archive(const Candidate& candidate) {
  // libarchive takes a part of a split zip for a whole zip, and ignores what the two headers of
  // an entry contradict each other in.
  check_local_headers(*candidate.source, read_zip_directory(*candidate.source));
  return std::make_unique<ArchiveImage>(candidate, "zip");
}
std::unique_ptr<Image> open_7z_archive(const Candidate& candidate) {
  return std::make_unique<ArchiveImage>(candidate, "7z");
}
std::unique_ptr<Image> open_cpio_archive(const Candidate& candidate) {
  return std::make_unique<ArchiveImage>(candidate, "cpio");
}

}  // namespace goldhive
