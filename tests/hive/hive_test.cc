// Reading well-formed hives: every shape in which Windows stores keys and values.
#include "src/hive/hive.h"

#include <algorithm>

#include "imgtools/bytes/text.h"
#include "src/hive/base_block.h"
#include "src/hive/key_node.h"
#include "tests/hive/hive_model.h"
#include "tests/hive/test_hive.h"

using namespace goldhive;
using namespace goldhive::hive;
using namespace goldhive::testing;
using fixtures::HiveOptions;
using fixtures::ListKind;

namespace {

/// The model in the order and with the times that the builder writes, without what read_model()
/// leaves out.
fixtures::KeyModel as_stored(fixtures::KeyModel key, FileTime timestamp) {
  if (key.last_written == 0) key.last_written = timestamp;
  std::sort(key.subkeys.begin(), key.subkeys.end(),
            [](const auto& a, const auto& b) { return nt_compare(a.name, b.name) < 0; });
  for (fixtures::KeyModel& subkey : key.subkeys) {
    subkey = as_stored(std::move(subkey), timestamp);
  }
  return key;
}

}  // namespace

TEST_CASE("keys and values are found by path without regard to case") {
  const Hive hive = open_text(R"([Microsoft\Windows NT\CurrentVersion]
"ProductName"="Windows 7"
@="default"
"Build"=dword:1db1
@time:2016-07-08T10:11:12Z
@class:"Cls"
)");
  const auto key = hive.root().find_path("microsoft\\WINDOWS nt\\currentversion");
  REQUIRE(key);
  CHECK(key->name_utf8() == "CurrentVersion");
  CHECK(key->last_written() == 131124462720000000);
  CHECK(utf16_from_bytes(key->class_name()) == u"Cls");
  CHECK(key->value_count() == 3);
  CHECK(key->subkey_count() == 0);
  CHECK_FALSE(key->is_link());
  CHECK(key->cell() != hive.root().cell());

  const auto build = key->value("BUILD");
  REQUIRE(build);
  CHECK(build->name_utf8() == "Build");
  CHECK(build->type() == ValueType::dword);
  CHECK(build->size() == 4);
  CHECK(build->data() == Bytes{0xb1, 0x1d, 0, 0});
  REQUIRE(key->value(""));
  CHECK(key->value("")->type() == ValueType::sz);
  CHECK(utf16_from_bytes(key->value("ProductName")->data()) == std::u16string(u"Windows 7\0", 10));

  CHECK_FALSE(key->value("Buil"));
  CHECK_FALSE(hive.root().find_path("Microsoft\\Windows NT\\CurrentVersion\\Deeper"));
  CHECK_FALSE(hive.root().find("Micro"));
  CHECK(hive.root().find_path("")->cell() == hive.root().cell());
  CHECK(hive.base_block().minor_version == 5);
}

TEST_CASE("data is whole whether inline or plain or big") {
  const std::string text = R"([Data]
"none"=hex:
"three"=hex:01,02,03
"four"=dword:04030201
"five"=hex:01,02,03,04,05
"edge"=bytes:16344:1
"two segments"=bytes:16345:2
"six segments"=bytes:81725:3
)";
  for (const std::uint32_t minor : {3u, 4u, 5u, 6u}) {
    HiveOptions options;
    options.minor_version = minor;
    const Hive hive = open_text(text, options);
    const Key key = hive.root().find("Data").value();
    CHECK(key.value("none")->data().empty());
    CHECK(key.value("three")->data() == Bytes{1, 2, 3});
    CHECK(key.value("four")->data() == Bytes{1, 2, 3, 4});
    CHECK(key.value("five")->data() == Bytes{1, 2, 3, 4, 5});
    CHECK(key.value("edge")->data() == fixtures::pattern_bytes(16344, 1));
    CHECK(key.value("two segments")->data() == fixtures::pattern_bytes(16345, 2));
    CHECK(key.value("six segments")->data() == fixtures::pattern_bytes(81725, 3));
  }
}

TEST_CASE("names hold what the kernel lets in") {
  const Hive hive = open_text(R"([Names\CR{U+000D}LF{U+000A}]
[Names\nul{U+0000}inside]
[Names\lone{U+D83D}]
[Names\Ärger]
[Names\Ωmega]
[Names\straße]
"Ünïcode"=dword:1
"日本"=dword:2
)");
  const Key key = hive.root().find("Names").value();
  CHECK(key.find("cr\rlf\n"));
  CHECK(key.find(std::string("NUL\0INSIDE", 10)));
  CHECK_FALSE(key.find("nul"));
  CHECK(key.find("äRGER"));
  CHECK(key.find("ωMEGA"));
  CHECK(key.find("STRAßE"));
  CHECK_FALSE(key.find("STRASSE"));
  CHECK(key.find("straße")->value("üNÏCODE"));
  CHECK(key.find("straße")->value("日本"));
  const auto lone = key.find_prefix("lone");
  REQUIRE(lone.size() == 1);
  CHECK(lone[0].name() == u"lone\xd83d");
  CHECK(lone[0].name_utf8() == "lone\xef\xbf\xbd");
}

