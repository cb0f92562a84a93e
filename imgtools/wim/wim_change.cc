// The order of writes
//
//   old file   | header | blobs, metadata ... | blob table | XML | integrity |
//   phase 0    | header | all of that, untouched                             | new things |
//   phase 1    | HEADER | all of that, untouched                             | new things |
//
//   new things:  the new blobs, the new metadata of each changed image, the new blob table, the new
//                XML, and an integrity table if there was one
//
// After phase 0 the file is the old WIM with bytes behind its end that nothing points to; the
// journal syncs it. Phase 1 writes the 208 bytes of the header, and with them the file is the new
// WIM. The old things stay as dead space, as they do after DISM and wimlib.
//
// Only three things say what a file contains, and nothing else is touched:
//
// - The 20 bytes of its hash in the metadata: in its dentry, or in the stream without a name behind
//   it. Attributes, times, security descriptor, short name and streams are other bytes of the same
//   metadata and stay as they are. All names of a hard link are changed.
// - The blob table. Other files can have the same content, in this image or another: the old blob
//   is dropped only when no metadata of the WIM names its hash any more. That is found by a search
//   and not by the counts of references, which are wrong in WIMs made by Microsoft. Two files that
//   get the same content share the new blob. Before anything is written, the new table is read as a
//   reader would read it, and compared with the old one: every other content must be found where it
//   was, and so must those of solid runs.
// - The header's entry of the bootable image's metadata, and the XML, which sums up sizes.
//
// Sources: as for wim_header.h. DISM and wimlib, too, append to a WIM and order the parts like
// this.
#include "imgtools/wim/wim_change.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "imgtools/bytes/digest.h"
#include "imgtools/bytes/error.h"
#include "imgtools/bytes/large_buffer.h"
#include "imgtools/wim/wim_hash_uses.h"
#include "imgtools/wim/wim_hashed_source.h"
#include "imgtools/wim/wim_integrity.h"
#include "imgtools/wim/wim_rebuild.h"
#include "imgtools/wim/wim_table_check.h"
#include "imgtools/wim/wim_table_edit.h"
#include "imgtools/wim/wim_xml_edit.h"

namespace goldhive {

namespace {

Bytes bytes_of(const WimHash& hash) { return {hash.begin(), hash.end()}; }

/// One image: its new metadata, and what grew.
struct ImageWork {
  std::uint32_t number = 0;
  LargeBuffer metadata;       ///< with the changes
  std::vector<Write> writes;  ///< which bytes of it change
  WimXmlEdit xml;
};

class Change {
 public:
  Change(const WimContainer& wim, std::uint64_t now)
      : wim_(wim),
        part_(wim.parts().front()),
        table_(part_.blobs),
        now_(now),
        end_(part_.access.file->size()) {}

  HostChange run(const std::vector<WimImageEdit>& edits) {
    std::vector<ImageWork> images;
    for (const WimImageEdit& edit : edits) images.push_back(change_image(edit));
    std::sort(images.begin(), images.end(),
              [](const ImageWork& a, const ImageWork& b) { return a.number < b.number; });
    drop_unused_blobs(images);
    WimHeader header = wim_.header();
    std::map<std::uint32_t, WimXmlEdit> xml;
    for (const ImageWork& image : images) {
      const WimResource place = append_metadata(image);
      if (header.boot_image == image.number) header.boot_metadata = place;
      xml.emplace(image.number, image.xml);
    }
    Bytes table = table_.bytes();
    require_same_contents(table, images);
    header.blob_table = append_plain(std::move(table), part_.access.header.blob_table.flags);
    if (!header.xml.is_absent()) append_xml(header, xml);
    if (!header.integrity.is_absent()) append_integrity(header);
    HostChange change;
    change.sizes.emplace_back(part_.path, end_);
    std::uint64_t at = part_.access.file->size();
    for (Bytes& bytes : appended_) {
      const std::uint64_t length = bytes.size();
      change.edits.push_back({part_.path, 0, {at, std::move(bytes)}});
      at += length;
    }
    change.edits.push_back({part_.path, 1, {0, to_bytes(header)}});
    return change;
  }

 private:
  /// The old and the new content of a file; the same for each image that has the file.
  struct NewContent {
    WimHash old{};
    std::vector<Write> writes;
    std::uint64_t size = 0;
    WimHash hash{};
  };

  ImageWork change_image(const WimImageEdit& edit) {
    ImageWork work;
    work.number = edit.image;
    for (const FileEdit& file : edit.files) change_file(edit, file, work);
    std::sort(work.writes.begin(), work.writes.end(),
              [](const Write& a, const Write& b) { return a.offset < b.offset; });
    work.metadata = read_metadata_to_change(edit.image);
    for (const auto& [at, bytes] : work.writes) {
      std::copy(bytes.begin(), bytes.end(),
                work.metadata.span().subspan(static_cast<std::size_t>(at)).begin());
    }
    return work;
  }

