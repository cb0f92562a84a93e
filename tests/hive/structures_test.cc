// Each on-disk structure from hand-made bytes: that every field is read where the format has it,
// and that what does not fit is refused with the place where it stands.
#include <catch2/catch.hpp>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "src/hive/big_data.h"
#include "src/hive/cell.h"
#include "src/hive/cell_name.h"
#include "src/hive/key_node.h"
#include "src/hive/security.h"
#include "src/hive/subkey_list.h"
#include "src/hive/value_node.h"

using namespace goldhive;
using namespace goldhive::hive;

namespace {

constexpr std::uint64_t origin = 0x1024;

ByteView view_of(const Bytes& data) { return ByteView(data, origin, "SOFTWARE"); }

Bytes text(const std::string& s) { return Bytes(s.begin(), s.end()); }

Bytes sized(const std::string& signature, std::size_t size) {
  Bytes data = text(signature);
  data.resize(size);
  return data;
}

/// The error of a call that must throw a corrupt one.
template <typename Call>
Error corruption(Call call) {
  try {
    call();
  } catch (const Error& e) {
    CHECK(e.kind() == ErrorKind::corrupt);
    return e;
  }
  FAIL("nothing was thrown");
  return Error(ErrorKind::io, "");
}

Bytes key_node_bytes() {
  Bytes data = sized("nk", 84);
  put_u16(data, nk::flags, key_comp_name | key_sym_link);
  put_u64(data, nk::last_written, 129348216000000000);
  put_u32(data, nk::access_bits, 3);
  put_u32(data, nk::parent, 0x20);
  put_u32(data, nk::subkey_count, 7);
  put_u32(data, nk::volatile_subkey_count, 8);
  put_u32(data, nk::subkey_list, 0x100);
  put_u32(data, nk::volatile_subkey_list, 0x80000100);
  put_u32(data, nk::value_count, 9);
  put_u32(data, nk::value_list, 0x200);
  put_u32(data, nk::security, 0x300);
  put_u32(data, nk::class_name, 0x400);
  put_u16(data, nk::max_subkey_name, 22);
  data[nk::user_flags] = 4;
  data[nk::debug] = 5;
  put_u32(data, nk::max_subkey_class, 24);
  put_u32(data, nk::max_value_name, 26);
  put_u32(data, nk::max_value_data, 28);
  put_u32(data, nk::work_var, 30);
  put_u16(data, nk::name_length, 4);
  put_u16(data, nk::class_length, 6);
  data[nk::name] = 'K';
  data[nk::name + 1] = 0xe4;
  data[nk::name + 2] = 0;
  data[nk::name + 3] = 'y';
  return data;
}

}  // namespace

TEST_CASE("a key node gives every field it stores") {
  const Bytes data = key_node_bytes();
  const KeyNode node = parse_key_node(view_of(data));
  CHECK(node.flags == 0x30);
  CHECK(node.is_link());
  CHECK(node.last_written == 129348216000000000);
  CHECK(node.access_bits == 3);
  CHECK(node.parent == 0x20);
  CHECK(node.subkey_count == 7);
  CHECK(node.volatile_subkey_count == 8);
  CHECK(node.subkey_list == 0x100);
  CHECK(node.volatile_subkey_list == 0x80000100);
  CHECK(node.value_count == 9);
  CHECK(node.stored_values() == 9);
  CHECK(node.value_list == 0x200);
  CHECK(node.security == 0x300);
  CHECK(node.class_name == 0x400);
  CHECK(node.max_subkey_name == 22);
  CHECK(node.user_flags == 4);
  CHECK(node.debug == 5);
  CHECK(node.max_subkey_class == 24);
  CHECK(node.max_value_name == 26);
  CHECK(node.max_value_data == 28);
  CHECK(node.work_var == 30);
  CHECK(node.name_length == 4);
  CHECK(node.class_length == 6);
  CHECK(node.name == std::u16string(u"K\u00e4\0y", 4));
}

TEST_CASE("a key with a predefined handle has no values whatever its count says") {
  Bytes data = key_node_bytes();
  put_u16(data, nk::flags, key_comp_name | key_predef_handle);
  CHECK(parse_key_node(view_of(data)).stored_values() == 0);
}

TEST_CASE("a key name longer than its cell is refused where its length stands") {
  Bytes data = key_node_bytes();
  put_u16(data, nk::name_length, 9);
  const Error e = corruption([&] { parse_key_node(view_of(data)); });
  CHECK(e.offset() == origin + nk::name_length);
  CHECK(e.expected() == "at most 8 bytes");
  CHECK(e.actual() == "9 bytes");
}

TEST_CASE("a key node is refused when cut short or marked otherwise") {
  Bytes data = key_node_bytes();
  data.resize(nk::name - 1);
  corruption([&] { parse_key_node(view_of(data)); });
  CHECK(std::string(corruption([] { parse_key_node(view_of(sized("vk", 84))); }).what()) ==
        "SOFTWARE: not a key node at 0x1024: expected the signature \"nk\", found \"vk\"");
}

