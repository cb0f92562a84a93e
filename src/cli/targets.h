// From what the command line names to targets: lists are read, folders of images are walked.
#pragma once

#include <string>
#include <vector>

#include "src/cli/cli.h"
#include "src/cli/flags.h"

namespace goldhive::cli {

struct Target {
  std::string path;  ///< as given, or as found; with a selector where one was given
  /// Found by walking a folder: then it is no error if all of it was read and holds no Windows.
  bool found = false;
  /// The folder, as the user named it, in which the target was found; "" if the user named the
  /// target itself. What is found is no link, and must not become one afterwards.
  std::string walked = "";
};

struct Targets {
  std::vector<Target> targets;  ///< in the order of the command line; in a folder by name
  /// Files met in folders that are no images and no hives.
  std::vector<std::string> passed_over;
  /// What the user ended: "the folders were not walked to the end"; "" if nothing.
  std::string interrupted;
};

/// The path that must name no link, "" if none.
inline std::string no_link(const Target& target) {
  return target.walked.empty() ? "" : target.path;
}

/// "@FILE" stands for the paths in FILE, one a line, "-" for those on standard input; a line that
/// begins with '#' is a comment. With `null` each path ends with a NUL instead, and none is a
/// comment. A path that exists as it stands is none of these.
///
/// A folder with a Windows installation or hives in it (or a folder or two below) is one target.
/// Images that lie in it beside the installations, and in other folders, are targets of their own,
/// known by their content. A file that is opened with another one (a part of a split WIM) belongs
/// to that. Links are not followed. Folders named System Volume Information or FileHistory are not
/// entered, since backups of single files are no images. The undo files that patches keep beside
/// their targets are left out silently.
///
/// With `strict` a file that is no image is a target too, so that it becomes an error. Throws Error
/// for a list that cannot be read. A folder or file that cannot be read becomes a target, so that
/// an error says why.
Targets expand_targets(const Host& host, const TargetFlags& flags);

/// A folder of trees is one target and as many images as it has Windows folders. A file counts as
/// one, whatever is in it: it is not opened.
std::size_t count_images(const Host& host, const std::vector<Target>& targets);

/// The parents and parts that a disk reads besides itself; none of what is no disk.
std::vector<std::string> files_of_disk(const Host& host, const std::string& disk);

}  // namespace goldhive::cli
