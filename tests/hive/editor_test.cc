#include "src/hive/editor.h"

#include <catch2/catch.hpp>

#include "fixtures/hive_builder.h"
#include "imgtools/bytes/error.h"
#include "src/hive/base_block.h"
#include "src/hive/checker.h"
#include "src/hive/cross_check.h"
#include "src/hive/key_node.h"
#include "src/hive/security.h"
#include "tests/hive/edit_support.h"
#include "tests/hive/log_maker.h"

using namespace goldhive;
using namespace goldhive::hive;
using namespace goldhive::hive::testing;

namespace {

Bytes build(std::string_view text, const fixtures::HiveOptions& options = {}) {
  return fixtures::build_hive(fixtures::parse_reg_text(text, "test.reg"), options);
}

/// Sound for us and for hivex, which must count what we count.
void require_sound(const Bytes& file) {
  const MemorySource source(file, "hive");
  const CheckResult result = check(source);
  for (const Fault& fault : result.faults) {
    FAIL(to_string(fault));
  }
  if (cross_check_available()) {
    CrossCheckCopy(source, ".").check({}, result.keys, result.values);
  }
}

std::uint32_t dword(const Bytes& file, std::string_view path, std::string_view name) {
  const auto key = open(file).root().find_path(path);
  REQUIRE(key);
  const auto value = key->value(name);
  REQUIRE(value);
  REQUIRE(value->type() == ValueType::dword);
  const Bytes data = value->data();
  REQUIRE(data.size() == 4);
  return ByteView(data, 0, "value").u32(0);
}

std::size_t bytes_written(const HiveChange& change) {
  std::size_t sum = 0;
  for (const auto& [offset, bytes] : change.writes) sum += bytes.size();
  return sum;
}

const char* const sample = R"([Control\Lsa]
"LimitBlankPasswordUse"=dword:1
"Text"="some text"
[Control\SecurityProviders\SCHANNEL\Protocols\SSL 2.0\Client]
"DisabledByDefault"=dword:1
)";
const char* const tls12 = R"(Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client)";

}  // namespace

TEST_CASE("an inline DWORD that exists changes in its four bytes") {
  const Bytes before = build(sample);
  const HiveChange change = change_of(
      before, [](Editor& e) { e.set_dword("control\\LSA", "limitblankpassworduse", 0x01020304); });
  CHECK(change.new_size == before.size());
  // The base block, the key's time, the four bytes.
  CHECK(change.writes.size() <= 4);
  CHECK(bytes_written(change) <= 64);
  const Bytes after = written(before, change);
  require_sound(after);
  CHECK(dword(after, "Control\\Lsa", "LimitBlankPasswordUse") == 0x01020304);
  // The names stay as they were written.
  CHECK(open(after).root().find_path("Control\\Lsa")->values()[0].name() ==
        u"LimitBlankPasswordUse");
}

TEST_CASE("an edit that finds its result already there changes nothing") {
  const Bytes before = build(sample);
  CHECK(change_of(before, [](Editor& e) {
          e.set_dword("Control\\Lsa", "LimitBlankPasswordUse", 1);
          e.create_key("Control\\Lsa");
          e.delete_value("Control\\Lsa", "not there");
          e.delete_key("Control\\Not there");
        }).empty());
  const auto edits = [](Editor& e) { e.set_dword(tls12, "DisabledByDefault", 0); };
  const Bytes once = edited(before, edits);
  CHECK(change_of(once, edits).empty());
}

TEST_CASE("the same edits give the same bytes") {
  const auto edits = [](Editor& e) {
    e.set_dword(tls12, "DisabledByDefault", 0);
    e.set_dword(tls12, "Enabled", 1);
  };
  CHECK(edited(build(sample), edits) == edited(build(sample), edits));
}

TEST_CASE("new keys are found in every kind of list and every version") {
  for (const std::uint32_t minor : {3U, 4U, 5U, 6U}) {
    for (const auto lists :
         {fixtures::ListKind::lf, fixtures::ListKind::lh, fixtures::ListKind::li}) {
      fixtures::HiveOptions options;
      options.minor_version = minor;
      options.lists = lists;
      const Bytes after = edited(build(sample, options), [](Editor& e) {
        e.set_dword(tls12, "DisabledByDefault", 0);
        e.set_dword("Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.1\\Client",
                    "DisabledByDefault", 0);
      });
      CAPTURE(minor, static_cast<int>(lists));
      require_sound(after);
      CHECK(dword(after, tls12, "DisabledByDefault") == 0);
      CHECK(dword(after, "Control\\Lsa", "LimitBlankPasswordUse") == 1);
    }
  }
}

TEST_CASE("a first subkey list is of the kind that the version of the hive writes") {
  for (const std::uint32_t minor : {3U, 5U}) {
    fixtures::HiveOptions options;
    options.minor_version = minor;
    const Bytes after =
        edited(build("[Lone]\n", options), [](Editor& e) { e.create_key("Lone\\Child"); });
    require_sound(after);
    const CellOffset lone = open(after).root().find("Lone")->cell();
    const ByteView file(after, 0, "hive");
    const std::uint32_t list = file.u32(4096 + lone + 4 + nk::subkey_list);
    CHECK(file.slice(4096 + list + 4, 2).starts_with(minor == 3 ? "lf" : "lh"));
  }
}

