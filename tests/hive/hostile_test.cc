// One test for each class of defect: the fault is named with its place, sound data beside it is
// still read, and nothing runs without an end.
#include <fmt/format.h>

#include "src/hive/hive_file.h"
#include "src/hive/key_node.h"
#include "src/hive/value_node.h"
#include "tests/hive/test_hive.h"

using namespace goldhive;
using namespace goldhive::hive;
using namespace goldhive::testing;

namespace {

constexpr const char* text = R"([K]
"small"=dword:1
"plain"=bytes:100:1
"big"=bytes:40000:2
[K\Sub]
"v"=dword:2
[L\Other]
@class:"Cls"
)";

/// The hive of `text`, and where its parts lie.
struct Parts {
  Bytes bytes = hive_bytes(text);
  CellOffset k = no_cell, sub = no_cell, l = no_cell, other = no_cell;
  CellOffset small = no_cell, plain = no_cell, big = no_cell;
  KeyNode k_node, other_node;
  ValueNode plain_node, big_node;

  Parts() {
    const Hive hive = open_hive(bytes);
    const Key key = hive.root().find("K").value();
    k = key.cell();
    k_node = key.node();
    sub = key.find("Sub")->cell();
    l = hive.root().find("L")->cell();
    other = hive.root().find_path("L\\Other")->cell();
    other_node = hive.root().find_path("L\\Other")->node();
    small = key.value("small")->cell();
    plain = key.value("plain")->cell();
    plain_node = key.value("plain")->node();
    big = key.value("big")->cell();
    big_node = key.value("big")->node();
  }
  Key open_k() const { return open_hive(bytes).root().find("K").value(); }
  std::size_t errors_of_values() const {
    std::size_t errors = 0;
    open_k().values([&](const Error&) { ++errors; });
    return errors;
  }
  /// The list of K's subkeys names another cell.
  void list_instead(CellOffset cell) { put_u32(bytes, field_at(k_node.subkey_list, 4), cell); }
};

}  // namespace

TEST_CASE("cell offsets out of the bins or off the grid are refused") {
  for (const CellOffset bad : {0u, 8u, 0x24u, 0x7ffffff8u, 0x80000020u}) {
    Parts parts;
    put_u32(parts.bytes, field_at(parts.k, nk::subkey_list), bad);
    INFO(bad);
    CHECK(corruption([&] { parts.open_k().subkeys(); }).offset() == file_offset(bad));
    CHECK(parts.open_k().value("small")->data() == Bytes{1, 0, 0, 0});
  }
}

TEST_CASE("a reference to no cell is told as that and not as a place in the file") {
  Parts parts;
  put_u32(parts.bytes, field_at(parts.k, nk::subkey_list), no_cell);
  const Error error = corruption([&] { parts.open_k().subkeys(); });
  CHECK_FALSE(error.offset());
  CHECK_THAT(error.message(), Catch::Contains("0xffffffff, which means none"));
  CHECK(parts.open_k().value("small")->data() == Bytes{1, 0, 0, 0});
}

TEST_CASE("cells that are free or of a size that cannot be are refused") {
  for (const std::int32_t size : {0, 88, -4, -12, -0x7ffffff8, INT32_MIN, 7}) {
    Parts parts;
    put_u32(parts.bytes, static_cast<std::size_t>(file_offset(parts.sub)),
            static_cast<std::uint32_t>(size));
    INFO(size);
    CHECK(corruption([&] { parts.open_k().find("Sub"); }).offset() == file_offset(parts.sub));
  }
}

TEST_CASE("a cell of the smallest size holds no key node") {
  Parts parts;
  put_u32(parts.bytes, static_cast<std::size_t>(file_offset(parts.sub)),
          static_cast<std::uint32_t>(-8));
  corruption([&] { parts.open_k().find("Sub"); });
}

TEST_CASE("a subkey that belongs to another key or is the root or itself is refused") {
  Parts parts;
  parts.list_instead(parts.other);
  const Error e = corruption([&] { parts.open_k().subkeys(); });
  CHECK(e.offset() == field_at(parts.other, nk::parent));
  CHECK(e.actual() == fmt::format("{:#x}", parts.l));

  parts.list_instead(parts.k);
  corruption([&] { parts.open_k().subkeys(); });

  const CellOffset root = open_hive(parts.bytes).root().cell();
  put_u32(parts.bytes, field_at(root, nk::parent), parts.k);
  parts.list_instead(root);
  CHECK(corruption([&] { parts.open_k().subkeys(); }).message() ==
        "the root key is listed as a subkey");
}

