#include "src/hive/checker.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <functional>
#include <set>

#include "src/hive/big_data.h"
#include "src/hive/check_map.h"
#include "src/hive/key_node.h"
#include "src/hive/security.h"
#include "src/hive/subkey_list.h"
#include "src/hive/value_node.h"
#include "tests/hive/log_maker.h"
#include "tests/hive/test_hive.h"

using namespace goldhive;
using namespace goldhive::hive;
using goldhive::testing::field_at;
using goldhive::testing::hive_bytes;
using goldhive::testing::open_hive;

namespace {

constexpr const char* text = R"(
[Alpha]
"one"=dword:1
"text"="some longer text"
[Alpha\Below]
[Beta]
@class:"Shell"
"big"=bytes:40000:1
[Beta\Other]
@security:1
"empty"=hex:
[Many\s{001..020}]
)";

fixtures::HiveOptions options() {
  fixtures::HiveOptions o;
  o.leaf_limit = 8;
  return o;
}

CheckResult check_bytes(const Bytes& file, const CheckLimits& limits = {}) {
  return check(MemorySource(file, "HIVE"), limits);
}

/// A good hive in which a test breaks one thing.
class Patient {
 public:
  explicit Patient(const fixtures::HiveOptions& o = options())
      : file(hive_bytes(text, o)), good_(open_hive(file)) {}

  CellOffset key(std::string_view path) const {
    return path.empty() ? good_.root().cell() : good_.root().find_path(path).value().cell();
  }
  CellOffset value(std::string_view path, std::string_view name) const {
    return good_.root().find_path(path).value().value(name).value().cell();
  }
  std::uint32_t get(CellOffset cell, std::size_t at) const {
    return ByteView(file, 0, "HIVE").u32(field_at(cell, at));
  }
  void put(CellOffset cell, std::size_t at, std::uint32_t number) {
    put_u32(file, field_at(cell, at), number);
  }
  void put16(CellOffset cell, std::size_t at, std::uint16_t number) {
    put_u16(file, field_at(cell, at), number);
  }
  /// Offset of the list that holds the subkeys of the key.
  CellOffset list(std::string_view path) const { return get(key(path), nk::subkey_list); }
  CellOffset value_list(std::string_view path) const { return get(key(path), nk::value_list); }
  CellOffset data(std::string_view path, std::string_view name) const {
    return get(value(path, name), vk::data);
  }

  CheckResult check() const { return check_bytes(file); }
  std::multiset<std::string> faults() const {
    std::multiset<std::string> codes;
    for (const Fault& fault : check().faults) codes.insert(to_string(fault.code));
    return codes;
  }

  Bytes file;

 private:
  Hive good_;
};

CellOffset security_of(const Patient& p, std::string_view path) {
  return p.get(p.key(path), nk::security);
}

using Codes = std::multiset<std::string>;

Codes after(const std::function<void(Patient&)>& harm) {
  Patient patient;
  harm(patient);
  return patient.faults();
}

}  // namespace

TEST_CASE("a sound hive has no fault in any version and with any kind of list") {
  for (const auto kind : {fixtures::ListKind::lf, fixtures::ListKind::lh, fixtures::ListKind::li}) {
    for (const std::uint32_t minor : {3u, 5u}) {
      fixtures::HiveOptions o = options();
      o.lists = kind;
      o.minor_version = minor;
      o.slack_bins = 2;
      o.free_cells_every = 3;
      const Patient patient(o);
      const CheckResult result = patient.check();
      for (const Fault& fault : result.faults) UNSCOPED_INFO(to_string(fault));
      CHECK(result.fault_count == 0);
      CHECK(result.safe_to_edit());
      CHECK(result.keys == 26);
      CHECK(result.values == 4);
      CHECK(result.big_values == (minor >= 4 ? 1 : 0));
      CHECK(result.security_cells == 2);
      CHECK(result.orphan_cells == 0);
      CHECK(result.free_cells > 5);
      CHECK(result.bins * bin_header_size + result.used_bytes + result.free_bytes ==
            patient.file.size() - base_block_size - 2 * 4096);
    }
  }
}

TEST_CASE("names outside Latin letters are sorted and hinted by the kernel's rule") {
  for (const auto kind : {fixtures::ListKind::lf, fixtures::ListKind::lh}) {
    fixtures::HiveOptions o;
    o.lists = kind;
    const Bytes file =
        hive_bytes("[a\u0436bc]\n[\u00e4x]\n[\u00c4y]\n[\u65e5\u672c]\n[stra\u00dfe]\n", o);
    const CheckResult result = check_bytes(file);
    for (const Fault& fault : result.faults) UNSCOPED_INFO(to_string(fault));
    CHECK(result.fault_count == 0);
    CHECK(result.keys == 6);
  }
}

