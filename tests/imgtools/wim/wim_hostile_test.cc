// WIMs that lie about themselves: each is an error that names what is wrong, or a volume with one.
#include <catch2/catch.hpp>

#include "fixtures/wim_builder.h"
#include "imgtools/bytes/error.h"
#include "imgtools/wim/wim_image.h"
#include "imgtools/wim/wim_tree.h"

using namespace goldhive;

namespace {

const std::string file = "Windows/System32/config/SOFTWARE";

fixtures::BuiltWim sample(std::uint32_t chunk_size) {
  fixtures::WimRecipe recipe;
  recipe.images = {{"First", {{file, Bytes(100'000, 's')}}}, {"Second", {{"x", Bytes(3, 'x')}}}};
  recipe.chunk_size = chunk_size;
  recipe.boot_image = 1;
  return fixtures::build_wim(recipe);
}

std::unique_ptr<Image> open(const Bytes& data) {
  return make_wim_image(std::make_shared<MemorySource>(data, "w"), "w", {});
}

/// Changes the blob table entry of the hive.
Bytes with_hive_entry(fixtures::BuiltWim wim, const std::function<void(WimBlobEntry&)>& change) {
  const ByteView view(wim.data, 0, "w");
  const auto at = static_cast<std::size_t>(wim.blob_table.offset) + wim_blob_entry_size;
  WimBlobEntry entry = wim_blob_entry_at(view, at);
  REQUIRE(entry.resource.size == 100'000);
  change(entry);
  put_wim_blob_entry(wim.data, at, entry);
  return wim.data;
}

void read_hive(const Bytes& data) {
  const auto image = open(data);
  REQUIRE(image->volumes().at(0).tree);
  const auto source = image->volumes()[0].tree->open(file);
  source->read(0, static_cast<std::size_t>(source->size()));
}

}  // namespace

TEST_CASE("a WIM with thousands of images over one metadata is an error") {
  fixtures::BuiltWim wim = sample(0);
  const WimBlobEntry entry{wim.metadata[0], 1, 1, {}};
  const std::size_t count = 5000;
  const std::size_t at = wim.data.size();
  wim.data.resize(at + count * wim_blob_entry_size);
  for (std::size_t i = 0; i < count; ++i) {
    put_wim_blob_entry(wim.data, at + i * wim_blob_entry_size, entry);
  }
  WimHeader header = read_wim_header(MemorySource(wim.data, "w"));
  header.images = count;
  header.blob_table = {count * wim_blob_entry_size, WimResource::metadata_flag, at,
                       count * wim_blob_entry_size};
  const Bytes head = to_bytes(header);
  std::copy(head.begin(), head.end(), wim.data.begin());
  CHECK_THROWS_WITH(open(wim.data), Catch::Contains("holds 5000 images"));
}

TEST_CASE("a WIM header that lies is an error that says where") {
  const Bytes good = sample(32768).data;
  CHECK(open(good)->volumes().size() == 2);
  struct Case {
    std::size_t at;
    std::uint32_t value;
    const char* message;
  };
  for (const Case& c :
       {Case{8, 200, "bad size of the WIM header"}, Case{12, 0x123, "version"},
        Case{16, 2, "an unknown compression"}, Case{20, 12345, "chunk size"},
        Case{20, 0x40000000, "chunk size"}, Case{40, 0, "bad part number"},
        Case{40, 0x00010002, "bad part number"}, Case{40, 0x00020002, "is part 2 of 2"},
        Case{56, 0x7fffffff, "reaches beyond the end"},
        Case{80, 0x7fffffff, "reaches beyond the end"}}) {
    Bytes data = good;
    put_u32(data, c.at, c.value);
    INFO(c.message);
    CHECK_THROWS_WITH(open(data), Catch::Contains(c.message));
  }
  CHECK_THROWS_AS(open(Bytes(good.begin(), good.begin() + 207)), Error);
}

TEST_CASE("a blob table and XML that lie are errors") {
  const fixtures::BuiltWim good = sample(0);
  Bytes data = good.data;
  put_u64(data, 48, good.blob_table.stored_size - 1);
  put_u64(data, 64, good.blob_table.stored_size - 1);
  CHECK_THROWS_WITH(open(data), Catch::Contains("expected a multiple of 50"));
  data = good.data;
  put_u64(data, 64, std::uint64_t{1} << 50);
  CHECK_THROWS_WITH(open(data), Catch::Contains("two sizes"));
  data = good.data;
  data[static_cast<std::size_t>(good.xml.offset) + 2] = '>';
  CHECK_THROWS_WITH(open(data), Catch::Contains("XML"));
  data = good.data;
  put_u32(data, 44, 7);
  const std::unique_ptr<Image> image = open(data);
  REQUIRE(image->volumes().size() == 3);
  REQUIRE(image->volumes().back().error);
  CHECK_THAT(image->volumes().back().error->what(), Catch::Contains("counts 7 images"));
}

TEST_CASE("an encrypted ESD is refused with the reason") {
  fixtures::WimRecipe recipe;
  recipe.images = {{"First", {{"x", Bytes(3, 'x')}}}};
  recipe.encrypted = true;
  CHECK_THROWS_WITH(open(fixtures::build_wim(recipe).data), Catch::Contains("encrypted ESD"));
}

TEST_CASE("an image whose metadata is broken does not hide the others") {
  fixtures::BuiltWim wim = sample(0);
  put_u64(wim.data, static_cast<std::size_t>(wim.metadata[0].offset) + 8, 50);
  const auto image = open(wim.data);
  REQUIRE(image->volumes().size() == 2);
  CHECK(image->volumes()[0].error);
  CHECK_FALSE(image->volumes()[0].tree);
  CHECK_FALSE(image->volumes()[1].error);
  CHECK(image->volumes()[1].tree->list("").size() == 1);
}

TEST_CASE("resources that lie about their sizes are errors") {
  const fixtures::BuiltWim wim = sample(32768);
  CHECK_NOTHROW(read_hive(wim.data));
  const auto broken = [&](const std::function<void(WimBlobEntry&)>& change) {
    return with_hive_entry(wim, change);
  };
  CHECK_THROWS_WITH(read_hive(broken([](auto& e) { e.resource.offset = 1 << 30; })),
                    Catch::Contains("beyond the end"));
  CHECK_THROWS_WITH(read_hive(broken([](auto& e) { e.resource.size = std::uint64_t{1} << 60; })),
                    Catch::Contains("chunk table does not fit"));
  CHECK_THROWS_WITH(read_hive(broken([](auto& e) { e.resource.stored_size = 11; })),
                    Catch::Contains("chunk table does not fit"));
  CHECK_THROWS_WITH(read_hive(broken([](auto& e) { e.resource.stored_size -= 90'000; })),
                    Catch::Contains("bad place of chunk"));
  CHECK_THROWS_WITH(read_hive(broken([](auto& e) { e.resource.flags = 0; })),
                    Catch::Contains("two sizes"));
  CHECK_THROWS_WITH(read_hive(broken([](auto& e) { e.resource.flags = WimResource::solid_flag; })),
                    Catch::Contains("no entry before it is one"));
  CHECK_THROWS_WITH(read_hive(broken([](auto& e) { e.hash[0] ^= 1; })),
                    Catch::Contains("not in this WIM"));
}

TEST_CASE("chunk tables out of order or beyond their resource are errors") {
  const fixtures::BuiltWim wim = sample(32768);
  const auto hive = static_cast<std::size_t>(wim.metadata[0].offset + wim.metadata[0].stored_size);
  for (const auto& [first, second] : std::vector<std::pair<std::uint32_t, std::uint32_t>>{
           {0, 65536}, {65536, 32768}, {32768, 32768}, {0xffffffff, 0}, {40'000, 65536}}) {
    Bytes data = wim.data;
    put_u32(data, hive, first);
    put_u32(data, hive + 4, second);
    CHECK_THROWS_WITH(read_hive(data), Catch::Contains("bad place of chunk"));
  }
  Bytes data = wim.data;
  put_u32(data, hive, 20'000);  // now chunk 0 is shorter than its content: compressed
  put_u32(data, hive + 4, 50'000);
  CHECK_THROWS_WITH(read_hive(data), Catch::Contains("cannot be decompressed"));
}

TEST_CASE("a solid resource that lies is an error") {
  fixtures::BuiltWim wim = sample(32768);
  const auto table = static_cast<std::size_t>(wim.blob_table.offset);
  constexpr std::uint64_t mark = std::uint64_t{1} << 32;
  // The entry of the first image's hive becomes the resource, that of "x" a blob in it.
  WimBlobEntry resource = wim_blob_entry_at(ByteView(wim.data, 0, "w"), table + 50);
  const auto at = static_cast<std::size_t>(resource.resource.offset);
  const auto build = [&](std::uint64_t size, std::uint32_t chunk, std::uint32_t codec,
                         std::uint64_t blob_at) {
    Bytes data = wim.data;
    put_u64(data, at, size);
    put_u32(data, at + 8, chunk);
    put_u32(data, at + 12, codec);
    put_u32(data, at + 16, 32768);
    put_u32(data, at + 20, 1000);
    WimBlobEntry entry = resource;
    entry.resource = {resource.resource.stored_size, 0x10, resource.resource.offset, mark};
    put_wim_blob_entry(data, table + 50, entry);
    WimBlobEntry metadata = wim_blob_entry_at(ByteView(wim.data, 0, "w"), table + 100);
    WimBlobEntry blob = wim_blob_entry_at(ByteView(wim.data, 0, "w"), table + 150);
    blob.resource = {3, 0x10, blob_at, 0};
    put_wim_blob_entry(data, table + 100, blob);
    put_wim_blob_entry(data, table + 150, metadata);
    return data;
  };
  const auto read = [](const Bytes& data) {
    const auto source = open(data)->volumes().at(1).tree->open("x");
    return source->read(0, static_cast<std::size_t>(source->size()));
  };
  CHECK_THROWS_WITH(read(build(33'768, 32768, 2, 5)), Catch::Contains("SHA-1"));
  CHECK_THROWS_WITH(read(build(33'768, 32768, 7, 5)), Catch::Contains("unknown compression"));
  CHECK_THROWS_WITH(read(build(33'768, 1000, 2, 5)), Catch::Contains("chunk size"));
  CHECK_THROWS_WITH(read(build(33'768, 32768, 2, 40'000)), Catch::Contains("behind the end"));
  CHECK_THROWS_WITH(read(build(std::uint64_t{1} << 62, 32768, 2, 5)),
                    Catch::Contains("does not fit"));
  CHECK_THROWS_AS(read(build(33'768, 32768, 2, 33'767)), Error);
}

TEST_CASE("an integrity table that lies is an error") {
  const fixtures::BuiltWim wim = sample(0);
  const auto with_table = [&](std::uint32_t size, std::uint32_t count, std::uint32_t piece) {
    Bytes data = wim.data;
    const std::size_t at = data.size();
    data.resize(at + 64);
    put_wim_resource(data, 124, {64, 0, at, 64});
    put_u32(data, at, size);
    put_u32(data, at + 4, count);
    put_u32(data, at + 8, piece);
    return open(data);
  };
  CHECK_THROWS_WITH(with_table(12, 0, 0)->check(), Catch::Contains("bad piece size"));
  CHECK_THROWS_WITH(with_table(12, 0, 1 << 20)->check(), Catch::Contains("bad integrity table"));
  CHECK_THROWS_WITH(with_table(2000, 99, 4096)->check(), Catch::Contains("bad integrity table"));
  CHECK_THROWS_WITH(with_table(32, 1, 10 << 20)->check(), Catch::Contains("integrity table has"));
  CHECK_THROWS_WITH(with_table(12, 0, 0)->change_volumes({{0, {{file, 100'000, {{5, {1}}}}}}}, 1),
                    Catch::Contains("bad piece size"));
}

TEST_CASE("directories that share their entries do not make a WIM endless") {
  fixtures::WimRecipe recipe;
  recipe.images = {{"First", {}}};
  for (int i = 0; i < 200; ++i) {
    recipe.images[0].files["d" + std::to_string(i) + "/x"] = {};
    recipe.images[0].files["d0/" + std::to_string(i)] = {};
  }
  fixtures::BuiltWim wim = fixtures::build_wim(recipe);
  const auto metadata = static_cast<std::size_t>(wim.metadata[0].offset);
  const ByteView view(wim.data, 0, "w");
  const std::uint64_t root = view.u64(metadata + 8 + 16);  // where its entries are
  const auto first = metadata + static_cast<std::size_t>(root);
  for (std::size_t at = first; view.u64(at) != 0;
       at += static_cast<std::size_t>(view.u64(at) + 7) / 8 * 8) {
    put_u64(wim.data, at + 16, view.u64(first + 16));  // all have what d0 has
  }
  const WimTree tree(WimContainer::open(std::make_shared<MemorySource>(wim.data, "w"), "w", {}), 1,
                     "w@1", 10'000);
  const auto list_all = [&] {
    for (const TreeEntry& entry : tree.list("")) tree.list(entry.name);
  };
  CHECK_THROWS_WITH(list_all(), Catch::Contains("would list more than"));
}
