#include "imgtools/wim/wim_table_edit.h"

#include <algorithm>

namespace goldhive {

WimTableEdit::WimTableEdit(const WimBlobTable& old) : old_(old) {}

std::optional<std::size_t> WimTableEdit::find(const WimHash& hash) const {
  for (std::size_t i = 0; i < added_.size(); ++i) {
    if (added_[i].hash == hash) return old_.size() + i;
  }
  return old_.find(hash);
}

WimBlobEntry& WimTableEdit::at(std::size_t index) {
  if (index >= old_.size()) return added_[index - old_.size()];
  return changed_.try_emplace(index, old_.entry(index)).first->second;
}

void WimTableEdit::add(const WimResource& resource, const WimHash& hash) {
  added_.push_back({resource, 1, 0, hash});
}

void WimTableEdit::move_references(const WimHash& from, const WimHash& to, std::uint32_t files) {
  if (const auto index = find(from)) {
    WimBlobEntry& entry = at(*index);
    entry.references -= std::min(entry.references, files);
  }
  if (const auto index = find(to)) at(*index).references += files;
}

void WimTableEdit::replace_metadata(std::size_t index, const WimResource& resource,
                                    const WimHash& hash) {
  WimBlobEntry& entry = at(index);
  entry.resource = resource;
  entry.hash = hash;
}

void WimTableEdit::remove(const WimHash& hash) {
  if (const auto index = find(hash)) removed_.insert(*index);
}

std::uint32_t WimTableEdit::references(const WimHash& hash) const {
  const auto index = find(hash);
  if (!index) return 0;
  if (*index >= old_.size()) return added_[*index - old_.size()].references;
  return at_or_old(*index).references;
}

void WimTableEdit::set_references(const WimHash& hash, std::uint32_t count) {
  if (const auto index = find(hash)) at(*index).references = count;
}

WimBlobEntry WimTableEdit::at_or_old(std::size_t index) const {
  const auto changed = changed_.find(index);
  return changed != changed_.end() ? changed->second : old_.entry(index);
}

Bytes WimTableEdit::bytes() const {
  Bytes out(old_.bytes().begin(), old_.bytes().end());
  for (const auto& [index, entry] : changed_) {
    put_wim_blob_entry(out, index * wim_blob_entry_size, entry);
  }
  std::vector<WimBlobEntry> added;
  for (std::size_t i = 0; i < added_.size(); ++i) {
    if (removed_.count(old_.size() + i) == 0) added.push_back(added_[i]);
  }
  std::size_t next = 0;             // the next of the added entries
  std::vector<std::size_t> to_cut;  // indices of the old table, in their order
  // A removed entry between two runs of solid entries stays if no other entry separates the runs.
  // Entries of other parts of a split WIM do not separate runs, since readers skip them.
  bool after_solid = false;   // the last entry that stays is solid
  bool parted = false;        // a removed entry follows it; so far it alone separates:
  std::size_t separator = 0;  // its index in to_cut
  for (std::size_t i = 0; i < old_.size(); ++i) {
    const WimBlobEntry entry = at_or_old(i);
    if (entry.part != old_.part()) continue;
    const bool solid = entry.resource.is_solid();
    if (removed_.count(i) == 0) {
      if (solid && parted) to_cut.erase(to_cut.begin() + static_cast<std::ptrdiff_t>(separator));
      parted = false;
      after_solid = solid;
    } else if (!solid && next < added.size()) {
      put_wim_blob_entry(out, i * wim_blob_entry_size, added[next++]);
      parted = false;
      after_solid = false;
    } else {
      if (!solid && after_solid && !parted) {
        parted = true;
        separator = to_cut.size();
      }
      to_cut.push_back(i);
    }
  }
  for (auto i = to_cut.rbegin(); i != to_cut.rend(); ++i) {
    const auto at = out.begin() + static_cast<std::ptrdiff_t>(*i * wim_blob_entry_size);
    out.erase(at, at + static_cast<std::ptrdiff_t>(wim_blob_entry_size));
  }
  for (; next < added.size(); ++next) {
    out.resize(out.size() + wim_blob_entry_size);
    put_wim_blob_entry(out, out.size() - wim_blob_entry_size, added[next]);
  }
  return out;
}

}  // namespace goldhive
