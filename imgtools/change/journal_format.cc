#include "imgtools/change/journal_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "imgtools/bytes/error.h"
#include "imgtools/host/path.h"

namespace goldhive {

namespace {

constexpr std::string_view magic = "goldhive";
constexpr std::size_t header_size = 64;
constexpr std::size_t digest_size = 32;
constexpr std::size_t target_fixed_size = 4 + 8 + 8 + digest_size;  // and the name
constexpr std::size_t record_fixed_size = 4 + 4 + 8 + 4;            // and old bytes, edits
constexpr std::size_t edit_fixed_size = 4 + 4;                      // and the bytes

constexpr std::uint32_t max_record = 1024 * 1024;  // old bytes in one record: bounds our buffers
constexpr std::uint32_t max_text = 1024 * 1024;    // folder, metadata, name
constexpr std::uint32_t max_name = 1024;
constexpr std::uint32_t max_items = 4'000'000;  // records and edits together
/// Bytes of a journal that are there whatever the size of its targets.
constexpr std::uint64_t max_fixed = 4 * 1024 * 1024;
/// Bytes of a journal for a byte of its targets: the old one, those written over it, and their
/// share of the fields around them.
constexpr std::uint64_t max_share = 2 * (1 + journal_max_writes);

/// Reads a journal from front to back; ByteSource guards its end.
class Reader {
 public:
  explicit Reader(const ByteSource& source) : source_(source) {}

  std::uint64_t position() const { return position_; }
  std::uint32_t u32() { return view(4).u32(0); }
  std::uint64_t u64() { return view(8).u64(0); }
  std::string text(std::uint32_t length) {
    if (length > max_text)
      fail("holds a text that is too long", fmt::format("at most {}", max_text), length);
    const ByteView bytes = view(length);
    return {bytes.span().begin(), bytes.span().end()};
  }
  Digest digest() {
    const ByteView bytes = view(digest_size);
    Digest digest;
    std::copy(bytes.span().begin(), bytes.span().end(), digest.begin());
    return digest;
  }
  /// Steps over `length` bytes, which must be there; returns where they start.
  std::uint64_t skip(std::uint64_t length) {
    const std::uint64_t start = position_;
    const std::uint64_t left = source_.size() - position_;
    if (length > left) fail("is cut off", fmt::format("{} bytes", length), left);
    position_ += length;
    return start;
  }
  template <typename Value>
  [[noreturn]] void fail(const std::string& what, const std::string& expected,
                         const Value& actual) const {
    throw Error::corrupt(source_.name(), position_, "journal " + what, expected,
                         fmt::format("{}", actual));
  }

 private:
  ByteView view(std::uint32_t length) {
    const std::uint64_t start = skip(length);
    buffer_ = source_.read(start, length);
    return ByteView(buffer_, start, source_.name());
  }