TEST_CASE("names are Latin-1 or UTF-16 and come back as they were") {
  const std::u16string latin = u"\u00c4x\u00ff";
  const char16_t lone[] = {u'a', 0xd83d, u'\n', 0};
  const std::u16string odd(lone, 4);
  CHECK(encode_name(latin).compressed);
  CHECK(encode_name(latin).bytes == Bytes{0xc4, 'x', 0xff});
  CHECK_FALSE(encode_name(odd).compressed);
  CHECK_FALSE(encode_name(u"").compressed);
  for (const std::u16string& name : {latin, odd, std::u16string()}) {
    const StoredName stored = encode_name(name);
    CHECK(NameView(view_of(stored.bytes), stored.compressed).decode() == name);
  }
  const Bytes cut{1, 2, 3};
  CHECK(corruption([&] { NameView(view_of(cut), false); }).actual() == "3 bytes");
}

TEST_CASE("a name that is not decoded hashes and sorts as the decoded one") {
  std::vector<std::u16string> names = {u"",    u"a",    u"A",     u"abc",
                                       u"ABD", u"abcd", u"Abcde", u"abcdef"};
  for (const char16_t unit :
       {u'\u00e4', u'\u00c4', u'\u00ff', u'\u0178', u'\u0436', char16_t{0xd83d}}) {
    names.push_back(u"abcd" + std::u16string(1, unit));
    names.push_back(std::u16string(1, unit) + u"name that is long");
  }
  std::vector<StoredName> stored;
  for (const std::u16string& name : names) stored.push_back(encode_name(name));
  for (std::size_t i = 0; i < names.size(); ++i) {
    const NameView one(view_of(stored[i].bytes), stored[i].compressed);
    CHECK(one.size() == names[i].size());
    CHECK(name_hash(one) == name_hash(std::u16string_view(names[i])));
    for (std::size_t j = 0; j < names.size(); ++j) {
      const NameView other(view_of(stored[j].bytes), stored[j].compressed);
      CHECK(one.compare(other) == nt_compare(names[i], names[j]));
    }
  }
}

TEST_CASE("a value gives its name and where its data is") {
  Bytes data = sized("vk", 28);
  put_u16(data, vk::name_length, 4);
  put_u32(data, vk::data_length, 20000);
  put_u32(data, vk::data, 0x500);
  put_u32(data, vk::type, 3);
  put_u16(data, vk::flags, 0);
  put_u16(data, vk::spare, 9);
  put_u16(data, vk::name, 0x20ac);
  put_u16(data, vk::name + 2, 0x41);
  const ValueNode node = parse_value_node(view_of(data));
  CHECK(node.name == u"\u20acA");
  CHECK(node.type == ValueType::binary);
  CHECK(node.spare == 9);
  CHECK_FALSE(node.is_inline());
  CHECK(node.data_length() == 20000);
  CHECK(node.data_cell() == 0x500);
  CHECK(node.is_big(5));
  CHECK(node.is_big(4));
  CHECK_FALSE(node.is_big(3));

  put_u16(data, vk::name_length, 10);
  CHECK(corruption([&] { parse_value_node(view_of(data)); }).offset() == origin + vk::name_length);
}

TEST_CASE("inline data takes at most four bytes and an empty value has no cell") {
  Bytes data = sized("vk", 20);
  put_u32(data, vk::data_length, 0x80000003);
  put_u32(data, vk::data, 0x44332211);
  ValueNode node = parse_value_node(view_of(data));
  CHECK(node.data_length() == 3);
  CHECK(node.data_cell() == no_cell);
  CHECK(node.inline_data(view_of(data)) == Bytes{0x11, 0x22, 0x33});

  put_u32(data, vk::data_length, 0xdeadbeef);
  node = parse_value_node(view_of(data));
  CHECK_FALSE(node.is_big(5));
  CHECK(corruption([&] { static_cast<void>(node.inline_data(view_of(data))); }).offset() ==
        origin + vk::data_length);

  put_u32(data, vk::data_length, 0);
  CHECK(parse_value_node(view_of(data)).data_cell() == no_cell);
}

TEST_CASE("all four kinds of subkey list give their entries") {
  Bytes lh = sized("lh", 20);
  put_u16(lh, 2, 2);
  put_u32(lh, 4, 0x120);
  put_u32(lh, 8, 0xabcd);
  put_u32(lh, 12, 0x180);
  SubkeyList list = parse_subkey_list(view_of(lh));
  CHECK(list.kind == SubkeyListKind::lh);
  REQUIRE(list.entries.size() == 2);
  CHECK(list.entries[0].cell == 0x120);
  CHECK(list.entries[0].hint == 0xabcd);
  CHECK(list.entries[1].cell == 0x180);

  lh[1] = 'f';
  CHECK(parse_subkey_list(view_of(lh)).kind == SubkeyListKind::lf);
  lh[1] = 'i';
  list = parse_subkey_list(view_of(lh));
  CHECK(list.kind == SubkeyListKind::li);
  CHECK(list.entries[1].cell == 0xabcd);
  lh[0] = 'r';
  CHECK(parse_subkey_list(view_of(lh)).kind == SubkeyListKind::ri);
  put_u16(lh, 2, 4);
  CHECK(parse_subkey_list(view_of(lh)).entries.size() == 4);
}

