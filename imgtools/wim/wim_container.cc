#include "imgtools/wim/wim_container.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "imgtools/bytes/error.h"
#include "imgtools/wim/wim_hashed_source.h"

namespace goldhive {

namespace {

constexpr std::uint64_t max_table_size = std::uint64_t{256} << 20;
constexpr std::uint64_t max_xml_size = std::uint64_t{16} << 20;
/// A byte of a blob table with its index, and one of XML while it is parsed, take so many of
/// memory.
constexpr std::uint64_t table_memory = 2;
constexpr std::uint64_t xml_memory = 12;
/// Entries of a table can name one metadata resource as often as they like, and each image costs
/// memory and time. A WIM of Windows holds about ten.
constexpr std::size_t max_images = 4096;

/// Opens a resource that will be read whole; Error(corrupt) if it is too large for that.
std::unique_ptr<ByteSource> open_limited(const WimPart& part, const WimResource& resource,
                                         std::uint64_t limit, const char* what) {
  std::unique_ptr<ByteSource> source =
      open_wim_resource(part, resource, fmt::format("{}: {}", part.file->name(), what));
  if (source->size() > limit) {
    throw Error::corrupt(source->name(), resource.offset,
                         fmt::format("is larger than the largest {} that is read", what),
                         fmt::format("at most {} bytes", limit), fmt::format("{}", source->size()));
  }
  return source;
}

/// Where the extension starts; the end of `path` if it has none.
std::size_t extension_of(const std::string& path) {
  const std::size_t name = path.find_last_of('/') + 1;  // 0 if there is no '/'
  const std::size_t dot = path.rfind('.');
  return dot == std::string::npos || dot < name ? path.size() : dot;
}

}  // namespace

std::string wim_part_path(const std::string& first, unsigned number) {
  if (number <= 1) return first;
  const std::size_t at = extension_of(first);
  return first.substr(0, at) + std::to_string(number) + first.substr(at);
}

std::optional<std::string> first_wim_part_path(const std::string& path, unsigned number) {
  const std::string digits = std::to_string(number);
  const std::size_t at = extension_of(path);
  if (at < digits.size()) return std::nullopt;
  std::string first = path.substr(0, at - digits.size()) + path.substr(at);
  if (number <= 1 || wim_part_path(first, number) != path) return std::nullopt;
  return first;
}

std::shared_ptr<const WimContainer> WimContainer::open(
    const std::shared_ptr<const ByteSource>& file, const std::string& path,
    const OpenWimPart& open_part) {
  const std::shared_ptr<WimContainer> wim(new WimContainer);
  wim->held_ = HeldBytes(file->budget());
  wim->add_part(file, path);
  const WimHeader& header = wim->header();
  if (header.part != 1) {
    throw Error(ErrorKind::unsupported,
                fmt::format("is part {} of {} of a split WIM; give part 1 as the target, the "
                            "others are found beside it",
                            header.part, header.parts),
                path);
  }
  if (wim->images() > max_images) {
    throw Error(
        ErrorKind::unsupported,
        fmt::format("holds {} images, more than the {} that are read", wim->images(), max_images),
        path);
  }
  if (!header.xml.is_absent()) {
    const WimPart& part = wim->parts_.front().access;
    const auto xml = open_limited(part, header.xml, max_xml_size, "XML");
    HeldBytes parsing(file->budget());
    parsing.add(xml_memory * xml->size(), xml->name());
    wim->xml_ = parse_wim_xml(xml->read(0, static_cast<std::size_t>(xml->size())), path);
  }
  if (wim->xml_.encrypted) {
    throw Error(ErrorKind::unsupported,
                "is an encrypted ESD, as Windows Update hands them out; it cannot be read without "
                "its key: decrypt it first, or take the ESD or WIM of an ISO",
                path);
  }
  wim->add_other_parts(path, open_part);
  return wim;
}

void WimContainer::add_part(const std::shared_ptr<const ByteSource>& file,
                            const std::string& path) {
  WimPart access{file, read_wim_header(*file), cache_};
  LargeBuffer table;
  if (!access.header.blob_table.is_absent()) {
    const auto source =
        open_limited(access, access.header.blob_table, max_table_size, "blob table");
    held_.add(table_memory * source->size(), source->name());
    table = LargeBuffer(*source, 0, static_cast<std::size_t>(source->size()));
  }
  const std::uint16_t number = access.header.part;
  parts_.push_back({std::move(access), path, WimBlobTable(std::move(table), number, path)});
}

void WimContainer::add_other_parts(const std::string& path, const OpenWimPart& open_part) {
  const unsigned count = header().parts;
  for (unsigned number = 2; number <= count; ++number) {
    const std::string name = wim_part_path(path, number);
    std::shared_ptr<const ByteSource> file = open_part(name);
    if (!file) {
      throw Error(ErrorKind::not_found,
                  fmt::format("part {} of {} is missing: {}", number, count, name), path);
    }
    add_part(file, name);
    const WimHeader& other = parts_.back().access.header;
    if (other.guid != header().guid || other.part != number || other.parts != count) {
      throw Error(ErrorKind::corrupt,
                  fmt::format("is not part {} of {} of {}", number, count, path), name);
    }
  }
}

std::uint32_t WimContainer::images() const {
  const std::size_t metadata = parts_.front().blobs.metadata().size();
  return static_cast<std::uint32_t>(std::min<std::size_t>(metadata, header().images));
}

std::optional<WimContainer::Place> WimContainer::find(const WimHash& hash) const {
  for (std::size_t part = 0; part < parts_.size(); ++part) {
    const std::optional<std::size_t> entry = parts_[part].blobs.find(hash);
    if (entry) return Place{part, *entry};
  }
  return std::nullopt;
}

std::uint64_t WimContainer::size_of(const Place& place) const {
  const WimResource resource = parts_[place.part].blobs.entry(place.entry).resource;
  return resource.is_solid() ? resource.stored_size : resource.size;
}

std::unique_ptr<ByteSource> WimContainer::open_blob(const WimHash& hash,
                                                    const std::string& name) const {
  if (is_zero(hash)) return std::make_unique<MemorySource>(Bytes{}, name);
  const std::optional<Place> place = find(hash);
  if (!place) {
    throw Error(ErrorKind::corrupt,
                "its content is not in this WIM (a WIM that stores only what differs from another "
                "one, or a damaged blob table)",
                name);
  }
  return std::make_unique<WimHashedSource>(open_place(*place, name), hash, name);
}

std::unique_ptr<ByteSource> WimContainer::open_metadata(std::uint32_t image,
                                                        const std::string& name) const {
  return open_place({0, parts_.front().blobs.metadata().at(image - 1)}, name);
}

std::unique_ptr<ByteSource> WimContainer::open_place(const Place& place,
                                                     const std::string& name) const {
  const Part& part = parts_[place.part];
  const WimResource resource = part.blobs.entry(place.entry).resource;
  if (resource.is_solid()) return open_solid(place, resource, name);
  return open_wim_resource(part.access, resource, name);
}

std::unique_ptr<ByteSource> WimContainer::open_solid(const Place& place, const WimResource& blob,
                                                     const std::string& name) const {
  const Part& part = parts_[place.part];
  const WimSolidRun& run = part.blobs.run_of(place.entry);
  const auto open_resource = [&](std::size_t index) {
    const WimResource resource = part.blobs.entry(run.resources[index]).resource;
    return std::shared_ptr<const ByteSource>(open_wim_resource(part.access, resource, name));
  };
  std::vector<std::uint64_t>& ends = solid_ends_[{place.part, run.first}];
  // Each is opened once to know its size: a run can have as many resources as files.
  while (ends.empty() || ends.back() <= blob.offset) {
    if (ends.size() == run.resources.size()) {
      throw Error::corrupt(name, blob.offset,
                           "its content lies behind the end of its solid resources");
    }
    const std::uint64_t before = ends.empty() ? 0 : ends.back();
    const std::uint64_t size = open_resource(ends.size())->size();
    ends.push_back(before + std::min(size, UINT64_MAX - before));
  }
  const auto end = std::upper_bound(ends.begin(), ends.end(), blob.offset);
  const std::uint64_t start = end == ends.begin() ? 0 : *std::prev(end);
  const auto index = static_cast<std::size_t>(end - ends.begin());
  return std::make_unique<SliceSource>(open_resource(index), blob.offset - start, blob.stored_size,
                                       name);
}

}  // namespace goldhive