  const ByteSource& source_;
  std::uint64_t position_ = 0;
  Bytes buffer_;
};

struct Counts {
  std::uint32_t targets = 0;
  std::uint32_t records = 0;
  std::uint32_t folder = 0;
  std::uint32_t metadata = 0;
};

Counts read_header(const ByteSource& source) {
  if (source.size() < header_size + digest_size) {
    throw Error::corrupt(source.name(), 0, "journal is cut off",
                         fmt::format("at least {} bytes", header_size + digest_size),
                         fmt::format("{}", source.size()));
  }
  const Bytes bytes = source.read(0, header_size);
  const ByteView header(bytes, 0, source.name());
  if (!header.starts_with(magic)) {
    throw Error::corrupt(source.name(), 0, "is not a journal of goldhive", "\"goldhive\"");
  }
  const std::uint32_t version = header.u32(8);
  const std::uint32_t flags = header.u32(12);
  if (version != journal_version || flags != 0) {
    throw Error(ErrorKind::unsupported,
                fmt::format("is a journal of version {}, flags {:#x}: a newer goldhive wrote it, "
                            "use that one",
                            version, flags),
                source.name());
  }
  if (header.u64(16) != source.size()) {
    throw Error::corrupt(source.name(), 16, "journal has the wrong length",
                         fmt::format("{}", header.u64(16)), fmt::format("{}", source.size()));
  }
  return {header.u32(24), header.u32(28), header.u32(32), header.u32(36)};
}

void check_digest(const ByteSource& source) {
  const std::uint64_t end = source.size() - digest_size;
  const Bytes stored = source.read(end, digest_size);
  const Digest actual = sha256(source, 0, end);
  if (!std::equal(stored.begin(), stored.end(), actual.begin())) {
    throw Error::corrupt(source.name(), end, "journal has a wrong checksum");
  }
}

void require_in_proportion(const ByteSource& source, std::uint64_t targets) {
  if (source.size() <= max_fixed || (source.size() - max_fixed) / max_share <= targets) return;
  throw Error(
      ErrorKind::refused,
      fmt::format("is a journal of {} bytes for files of {} bytes: it cannot belong to them",
                  source.size(), targets),
      source.name());
}

JournalTarget read_target(Reader& in) {
  JournalTarget target;
  const std::uint32_t length = in.u32();
  if (length > max_name)
    in.fail("holds a name that is too long", fmt::format("at most {}", max_name), length);
  target.name = in.text(length);
  if (!is_plain_name(target.name))
    in.fail("names a target outside its folder", "a name without a path", target.name);
  target.old_size = in.u64();
  target.new_size = in.u64();
  if (target.new_size < target.old_size) {
    in.fail("makes a file shorter", fmt::format("at least {}", target.old_size), target.new_size);
  }
  target.growth = in.digest();
  return target;
}

/// How often the byte that is written most often is written.
std::uint32_t most_writes(const std::vector<JournalEdit>& edits) {
  std::vector<std::pair<std::uint32_t, int>> steps;  // at an end, -1 sorts before the next +1
  for (const JournalEdit& edit : edits) {
    if (edit.length == 0) continue;
    steps.emplace_back(edit.at, 1);
    steps.emplace_back(edit.at + edit.length, -1);
  }
  std::sort(steps.begin(), steps.end());
  std::uint32_t now = 0;
  std::uint32_t most = 0;
  for (const auto& [at, step] : steps) {
    now += static_cast<std::uint32_t>(step);
    most = std::max(most, now);
  }
  return most;
}

JournalRecord read_record(Reader& in, const std::vector<JournalTarget>& targets,
                          std::uint32_t& items) {
  JournalRecord record;
  record.target = in.u32();
  if (record.target >= targets.size())
    in.fail("has a record without a target", fmt::format("below {}", targets.size()),
            record.target);
  const std::uint32_t edits = in.u32();
  record.offset = in.u64();
  record.length = in.u32();
  const std::uint64_t size = targets[record.target].old_size;
  if (record.length == 0 || record.length > max_record || record.offset > size ||
      record.length > size - record.offset) {
    in.fail("has a record outside its target", fmt::format("within {} bytes", size), record.offset);
  }
  // Only whole blocks, so that a journal cannot have more records than its target has blocks.
  const std::uint64_t end = record.offset + record.length;
  if (record.offset % journal_block != 0 || (end % journal_block != 0 && end != size)) {
    in.fail("has a record that is not of whole blocks",
            fmt::format("multiples of {}", journal_block), record.offset);
  }
  record.position = in.skip(record.length);
  if (edits > max_items - items)
    in.fail("has too many edits", fmt::format("at most {}", max_items - items), edits);
  items += edits;
  for (std::uint32_t i = 0; i < edits; ++i) {
    JournalEdit edit;
    edit.at = in.u32();
    edit.length = in.u32();
    if (edit.at > record.length || edit.length > record.length - edit.at) {
      in.fail("has an edit outside its record", fmt::format("within {} bytes", record.length),
              edit.at);
    }
    edit.position = in.skip(edit.length);
    record.edits.push_back(edit);
  }
  const std::uint32_t most = most_writes(record.edits);
  if (most > journal_max_writes) {
    in.fail("writes a byte too often", fmt::format("at most {} times", journal_max_writes), most);
  }
  return record;
}

bool follows(const JournalRecord& a, const JournalRecord& b) {
  return a.target < b.target || (a.target == b.target && a.offset + a.length <= b.offset);
}

/// Collects what is written and hashed; flushed in pieces.
class Writer {
 public:
  explicit Writer(WritableFile& file) : file_(file) {}