TEST_CASE("a subkey count without bounds allocates nothing") {
  Parts parts;
  put_u32(parts.bytes, field_at(parts.k, nk::subkey_count), 0xffffffff);
  CHECK(parts.open_k().find("Sub", [](const Error&) {}));
  CHECK(corruption([&] { parts.open_k().find("Sub"); }).actual() == "4294967295");
  CHECK(corruption([&] { parts.open_k().subkeys(); }).actual() == "4294967295");
}

TEST_CASE("a value list shorter than its count makes every absent value uncertain") {
  for (const std::uint32_t count : {4u, 5u, 0xffffffffu}) {
    Parts parts;
    put_u32(parts.bytes, field_at(parts.k, nk::value_count), count);
    INFO(count);
    corruption([&] { parts.open_k().value("nothing"); });
    corruption([&] { parts.open_k().values(); });
    CHECK(parts.errors_of_values() >= 1);
    CHECK(parts.open_k().find("Sub"));
  }
}

TEST_CASE("a bad value hides none before it and makes those behind it uncertain") {
  Parts parts;
  parts.bytes[field_at(parts.small, 0)] = 'x';
  CHECK(parts.errors_of_values() == 1);
  corruption([&] { parts.open_k().value("plain"); });  // it may have had that name
  corruption([&] { parts.open_k().value("small"); });
  corruption([&] { parts.open_k().value("nothing"); });
}

TEST_CASE("a bad value behind the one asked for is no matter") {
  Parts parts;
  parts.bytes[field_at(parts.plain, 0)] = 'x';
  CHECK(parts.open_k().value("small")->data() == Bytes{1, 0, 0, 0});
  corruption([&] { parts.open_k().value("plain"); });
}

TEST_CASE("two values of one name leave neither certain") {
  Parts parts;
  // "plain" becomes a second "small".
  const std::string_view name = "small";
  std::copy(name.begin(), name.end(),
            parts.bytes.begin() + static_cast<std::ptrdiff_t>(field_at(parts.plain, vk::name)));
  CHECK(corruption([&] { parts.open_k().value("small"); }).message() ==
        "two values of the same name");
  CHECK(parts.open_k().values().size() >= 2);
}

TEST_CASE("a value listed twice is given once") {
  Parts parts;
  put_u32(parts.bytes, field_at(parts.k_node.value_list, 4), parts.small);
  CHECK(parts.errors_of_values() == 1);
}

TEST_CASE("data longer than its cell is refused where its length stands") {
  for (const std::uint32_t length : {105u, 16344u, 0x7fffffffu}) {
    Parts parts;
    put_u32(parts.bytes, field_at(parts.plain, vk::data_length), length);
    INFO(length);
    const Value value = parts.open_k().value("plain").value();
    CHECK(value.size() == length);
    const Error e = corruption([&] { static_cast<void>(value.data()); });
    if (length <= 16344) CHECK(e.offset() == field_at(parts.plain, vk::data_length));
  }
}

TEST_CASE("inline data longer than four bytes is refused") {
  Parts parts;
  put_u32(parts.bytes, field_at(parts.small, vk::data_length), 0xdeadbeef);
  corruption([&] { static_cast<void>(parts.open_k().value("small")->data()); });
}

TEST_CASE("big data with a bad segment list is refused") {
  const auto spoilt = [](auto spoil) {
    Parts parts;
    spoil(parts, parts.big_node.data_cell());
    return corruption([&] { static_cast<void>(parts.open_k().value("big")->data()); }).message();
  };
  CHECK(spoilt([](Parts& p, CellOffset db) { p.bytes[field_at(db, 0)] = 'x'; }) ==
        "not a big data record");
  for (const int count : {0, 2, 4, 0xffff}) {
    CHECK(spoilt([&](Parts& p, CellOffset db) {
            put_u16(p.bytes, field_at(db, 2), static_cast<std::uint16_t>(count));
          }) == "big data has another number of segments than its length needs");
  }
  CHECK(spoilt([](Parts& p, CellOffset db) { put_u32(p.bytes, field_at(db, 4), p.plain); }) ==
        "no cell can be here (big data segment)");
  CHECK(
      spoilt([](Parts& p, CellOffset db) { put_u32(p.bytes, field_at(db, 4), no_cell); }) ==
      "a segment list is missing: what must name one has the offset 0xffffffff, which means none");
  CHECK(spoilt([](Parts& p, CellOffset db) {
          const CellOffset list = open_hive(p.bytes).file().cell_head(db, 8, "db").view().u32(4);
          put_u32(p.bytes, field_at(list, 4), p.sub);
        }) == "structure is cut off");
}