TEST_CASE("a fault names its place and what was expected there") {
  Patient patient;
  const CellOffset list = patient.list("Alpha");
  const std::uint32_t hash = patient.get(list, 8);
  patient.put(list, 8, hash + 1);
  const CheckResult result = patient.check();
  REQUIRE(result.faults.size() == 1);
  const Fault& fault = result.faults[0];
  CHECK(fault.code == FaultCode::wrong_hash);
  CHECK(fault.harm == Harm::harmless);
  CHECK(fault.offset == field_at(list, 8));
  CHECK(fault.key == "Alpha");
  CHECK(result.safe_to_edit());
  CHECK(result.refusal_count == 0);
  CHECK(to_string(fault).find("wrong-hash at 0x") == 0);
  CHECK(to_string(fault).find("(Alpha): a subkey list has a wrong hash of a name: expected 0x") !=
        std::string::npos);
}

TEST_CASE("faults of the base block are named") {
  CHECK(after([](Patient& p) { p.file[0] = 'x'; }) == Codes{"bad-base-block"});
  CHECK(after([](Patient& p) { p.file.clear(); }) == Codes{"bad-base-block"});
  CHECK(after([](Patient& p) { put_u32(p.file, 508, 1); }) == Codes{"bad-checksum"});
  CHECK(after([](Patient& p) {
          put_u32(p.file, 8, 77);
          hive::testing::seal(p.file);
        }) == Codes{"unequal-sequences"});
  const Codes cut = after([](Patient& p) { p.file.resize(p.file.size() - 4096); });
  CHECK(cut.count("wrong-bins-size") == 1);
  // Recovery judges a dirty hive: read without its logs, it may be sound.
  CHECK(harm_of(FaultCode::unequal_sequences) == Harm::harmless);
}

TEST_CASE("faults of bins and cells are named") {
  const Codes bin = after([](Patient& p) { p.file[4096] = 'x'; });
  CHECK(bin.count("bad-bin") == 1);
  // The file's last bin is made to reach beyond the end.
  CHECK(after([](Patient& p) {
          std::size_t at = 4096;
          const ByteView view(p.file, 0, "HIVE");
          while (at + view.u32(at + 8) < p.file.size()) at += view.u32(at + 8);
          put_u32(p.file, at + 8, view.u32(at + 8) + 4096);
        }) == Codes{"bad-bin"});
  for (const std::uint32_t size : {0u, 0xfffffff4u, 0x7ffffff8u, 0x80000000u}) {
    const Codes codes = after([&](Patient& p) {
      put_u32(p.file, static_cast<std::size_t>(file_offset(p.key(""))), size);
    });
    CHECK(codes.count("bad-cell-size") == 1);
  }
}

TEST_CASE("references to what is no cell in use are named") {
  const auto reference = [](CellOffset to) {
    return after([&](Patient& p) { p.put(p.value("Alpha", "text"), vk::data, to); });
  };
  CHECK(reference(0xfffffff0) == Codes{"bad-cell-reference", "orphan-cell"});
  CHECK(reference(4) == Codes{"bad-cell-reference", "orphan-cell"});
  CHECK(reference(40) == Codes{"bad-cell-reference", "orphan-cell"});
  CHECK(after([](Patient& p) {
          const auto at = static_cast<std::size_t>(file_offset(p.data("Alpha", "text")));
          put_u32(p.file, at, 0u - ByteView(p.file, 0, "HIVE").u32(at));
        }) == Codes{"bad-cell-reference"});
}

TEST_CASE("cells used twice and cells not used are named") {
  CHECK(after([](Patient& p) {
          p.put(p.value("Alpha", "text"), vk::data, p.value("Alpha", "one"));
        }) == Codes{"doubly-used-cell", "orphan-cell"});
  // A key below itself.
  const Codes loop =
      after([](Patient& p) { p.put(p.list("Alpha"), subkey_list_entries_at, p.key("Alpha")); });
  CHECK(loop.count("doubly-used-cell") == 1);
  Patient patient;
  patient.put(patient.value("Alpha", "text"), vk::data_length, 0);
  patient.put(patient.value("Alpha", "text"), vk::data, no_cell);
  const CheckResult result = patient.check();
  CHECK(patient.faults() == Codes{"orphan-cell"});
  CHECK(result.safe_to_edit());
  CHECK(result.orphan_cells == 1);
  CHECK(result.orphan_bytes == 40);
}