  void u32(std::uint32_t value) {
    std::uint8_t bytes[4];
    put_u32(bytes, 0, value);
    add(bytes);
  }
  void u64(std::uint64_t value) {
    std::uint8_t bytes[8];
    put_u64(bytes, 0, value);
    add(bytes);
  }
  void text(const std::string& text) {
    buffer_.insert(buffer_.end(), text.begin(), text.end());
    flush_if_full();
  }
  void add(std::span<const std::uint8_t> bytes) {
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    flush_if_full();
  }
  void finish() {
    flush();
    file_.write(position_, hash_.finish());
  }

 private:
  void flush_if_full() {
    if (buffer_.size() >= 256 * 1024) flush();
  }
  void flush() {
    hash_.add(buffer_);
    file_.write(position_, buffer_);
    position_ += buffer_.size();
    buffer_.clear();
  }

  WritableFile& file_;
  Sha256 hash_;
  Bytes buffer_;
  std::uint64_t position_ = 0;
};

using Writes = std::vector<const Write*>;

/// The whole blocks below `old_size` that `writes` touch: offset -> end, merged.
std::map<std::uint64_t, std::uint64_t> touched_blocks(const Writes& writes,
                                                      std::uint64_t old_size) {
  std::map<std::uint64_t, std::uint64_t> ranges;
  for (const Write* write : writes) {
    const auto& [offset, bytes] = *write;
    if (bytes.empty() || offset >= old_size) continue;
    std::uint64_t start = offset - offset % journal_block;
    const std::uint64_t last = std::min(offset + bytes.size(), old_size) - 1;
    std::uint64_t end = std::min(last - last % journal_block + journal_block, old_size);
    auto next = ranges.upper_bound(start);
    if (next != ranges.begin() && std::prev(next)->second >= start) --next;
    while (next != ranges.end() && next->first <= end) {
      start = std::min(start, next->first);
      end = std::max(end, next->second);
      next = ranges.erase(next);
    }
    ranges.emplace(start, end);
  }
  return ranges;
}

}  // namespace

bool is_journal(const ByteSource& source) {
  if (source.size() < magic.size()) return false;
  const Bytes head = source.read(0, magic.size());
  return ByteView(head, 0, source.name()).starts_with(magic);
}

Journal Journal::decode(std::shared_ptr<const ByteSource> source, const Admit& admit) {
  Journal journal;
  journal.source_ = std::move(source);
  const Counts counts = read_header(*journal.source_);
  Reader in(*journal.source_);
  in.skip(header_size);
  journal.folder_ = in.text(counts.folder);
  if (!is_inner_folder(journal.folder_))
    in.fail("names a folder outside its root", "a path below it", journal.folder_);
  journal.metadata_ = in.text(counts.metadata);
  if (counts.targets == 0 || counts.targets > journal_max_targets) {
    in.fail("has a wrong number of targets", fmt::format("1 to {}", journal_max_targets),
            counts.targets);
  }
  for (std::uint32_t i = 0; i < counts.targets; ++i) journal.targets_.push_back(read_target(in));
  if (admit) require_in_proportion(*journal.source_, admit(journal));
  std::uint32_t items = 0;
  for (std::uint32_t i = 0; i < counts.records; ++i) {
    if (++items > max_items)
      in.fail("has too many records", fmt::format("at most {}", i), counts.records);
    JournalRecord record = read_record(in, journal.targets_, items);
    if (i > 0 && !follows(journal.records_.back(), record)) {
      in.fail("has records that overlap or are out of order", "sorted records", record.offset);
    }
    journal.records_.push_back(std::move(record));
  }
  const std::uint64_t left = journal.source_->size() - in.position();
  if (left != digest_size) in.fail("has bytes after its records", "0", left - digest_size);
  check_digest(*journal.source_);
  return journal;
}

Bytes Journal::old_bytes(const JournalRecord& record) const {
  return source_->read(record.position, record.length);
}

Bytes Journal::edit_bytes(const JournalEdit& edit) const {
  return source_->read(edit.position, edit.length);
}

std::uint64_t JournalPlan::length() const {
  std::uint64_t total = header_size + folder.size() + metadata.size() + digest_size;
  for (const JournalTarget& target : targets) total += target_fixed_size + target.name.size();
  for (const Record& record : records) {
    total += record_fixed_size + record.length;
    for (const Edit& edit : record.edits) total += edit_fixed_size + edit.bytes.size();
  }
  return total;
}

void JournalPlan::add_target(JournalTarget target, const Writes& writes) {
  const auto index = static_cast<std::uint32_t>(targets.size());
  const std::size_t first = records.size();
  for (const auto& [start, end] : touched_blocks(writes, target.old_size)) {
    for (std::uint64_t at = start; at < end; at += max_record) {
      const auto length = static_cast<std::uint32_t>(std::min<std::uint64_t>(end - at, max_record));
      records.push_back({index, at, length, {}});
    }
  }
  for (const Write* write : writes) {
    const std::uint64_t offset = write->offset;
    const std::span<const std::uint8_t> bytes = write->data;
    const std::uint64_t end = offset + bytes.size();
    auto record = std::upper_bound(
        records.begin() + static_cast<std::ptrdiff_t>(first), records.end(), offset,
        [](std::uint64_t at, const Record& r) { return at < r.offset + r.length; });
    for (; record != records.end() && record->offset < end; ++record) {
      const std::uint64_t from = std::max(offset, record->offset);
      const std::uint64_t to = std::min(end, record->offset + record->length);
      record->edits.push_back({static_cast<std::uint32_t>(from - record->offset),
                               bytes.subspan(static_cast<std::size_t>(from - offset),
                                             static_cast<std::size_t>(to - from))});
    }
  }
  targets.push_back(std::move(target));
}

void encode(const JournalPlan& plan, const OldBytes& old_bytes, WritableFile& file) {
  Writer out(file);
  out.text(std::string(magic));
  out.u32(journal_version);
  out.u32(0);
  out.u64(plan.length());
  out.u32(static_cast<std::uint32_t>(plan.targets.size()));
  out.u32(static_cast<std::uint32_t>(plan.records.size()));
  out.u32(static_cast<std::uint32_t>(plan.folder.size()));
  out.u32(static_cast<std::uint32_t>(plan.metadata.size()));
  out.add(Bytes(header_size - 40));
  out.text(plan.folder);
  out.text(plan.metadata);
  for (const JournalTarget& target : plan.targets) {
    out.u32(static_cast<std::uint32_t>(target.name.size()));
    out.text(target.name);
    out.u64(target.old_size);
    out.u64(target.new_size);
    out.add(target.growth);
  }
  Bytes old;
  for (const JournalPlan::Record& record : plan.records) {
    out.u32(record.target);
    out.u32(static_cast<std::uint32_t>(record.edits.size()));
    out.u64(record.offset);
    out.u32(record.length);
    old.resize(record.length);
    old_bytes(record.target, record.offset, old);
    out.add(old);
    for (const JournalPlan::Edit& edit : record.edits) {
      out.u32(edit.at);
      out.u32(static_cast<std::uint32_t>(edit.bytes.size()));
      out.add(edit.bytes);
    }
  }
  out.finish();
}

}  // namespace goldhive