TEST_CASE("every kind of list gives every key and finds each of them") {
  for (const ListKind kind : {ListKind::lf, ListKind::lh, ListKind::li}) {
    for (const bool nested : {false, true}) {
      for (const std::uint32_t limit : {1012u, 7u, 1u}) {
        HiveOptions options;
        options.lists = kind;
        options.leaf_limit = limit;
        options.nested_index = nested;
        options.minor_version = kind == ListKind::lh ? 5 : 3;
        const Hive hive = open_text("[Many\\sub{001..100}]\n[Many\\other{1..9}]\n", options);
        const Key many = hive.root().find("MANY").value();
        const std::vector<Key> all = many.subkeys();
        REQUIRE(all.size() == 109);
        // An index in an index is nothing that Windows writes: it is read, and said.
        std::size_t faults = 0;
        const ErrorSink count = [&](const Error&) { ++faults; };
        for (const Key& key : all) {
          const auto found = many.find(to_utf8(nt_upcase(key.name())), count);
          REQUIRE(found);
          CHECK(found->cell() == key.cell());
        }
        for (const char* absent : {"", "a", "other", "sub0500", "sub101", "zzz"}) {
          CHECK_FALSE(many.find(absent, count));
        }
        CHECK((faults != 0) == (nested && limit < 100));
      }
    }
  }
}

TEST_CASE("a prefix finds the run of keys that have it and no other") {
  for (const std::uint32_t limit : {1012u, 5u}) {
    HiveOptions options;
    options.leaf_limit = limit;
    const Hive hive = open_text(R"([P\Package_for_KB{1..30}]
[P\Package_for_RollupFix~31bf~amd64~~7601.{1..3}]
[P\Package_for_Rollup]
[P\Pack]
[P\zz]
)",
                                options);
    const Key key = hive.root().find("P").value();
    CHECK(names(key.find_prefix("package_for_rollupfix")) ==
          std::vector<std::string>{"Package_for_RollupFix~31bf~amd64~~7601.1",
                                   "Package_for_RollupFix~31bf~amd64~~7601.2",
                                   "Package_for_RollupFix~31bf~amd64~~7601.3"});
    CHECK(key.find_prefix("package_for_kb").size() == 30);
    CHECK(names(key.find_prefix("Package_for_KB30")) ==
          std::vector<std::string>{"Package_for_KB30"});
    CHECK(key.find_prefix("PA").size() == 35);
    CHECK(key.find_prefix("").size() == 36);
    CHECK(names(key.find_prefix("z")) == std::vector<std::string>{"zz"});
    CHECK(key.find_prefix("a").empty());
    CHECK(key.find_prefix("Package_for_KB3140245").empty());
    CHECK(key.find_prefix("zzz").empty());
  }
}

TEST_CASE("a link key is reported and not followed") {
  const Hive hive = open_text(R"([Link]
@flags:link
"SymbolicLinkValue"=link:"\\Registry\\Machine\\SYSTEM"
[Target\Sub]
)");
  const Key link = hive.root().find("Link").value();
  CHECK(link.is_link());
  CHECK((link.flags() & key_sym_link) != 0);
  CHECK_FALSE(link.find("Sub"));
  CHECK(link.value("symboliclinkvalue")->type() == ValueType::link);
}

TEST_CASE("keys and values outlive the hive they came from") {
  std::optional<Value> value;
  {
    const Hive hive = open_text("[A\\B]\n\"v\"=bytes:20000:1\n");
    value = hive.root().find_path("A\\B")->value("v");
  }
  CHECK(value->data() == fixtures::pattern_bytes(20000, 1));
}

TEST_CASE("a look-up in a large hive reads a few pages of it") {
  HiveOptions options;
  options.leaf_limit = 500;
  Bytes bytes =
      hive_bytes("[A\\many{00001..12000}]\n\"v\"=bytes:600:1\n[A\\most\\deep]\n", options);
  const std::size_t size = bytes.size();
  const auto source = std::make_shared<MemorySource>(std::move(bytes), "SOFTWARE");
  const Hive hive = Hive::open(source);
  CHECK(source->stats().reads == 2);
  CHECK(hive.root().find_path("A\\most\\deep"));
  CHECK(hive.root().find("A")->find("many07777")->value("v")->data().size() == 600);
  CHECK(hive.root().find("A")->find_prefix("many11999").size() == 1);
  CHECK(source->stats().reads < 40);
  CHECK(source->stats().bytes < size / 40);
}

TEST_CASE("a whole hive reads back as the model it was built from") {
  fixtures::KeyModel model = fixtures::parse_reg_text(R"([]
@="root default"
[Control\SecurityProviders\SCHANNEL]
"EventLogging"=dword:00000001
[Many\sub{0001..0300}]
"v {1..3}"=qword:0102030405060708
[Names\Ärger]
[Names\straße]
[Names\{U+0436}x{U+0000}y]
"Ωmega"=multi:"wide","name"
[Big]
"edge"=bytes:16344:1
"two segments"=bytes:16345:2
"odd"=hex(2000001f):01,02,03,04,05
"nothing"=hex:
)",
                                                      "test");
  for (const std::uint32_t minor : {3u, 4u, 5u, 6u}) {
    HiveOptions options;
    options.minor_version = minor;
    options.lists = minor == 3 ? ListKind::lf : ListKind::lh;
    options.leaf_limit = 100;
    options.free_cells_every = minor;
    const Hive hive = open_hive(fixtures::build_hive(model, options));
    CHECK(difference(read_model(hive.root()), as_stored(model, options.timestamp)) == "");
    CHECK(count_tree(hive).errors == 0);
  }
}