TEST_CASE("a cell that an empty value still names is no orphan") {
  CHECK(after([](Patient& p) { p.put(p.value("Alpha", "text"), vk::data_length, 0); }).empty());
}

TEST_CASE("faults of key nodes are named") {
  const Codes signature = after([](Patient& p) { p.put16(p.key("Alpha\\Below"), 0, 0x7878); });
  CHECK(signature == Codes{"bad-key", "security-count-too-high"});
  const Codes name =
      after([](Patient& p) { p.put16(p.key("Alpha\\Below"), nk::name_length, 2000); });
  CHECK(name == Codes{"bad-key", "security-count-too-high"});
  // The reader refuses it, so a hive with one must not pass for sound.
  CHECK(after([](Patient& p) {
          p.put16(p.key("Alpha\\Below"), nk::name_length, 0);
        }).count("bad-key") == 1);
  CHECK(after([](Patient& p) { p.put16(p.key(""), nk::flags, key_comp_name); }) ==
        Codes{"root-not-flagged"});
  CHECK(after([](Patient& p) { p.put(p.key("Alpha\\Below"), nk::parent, p.key("Beta")); }) ==
        Codes{"wrong-parent"});
  CHECK(after([](Patient& p) { p.put(p.key("Many"), nk::subkey_count, 19); }) ==
        Codes{"wrong-subkey-count"});
  CHECK(after([](Patient& p) {
          p.put16(p.key("Beta"), nk::class_length, 200);
        }).count("bad-class-name") == 1);
  CHECK(after([](Patient& p) { p.put(p.key("Beta"), nk::class_name, no_cell); }) ==
        Codes{"bad-cell-reference", "orphan-cell"});
}

TEST_CASE("fields that state too small a longest length are named and harmless") {
  for (const std::size_t field : {nk::max_value_name, nk::max_value_data}) {
    CHECK(after([&](Patient& p) { p.put(p.key("Alpha"), field, 0); }) ==
          Codes{"max-length-too-small"});
  }
  CHECK(after([](Patient& p) { p.put16(p.key("Alpha"), nk::max_subkey_name, 8); }) ==
        Codes{"max-length-too-small"});
  CHECK(after([](Patient& p) { p.put(p.key(""), nk::max_subkey_class, 8); }) ==
        Codes{"max-length-too-small"});
  CHECK(after([](Patient& p) { p.put(p.key("Alpha"), nk::max_value_name, 5000); }).empty());
  CHECK(harm_of(FaultCode::max_length_too_small) == Harm::harmless);
}

TEST_CASE("faults of subkey lists are named") {
  CHECK(after([](Patient& p) { p.put16(p.list("Alpha"), 0, 0x7878); }).count("bad-subkey-list") ==
        1);
  CHECK(after([](Patient& p) { p.put16(p.list("Alpha"), 2, 900); }).count("bad-subkey-list") == 1);
  const Codes nested = after([](Patient& p) {
    const CellOffset ri = p.list("Many");
    const CellOffset leaf = p.get(ri, subkey_list_entries_at);
    p.put16(leaf, 0, 0x6972);
    p.put16(leaf, 2, 0);
  });
  CHECK(nested.count("nested-index-root") == 1);

  fixtures::HiveOptions hints = options();
  hints.lists = fixtures::ListKind::lf;
  Patient lf(hints);
  const std::uint32_t hint = lf.get(lf.list("Alpha"), 8);
  lf.put(lf.list("Alpha"), 8, hint ^ 0x20202020);
  CHECK(lf.faults().empty());  // another case only
  lf.put(lf.list("Alpha"), 8, hint & 0xffffff00);
  CHECK(lf.faults().empty());  // "no hint"
  lf.put(lf.list("Alpha"), 8, hint + 1);
  CHECK(lf.faults() == Codes{"wrong-hint"});
}

TEST_CASE("subkeys out of order and of one name are named") {
  const auto rename = [](std::uint8_t last) {
    return after([&](Patient& p) {
      // The last letter of s005, in the middle of a leaf; its hash is made right.
      const CellOffset key = p.key("Many\\s005");
      p.file[field_at(key, nk::name + 3)] = last;
      const CellOffset leaf = p.get(p.list("Many"), subkey_list_entries_at);
      const char16_t name[] = {u's', u'0', u'0', static_cast<char16_t>(last)};
      p.put(leaf, subkey_list_entries_at + 4 * 8 + 4, name_hash({name, 4}));
    });
  };
  CHECK(rename('5').empty());
  CHECK(rename('4') == Codes{"duplicate-subkey"});
  CHECK(rename('6') == Codes{"duplicate-subkey"});
  CHECK(rename('1') == Codes{"wrong-order"});
  // Order holds from leaf to leaf too.
  CHECK(after([](Patient& p) {
          const CellOffset ri = p.list("Many");
          const std::uint32_t first = p.get(ri, subkey_list_entries_at);
          p.put(ri, subkey_list_entries_at, p.get(ri, subkey_list_entries_at + 4));
          p.put(ri, subkey_list_entries_at + 4, first);
        }) == Codes{"wrong-order"});
}

