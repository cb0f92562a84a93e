#include "imgtools/wim/wim_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "imgtools/host/path.h"

namespace goldhive {

namespace {

constexpr std::size_t remembered_directories = 256;
constexpr std::size_t remembered_entries = 1 << 18;  // in the directories that were walked
constexpr std::uint64_t unknown_size = ~std::uint64_t{0};

/// A name that could not be one name in one directory: empty, or with a separator, for example.
bool is_bad_name(const std::u16string& name) {
  return name.empty() || name == u"." || name == u".." ||
         name.find_first_of(std::u16string_view(u"/\0", 2)) != std::u16string::npos;
}

/// Why the stored content of a file is not its real content; "" if it is.
const char* not_plain(const WimDentry& dentry) {
  if (dentry.is_encrypted()) return "is encrypted (EFS)";
  if (dentry.is_reparse_point()) {
    return "is a reparse point (a link, or a file whose content is kept elsewhere)";
  }
  return "";
}

}  // namespace

WimTree::WimTree(std::shared_ptr<const WimContainer> wim, std::uint32_t image, std::string name,
                 std::size_t max_listed)
    : wim_(std::move(wim)),
      name_(std::move(name)),
      metadata_(wim_->open_metadata(image, name_ + ": metadata")),
      max_listed_(max_listed),
      held_(wim_->budget()) {}

std::optional<WimDentry> WimTree::child(const WimDentry& directory, const std::string& name,
                                        bool exact) const {
  if (!directory.holds_entries()) return std::nullopt;
  if (held_.bytes() > remembered_entries * WimDirectory::entry_bytes ||
      walked_.size() >= remembered_directories) {
    walked_.clear();
    held_.let_go();
  }
  const auto here = walked_.try_emplace(directory.children, metadata_, directory.children).first;
  const std::size_t before = here->second.size();
  std::optional<WimDentry> best = here->second.find(name, exact);
  try {
    held_.add((here->second.size() - before) * WimDirectory::entry_bytes, name_);
  } catch (const Error&) {
    walked_.erase(here);
    throw;
  }
  if (best && is_bad_name(best->name)) return std::nullopt;
  return best;
}

std::optional<WimDentry> WimTree::look_up(const std::string& path, bool exact,
                                          std::string& found) const {
  found.clear();
  WimDentry here = metadata_.root();
  std::vector<std::uint64_t> above;  // where the entries of the directories above stand
  for (const std::string& part : path_parts(path)) {
    const std::string as_asked = found + (found.empty() ? "" : "/") + part;
    above.push_back(here.children);
    if (const auto known = directories_.find(as_asked); known != directories_.end()) {
      here = known->second;
      found = as_asked;
      continue;
    }
    std::optional<WimDentry> next = child(here, part, exact);
    if (!next) return std::nullopt;
    here = std::move(*next);
    found += (found.empty() ? "" : "/") + to_utf8(here.name);
    if (here.is_directory()) {
      if (here.children != 0 &&
          std::find(above.begin(), above.end(), here.children) != above.end()) {
        throw Error::corrupt(name_, here.at, "a directory that contains itself: " + found);
      }
      if (directories_.size() >= remembered_directories) directories_.clear();
      directories_.emplace(found, here);
    }
  }
  return here;
}

std::optional<std::string> WimTree::find(const std::string& path) const {
  std::string found;
  if (!look_up(path, false, found)) return std::nullopt;
  return found;
}

std::uint64_t WimTree::size_of(const WimDentry& dentry) const {
  if (*not_plain(dentry) != '\0') return unknown_size;
  if (is_zero(dentry.hash)) return 0;
  const std::optional<WimContainer::Place> place = wim_->find(dentry.hash);
  return place ? wim_->size_of(*place) : unknown_size;
}

std::vector<TreeEntry> WimTree::list(const std::string& directory) const {
  std::string found;
  const std::optional<WimDentry> dentry = look_up(directory, true, found);
  if (!dentry || !dentry->is_directory()) {
    throw Error(ErrorKind::not_found, "no such directory", fmt::format("{}: {}", name_, directory));
  }
  std::vector<TreeEntry> entries;
  metadata_.walk(*dentry, [&](const WimDentry& entry) {
    if (++listed_ > max_listed_) {
      throw Error(ErrorKind::corrupt,
                  fmt::format("a search for Windows would list more than {} entries of its "
                              "folders: it is damaged, or was made to cost much memory",
                              max_listed_),
                  name_);
    }
    if (is_bad_name(entry.name)) {
      notes_.insert(fmt::format("{}: an entry with an impossible name was passed over",
                                directory.empty() ? "/" : directory));
    } else {
      entries.push_back(
          {to_utf8(entry.name), entry.is_directory(), entry.is_directory() ? 0 : size_of(entry)});
    }
    return true;
  });
  std::sort(entries.begin(), entries.end(),
            [](const TreeEntry& a, const TreeEntry& b) { return a.name < b.name; });
  return entries;
}

WimDentry WimTree::file(const std::string& path) const {
  std::string found;
  const std::optional<WimDentry> dentry = look_up(path, true, found);
  if (!dentry || dentry->is_directory()) {
    throw Error(ErrorKind::not_found, dentry ? "is a directory" : "no such file",
                fmt::format("{}: {}", name_, path));
  }
  return *dentry;
}

void WimTree::each_name(const WimDentry& file,
                        const std::function<void(const WimDentry&)>& visit) const {
  if (file.hard_link == 0) return visit(file);
  metadata_.walk_all([&](const WimDentry& other) {
    if (!other.is_directory() && other.hard_link == file.hard_link && other.hash == file.hash) {
      visit(other);
    }
  });
}

std::uint64_t WimTree::other_names(const std::string& path) const {
  std::uint64_t names = 0;
  each_name(file(path), [&](const WimDentry&) { ++names; });
  return names - 1;
}

std::unique_ptr<ByteSource> WimTree::open(const std::string& path) const {
  const WimDentry dentry = file(path);
  const std::string name = fmt::format("{}: {}", name_, path);
  if (const std::string reason = not_plain(dentry); !reason.empty()) {
    throw Error(ErrorKind::unsupported, reason, name);
  }
  return wim_->open_blob(dentry.hash, name);
}

}  // namespace goldhive