TEST_CASE("a subkey list longer than its cell or of no known kind is refused") {
  Bytes lh = sized("lh", 20);
  put_u16(lh, 2, 3);
  const Error e = corruption([&] { parse_subkey_list(view_of(lh)); });
  CHECK(e.offset() == origin + 2);
  CHECK(e.expected() == "at most 2 entries");
  CHECK(e.actual() == "3");
  corruption([] { parse_subkey_list(view_of(sized("lx", 20))); });
  corruption([] { parse_subkey_list(view_of(sized("lh", 3))); });
}

TEST_CASE("hashes and hints of names follow the upcase table and the four first characters") {
  CHECK(name_hash(u"Select") == name_hash(u"SELECT"));
  CHECK(name_hash(u"a") == 0x41);
  CHECK(name_hash(u"ab") == 0x41 * 37 + 0x42);
  CHECK(name_hash(u"\u00e4") == 0xc4);
  CHECK(name_hint(u"Sel") == 0x006c6553);
  CHECK(name_hint(u"Select") == 0x656c6553);
  CHECK(name_hint(u"ab\u0436d") == 0x64000000);
  CHECK(name_hint(u"\u0436bcd") == 0x64636200);
}

TEST_CASE("big data and security records give their fields") {
  Bytes db = sized("db", 12);
  put_u16(db, 2, 6);
  put_u32(db, 4, 0x700);
  CHECK(parse_big_data(view_of(db)).segment_count == 6);
  CHECK(parse_big_data(view_of(db)).segment_list == 0x700);
  CHECK(segments_needed(16344) == 1);
  CHECK(segments_needed(16345) == 2);
  CHECK(segments_needed(0xffffffff) == 262786);

  Bytes security = sized("sk", 24);
  put_u32(security, sk::forward, 0x78);
  put_u32(security, sk::backward, 0x98);
  put_u32(security, sk::reference_count, 12);
  put_u32(security, sk::descriptor_length, 4);
  put_u32(security, sk::descriptor, 0x04030201);
  const KeySecurity record = parse_key_security(view_of(security));
  CHECK(record.forward == 0x78);
  CHECK(record.backward == 0x98);
  CHECK(record.reference_count == 12);
  CHECK(record.descriptor == Bytes{1, 2, 3, 4});
  put_u32(security, sk::descriptor_length, 5);
  corruption([&] { parse_key_security(view_of(security)); });
}

TEST_CASE("cell headers tell use from free and refuse sizes that cannot be") {
  const auto header = [](std::int32_t size) {
    Bytes data(4);
    put_u32(data, 0, static_cast<std::uint32_t>(size));
    return parse_cell_header(view_of(data));
  };
  CHECK(header(-16).in_use);
  CHECK(header(-16).size == 16);
  CHECK(header(-16).content_size() == 12);
  CHECK_FALSE(header(24).in_use);
  CHECK(header(INT32_MIN).size == 0x80000000);
  for (const std::int32_t bad : {0, 7, -7, 4, -12}) corruption([&] { header(bad); });
}

TEST_CASE("cell lists are bounded by their cell") {
  Bytes data(13);
  put_u32(data, 8, 0x88);
  CHECK(parse_cell_list(view_of(data), 3, "a value list") == std::vector<CellOffset>{0, 0, 0x88});
  CHECK(corruption([&] { parse_cell_list(view_of(data), 4, "a value list"); }).actual() ==
        "room for 3");
  corruption([&] { parse_cell_list(view_of(data), 0xffffffff, "a value list"); });
}

TEST_CASE("bin headers must say where they are and how long") {
  Bytes data = sized("hbin", 32);
  put_u32(data, 4, 0x1000);
  put_u32(data, 8, 0x2000);
  put_u64(data, 20, 77);
  const ByteView view(data, 0x2000, "SOFTWARE");
  CHECK(parse_bin_header(view).offset == 0x1000);
  CHECK(parse_bin_header(view).size == 0x2000);
  CHECK(parse_bin_header(view).timestamp == 77);
  CHECK(corruption([&] { parse_bin_header(view_of(data)); }).offset() == origin + 4);
  put_u32(data, 8, 0x1001);
  CHECK(corruption([&] { parse_bin_header(view); }).offset() == 0x2008u);
  data[0] = 'g';
  CHECK(corruption([&] { parse_bin_header(view); }).offset() == 0x2000u);
}
