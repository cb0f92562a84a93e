// A blob table in the making: the old one, and what a change does to it.
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
  /// A new blob without references.
  void add(const WimResource& resource, const WimHash& hash);
  /// So many files that had the content `from` have `to` now. A zero hash is no blob.
  void move_references(const WimHash& from, const WimHash& to, std::uint32_t files);
  void replace_metadata(std::size_t index, const WimResource& resource, const WimHash& hash);
  /// No file has this content any more.
  void remove(const WimHash& hash);
  /// 0 where there is no such blob.
  std::uint32_t references(const WimHash& hash) const;
  void set_references(const WimHash& hash, std::uint32_t count);
  /// As it is to be stored. To be compared with the old one (wim_table_check.h).
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
