#include "imgtools/change/hot_journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "imgtools/bytes/error.h"
#include "imgtools/change/hive_targets.h"
#include "imgtools/change/journal_targets.h"
#include "imgtools/change/link_marks.h"
#include "imgtools/change/own_files.h"
#include "imgtools/change/own_names.h"
#include "imgtools/host/path.h"
#include "imgtools/host/storage_steps.h"

namespace goldhive {

namespace {

/// The old state of one target: its records' old bytes over the file as it lies.
class OldState final : public ByteSource {
 public:
  OldState(const Journal& journal, std::uint32_t target, std::shared_ptr<const ByteSource> current)
      : ByteSource(current->name()),
        journal_(journal),
        size_(journal.targets()[target].old_size),
        current_(std::move(current)) {
    for (const JournalRecord& record : journal_.records()) {
      if (record.target == target) records_.push_back(record);
    }
  }
  std::uint64_t size() const override { return size_; }
  SharedBudget budget() const override { return current_->budget(); }

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    current_->read(offset, out);
    const std::uint64_t end = offset + out.size();
    auto record = std::upper_bound(
        records_.begin(), records_.end(), offset,
        [](std::uint64_t at, const JournalRecord& r) { return at < r.offset + r.length; });
    for (; record != records_.end() && record->offset < end; ++record) {
      const std::uint64_t from = std::max(offset, record->offset);
      const std::uint64_t to = std::min(end, record->offset + record->length);
      journal_.source().read(record->position + (from - record->offset),
                             out.subspan(static_cast<std::size_t>(from - offset),
                                         static_cast<std::size_t>(to - from)));
    }
  }

 private:
  Journal journal_;
  std::uint64_t size_;
  std::shared_ptr<const ByteSource> current_;
  std::vector<JournalRecord> records_;  // of this target, sorted
};

[[noreturn]] void refuse(const std::string& journal, const std::string& why) {
  throw Error(ErrorKind::refused, why + ": not believed", journal);
}

/// The bytes that the target has of the journal that stands beside it alone.
std::uint64_t admit_lone(const ReadStorage& storage, const std::string& path,
                         const std::string& file, const Journal& journal) {
  const std::vector<JournalTarget>& targets = journal.targets();
  if (targets.size() != 1 || is_disk_inside(targets[0].name) != is_disk_inside(file)) {
    refuse(path, "names other files than the one it stands beside");
  }
  const std::optional<FileInfo> info = storage.stat(file);
  return info ? info->size : 0;
}

/// The bytes that the targets have of a folder's journal.
std::uint64_t admit_shared(const ReadStorage& storage, const std::string& path,
                           const std::string& folder, const Journal& journal, bool vouched_for) {
  std::uint64_t bytes = 0;
  std::set<std::string> seen;
  const std::vector<std::string> names = target_names(journal);
  for (const std::string& name : names) {
    if (!seen.insert(comparable(name)).second) refuse(path, "names a target twice (" + name + ")");
    bytes += admit_hive(storage, path, folder, name, names, vouched_for).value_or(0);
  }
  return bytes;
}

std::optional<HotJournal> if_concerned(const std::string& path, const std::string& folder,
                                       Journal journal, std::vector<std::string> names,
                                       const std::string& name) {
  const auto found = std::find_if(names.begin(), names.end(), [&](const std::string& one) {
    return comparable(one) == comparable(name);
  });
  if (found == names.end()) return std::nullopt;
  const auto target = static_cast<std::uint32_t>(found - names.begin());
  return HotJournal{path, folder, std::move(journal), std::move(names), target};
}

/// Decodes the journal in `found`, which lies at `path`, unless it was decoded before. `decoded`
/// may be null.
Journal decode_once(const std::string& path, OwnFile& found, const Journal::Admit& admit,
                    DecodedJournals* decoded) {
  const auto decode = [&] { return Journal::decode(std::move(found.content), admit); };
  return decoded == nullptr ? decode() : decoded->get(path, found.info, decode);
}

/// The journal of `file` alone, if it stands at `path`.
std::optional<HotJournal> find_lone(const ReadStorage& storage, const std::string& path,
                                    const std::string& file, DecodedJournals* decoded) {
  auto found = open_own_file(storage, path, file, OwnKind::written);
  if (!found) return std::nullopt;
  const auto admit = [&](const Journal& begun) { return admit_lone(storage, path, file, begun); };
  const std::string name = base_name(file);
  return if_concerned(path, parent_of(file), decode_once(path, *found, admit, decoded), {name},
                      name);
}

/// Thrown where a folder's journal is no matter of the file that was asked about.
struct NotConcerned {};

bool is_named(const Journal& begun, const std::string& name) {
  const std::vector<std::string> names = target_names(begun);
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& one) { return comparable(one) == comparable(name); });
}

bool begins_as_hive(const ReadStorage& storage, const std::string& file) {
  constexpr std::string_view mark = "regf";
  const std::optional<FileInfo> info = storage.stat(file);
  if (!info || info->type != FileType::file || info->size < mark.size()) return false;
  const Bytes head = storage.open(file)->read(0, mark.size());
  return std::equal(head.begin(), head.end(), mark.begin());
}

