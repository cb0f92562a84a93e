// What a format is handed when it is asked whether something is of its kind, and to open it. A
// format knows the candidate and not the table of formats (formats.h): it opens an image inside its
// image through the candidate's Opener.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "imgtools/bytes/byte_source.h"
#include "imgtools/host/storage.h"
#include "imgtools/image.h"

namespace goldhive {

struct OpenOptions {
  std::string input_format;  ///< a name of formats.cc to force, or "" to detect by content
  /// How deep images inside archives are opened: 1 opens disk.vhd in a zip, but not in a zip in a
  /// zip.
  int depth = 1;
  /// Bytes that may come out of an archive before it counts as a bomb; 0 derives it from its size.
  std::uint64_t max_unpacked = 0;
  /// Folders besides its own where the parents and parts of an image may lie (FilePlaces).
  std::vector<std::string> parent_folders = {};
  std::string scratch_directory =
      {};  ///< for what is too large for memory; "" is the working directory
};

/// What formats need of the table. formats.h says what each function does, under the same name.
class Opener {
 public:
  virtual ~Opener() = default;
  virtual std::unique_ptr<Image> open_image(const ReadStorage& storage, const std::string& path,
                                            const OpenOptions& options) const = 0;
  virtual bool is_opened_with_another(const ReadStorage& storage,
                                      const std::string& path) const = 0;
  virtual std::string detect_format(const ReadStorage& storage, const std::string& path) const = 0;
  virtual bool may_hold_windows(const ReadStorage& storage, const std::string& path) const = 0;
  virtual bool may_be_image(std::span<const std::uint8_t> head, std::uint64_t size) const = 0;
};

/// What a probe may look at: the path, what it is, and its bytes.
struct Candidate {
  const ReadStorage& storage;
  const Opener& opener;
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

/// Finds out what `path` of `storage` is and reads its first bytes. Throws Error: not_found, io,
/// unsupported (the file is empty).
Candidate examine(const ReadStorage& storage, const std::string& path, const OpenOptions& options,
                  const Opener& opener);

}  // namespace goldhive