  void change_file(const WimImageEdit& edit, const FileEdit& file, ImageWork& work) {
    const WimDentry dentry = edit.tree->file(file.path);
    if (dentry.is_encrypted() || dentry.is_reparse_point()) {
      throw Error(ErrorKind::refused, "is encrypted or a link, and is not changed", file.path);
    }
    const std::string name = fmt::format("{}@{}: {}", part_.path, edit.image, file.path);
    std::uint64_t old_size = 0;
    const WimHash hash = new_content(dentry.hash, file, name, old_size);
    std::uint32_t names = 0;
    edit.tree->each_name(dentry, [&](const WimDentry& one) {
      work.writes.push_back({one.hash_at, bytes_of(hash)});
      ++names;
    });
    table_.move_references(dentry.hash, hash, names);
    if (!is_zero(dentry.hash)) replaced_.insert(dentry.hash);
    const std::uint64_t grown = file.new_size - old_size;
    work.xml.more_bytes += grown * names;
    work.xml.more_link_bytes += grown * (names - 1);
  }

  /// The hash of the new content of a file; its blob is appended if the WIM does not hold it yet.
  WimHash new_content(const WimHash& old, const FileEdit& file, const std::string& name,
                      std::uint64_t& old_size) {
    std::unique_ptr<ByteSource> source;
    std::uint8_t flags = 0;
    if (is_zero(old)) {
      source = std::make_unique<MemorySource>(Bytes{}, name);
    } else {
      const std::optional<std::size_t> entry = part_.blobs.find(old);
      if (!entry) throw Error(ErrorKind::corrupt, "its content is not in this WIM", name);
      source = wim_.open_place({0, *entry}, name);
      flags = part_.blobs.entry(*entry).resource.flags;
    }
    old_size = source->size();
    if (file.new_size < old_size) {
      throw Error(ErrorKind::usage,
                  "the change would make the file shorter, which a patch never does", name);
    }
    for (const NewContent& known : contents_) {
      if (known.old == old && known.size == file.new_size && known.writes == file.writes) {
        return known.hash;
      }
    }
    std::span<const std::uint8_t> known;
    if (file.contents && file.contents->in_memory().size() == file.new_size) {
      known = file.contents->in_memory();
    }
    WimRebuilt rebuilt =
        rebuild_wim_resource(part_.access, *source, flags, old, file.writes, file.new_size, known);
    const WimHash hash = rebuilt.hash;
    contents_.push_back({old, file.writes, file.new_size, hash});
    if (!is_zero(hash) && !table_.has(hash)) {
      table_.add(append(std::move(rebuilt)), hash);
    }
    return hash;
  }

  /// Removes the replaced blobs that no metadata names any more from the table.
  void drop_unused_blobs(const std::vector<ImageWork>& images) {
    WimHashUses uses;  // of blobs that have no references by the table's count
    for (const WimHash& hash : replaced_) {
      if (table_.references(hash) == 0) uses.emplace(hash, 0);
    }
    for (std::uint32_t number = 1; number <= wim_.images() && !uses.empty(); ++number) {
      const auto changed = std::find_if(images.begin(), images.end(), [&](const ImageWork& image) {
        return image.number == number;
      });
      if (changed != images.end()) {
        count_wim_hash_uses(changed->metadata.span(), uses);
      } else {
        count_wim_hash_uses(*wim_.open_metadata(number, metadata_name(number)), uses);
      }
    }
    for (const auto& [hash, found] : uses) {
      if (found == 0) {
        table_.remove(hash);
        dropped_.insert(hash);
      } else {
        table_.set_references(hash, found);
      }
    }
  }

  /// Only the metadata of the changed images and the dropped blobs may differ, or lie elsewhere, by
  /// the new table, however the old one was ordered.
  void require_same_contents(const Bytes& table, const std::vector<ImageWork>& images) const {
    const WimTableDifference difference =
        compare_wim_tables(part_.blobs, parse_wim_table(table, part_.blobs.part(), part_.path));
    const bool same =
        difference.elsewhere.empty() &&
        std::all_of(difference.gone.begin(), difference.gone.end(),
                    [&](const WimHash& hash) { return dropped_.count(hash) != 0; }) &&
        std::all_of(difference.images.begin(), difference.images.end(), [&](std::size_t changed) {
          return std::any_of(images.begin(), images.end(),
                             [&](const ImageWork& image) { return image.number == changed + 1; });
        });
    if (same) return;
    throw Error(ErrorKind::refused,
                "has a blob table in an order that an appended entry would break: other contents "
                "would be read from other places. Have DISM or wimlib-imagex optimize write the "
                "WIM anew",
                part_.path);
  }

