// Changes of files inside archives, as changes of the archive's file.
//
//   what changes                          how
//   tar, plain, sizes stay                in place, through the journal
//   tar, plain, a file grows; packed tar  a new file, everything else carried over block by block
//   zip, stored, sizes stay               in place, with both CRCs
//   zip, else                             appended, with a new central directory
//   7z, cpio                              refused
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "imgtools/archive/member_tree.h"
#include "imgtools/image.h"

namespace goldhive {

/// An archive on the host, and what was read of it.
struct ArchiveFile {
  std::string path;  ///< on the host
  std::shared_ptr<const ByteSource> source;
  std::shared_ptr<const MemberTree> tree;
};

/// Throw Error(unsupported) or Error(refused) for an archive that cannot be changed without a loss.
HostChange change_tar(const ArchiveFile& archive, const std::vector<FileEdit>& edits);
HostChange change_zip(const ArchiveFile& archive, const std::vector<FileEdit>& edits);

/// The new content of a member.
std::shared_ptr<const ByteSource> edited_member(const ArchiveFile& archive, const FileEdit& edit);

}  // namespace goldhive