/// Two keys whose names first differ in the letters `first` and `second`, in the order of some
/// Windows, which is the reverse of ours.
Bytes in_another_order(std::string_view first, std::string_view second) {
  Bytes file = hive_bytes(fmt::format("[{}b]\n[{}a]\n", first, second));
  const Hive hive = open_hive(file);
  const CellOffset list = hive.root().node().subkey_list;
  for (std::size_t i = 0; i < 8; ++i) {
    std::swap(file[field_at(list, subkey_list_entries_at + i)],
              file[field_at(list, subkey_list_entries_at + 8 + i)]);
  }
  return file;
}

TEST_CASE("an order and hashes that the upcase table of another Windows gives are no fault") {
  // U+A7B4 and U+A7B5 are one letter for a Windows that knows Unicode 8. U+2C30 and U+2C60 are two
  // letters for a Windows that knows only 3.2.
  Bytes later = in_another_order("\uA7B4", "\uA7B5");
  CHECK(check_bytes(later).fault_count == 0);
  const CellOffset list = open_hive(later).root().node().subkey_list;
  put_u32(later, field_at(list, subkey_list_entries_at + 4), name_hash(u"\uA7B4A"));
  CHECK(check_bytes(later).fault_count == 0);
  CHECK(open_hive(later).root().subkeys().size() == 2);
  CHECK_FALSE(open_hive(later).root().find("absent"));

  // Letters that every Windows upcases alike are judged as before.
  CHECK(check_bytes(in_another_order("\u0436", "\u0437")).fault_count == 1);
  CHECK(check_bytes(in_another_order("a", "b")).fault_count == 1);
}

TEST_CASE("faults of values are named") {
  const Codes count = after([](Patient& p) { p.put(p.key("Alpha"), nk::value_count, 100000); });
  CHECK(count.count("bad-value-list") == 1);
  const Codes signature = after([](Patient& p) { p.put16(p.value("Alpha", "one"), 0, 0x7878); });
  CHECK(signature == Codes{"bad-value"});
  CHECK(after([](Patient& p) { p.put16(p.value("Alpha", "one"), vk::name_length, 999); }) ==
        Codes{"bad-value"});
  CHECK(after([](Patient& p) {
          p.put16(p.value("Alpha", "text"), vk::name_length, 3);
          const std::string name = "ONE";
          std::copy(name.begin(), name.end(),
                    p.file.begin() +
                        static_cast<std::ptrdiff_t>(field_at(p.value("Alpha", "text"), vk::name)));
        }) == Codes{"duplicate-value"});
  CHECK(after([](Patient& p) {
          p.put(p.value("Alpha", "one"), vk::data_length, value_data_inline | 5);
          p.put(p.key("Alpha"), nk::max_value_data, 100);
        }) == Codes{"bad-value-data"});
  CHECK(after([](Patient& p) {
          p.put(p.value("Alpha", "text"), vk::data_length, 1000);
          p.put(p.key("Alpha"), nk::max_value_data, 1000);
        }) == Codes{"bad-value-data"});
}

TEST_CASE("faults of big data are named") {
  const Codes signature = after([](Patient& p) { p.put16(p.data("Beta", "big"), 0, 0x7878); });
  CHECK(signature.count("bad-big-data") == 1);
  CHECK(after([](Patient& p) { p.put16(p.data("Beta", "big"), 2, 2); }).count("bad-big-data") == 1);
  CHECK(after([](Patient& p) { p.put(p.data("Beta", "big"), 4, 8); }).count("bad-cell-reference") ==
        1);
  CHECK(after([](Patient& p) {
          const CellOffset list = p.get(p.data("Beta", "big"), 4);
          p.put(list, 0, p.get(list, 8));
          p.put(list, 8, p.get(p.value("Alpha", "text"), vk::data));
        }).count("bad-big-data") == 2);
  // A writer that does not know big data leaves this.
  CHECK(after([](Patient& p) {
          p.put(p.value("Alpha", "text"), vk::data_length, 20000);
          p.put(p.key("Alpha"), nk::max_value_data, 20000);
        }) == Codes{"bad-big-data"});
}