TEST_CASE("a length that the bins could not hold is refused before it is allocated") {
  Parts parts;
  const CellOffset db = parts.big_node.data_cell();
  put_u32(parts.bytes, field_at(parts.big, vk::data_length), 0xffffu * 16344u);
  put_u16(parts.bytes, field_at(db, 2), 0xffff);
  corruption([&] { static_cast<void>(parts.open_k().value("big")->data()); });
}

TEST_CASE("overlapping values cannot take more memory than the bins") {
  // One plain cell is filled with value headers 24 bytes apart, and each claims a name that fills
  // the rest of the cell. Without a budget 600 values hold megabytes, and a larger hive gigabytes.
  const Bytes base = hive_bytes("[K]\n\"list\"=bytes:4000:1\n\"room\"=bytes:16000:2\n");
  Parts located;
  located.bytes = base;
  const Key key = located.open_k();
  const CellOffset list = key.value("list")->node().data_cell();
  const CellOffset room = key.value("room")->node().data_cell();
  constexpr std::uint32_t count = 600;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t size = 15992 - 24 * i;
    const CellOffset cell = room + 8 + 24 * i;
    put_u32(located.bytes, static_cast<std::size_t>(file_offset(cell)), 0u - size);
    put_u16(located.bytes, field_at(cell, 0), 0x6b76);  // "vk"
    put_u16(located.bytes, field_at(cell, vk::name_length),
            static_cast<std::uint16_t>(size - cell_header_size - vk::name));
    put_u16(located.bytes, field_at(cell, vk::flags), value_comp_name);
    put_u32(located.bytes, field_at(list, 4 * i), cell);
  }
  put_u32(located.bytes, field_at(key.cell(), nk::value_list), list);
  put_u32(located.bytes, field_at(key.cell(), nk::value_count), count);
  std::size_t errors = 0;
  std::size_t held = 0;
  for (const Value& value : located.open_k().values([&](const Error&) { ++errors; })) {
    held += value.name().size();
  }
  CHECK(errors > 0);
  CHECK(held <= located.bytes.size());
}

TEST_CASE("a key with a predefined handle has no values") {
  Parts parts;
  put_u16(parts.bytes, field_at(parts.k, nk::flags), key_comp_name | key_predef_handle);
  put_u32(parts.bytes, field_at(parts.k, nk::value_count), 0x80000002);
  CHECK(parts.open_k().values().empty());
  CHECK(parts.open_k().value_count() == 0);
}

TEST_CASE("a class name longer than its cell is refused") {
  Parts parts;
  put_u16(parts.bytes, field_at(parts.other, nk::class_length), 0xfff0);
  const Key key = open_hive(parts.bytes).root().find_path("L\\Other").value();
  corruption([&] { static_cast<void>(key.class_name()); });
}

TEST_CASE("a file cut off anywhere is read up to the cut or refused") {
  const Parts parts;
  for (std::size_t size = 0; size < parts.bytes.size(); size += 509) {
    Bytes cut(parts.bytes.begin(), parts.bytes.begin() + static_cast<std::ptrdiff_t>(size));
    try {
      const Hive hive = open_hive(std::move(cut));
      for (const Key& key : hive.root().subkeys([](const Error&) {})) {
        for (const Value& value : key.values([](const Error&) {})) {
          try {
            static_cast<void>(value.data());
          } catch (const Error& e) {
            CHECK(e.kind() == ErrorKind::corrupt);
          }
        }
      }
    } catch (const Error& e) {
      CHECK(e.kind() == ErrorKind::corrupt);
    }
  }
}

TEST_CASE("failures of the source are not taken for damage") {
  class Failing final : public ByteSource {
   public:
    explicit Failing(Bytes data) : ByteSource("disk"), data_(std::move(data)) {}
    std::uint64_t size() const override { return data_.size(); }
    mutable int good_reads = 100;

   protected:
    void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
      if (good_reads-- <= 0) throw Error(ErrorKind::io, "read failed", name());
      std::copy_n(data_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
    }

   private:
    Bytes data_;
  };
  const auto source =
      std::make_shared<Failing>(hive_bytes("[K\\sub{00001..03000}]\n\"v\"=bytes:3000:1\n"));
  const Key key = Hive::open(source).root().find("K").value();
  source->good_reads = 0;
  const auto kind_of = [](auto call) {
    try {
      call();
    } catch (const Error& e) {
      return e.kind();
    }
    return ErrorKind::corrupt;
  };
  CHECK(kind_of([&] { key.find("sub02000"); }) == ErrorKind::io);
  CHECK(kind_of([&] { key.find_prefix("sub02000"); }) == ErrorKind::io);
  CHECK(kind_of([&] { key.subkeys([](const Error&) {}); }) == ErrorKind::io);
}
