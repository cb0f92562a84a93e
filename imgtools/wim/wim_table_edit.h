// A blob table in the making: the old table, and the changes to it.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "imgtools/wim/wim_blob_table.h"

namespace goldhive {

class WimTableEdit {
 public:
  explicit WimTableEdit(const WimBlobTable& old);

  bool has(const WimHash& hash) const { return find(hash).has_value(); }
  /// Adds a blob that has no references yet.
  void add(const WimResource& resource, const WimHash& hash);
  /// `files` files that had the content `from` now have `to`. A zero hash stands for no blob.
  void move_references(const WimHash& from, const WimHash& to, std::uint32_t files);
  void replace_metadata(std::size_t index, const WimResource& resource, const WimHash& hash);
  /// Removes the blob: no file has this content any more.
  void remove(const WimHash& hash);
  /// The number of references; 0 if there is no such blob.
  std::uint32_t references(const WimHash& hash) const;
  void set_references(const WimHash& hash, std::uint32_t count);
  /// The table as it is to be stored. It is to be compared with the old one (wim_table_check.h).
  Bytes bytes() const;

 private:
  std::optional<std::size_t> find(const WimHash& hash) const;
  WimBlobEntry& at(std::size_t index);
  WimBlobEntry at_or_old(std::size_t index) const;

  const WimBlobTable& old_;
  std::map<std::size_t, WimBlobEntry> changed_;  // by index in the old table
  std::set<std::size_t> removed_;
  std::vector<WimBlobEntry> added_;  // their indices go on from those of the old table
};

}  // namespace goldhive