TEST_CASE("faults of security records are named") {
  CHECK(after([](Patient& p) { p.put(p.key("Alpha\\Below"), nk::security, no_cell); }) ==
        Codes{"no-security", "security-count-too-high"});
  CHECK(after([](Patient& p) {
          p.put16(security_of(p, "Beta\\Other"), 0, 0x7878);
        }).count("bad-security") == 1);
  CHECK(after([](Patient& p) {
          p.put(security_of(p, "Beta\\Other"), sk::descriptor_length, 100000);
        }).count("bad-security") == 1);
  CHECK(after([](Patient& p) {
          p.put(security_of(p, "Beta\\Other"), sk::backward, security_of(p, "Beta\\Other"));
        }) == Codes{"wrong-security-ring"});
  CHECK(after([](Patient& p) {
          p.put(security_of(p, ""), sk::forward, security_of(p, ""));
        }).count("wrong-security-ring") == 2);
  CHECK(after([](Patient& p) {
          p.put(security_of(p, ""), sk::forward, 0x10000000);
        }).count("bad-cell-reference") == 1);
  CHECK(after([](Patient& p) { p.put(security_of(p, ""), sk::reference_count, 3); }) ==
        Codes{"security-count-too-low"});
  CHECK(after([](Patient& p) { p.put(security_of(p, ""), sk::reference_count, 300); }) ==
        Codes{"security-count-too-high"});
}

TEST_CASE("a check tells the right numbers of what only counts or measures, and no other repair") {
  Patient patient;
  const Bytes sound = patient.file;
  patient.put(security_of(patient, ""), sk::reference_count, 3);
  patient.put(security_of(patient, "Beta\\Other"), sk::reference_count, 300);
  patient.put16(patient.key("Alpha"), nk::max_subkey_name, 1);
  patient.put(patient.key("Alpha"), nk::max_value_name, 0);
  patient.put(patient.key("Alpha"), nk::max_value_data, 0);
  patient.put(patient.key(""), nk::max_subkey_class, 0);
  Bytes repaired = patient.file;
  const CheckResult result = patient.check();
  CHECK(result.safe_to_edit());
  CHECK(result.fault_count == 6);
  for (const auto& [offset, bytes] : result.repairs) {
    std::copy(bytes.begin(), bytes.end(), repaired.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  // Each number is at least what it was: a builder may state more than the longest.
  CHECK(check_bytes(repaired).fault_count == 0);
  CHECK(result.repairs.size() == 6);

  Patient other;
  other.put(other.list("Alpha"), 8, 1);
  other.put(other.key("Beta"), nk::parent, 0);
  CHECK(other.check().safe_to_edit());
  CHECK(other.check().repairs.empty());
  CHECK(Patient().check().repairs.empty());
}

TEST_CASE("no key is added to a security record that no key uses") {
  Patient patient;
  const CellOffset other = security_of(patient, "Beta\\Other");
  patient.put(patient.key("Beta\\Other"), nk::security, security_of(patient, ""));
  patient.put(security_of(patient, ""), sk::reference_count,
              patient.get(security_of(patient, ""), sk::reference_count) + 1);
  CHECK(patient.faults() == Codes{"security-count-too-high"});
  CHECK(patient.check().repairs.empty());
  CHECK(patient.get(other, sk::reference_count) == 1);
}

TEST_CASE("a check lists few faults of each harm, counts the others, and ends at its limit") {
  Patient patient;
  for (int i = 1; i <= 20; ++i) {
    const std::string path = "Many\\s0" + std::string(i < 10 ? "0" : "") + std::to_string(i);
    patient.put16(patient.key(path), nk::class_length, 2);  // and no class
  }
  patient.put(patient.key("Many"), nk::max_subkey_class, 2);
  patient.put(patient.key("Alpha"), nk::max_value_name, 0);
  CheckLimits limits;
  limits.listed_faults = 3;
  const CheckResult listed = check_bytes(patient.file, limits);
  CHECK(listed.complete);
  CHECK(listed.fault_count == 21);
  CHECK(listed.refusal_count == 20);
  CHECK(listed.faults.size() == 4);
  limits.counted_faults = 10;
  const CheckResult ended = check_bytes(patient.file, limits);
  CHECK_FALSE(ended.complete);
  CHECK(ended.fault_count == 10);
  limits.largest_hive = 4096;
  CHECK_THROWS_AS(check_bytes(patient.file, limits), Error);
}

TEST_CASE("every fault has a name of its own") {
  std::set<std::string> names;
  const auto last = static_cast<int>(FaultCode::security_count_too_high);
  for (int code = 0; code <= last; ++code) {
    names.insert(to_string(static_cast<FaultCode>(code)));
  }
  CHECK(names.size() == static_cast<std::size_t>(last) + 1);
}