TEST_CASE("a key with five thousand subkeys takes more and keeps its order") {
  const Bytes before = build("[Many\\sub{0001..5000}]\n\"v\"=dword:7\n");
  const Bytes after = edited(before, [](Editor& e) {
    e.create_key("Many\\aaa before all");
    e.create_key("Many\\zzz behind all");
    for (int i = 1000; i < 1600; ++i) e.create_key("Many\\sub2500-" + std::to_string(i));
  });
  require_sound(after);
  const auto many = open(after).root().find("Many");
  CHECK(many->subkey_count() == 5602);
  CHECK(many->find("SUB2500-1599"));
  CHECK(dword(after, "Many\\sub2500", "v") == 7);
}

TEST_CASE("a leaf that is full is split below an index root") {
  for (const auto lists :
       {fixtures::ListKind::lf, fixtures::ListKind::lh, fixtures::ListKind::li}) {
    fixtures::HiveOptions options;
    options.lists = lists;
    options.minor_version = 3;
    const Bytes after = edited(build("[Wide]\n", options), [](Editor& e) {
      for (int i = 0; i < 1200; ++i) e.create_key("Wide\\k" + std::to_string(i * 7919 % 1200));
    });
    require_sound(after);
    CHECK(open(after).root().find("Wide")->subkey_count() == 1200);
  }
}

TEST_CASE("siblings outside ASCII keep their place by the upcase rule of NT") {
  const Bytes after =
      edited(build("[n\\Ärger]\n[n\\Öl]\n[n\\日本]\n[n\\Ωmega]\n[n\\straße]\n"), [](Editor& e) {
        e.create_key("n\\äpfel");
        e.create_key("n\\ωhm");
        e.create_key("n\\Zebra");
        e.create_key("n\\ärger");  // is there
      });
  require_sound(after);
  const auto n = open(after).root().find("n");
  CHECK(n->subkey_count() == 8);
  CHECK(n->find("ÄPFEL"));
  CHECK(n->find("ΩHM"));
}

TEST_CASE("an edit beside a big value leaves that value alone") {
  const Bytes before = build("[Product]\n\"Policy\"=bytes:59044:3\n\"Type\"=\"WinNT\"\n");
  const auto policy = [](const Bytes& file) {
    return open(file).root().find("Product")->value("Policy")->data();
  };
  const Bytes after = edited(before, [](Editor& e) {
    e.set_dword("Product", "New", 5);
    e.set_dword("Product", "Other", 6);
  });
  require_sound(after);
  CHECK(policy(after) == policy(before));
  CHECK(policy(after).size() == 59044);
}

TEST_CASE("a value of another type or size is replaced and its old cells become free") {
  const Bytes before = build(
      "[k]\n\"big\"=bytes:59044:3\n\"text\"=\"a string of some length\"\n\"q\"=qword:a00\n"
      "\"plain\"=hex:01,02,03,04,05\n");
  const auto edits = [](Editor& e) {
    e.set_dword("k", "big", 1);
    e.set_dword("k", "text", 2);
    e.set_dword("k", "q", 3);
    e.set_value("k", "plain", ValueType::binary, Bytes{9, 8, 7, 6, 5});
  };
  const Bytes after = edited(before, edits);
  require_sound(after);  // no orphans
  CHECK(dword(after, "k", "big") == 1);
  CHECK(dword(after, "k", "text") == 2);
  CHECK(dword(after, "k", "q") == 3);
  CHECK(open(after).root().find("k")->value("plain")->data() == Bytes{9, 8, 7, 6, 5});
  CHECK(check(MemorySource(after, "hive")).free_bytes > 59000);
}

TEST_CASE("a hive without a free cell grows by one bin and one with slack does not grow") {
  fixtures::HiveOptions full;
  full.fill_last_bin = true;
  const auto edits = [](Editor& e) { e.set_dword(tls12, "DisabledByDefault", 0); };
  const Bytes before = build(sample, full);
  const HiveChange grown = change_of(before, edits);
  CHECK(grown.new_size == before.size() + 4096);
  require_sound(written(before, grown));

  full.slack_bins = 2;
  const Bytes slack = build(sample, full);
  const HiveChange into_slack = change_of(slack, edits);
  CHECK(into_slack.new_size == slack.size());
  require_sound(written(slack, into_slack));
}

TEST_CASE("the last write of a changed key and its parents is the time of the edit") {
  const Bytes after =
      edited(build(sample), [](Editor& e) { e.set_dword(tls12, "DisabledByDefault", 0); });
  const Key root = open(after).root();
  CHECK(root.find_path(tls12)->last_written() == edit_time);
  CHECK(root.find_path(R"(Control\SecurityProviders\SCHANNEL\Protocols)")->last_written() ==
        edit_time);
  CHECK(root.find_path(R"(Control\SecurityProviders\SCHANNEL)")->last_written() != edit_time);
  CHECK(root.find_path("Control\\Lsa")->last_written() != edit_time);
  CHECK(open(after).base_block().last_written == edit_time);
}

