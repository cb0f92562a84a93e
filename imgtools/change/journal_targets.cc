#include "imgtools/change/journal_targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <string_view>

#include "imgtools/bytes/error.h"

namespace goldhive {

namespace {

/// One record's range in the three states a byte can have.
struct Range {
  Bytes old_bytes;
  Bytes new_bytes;
  /// Per byte: 1 if `current` is the old byte or one that the transaction writes there. A crash may
  /// leave any mixture, cut at any byte: the kernel may send a page to the disk half copied.
  Bytes plausible;
};

Range load(const Journal& journal, const JournalRecord& record, const Bytes& current) {
  Range range;
  range.old_bytes = journal.old_bytes(record);
  range.new_bytes = range.old_bytes;
  range.plausible.resize(record.length);
  std::transform(current.begin(), current.end(), range.old_bytes.begin(), range.plausible.begin(),
                 std::equal_to<std::uint8_t>());
  for (const JournalEdit& edit : record.edits) {
    const Bytes bytes = journal.edit_bytes(edit);
    std::copy(bytes.begin(), bytes.end(), range.new_bytes.data() + edit.at);
    const std::uint8_t* found = current.data() + edit.at;
    std::uint8_t* plausible = range.plausible.data() + edit.at;
    for (const std::uint8_t byte : bytes) {
      if (*found++ == byte) *plausible = 1;
      ++plausible;
    }
  }
  return range;
}

Digest digest_of(const TargetView& view, std::uint64_t from, std::uint64_t to) {
  constexpr std::uint64_t piece = 64 * 1024;
  Sha256 hash;
  Bytes buffer;
  for (std::uint64_t at = from; at < to; at += buffer.size()) {
    buffer.resize(static_cast<std::size_t>(std::min(to - at, piece)));
    view.read(at, buffer);
    hash.add(buffer);
  }
  return hash.finish();
}

bool begins(const TargetView& view, std::string_view mark) {
  Bytes found(mark.size());
  if (view.size < mark.size()) return false;
  view.read(0, found);
  return std::equal(found.begin(), found.end(), mark.begin(), mark.end());
}

/// True if the bytes that a target has beyond its old end may be cut off. A journal does not tell
/// them, so that any would fit. What else makes sure that the target is the one that grew: each
/// format that grows has its header rewritten, and so in the journal; but a zip has none, and
/// without its end, which the old size must be behind, it is no zip.
bool may_be_cut(const Journal& journal, std::uint32_t target, const TargetView& view) {
  constexpr std::uint64_t vhdx_headers[] = {64 * 1024, 128 * 1024};
  if (begins(view, "PK\3\4")) return true;
  const bool vhdx = begins(view, "vhdxfile");
  return std::any_of(
      journal.records().begin(), journal.records().end(), [&](const JournalRecord& record) {
        if (record.target != target) return false;
        const auto covers = [&](std::uint64_t at) {
          return record.offset <= at && at < record.offset + record.length;
        };
        return vhdx ? std::any_of(std::begin(vhdx_headers), std::end(vhdx_headers), covers)
                    : covers(0);
      });
}

}  // namespace

TargetView view_of(const ByteSource& source) {
  return {source.size(),
          [&source](std::uint64_t at, std::span<std::uint8_t> out) { source.read(at, out); }};
}

TargetView view_of(const WritableFile& file) {
  return {file.size(),
          [&file](std::uint64_t at, std::span<std::uint8_t> out) { file.read(at, out); }};
}

TargetState compare(const Journal& journal, std::uint32_t target, const TargetView& view) {
  const JournalTarget& expected = journal.targets()[target];
  TargetState state;
  if (view.size < expected.old_size || view.size > expected.new_size) {
    state = {false, false,
             fmt::format("{} is {} bytes long, expected {} to {}", expected.name, view.size,
                         expected.old_size, expected.new_size)};
    return state;
  }
  state.is_old = view.size == expected.old_size;
  state.is_new = view.size == expected.new_size;
  Bytes current;
  for (const JournalRecord& record : journal.records()) {
    if (record.target != target) continue;
    current.resize(record.length);
    view.read(record.offset, current);
    const Range range = load(journal, record, current);
    state.is_old = state.is_old && current == range.old_bytes;
    state.is_new = state.is_new && current == range.new_bytes;
    const auto odd = std::find(range.plausible.begin(), range.plausible.end(), 0);
    if (odd != range.plausible.end()) {
      const auto at = static_cast<std::uint64_t>(odd - range.plausible.begin());
      state = {false, false,
               fmt::format("{} has a byte at {:#x} that is neither the old nor the new one",
                           expected.name, record.offset + at)};
      return state;
    }
  }
  if (state.is_new && expected.new_size > expected.old_size) {
    state.is_new = digest_of(view, expected.old_size, expected.new_size) == expected.growth;
  }
  if (!state.is_new && view.size > expected.old_size && !may_be_cut(journal, target, view)) {
    state.foreign =
        fmt::format("{} would be cut off at {} of {} bytes, and its beginning is in no record",
                    expected.name, expected.old_size, view.size);
  }
  return state;
}

std::vector<std::string> target_names(const Journal& journal) {
  std::vector<std::string> names;
  for (const JournalTarget& target : journal.targets()) names.push_back(target.name);
  return names;
}

TargetState compare_all(const Journal& journal, const LockedTargets& targets) {
  TargetState all;
  for (std::uint32_t i = 0; i < targets.size(); ++i) {
    const TargetState one = compare(journal, i, view_of(targets.file(i)));
    all.is_old = all.is_old && one.is_old;
    all.is_new = all.is_new && one.is_new;
    if (all.foreign.empty()) all.foreign = one.foreign;
  }
  return all;
}

void require_length(const JournalTarget& target, std::uint64_t size) {
  if (size < target.old_size) {
    throw Error(ErrorKind::refused,
                fmt::format("is {} bytes long and was {} before the patch: a journal does not hold "
                            "what was cut off, so take the file from a copy",
                            size, target.old_size),
                target.name);
  }
  if (size > target.new_size) {
    throw Error(ErrorKind::refused,
                fmt::format("is {} bytes long, and the patch left it with {}: it is another file, "
                            "or has grown since, and a part of it would be cut off",
                            size, target.new_size),
                target.name);
  }
}

void require_lengths(const Journal& journal, const LockedTargets& targets) {
  for (std::uint32_t i = 0; i < targets.size(); ++i) {
    require_length(journal.targets()[i], targets.file(i).size());
  }
}

void restore(const Journal& journal, LockedTargets& targets) {
  Bytes current;
  for (const JournalRecord& record : journal.records()) {
    WritableFile& file = targets.file(record.target);
    current.resize(record.length);
    file.read(record.offset, current);
    const Bytes old = journal.old_bytes(record);
    if (current == old) continue;
    file.write(record.offset, old);
  }
  for (std::uint32_t i = 0; i < targets.size(); ++i) {
    WritableFile& file = targets.file(i);
    const std::uint64_t old_size = journal.targets()[i].old_size;
    if (file.size() != old_size) file.resize(old_size);
    // Always: what reads back as old may be the unsynced work of a run that was killed.
    file.sync();
  }
  if (!compare_all(journal, targets).is_old) {
    throw Error(ErrorKind::io, "the old bytes were written back, and the files hold other bytes",
                journal.source().name());
  }
}

}  // namespace goldhive
