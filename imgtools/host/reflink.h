// Copies that share their blocks with the original until either is written: btrfs, XFS, bcachefs.
#pragma once

namespace goldhive {

/// Makes `target`, open for writing and empty, such a copy of `source`. False where the kernel or
/// the file system has none, or the two lie on different ones.
bool share_blocks(int source, int target);

}  // namespace goldhive