  std::string metadata_name(std::uint32_t image) const {
    return fmt::format("{}@{}: metadata", part_.path, image);
  }

  /// Compares the metadata with its hash: a change of damaged metadata would give the damage a
  /// valid hash.
  LargeBuffer read_metadata_to_change(std::uint32_t image) const {
    const WimHash hash = part_.blobs.entry(part_.blobs.metadata().at(image - 1)).hash;
    const std::string name = metadata_name(image);
    std::unique_ptr<ByteSource> source = wim_.open_metadata(image, name);
    if (!is_zero(hash)) source = std::make_unique<WimHashedSource>(std::move(source), hash, name);
    return LargeBuffer(*source, 0, static_cast<std::size_t>(source->size()));
  }

  WimResource append_metadata(const ImageWork& image) {
    const std::size_t index = part_.blobs.metadata().at(image.number - 1);
    const WimBlobEntry old = part_.blobs.entry(index);
    const auto source = wim_.open_metadata(image.number, metadata_name(image.number));
    WimRebuilt rebuilt = rebuild_wim_resource(part_.access, *source, old.resource.flags, old.hash,
                                              image.writes, source->size(), image.metadata.span());
    const WimHash hash = rebuilt.hash;
    const WimResource place = append(std::move(rebuilt));
    table_.replace_metadata(index, place, hash);
    return place;
  }

  void append_xml(WimHeader& header, const std::map<std::uint32_t, WimXmlEdit>& edits) {
    const auto source = open_wim_resource(part_.access, header.xml, part_.path + ": XML");
    const Bytes old = source->read(0, static_cast<std::size_t>(source->size()));
    const std::uint64_t total = end_;  // everything before the XML
    header.xml = append_plain(edit_wim_xml(old, edits, now_, total, part_.path), header.xml.flags);
  }

  void append_integrity(WimHeader& header) {
    header.integrity = append_plain(
        extend_wim_integrity(*part_.access.file, wim_.header(), appended_, header.blob_table),
        header.integrity.flags);
  }

  WimResource append(WimRebuilt rebuilt) {
    WimResource resource = rebuilt.resource;
    resource.offset = append(std::move(rebuilt.stored));
    return resource;
  }

  WimResource append_plain(Bytes content, std::uint8_t flags) {
    const std::uint64_t size = content.size();
    return {size, static_cast<std::uint8_t>(flags & ~WimResource::compressed_flag),
            append(std::move(content)), size};
  }

  /// Returns where in the file `bytes` will be.
  std::uint64_t append(Bytes bytes) {
    const std::uint64_t at = end_;
    end_ += bytes.size();
    appended_.push_back(std::move(bytes));
    return at;
  }

  const WimContainer& wim_;
  const WimContainer::Part& part_;
  WimTableEdit table_;
  std::uint64_t now_;
  std::uint64_t end_;  // the end of the file, with everything appended so far
  std::vector<Bytes> appended_;
  std::vector<NewContent> contents_;
  std::set<WimHash> replaced_;
  std::set<WimHash> dropped_;  // those replaced blobs that no metadata names any more
};

}  // namespace

std::optional<Error> refusal_of_wim(const WimContainer& wim) {
  const WimHeader& header = wim.header();
  const std::string& path = wim.parts().front().path;
  const auto refuse = [&](const char* why) { return Error(ErrorKind::refused, why, path); };
  if (header.parts > 1 || header.has(WimHeader::spanned)) {
    return refuse(
        "is a split WIM, which is not changed: join its parts (wimlib-imagex join NEW.wim "
        "FIRST.swm ...), patch that, and split it again");
  }
  if (header.pipable) {
    return refuse(
        "is a pipable WIM, which is not changed: rewrite it first (wimlib-imagex optimize "
        "--not-pipable FILE)");
  }
  if (header.has(WimHeader::write_in_progress)) {
    return refuse(
        "is marked as being written: another program is at work on it, or was cut off. Wait "
        "for it; or, if it is gone, have DISM or wimlib-imagex optimize put the WIM in order");
  }
  if (header.has(WimHeader::read_only)) {
    return refuse(
        "is marked read-only by whoever made it: export its images to a new WIM "
        "(wimlib-imagex export FILE all NEW.wim) and patch that");
  }
  if (header.has(WimHeader::resource_only) || header.has(WimHeader::metadata_only)) {
    return refuse(
        "holds only the contents of files or only the metadata of images (by the flags of its "
        "header), and is not changed: patch a WIM that holds both");
  }
  return std::nullopt;
}

HostChange change_wim_files(const WimContainer& wim, const std::vector<WimImageEdit>& edits,
                            std::uint64_t now) {
  if (const std::optional<Error> error = refusal_of_wim(wim)) throw Error(*error);
  return Change(wim, now).run(edits);
}

}  // namespace goldhive
