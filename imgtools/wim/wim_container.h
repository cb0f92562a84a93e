// A WIM as a whole: its parts, its images, its blobs. wim_header.h, wim_blob_table.h,
// wim_resource.h, wim_metadata.h and wim_xml.h describe the structures.
//
// A split WIM is a set of files. Each of them is a WIM without the blobs of the others; part 1 has
// all the metadata. Their names are install.swm, install2.swm, install3.swm and so on.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "imgtools/wim/wim_metadata.h"
#include "imgtools/wim/wim_resource.h"
#include "imgtools/wim/wim_xml.h"

namespace goldhive {

/// Opens a file by the path of another part of a split WIM; null if it is not there.
using OpenWimPart = std::function<std::shared_ptr<const ByteSource>(const std::string& path)>;

/// The path of part `number` of a split WIM, if `first` is that of part 1.
std::string wim_part_path(const std::string& first, unsigned number);

/// The path of part 1, if `path` is that of part `number`; nullopt if `path` has no such name.
std::optional<std::string> first_wim_part_path(const std::string& path, unsigned number);

class WimContainer {
 public:
  struct Part {
    WimPart access;
    std::string path;
    WimBlobTable blobs;
  };
  /// A blob as it stands in the table of a part.
  struct Place {
    std::size_t part;
    std::size_t entry;
  };

  /// `path` is that of `file`, for error messages and to find the other parts. Throws Error:
  /// corrupt, unsupported (encrypted; a later part of a split WIM), not_found (a part that is
  /// missing).
  static std::shared_ptr<const WimContainer> open(const std::shared_ptr<const ByteSource>& file,
                                                  const std::string& path,
                                                  const OpenWimPart& open_part);

  const WimHeader& header() const { return parts_.front().access.header; }
  const std::vector<Part>& parts() const { return parts_; }
  const WimXml& xml() const { return xml_; }
  SharedBudget budget() const { return parts_.front().access.file->budget(); }
  /// Images are numbered from 1.
  std::uint32_t images() const;

  std::optional<Place> find(const WimHash& hash) const;
  /// The size of the content, in bytes.
  std::uint64_t size_of(const Place& place) const;
  /// The content of a file; empty if the hash is zero. A read of all of it from start to end is
  /// compared with its SHA-1. Throws Error: corrupt; not_found if no part holds it.
  std::unique_ptr<ByteSource> open_blob(const WimHash& hash, const std::string& name) const;
  /// The content of a blob or metadata, without comparing it with its SHA-1.
  std::unique_ptr<ByteSource> open_place(const Place& place, const std::string& name) const;
  /// The metadata of an image; `image` is from 1 to images().
  std::unique_ptr<ByteSource> open_metadata(std::uint32_t image, const std::string& name) const;

 private:
  WimContainer() = default;
  void add_part(const std::shared_ptr<const ByteSource>& file, const std::string& path);
  void add_other_parts(const std::string& path, const OpenWimPart& open_part);
  std::unique_ptr<ByteSource> open_solid(const Place& place, const WimResource& blob,
                                         const std::string& name) const;

  std::shared_ptr<WimChunkCache> cache_ = std::make_shared<WimChunkCache>();
  std::vector<Part> parts_;
  WimXml xml_;
  HeldBytes held_;  ///< for the blob tables
  /// By part and first entry of a run of solid resources: where the content of each that was opened
  /// ends.
  mutable std::map<std::pair<std::size_t, std::size_t>, std::vector<std::uint64_t>> solid_ends_;
};

}  // namespace goldhive
