// The one ordered table of the formats we know. To add a format: implement Image in a file of its
// own, give it a probe and an open function of the shapes below, and add one row in formats.cc.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "imgtools/image.h"

namespace goldhive {

/// What a probe may look at: the path, what it is, and its bytes.
struct Candidate {
  const ReadStorage& storage;
  std::string path;
  FileInfo info;
  /// Null for a directory. Never empty.
  std::shared_ptr<const ByteSource> source;
  /// The first bytes of `source`, at most 4096, so that most probes read nothing of their own.
  Bytes head;
  OpenOptions options = {};

  bool is_directory() const { return source == nullptr; }
  /// True if `head` holds `magic` at `at`; false if it is shorter.
  bool has_magic(std::size_t at, std::string_view magic) const;
};

/// Three answers: probe() false is "not mine"; open() returns an image, or throws: "mine but
/// broken" (corrupt) or "mine, but not this variant" (unsupported).
struct Format {
  const char* name;  ///< as in the report: "hive", "vhd"
  bool (*probe)(const Candidate& candidate);
  std::unique_ptr<Image> (*open)(const Candidate& candidate);
};

/// What `path` of `storage` is, with its first bytes. Throws Error: not_found, io, unsupported (it
/// is empty).
Candidate examine(const ReadStorage& storage, const std::string& path, const OpenOptions& options);

/// In the order in which they are asked: sure marks first, weak ones (a boot sector) last.
const std::vector<Format>& formats();

/// Opens what is on the host, or in another image, by the first row that takes it. Throws
/// Error(unsupported) if none does.
std::unique_ptr<Image> open_by_content(const Candidate& candidate);

}  // namespace goldhive
