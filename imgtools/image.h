// The interface between "what kind of thing is this file" and everything above. To support a new
// image format, implement Image in one file and add its row to formats.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "imgtools/bytes/error.h"
#include "imgtools/file_tree.h"
#include "imgtools/host_change.h"
#include "imgtools/volume.h"

namespace goldhive {

/// Adds a change of a file that lies as such on the host, in phase 0.
void append(HostChange& change, const FileEdit& edit, const std::string& host_path);

class Image {
 public:
  virtual ~Image() = default;

  /// As in the report: "directory", "hive", "wim", "vhd", ...
  virtual std::string format() const = 0;
  virtual const std::vector<Volume>& volumes() const = 0;

  /// Translates edits of files of volume `index` into edits of files of the host. Reads, never
  /// writes. Throws Error(refused) for a volume whose state forbids changes. A volume that is
  /// merely dirty is no such state: the caller asks whether the user insists (--force-unclean). The
  /// default throws refusal(), which says what to do instead.
  virtual HostChange host_change(std::size_t index, const std::vector<FileEdit>& edits) const;

  /// The Error with which host_change() refuses any change of volume `index`. nullopt if nothing is
  /// known to forbid changes before the edits are known. The default refuses.
  virtual std::optional<Error> refusal(std::size_t index) const;

  /// True of a format whose volumes share structures. Edits of several volumes are then one
  /// transaction and must go to change_volumes() together.
  virtual bool changes_as_one() const { return false; }

  /// host_change() for several volumes. `now` (a FILETIME) is for formats that record when they
  /// were changed. The default takes one volume only.
  virtual HostChange change_volumes(const std::vector<VolumeEdit>& edits, std::uint64_t now) const;

  /// The volumes that may show something else than in `before`, which is the same image before a
  /// change. The default knows nothing and names all of them.
  virtual std::vector<std::size_t> volumes_changed_since(const Image& before) const;

  /// What a reader of a verdict should know of the image as a whole: one sentence each.
  virtual std::vector<std::string> notes() const { return {}; }

  /// What nobody needs for a verdict and some want to know of the image: one sentence each.
  virtual std::vector<std::string> details() const { return {}; }

  /// What belongs to the image and is in none of its volumes, as nobody could look at it: it may
  /// hold a Windows. Each for a sentence: "partition 2 (starts beyond the end of the disk)".
  virtual std::vector<std::string> lost() const { return {}; }

  /// True of a format whose volumes can hold anything: then it is no error if none has a Windows.
  virtual bool may_lack_windows() const { return false; }

  /// Reads, in full, what the image holds to check itself by (the integrity table of a WIM, the
  /// digests of an E01). Says what was checked; Error(corrupt) if it is wrong.
  virtual std::vector<std::string> check() const;

  /// Files of the host that belong to the image, the main one first; for locks and hot journals.
  virtual std::vector<std::string> host_files() const = 0;
};

}  // namespace goldhive
