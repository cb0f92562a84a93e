// Journals and records of replacements as somebody else could make them: the bytes of version 1
// (docs/journal-format.md), with right lengths and checksums, written without the code that reads
// them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "imgtools/bytes/bytes.h"
#include "imgtools/bytes/digest.h"

namespace goldhive::testing {

struct ForgedTarget {
  std::string name;
  std::uint64_t old_size = 0;
  std::uint64_t new_size = 0;
};

struct ForgedRecord {
  std::uint32_t target = 0;
  std::uint64_t offset = 0;
  Bytes old_bytes;
  std::vector<std::pair<std::uint32_t, Bytes>> edits;  ///< offset in the record, bytes
};

/// A record with every possible byte as an edit: whatever the target holds there, it looks like
/// something that the transaction wrote.
inline ForgedRecord constant_edits(std::uint32_t target, std::uint64_t offset, const Bytes& old) {
  ForgedRecord record{target, offset, old, {}};
  for (unsigned byte = 0; byte < 256; ++byte) {
    record.edits.emplace_back(0, Bytes(old.size(), static_cast<std::uint8_t>(byte)));
  }
  return record;
}

/// Appends numbers and texts.
class Forgery {
 public:
  Forgery& u32(std::uint64_t value) { return number(value, 4); }
  Forgery& u64(std::uint64_t value) { return number(value, 8); }
  template <class Range>
  Forgery& all_of(const Range& range) {
    bytes_.insert(bytes_.end(), range.begin(), range.end());
    return *this;
  }
  std::size_t size() const { return bytes_.size(); }
  const Bytes& bytes() const { return bytes_; }
  Bytes sealed() const {
    Bytes result = bytes_;
    Sha256 hash;
    hash.add(bytes_);
    const Digest seal = hash.finish();
    result.insert(result.end(), seal.begin(), seal.end());
    return result;
  }

 private:
  Forgery& number(std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i) bytes_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    return *this;
  }

  Bytes bytes_;
};

inline Bytes forged_journal(const std::vector<ForgedTarget>& targets,
                            const std::vector<ForgedRecord>& records,
                            const std::string& folder = "") {
  Forgery body;
  body.all_of(folder);
  for (const ForgedTarget& target : targets) {
    body.u32(target.name.size()).all_of(target.name);
    body.u64(target.old_size).u64(target.new_size).all_of(Sha256().finish());
  }
  for (const ForgedRecord& record : records) {
    body.u32(record.target).u32(record.edits.size()).u64(record.offset);
    body.u32(record.old_bytes.size()).all_of(record.old_bytes);
    for (const auto& [at, bytes] : record.edits) body.u32(at).u32(bytes.size()).all_of(bytes);
  }
  Forgery whole;
  whole.all_of(std::string("goldhive")).u32(1).u32(0).u64(64 + body.size() + 32);
  whole.u32(targets.size()).u32(records.size()).u32(folder.size()).u32(0).all_of(Bytes(24));
  return whole.all_of(body.bytes()).sealed();
}

inline Bytes forged_record(const std::string& name, const Bytes& old_content,
                           const Bytes& new_content) {
  const auto digest_of = [](const Bytes& content) {
    Sha256 hash;
    hash.add(content);
    return hash.finish();
  };
  Forgery record;
  record.all_of(std::string("goldrepl")).u32(1).u32(0).u32(0).u32(name.size());
  record.u64(old_content.size()).u64(new_content.size());
  record.all_of(digest_of(old_content)).all_of(digest_of(new_content)).all_of(name);
  return record.sealed();
}

}  // namespace goldhive::testing
