#include "imgtools/change/journal_format.h"

#include <catch2/catch.hpp>

#include "imgtools/bytes/error.h"
#include "tests/support/faulty_storage.h"

using namespace goldhive;
using goldhive::testing::FaultyStorage;

namespace {

Bytes encoded(const JournalPlan& plan, const Bytes& target) {
  FaultyStorage storage;
  const auto file = storage.create("/j");
  encode(
      plan,
      [&](std::uint32_t, std::uint64_t offset, std::span<std::uint8_t> out) {
        std::copy_n(target.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
      },
      *file);
  return storage.contents("/j");
}

Journal decoded(const Bytes& data) {
  return Journal::decode(std::make_shared<MemorySource>(data, "journal"), {});
}

/// The same journal with a right checksum after `change`: as a hostile writer would make it.
Bytes resealed(Bytes data, const std::function<void(Bytes&)>& change) {
  data.resize(data.size() - 32);
  change(data);
  put_u64(data, 16, data.size() + 32);
  const Digest digest = sha256(MemorySource(data, "data"));
  data.insert(data.end(), digest.begin(), digest.end());
  return data;
}

JournalPlan plan_for(const Bytes& target, const Write& write) {
  JournalPlan plan;
  plan.folder = "a/b";
  plan.metadata = "meta";
  JournalTarget file;
  file.name = "SYSTEM";
  file.old_size = target.size();
  file.new_size = target.size() + 100;
  plan.add_target(file, {&write});
  return plan;
}

const Bytes content(10000, 'c');
const Write edit{4093, Bytes(6, 'e')};

// Where things stand in the journal of plan_for(): header 64, "a/b", "meta", then the target.
constexpr std::size_t target_at = 64 + 3 + 4;
constexpr std::size_t record_at = target_at + 4 + 6 + 8 + 8 + 32;
constexpr std::size_t edit_at = record_at + 20 + 8192;

}  // namespace

TEST_CASE("a journal decodes to what was encoded and is as long as planned") {
  const JournalPlan plan = plan_for(content, edit);
  const Bytes data = encoded(plan, content);
  CHECK(data.size() == plan.length());
  const Journal journal = decoded(data);
  CHECK(journal.folder() == "a/b");
  CHECK(journal.metadata() == "meta");
  REQUIRE(journal.records().size() == 1);
  const JournalRecord& record = journal.records()[0];
  CHECK(record.offset == 0);
  CHECK(record.length == 8192);
  CHECK(journal.old_bytes(record) == Bytes(8192, 'c'));
  REQUIRE(record.edits.size() == 1);
  CHECK(record.edits[0].at == 4093);
  CHECK(journal.edit_bytes(record.edits[0]) == edit.data);
}

TEST_CASE("records are whole blocks, merged where they touch, cut at the end and at a mebibyte") {
  const Bytes big(3 * 1024 * 1024 + 10, 'b');
  JournalPlan plan;
  JournalTarget file;
  file.name = "f";
  file.old_size = big.size();
  file.new_size = big.size() + 5000;
  const Write wide{20480, Bytes(2 * 1024 * 1024, 'w')};
  const auto byte_at = [](std::uint64_t offset) { return Write{offset, Bytes(1, 'x')}; };
  const Write last = byte_at(big.size() - 1);
  const Write inside = byte_at(5000);
  const Write next_block = byte_at(4096 + 8191);
  const Write beyond = byte_at(big.size() + 1000);
  plan.add_target(file, {&last, &inside, &next_block, &beyond, &wide, &inside});
  REQUIRE(plan.records.size() == 4);
  CHECK(plan.records[0].offset == 4096);
  CHECK(plan.records[0].length == 8192);
  CHECK(plan.records[0].edits.size() == 3);
  CHECK(plan.records[1].offset == 20480);
  CHECK(plan.records[1].length == 1024 * 1024);
  CHECK(plan.records[2].length == 1024 * 1024);
  CHECK(plan.records[3].offset == 3 * 1024 * 1024);
  CHECK(plan.records[3].length == 10);
}

TEST_CASE("a journal with a right checksum but hostile fields is refused") {
  const Bytes good = encoded(plan_for(content, edit), content);
  CHECK_NOTHROW(decoded(resealed(good, [](Bytes&) {})));
  const auto refused = [&](const std::function<void(Bytes&)>& change) {
    try {
      decoded(resealed(good, change));
    } catch (const Error& e) {
      return e.kind() == ErrorKind::corrupt && e.offset().has_value();
    }
    return false;
  };
  CHECK(refused([](Bytes& d) { d[64] = '/'; }));                             // folder "//b"
  CHECK(refused([](Bytes& d) { d[64] = '.', d[65] = '.', d[66] = '/'; }));   // folder "../"
  CHECK(refused([](Bytes& d) { d[target_at + 4] = '/'; }));                  // name "/YSTEM"
  CHECK(refused([](Bytes& d) { d[target_at + 4] = 0; }));                    // name with NUL
  CHECK(refused([](Bytes& d) { put_u32(d, target_at, 0xffffffff); }));       // name length
  CHECK(refused([](Bytes& d) { put_u64(d, target_at + 18, 9999); }));        // shrinks
  CHECK(refused([](Bytes& d) { put_u64(d, target_at + 10, 100); }));         // record outside
  CHECK(refused([](Bytes& d) { put_u32(d, 24, 0); }));                       // no target
  CHECK(refused([](Bytes& d) { put_u32(d, 24, 0xffffffff); }));              // many targets
  CHECK(refused([](Bytes& d) { put_u32(d, 28, 2); }));                       // record missing
  CHECK(refused([](Bytes& d) { put_u32(d, 28, 0); }));                       // record left over
  CHECK(refused([](Bytes& d) { put_u32(d, record_at, 1); }));                // no such target
  CHECK(refused([](Bytes& d) { put_u32(d, record_at + 4, 0xffffffff); }));   // many edits
  CHECK(refused([](Bytes& d) { put_u64(d, record_at + 8, ~0ULL); }));        // offset
  CHECK(refused([](Bytes& d) { put_u32(d, record_at + 16, 0xffffffff); }));  // length
  CHECK(refused([](Bytes& d) { put_u32(d, record_at + 16, 0); }));           // empty record
  CHECK(refused([](Bytes& d) { put_u32(d, edit_at, 8190); }));               // edit outside
  CHECK(refused([](Bytes& d) { put_u32(d, edit_at + 4, 0xffffffff); }));     // edit length
  CHECK(refused([](Bytes& d) {                                               // records overlap
    const Bytes record(d.begin() + record_at, d.end());
    d.insert(d.end(), record.begin(), record.end());
    put_u32(d, 28, 2);
  }));
}