/// The journal of the folder, if it concerns `file`. It is read whole, since one with a damaged
/// list of names must not pass as one of other files; but only for what may be a hive, or each
/// image in the folder would have it read again.
std::optional<HotJournal> find_shared(const ReadStorage& storage, const std::string& path,
                                      const std::string& file, DecodedJournals* decoded) {
  auto found = open_own_file(storage, path, file, OwnKind::written);
  if (!found) return std::nullopt;
  const std::string folder = parent_of(file);
  const std::string name = base_name(file);
  const bool vouched_for = found->vouched_for;
  const auto admit = [&](const Journal& begun) {
    if (!is_named(begun, name) && !begins_as_hive(storage, file)) throw NotConcerned();
    return admit_shared(storage, path, folder, begun, vouched_for);
  };
  try {
    Journal journal = decode_once(path, *found, admit, decoded);
    std::vector<std::string> names = target_names(journal);
    auto hot = if_concerned(path, folder, std::move(journal), std::move(names), name);
    if (!hot) return std::nullopt;
    hot->of_folder = true;
    hot->vouched_for = vouched_for;
    return hot;
  } catch (const NotConcerned&) {
    return std::nullopt;
  }
}

/// A hot journal under another name of the file: that of a patch of hard links (--all-links).
std::optional<HotJournal> find_by_identity(const ReadStorage& storage, const std::string& file,
                                           DecodedJournals* decoded) {
  const std::optional<FileInfo> info = storage.stat(file);
  if (!info || info->type != FileType::file || info->links < 2) return std::nullopt;
  const std::string folder = parent_of(file);
  const std::string suffix = fmt::format(".{}", journal_name);
  for (const DirectoryEntry& entry : storage.list(folder)) {
    if (!entry.name.ends_with(suffix)) continue;
    const std::string other =
        join_path(folder, entry.name.substr(0, entry.name.size() - suffix.size()));
    const std::optional<FileInfo> found = storage.stat(other);
    if (!found || found->device != info->device || found->inode != info->inode) continue;
    return find_lone(storage, join_path(folder, entry.name), other, decoded);
  }
  return std::nullopt;
}

std::optional<HotJournal> find_any(const ReadStorage& storage, const std::string& file,
                                   DecodedJournals* decoded) {
  const std::string folder = parent_of(file);
  const std::string own = journal_path(folder, {base_name(file)});
  if (auto hot = find_lone(storage, own, file, decoded)) return hot;
  if (is_disk_inside(file)) return std::nullopt;
  if (auto hot = find_shared(storage, journal_path(folder, {}), file, decoded)) return hot;
  return find_by_identity(storage, file, decoded);
}

bool is_same(const FileInfo& a, const FileInfo& b) {
  return is_same_file(a, b) && a.size == b.size && a.modified == b.modified &&
         a.changed == b.changed && a.changed != 0;
}

}  // namespace

Journal DecodedJournals::get(const std::string& path, const FileInfo& info,
                             const std::function<Journal()>& decode) {
  const auto known = journals_.find(path);
  if (known == journals_.end() || !is_same(known->second.info, info)) {
    journals_.insert_or_assign(path, One{info, [&]() -> std::variant<Journal, Error> {
                                           try {
                                             return decode();
                                           } catch (const Error& e) {
                                             return e;
                                           }
                                         }()});
  }
  const std::variant<Journal, Error>& journal = journals_.at(path).journal;
  if (const auto* error = std::get_if<Error>(&journal)) throw Error(*error);
  return std::get<Journal>(journal);
}

std::optional<HotJournal> find_hot_journal(const ReadStorage& storage, const std::string& host_file,
                                           DecodedJournals& decoded) {
  return find_any(storage, follow_links(storage, host_file), &decoded);
}

std::optional<HotJournal> find_hot_journal_of(const ReadStorage& storage, const std::string& file) {
  auto hot = find_any(storage, file, nullptr);
  if (!hot) refuse_marked(storage, file);
  return hot;
}

std::unique_ptr<ByteSource> old_state(const HotJournal& hot,
                                      std::shared_ptr<const ByteSource> current) {
  const TargetState state = compare(hot.journal, hot.target, view_of(*current));
  if (!state.foreign.empty()) {
    throw Error(ErrorKind::refused,
                fmt::format("has a journal that does not fit it ({}): the file was changed or "
                            "replaced after the patch was cut off",
                            state.foreign),
                current->name());
  }
  return std::make_unique<OldState>(hot.journal, hot.target, std::move(current));
}

Journal make_hot(Storage& storage, const std::string& path,
                 const std::function<void(WritableFile& file)>& fill) {
  const std::string fresh = unfinished(path);
  remove_unfinished(storage, fresh);
  // If it throws, the targets are untouched. What could not be removed is a leftover, or a journal
  // whose roll-back changes nothing.
  std::optional<Journal> journal;
  write_whole_file(
      storage,
      {path, fresh,
       [&](WritableFile& file) {
         if (storage.stat(path)) {
           throw Error(ErrorKind::refused,
                       "is there already: an earlier patch was cut off, run goldhive recover first",
                       path);
         }
         fill(file);
       },
       [&] { journal = Journal::decode(storage.open(fresh), {}); }});
  return std::move(*journal);
}

}  // namespace goldhive
