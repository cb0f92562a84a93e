// The one ordered table of the formats we know, and the functions that use it. To add a format:
// implement Image in a file of its own, give it a probe and an open function of the shapes below,
// and add one row in formats.cc.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "imgtools/candidate.h"
#include "imgtools/image.h"

namespace goldhive {

/// Three answers: probe() false is "not mine"; open() returns an image, or throws: "mine but
/// broken" (corrupt) or "mine, but not this variant" (unsupported).
struct Format {
  const char* name;  ///< as in the report: "hive", "vhd"
  bool (*probe)(const Candidate& candidate);
  std::unique_ptr<Image> (*open)(const Candidate& candidate);
};

/// In the order in which they are asked: sure marks first, weak marks (a boot sector) last.
const std::vector<Format>& formats();

/// Opens any target; `storage` must outlive the image. Throws Error: not_found, io, unsupported
/// ("no format of mine"), corrupt ("mine but broken").
std::unique_ptr<Image> open_image(const ReadStorage& storage, const std::string& path,
                                  const OpenOptions& options = {});

/// True of a file that is opened together with another file beside it, whose name the image has: a
/// later part of a split WIM, an E01 or a split raw disk, an extent of a VMDK. False if that other
/// file is missing. Throws Error.
bool is_opened_with_another(const ReadStorage& storage, const std::string& path);

/// The name of the format as which open_image() would open `path`, by its first bytes. If
/// open_image() knows the kind of file and refuses it: what that kind is called. "" if neither, or
/// if the file is empty. Throws Error: not_found, io.
std::string detect_format(const ReadStorage& storage, const std::string& path);

/// True of the formats of archives: "tar", "zip", "7z", "cpio".
bool is_archive_format(const std::string& name);

/// True of a file that detect_format() names, but for kinds that are no images of a Windows though
/// they could be opened: documents that are packed as a zip, cabinets, exports of a registry as
/// text. Throws Error: not_found, io.
bool may_hold_windows(const ReadStorage& storage, const std::string& path);

/// The same of a file of `size` bytes (0: not known) of which only the first are at hand, `head`:
/// one in an archive, which is read from front to back.
bool may_be_image(std::span<const std::uint8_t> head, std::uint64_t size);

/// True of a file that open_image() takes for a single hive; false for an empty file. Throws Error:
/// not_found, io.
bool is_hive(const ReadStorage& storage, const std::string& path);

}  // namespace goldhive
