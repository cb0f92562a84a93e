// Resources are copied in the order in which they lie, without being decoded. Only their places in
// the blob table and in the header change, and the sums that depend on them: the XML's TOTALBYTES
// and the integrity table. An entry of a blob in a solid resource holds an offset in its content
// and stays as it is.
//
// The header comes first in the file and holds all the places, so these are computed before
// anything is written. The sums of the integrity table, which comes last, are computed while the
// rest is written.
#include "imgtools/wim/wim_compact.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "imgtools/bytes/error.h"
#include "imgtools/wim/wim_change.h"
#include "imgtools/wim/wim_integrity.h"
#include "imgtools/wim/wim_table_check.h"
#include "imgtools/wim/wim_xml_edit.h"

namespace goldhive {

namespace {

using Put = std::function<void(std::span<const std::uint8_t>)>;

class Compactor {
 public:
  explicit Compactor(std::shared_ptr<const WimContainer> wim)
      : wim_(std::move(wim)), part_(wim_->parts().front()), header_(part_.access.header) {
    const WimHeader& old = part_.access.header;
    place_resources();
    table_ = new_table();
    require_same_contents();
    header_.blob_table = place(table_, old.blob_table.flags);
    if (!old.boot_metadata.is_absent()) header_.boot_metadata = moved(old.boot_metadata);
    if (!old.xml.is_absent()) {
      const auto source = open_wim_resource(part_.access, old.xml, part_.path + ": XML");
      const Bytes text = source->read(0, static_cast<std::size_t>(source->size()));
      xml_ = edit_wim_xml(text, {}, 0, end_, part_.path);
      header_.xml = place(xml_, old.xml.flags);
    }
    if (!old.integrity.is_absent()) {
      piece_size_ = read_wim_integrity(*part_.access.file, old).piece_size;
      const std::uint64_t checked = header_.blob_table.offset + table_.size() - wim_header_size;
      const std::uint64_t size = wim_integrity_size(checked, piece_size_);
      header_.integrity = {size, old.integrity.flags, end_, size};
      end_ += size;
    }
  }

  std::uint64_t size() const { return end_; }

  void write(const Put& put) const {
    put(to_bytes(header_));
    if (piece_size_ == 0) {
      put_checked(put);
      put(xml_);
      return;
    }
    WimIntegritySums sums(piece_size_);
    put_checked([&](std::span<const std::uint8_t> bytes) {
      sums.add(bytes);
      put(bytes);
    });
    put(xml_);
    put(sums.table());
  }

 private:
  /// Offset and stored size of a resource.
  using Place = std::pair<std::uint64_t, std::uint64_t>;

  static bool lies_in_file(const WimResource& resource) {
    return !resource.is_solid() || resource.size == wim_solid_resource_mark;
  }

  void place_resources() {
    const std::uint64_t size = part_.access.file->size();
    for (std::size_t i = 0; i < part_.blobs.size(); ++i) {
      const WimResource resource = part_.blobs.entry(i).resource;
      if (!lies_in_file(resource)) continue;
      if (resource.offset > size || resource.stored_size > size - resource.offset) {
        throw Error::corrupt(
            part_.path, resource.offset, "a resource reaches beyond the end of the WIM",
            fmt::format("at most {} bytes", size - std::min(size, resource.offset)),
            fmt::format("{} bytes", resource.stored_size));
      }
      places_.emplace(Place{resource.offset, resource.stored_size}, 0);
    }
    std::uint64_t old_end = 0;
    for (auto& [old, now] : places_) {
      if (old.first < old_end) {
        throw Error::corrupt(part_.path, old.first, "two resources of the WIM overlap");
      }
      old_end = old.first + old.second;
      now = end_;
      end_ += old.second;
    }
  }

  WimResource place(const Bytes& content, std::uint8_t flags) {
    const WimResource resource{content.size(),
                               static_cast<std::uint8_t>(flags & ~WimResource::compressed_flag),
                               end_, content.size()};
    end_ += content.size();
    return resource;
  }

  WimResource moved(WimResource resource) const {
    const auto place = places_.find({resource.offset, resource.stored_size});
    if (place == places_.end()) {
      throw Error::corrupt(part_.path, resource.offset,
                           "the metadata of the bootable image is not in the blob table");
    }
    resource.offset = place->second;
    return resource;
  }

  Bytes new_table() const {
    Bytes table(part_.blobs.bytes().begin(), part_.blobs.bytes().end());
    for (std::size_t i = 0; i < part_.blobs.size(); ++i) {
      WimBlobEntry entry = part_.blobs.entry(i);
      if (!lies_in_file(entry.resource)) continue;
      entry.resource = moved(entry.resource);
      put_wim_blob_entry(table, i * wim_blob_entry_size, entry);
    }
    return table;
  }

  /// Whether the new table finds every content and image where it was moved to.
  void require_same_contents() const {
    const WimTableDifference difference =
        compare_wim_tables(part_.blobs, parse_wim_table(table_, part_.blobs.part(), part_.path),
                           [this](const WimResource& old) { return moved(old); });
    if (difference.gone.empty() && difference.elsewhere.empty() && difference.images.empty())
      return;
    throw Error(ErrorKind::refused, "its contents would not be found after compaction", part_.path);
  }

  /// Writes what an integrity table covers: all between the header and the end of the blob table.
  void put_checked(const Put& put) const {
    for (const auto& [old, now] : places_) {
      each_piece(*part_.access.file, old.first, old.second,
                 [&](std::uint64_t, std::span<const std::uint8_t> piece) { put(piece); });
    }
    put(table_);
  }

  std::shared_ptr<const WimContainer> wim_;
  const WimContainer::Part& part_;
  WimHeader header_;
  std::map<Place, std::uint64_t> places_;  // from the old place to the new offset
  std::uint64_t end_ = wim_header_size;
  Bytes table_;
  Bytes xml_;
  std::uint32_t piece_size_ = 0;  // of the integrity table; 0: it has none
};

}  // namespace

HostRewrite compact_wim(std::shared_ptr<const WimContainer> wim) {
  if (const std::optional<Error> error = refusal_of_wim(*wim)) throw Error(*error);
  HostRewrite rewrite;
  rewrite.path = wim->parts().front().path;
  const auto compactor = std::make_shared<const Compactor>(std::move(wim));
  rewrite.size_limit = compactor->size();
  rewrite.write = [compactor](const Put& put) { compactor->write(put); };
  return rewrite;
}

}  // namespace goldhive
