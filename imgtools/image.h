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

/// Adds a change of a file that lies on the host as it is, in phase 0.
void append(HostChange& change, const FileEdit& edit, const std::string& host_path);

class Image {
 public:
  virtual ~Image() = default;

  /// As in the report: "directory", "hive", "wim", "vhd", ...
  virtual std::string format() const = 0;
  virtual const std::vector<Volume>& volumes() const = 0;

  /// Translates edits of files of volume `index` into edits of files of the host. Reads, never
  /// writes. The default throws refusal(), which says what to do instead. A volume in a
  /// state that forbids changes is Error(refused), but not one that is merely dirty: whether the
  /// user insists there (--force-unclean) is for the caller to ask.
  virtual HostChange host_change(std::size_t index, const std::vector<FileEdit>& edits) const;

  /// Why host_change() refuses whatever is to be changed in volume `index`: the Error it throws.
  /// nullopt if nothing is known to be in the way before the edits are. The default refuses.
  virtual std::optional<Error> refusal(std::size_t index) const;

  /// True of a format whose volumes share structures: edits of several of them must be handed to
  /// change_volumes() together, and are one transaction.
  virtual bool changes_as_one() const { return false; }

  /// host_change() for several volumes. `now` (a FILETIME) is for formats that note when they were
  /// changed. The default takes one volume.
  virtual HostChange change_volumes(const std::vector<VolumeEdit>& edits, std::uint64_t now) const;

  /// The volumes of which it is not certain that they show what they show in `before`, which is the
  /// same image before a change. The default knows nothing: all of them.
  virtual std::vector<std::size_t> volumes_changed_since(const Image& before) const;

  /// What a reader of a verdict should know of the image as a whole: one sentence each.
  virtual std::vector<std::string> notes() const { return {}; }

  /// True of a format whose volumes can hold anything, so that none with a Windows is no error.
  virtual bool may_lack_windows() const { return false; }

  /// Reads what the image has to check itself by (the integrity table of a WIM), all of it. Says
  /// what was checked; Error(corrupt) if it is not right.
  virtual std::vector<std::string> check() const;

  /// Files of the host that belong to the image, the main one first; for locks and hot journals.
  virtual std::vector<std::string> host_files() const = 0;
};

}  // namespace goldhive