TEST_CASE("the sequence numbers end equal and above all that were seen") {
  fixtures::HiveOptions options;
  options.sequence1 = 812;
  options.sequence2 = 812;
  const auto edits = [](Editor& e) { e.set_dword("Control\\Lsa", "x", 1); };
  const Bytes after = edited(build(sample, options), edits);
  CHECK(open(after).base_block().sequence1 == 813);
  CHECK(open(after).base_block().sequence2 == 813);
  CHECK_FALSE(open(after).base_block().is_dirty());

  options.sequence1 = options.sequence2 = 0xffffffff;
  CHECK(open(edited(build(sample, options), edits)).base_block().sequence1 == 1);

  // A log beside the hive has wrapped already: to stay below it would let Windows replay it.
  options.sequence1 = options.sequence2 = 0xfffffffe;
  const Bytes file = build(sample, options);
  LogSources logs;
  logs.log1 = source(log_head(file, HiveFileType::log_new, 5), "hive.LOG1");
  CHECK(change_of(file, edits, logs).sequence == 6);
}

TEST_CASE("an edit beside logs with higher numbers leaves none that could still be applied") {
  // A clean hive does not need its logs, so they stay beside it. What they hold is older than the
  // edit and would undo it, were Windows cut off in its next write and one of them taken for later.
  const Bytes hive = with_sequences(hive_state(1), 10, 10);
  const Bytes stale = hive_state(7);
  const auto log_of = [&](std::uint32_t from, std::uint32_t to) {
    std::vector<Bytes> entries;
    for (std::uint32_t number = from; number <= to; ++number) {
      entries.push_back(hvle_entry(number, hive, stale));
    }
    return hvle_log(hive, from, entries);
  };
  struct Case {
    const char* what;
    Bytes log1, log2;
    std::uint32_t after;  ///< sequence number of the edit
  };
  const std::vector<Case> cases = {
      {"the first log", log_of(20, 20), log_of(11, 12), 21},
      {"the second log", log_of(8, 9), log_of(31, 31), 32},
      {"an entry and not the start of a log", log_of(11, 15), log_of(16, 19), 20},
      {"a log without entries", log_of(40, 39), {}, 41},
      {"an old log", log_head(hive, HiveFileType::log_old, 50), {}, 51},
      {"no log: all of them are older", log_of(5, 6), log_of(7, 8), 11},
  };
  for (const Case& c : cases) {
    INFO(c.what);
    LogSources logs;
    logs.log1 = source(c.log1, "hive.LOG1");
    if (!c.log2.empty()) logs.log2 = source(c.log2, "hive.LOG2");
    const HiveChange change = change_of(
        hive, [](Editor& e) { e.set_dword("Key", "n", 2); }, logs);
    CHECK(change.sequence == c.after);
    const Bytes after = written(hive, change);
    const Bytes cut_off = with_sequences(after, c.after + 1, c.after);
    const OpenedHive opened = testing::open(cut_off, c.log1, c.log2);
    CHECK(opened.state == HiveState::dirty);
    CHECK(state_of(*opened.hive) == 2);
  }
}

TEST_CASE("deleting what was created gives back its cells and its place in the lists") {
  const Bytes before = build(sample);
  const Bytes after = edited(before, [](Editor& e) {
    e.set_dword(tls12, "DisabledByDefault", 0);
    e.set_value(tls12, "Text", ValueType::sz, Bytes(100, 'x'));
    e.delete_value(tls12, "DisabledByDefault");
    e.delete_key(tls12);
    e.delete_key(R"(Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2)");
    e.delete_key(R"(Control\SecurityProviders\SCHANNEL\Protocols\SSL 2.0\Client)");
    e.delete_value("Control\\Lsa", "LimitBlankPasswordUse");
    e.delete_value("Control\\Lsa", "text");
  });
  require_sound(after);
  CHECK_FALSE(open(after).root().find_path(tls12));
  CHECK(open(after).root().find_path("Control\\Lsa")->value_count() == 0);
}

TEST_CASE("what cannot be edited safely is refused") {
  const Bytes file = build("[a\\b]\n[link]\n@flags:link\n");
  const auto primary = std::make_shared<MemorySource>(file, "hive");
  const auto refuses = [&](const std::function<void(Editor&)>& edits) {
    Editor editor(primary, open_with_logs(primary, {}), edit_time);
    CHECK_THROWS_AS(edits(editor), Error);
  };
  refuses([](Editor& e) { e.set_dword("link\\below", "x", 1); });
  refuses([](Editor& e) { e.set_dword("link", "x", 1); });
  refuses([](Editor& e) { e.delete_key("a"); });
  refuses([](Editor& e) { e.delete_key(""); });
  refuses([](Editor& e) { e.create_key(std::string(256, 'x')); });
  refuses([](Editor& e) { e.set_value("a", "v", ValueType::binary, Bytes(16345)); });

  const auto garbage = std::make_shared<MemorySource>(Bytes(8192), "hive");
  CHECK_THROWS_AS(Editor(garbage, open_with_logs(garbage, {}), edit_time), Error);
}
