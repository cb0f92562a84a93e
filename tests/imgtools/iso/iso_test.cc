#include <algorithm>
#include <catch2/catch.hpp>

#include "fixtures/disc_builder.h"
#include "imgtools/bytes/text.h"
#include "imgtools/iso/iso9660.h"
#include "imgtools/iso/udf.h"
#include "imgtools/tree_storage.h"
#include "tests/imgtools/disk/disk_support.h"

using namespace goldhive;
using namespace goldhive::testing;
using fixtures::build_disc;
using fixtures::DiscRecipe;

namespace {

constexpr std::size_t sector = 2048;

Bytes pattern(std::size_t size) {
  Bytes data(size);
  for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<std::uint8_t>(i * 7 + i / sector);
  return data;
}

DiscRecipe some_files() {
  DiscRecipe recipe;
  recipe.files = {{"setup.exe", pattern(100)},
                  {"empty", {}},
                  {"sources/install.wim", pattern(9 * sector + 17)},
                  {"sources/lang/de/license.rtf", pattern(sector)}};
  return recipe;
}

std::shared_ptr<const ByteSource> source_of(Bytes image) {
  return std::make_shared<MemorySource>(std::move(image), "disc");
}

std::shared_ptr<const FileTree> udf_tree(Bytes image) {
  const auto source = source_of(std::move(image));
  return make_disc_tree(source, open_udf(source));
}

std::shared_ptr<const FileTree> iso_tree(Bytes image) {
  const auto source = source_of(std::move(image));
  return make_disc_tree(source, open_iso9660(source));
}

void check_files(const FileTree& tree, const DiscRecipe& recipe) {
  for (const auto& [path, data] : recipe.files) {
    INFO(path);
    const auto exact = tree.find(path);
    REQUIRE(exact);
    const auto file = tree.open(*exact);
    REQUIRE(content(*file) == data);
    CHECK(reads_alike_in_pieces(*file, 1000));
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "" : exact->substr(0, slash);
    const std::vector<TreeEntry> entries = tree.list(folder);
    CHECK(std::any_of(entries.begin(), entries.end(),
                      [&, name = path.substr(slash + 1), size = data.size()](const TreeEntry& e) {
                        return nt_equal(e.name, name) && !e.directory && e.size == size;
                      }));
  }
}

/// Where `needle` begins; fails the test if it is not there.
std::size_t place_of(const Bytes& image, const Bytes& needle) {
  const auto at = std::search(image.begin(), image.end(), needle.begin(), needle.end());
  REQUIRE(at != image.end());
  return static_cast<std::size_t>(at - image.begin());
}

Bytes utf16be(const std::string& text) {
  Bytes bytes;
  for (const char c : text) bytes.insert(bytes.end(), {0, static_cast<std::uint8_t>(c)});
  return bytes;
}

/// The UDF file identifier of a name.
std::size_t identifier_of(const Bytes& image, const std::string& name) {
  Bytes needle = utf16be(name);
  needle.insert(needle.begin(), 16);
  return place_of(image, needle) - 38;
}

/// The UDF file entry of a name.
std::size_t entry_of(const Bytes& image, const std::string& name) {
  const ByteView view(image, 0, "");
  return (257 + std::size_t{view.u32(identifier_of(image, name) + 24)}) * sector;
}

/// The plain ISO9660 record of a name.
std::size_t record_of(const Bytes& image, const std::string& name) {
  return place_of(image, Bytes(name.begin(), name.end())) - 33;
}

}  // namespace

TEST_CASE("files of a disc are the same through UDF and Joliet and ISO9660") {
  const DiscRecipe recipe = some_files();
  check_files(*udf_tree(build_disc(recipe)), recipe);
  check_files(*iso_tree(build_disc(recipe)), recipe);
  DiscRecipe plain = recipe;
  plain.joliet = false;
  CHECK(open_iso9660(source_of(build_disc(plain)))->kind() == std::string("iso9660"));
  check_files(*iso_tree(build_disc(plain)), recipe);
  CHECK(iso_tree(build_disc(plain))->find("sources/install.wim") == "SOURCES/INSTALL.WIM");
  DiscRecipe only_udf = recipe;
  only_udf.iso9660 = only_udf.joliet = false;
  check_files(*udf_tree(build_disc(only_udf)), recipe);
  CHECK(is_udf(*source_of(build_disc(only_udf))));
  CHECK_FALSE(is_iso9660(*source_of(build_disc(only_udf))));
}

TEST_CASE("files of a disc in pieces are read whole in every form that UDF has for that") {
  for (const bool long_descriptors : {false, true}) {
    for (const bool extended : {false, true}) {
      for (const std::size_t inside : {2U, 3U, 100U}) {
        DiscRecipe recipe = some_files();
        recipe.extent_sectors = 2;
        recipe.long_descriptors = long_descriptors;
        recipe.extended_entries = extended;
        recipe.descriptors_inside = inside;
        recipe.inline_limit = inside == 3 ? 100 : 0;
        check_files(*udf_tree(build_disc(recipe)), recipe);
        check_files(*iso_tree(build_disc(recipe)), recipe);
      }
    }
  }
}

TEST_CASE("a disc says its label and the kind of its file system") {
  const DiscRecipe recipe = some_files();
  const auto source = source_of(build_disc(recipe));
  CHECK(open_udf(source)->label() == "GOLDHIVE");
  CHECK(open_udf(source)->kind() == std::string("udf"));
  CHECK(open_iso9660(source)->label() == "GOLDHIVE");
  CHECK(open_iso9660(source)->kind() == std::string("joliet"));
}

TEST_CASE("paths of a disc are found without regard to case and what is no file is told apart") {
  const auto tree = udf_tree(build_disc(some_files()));
  CHECK(tree->find("SOURCES/INSTALL.WIM") == "sources/install.wim");
  CHECK(tree->find("") == "");
  CHECK_FALSE(tree->find("sources/none"));
  CHECK_FALSE(tree->find("setup.exe/below"));
  CHECK(error_of([&] { tree->open("sources"); }).kind() == ErrorKind::not_found);
  CHECK(error_of([&] { tree->open("SETUP.EXE"); }).kind() == ErrorKind::not_found);
  CHECK(error_of([&] { tree->list("setup.exe"); }).kind() == ErrorKind::not_found);
  CHECK(tree->open_if_present("sources") == nullptr);
}

TEST_CASE("a file tree serves as the storage of an image inside it") {
  const TreeStorage storage(udf_tree(build_disc(some_files())));
  REQUIRE(storage.stat("/sources/INSTALL.wim"));
  CHECK(storage.stat("/sources/install.wim")->size == 9 * sector + 17);
  CHECK(storage.stat("/sources")->type == FileType::directory);
  CHECK_FALSE(storage.stat("/sources/install2.swm"));
  CHECK(storage.open("/setup.exe")->read(0, 100) == pattern(100));
  CHECK(storage.list("/sources").size() == 2);
  CHECK_FALSE(storage.read_link("/sources"));
}

namespace {

/// `head`, then bytes that say in which MiB they lie, up to `size`.
class HugeSource final : public ByteSource {
 public:
  HugeSource(Bytes head, std::uint64_t size)
      : ByteSource("huge"), head_(std::move(head)), size_(size) {}
  std::uint64_t size() const override { return size_; }

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    for (std::uint8_t& byte : out) {
      byte = offset < head_.size() ? head_[static_cast<std::size_t>(offset)]
                                   : static_cast<std::uint8_t>((offset >> 20) % 251);
      ++offset;
    }
  }

 private:
  Bytes head_;
  std::uint64_t size_;
};

/// Reads on both sides of each border of the pieces and far inside.
void check_huge(const FileTree& tree, const std::string& path, std::uint64_t size,
                const std::vector<DiscExtent>& pieces) {
  const auto file = tree.open(path);
  REQUIRE(file->size() == size);
  std::uint64_t start = 0;
  for (const DiscExtent& piece : pieces) {
    for (const std::uint64_t within : {std::uint64_t{0}, piece.length / 2, piece.length - 1}) {
      const std::uint64_t at = *piece.offset + within;
      CHECK(file->read(start + within, 1) == Bytes{static_cast<std::uint8_t>((at >> 20) % 251)});
    }
    if (start != 0) CHECK(file->read(start - 3, 6).size() == 6);
    start += piece.length;
  }
}

constexpr std::uint64_t gib = 1ULL << 30;

}  // namespace

TEST_CASE("a file over 4 GiB is read through several ISO9660 records") {
  DiscRecipe recipe;
  recipe.udf = recipe.joliet = false;
  recipe.files = {{"install.wim", pattern(2 * sector)}};
  recipe.extent_sectors = 1;
  Bytes image = build_disc(recipe);
  const std::vector<DiscExtent> pieces = {{gib, 0xFFFFF800}, {gib + 0xFFFFF800, gib}};
  std::size_t record = record_of(image, "INSTALL.WIM;1");
  for (const DiscExtent& piece : pieces) {
    put_u32(image, record + 2, static_cast<std::uint32_t>(*piece.offset / sector));
    put_u32(image, record + 10, static_cast<std::uint32_t>(piece.length));
    record += image[record];
  }
  const auto source = std::make_shared<HugeSource>(image, 8 * gib);
  const auto tree = make_disc_tree(source, open_iso9660(source));
  check_huge(*tree, "INSTALL.WIM", pieces[0].length + pieces[1].length, pieces);
  CHECK(tree->list("").at(0).size == pieces[0].length + pieces[1].length);
}

TEST_CASE("a file over 4 GiB is read through many UDF extents with a gap among them") {
  DiscRecipe recipe;
  recipe.files = {{"install.wim", pattern(6 * sector)}};
  recipe.extent_sectors = 1;
  recipe.descriptors_inside = 100;
  Bytes image = build_disc(recipe);
  std::vector<DiscExtent> pieces;
  std::uint64_t size = 0;
  const std::size_t entry = entry_of(image, "install.wim");
  for (std::uint32_t i = 0; i < 6; ++i) {
    const std::uint32_t length = i == 5 ? 12345 : (1U << 30) - sector;
    const std::uint64_t block = 1000 + i * ((1U << 30) / sector) + (i > 2 ? 500 : 0);
    put_u32(image, entry + 176 + i * 8, length);
    put_u32(image, entry + 180 + i * 8, static_cast<std::uint32_t>(block));
    pieces.push_back({(257 + block) * sector, length});
    size += length;
  }
  put_u64(image, entry + 56, size);
  put_u32(image, fixtures::disc_udf_partition_at + 192,
          static_cast<std::uint32_t>(8 * gib / sector));
  fixtures::refresh_udf_tags(image);
  const auto source = std::make_shared<HugeSource>(image, 8 * gib);
  check_huge(*make_disc_tree(source, open_udf(source)), "install.wim", size, pieces);
}

TEST_CASE("extents that are not recorded read as zeros") {
  DiscRecipe recipe;
  recipe.files = {{"a", pattern(3 * sector)}};
  recipe.extent_sectors = 1;
  Bytes image = build_disc(recipe);
  image[entry_of(image, "a") + 176 + 8 + 3] |= 0x40;
  fixtures::refresh_udf_tags(image);
  Bytes expected = pattern(3 * sector);
  std::fill_n(expected.begin() + sector, sector, std::uint8_t{0});
  CHECK(content(*udf_tree(image)->open("a")) == expected);
}

// --- Images that lie

namespace {

struct Lie {
  const char* name;
  std::function<void(Bytes&)> tell;
  const char* error;
};

/// Opens everything that is there; the first error comes out.
void read_all(const FileTree& tree, const std::string& directory, int depth) {
  for (const TreeEntry& entry : tree.list(directory)) {
    const std::string path = (directory.empty() ? "" : directory + "/") + entry.name;
    if (!entry.directory) {
      content(*tree.open(path));
    } else if (depth > 0) {
      read_all(tree, path, depth - 1);
    }
  }
}

DiscRecipe victim() {
  DiscRecipe recipe = some_files();
  recipe.extent_sectors = 2;
  recipe.descriptors_inside = 3;
  return recipe;
}

}  // namespace

TEST_CASE("a UDF that lies is an error that says where") {
  const auto entry = [](const char* name, std::size_t at, auto put) {
    return [=](Bytes& image) { put(image, entry_of(image, name) + at); };
  };
  const auto u32 = [](std::uint32_t value) {
    return [=](Bytes& image, std::size_t at) { put_u32(image, at, value); };
  };
  const auto byte = [](std::uint8_t value) {
    return [=](Bytes& image, std::size_t at) { image[at] = value; };
  };
  using namespace fixtures;
  const std::vector<Lie> lies = {
      {"a directory that contains itself",
       [](Bytes& image) {
         const std::size_t outer = identifier_of(image, "sources");
         put_u32(image, identifier_of(image, "lang") + 24, ByteView(image, 0, "").u32(outer + 24));
       },
       "contains itself"},
      {"an extent beyond the partition", entry("install.wim", 180, u32(0x00FFFFFF)),
       "beyond the end of the image or partition"},
      {"an extent that is too long", entry("setup.exe", 176, u32(0x3FFFF800)),
       "beyond the end of the image or partition"},
      {"a file longer than its extents", entry("license.rtf", 56, u32(5000)),
       "shorter than the file"},
      {"an extent that ends within a block", entry("install.wim", 176, u32(100)),
       "ends within a block"},
      {"more descriptors than there is room", entry("setup.exe", 172, u32(0xFFFFFFF0)), "cut off"},
      {"attributes beyond the block", entry("setup.exe", 168, u32(0xFFFFFFF0)), "cut off"},
      {"a file inside its entry that does not fit", entry("install.wim", 34, byte(3)),
       "do not fit into its file entry"},
      {"extended descriptors", entry("setup.exe", 34, byte(2)), "extended allocation"},
      {"a strategy of write-once media", entry("setup.exe", 21, byte(16)), "strategy 4100"},
      {"a device node", entry("setup.exe", 27, byte(6)), "of type 6"},
      {"a file that its entry calls a directory", entry("setup.exe", 27, byte(4)),
       "is listed as a file, but its file entry"},
      {"a directory that its entry calls a file", entry("sources", 27, byte(5)),
       "is listed as a directory, but its file entry"},
      {"a list of extents that leads to itself",
       [](Bytes& image) {
         const ByteView view(image, 0, "");
         const std::size_t first = entry_of(image, "install.wim");
         const std::uint32_t next = view.u32(first + 176 + 2 * 8 + 4);
         const std::size_t block = (257 + std::size_t{next}) * sector;
         put_u32(image, block + 24, sector | 3U << 30);
         put_u32(image, block + 28, next);
       },
       "leads back to itself"},
      {"an entry outside the partition",
       [](Bytes& image) { put_u32(image, identifier_of(image, "setup.exe") + 24, 0x7FFFFFFF); },
       "file entry lies outside the partition"},
      {"an entry in a partition that is not there",
       [](Bytes& image) { put_u16(image, identifier_of(image, "setup.exe") + 28, 9); },
       "file entry lies outside the partition"},
      {"an entry that is another descriptor",
       [](Bytes& image) { put_u32(image, identifier_of(image, "setup.exe") + 24, 0); },
       "not a UDF file entry"},
      {"no file identifier", [](Bytes& image) { image[identifier_of(image, "setup.exe")] = 9; },
       "not a UDF file identifier"},
      {"a name in no encoding",
       [](Bytes& image) { image[identifier_of(image, "setup.exe") + 38] = 99; }, "encoding"},
      {"a name beyond its directory",
       [](Bytes& image) { put_u16(image, identifier_of(image, "setup.exe") + 36, 60000); },
       "cut off"},
      {"no anchor", [](Bytes& image) { put_u16(image, disc_anchor_at, 0); }, "anchor"},
      {"no partition descriptor",
       [](Bytes& image) { put_u16(image, disc_udf_partition_at + 22, 7); }, "without a descriptor"},
      {"no plain partition", [](Bytes& image) { image[disc_udf_volume_at + 440] = 2; },
       "without a partition map of type 1"},
      {"a map table without end",
       [](Bytes& image) { put_u32(image, disc_udf_volume_at + 264, 0x7FFFFFFF); }, "cut off"},
      {"blocks of 512 bytes", [](Bytes& image) { put_u32(image, disc_udf_volume_at + 212, 512); },
       "blocks of 512"},
      {"directories in a metadata partition",
       [](Bytes& image) { put_u16(image, disc_udf_volume_at + 256, 1); }, "metadata"},
      {"no file set", [](Bytes& image) { put_u16(image, disc_file_set_at, 8); },
       "is of another kind"},
  };
  for (const Lie& lie : lies) {
    INFO(lie.name);
    Bytes image = build_disc(victim());
    lie.tell(image);
    refresh_udf_tags(image);
    const Error error = error_of([&] { read_all(*udf_tree(image), "", 10); });
    INFO(error.what());
    CHECK((error.kind() == ErrorKind::corrupt || error.kind() == ErrorKind::unsupported));
    CHECK_THAT(error.what(), Catch::Contains(lie.error));
  }
}

TEST_CASE("a UDF descriptor with a bad checksum or CRC or place is an error") {
  for (const std::size_t at : {5U, 8U, 12U, 100U}) {
    Bytes image = build_disc(victim());
    const std::size_t entry = entry_of(image, "setup.exe");
    image[entry + at] = static_cast<std::uint8_t>(image[entry + at] + 1);
    if (at == 8 || at == 12) image[entry + 4] = static_cast<std::uint8_t>(image[entry + 4] + 1);
    const Error error = error_of([&] { read_all(*udf_tree(image), "", 10); });
    CHECK(error.kind() == ErrorKind::corrupt);
    CHECK(error.offset() == entry);
  }
}

TEST_CASE("a UDF volume is found through the reserve sequence and the anchor at the end") {
  Bytes image = build_disc(some_files());
  put_u32(image, fixtures::disc_anchor_at + 20, 0x00FFFFFF);
  fixtures::refresh_udf_tags(image);
  check_files(*udf_tree(image), some_files());

  // The last sector as the anchor: its tag must name that sector.
  image = build_disc(some_files());
  const auto last = static_cast<std::uint32_t>(image.size() / sector);
  Bytes anchor(image.begin() + fixtures::disc_anchor_at,
               image.begin() + fixtures::disc_anchor_at + sector);
  put_u32(anchor, 12, last);
  anchor[4] = 0;
  unsigned sum = 0;
  for (std::size_t i = 0; i < 16; ++i) sum += anchor[i];
  anchor[4] = static_cast<std::uint8_t>(sum & 0xff);
  image[fixtures::disc_anchor_at] = 0;
  image.insert(image.end(), anchor.begin(), anchor.end());
  check_files(*udf_tree(image), some_files());
}

TEST_CASE("an ISO9660 that lies is an error that says where") {
  const auto record = [](const char* name, std::size_t at, std::uint8_t value) {
    return [=](Bytes& image) { image[record_of(image, name) + at] = value; };
  };
  const std::vector<Lie> lies = {
      {"a directory that contains itself",
       [](Bytes& image) {
         const std::size_t outer = record_of(image, "SOURCES");
         std::copy_n(image.begin() + static_cast<std::ptrdiff_t>(outer + 2), 16,
                     image.begin() + static_cast<std::ptrdiff_t>(record_of(image, "LANG") + 2));
       },
       "contains itself"},
      {"an extent beyond the end", record("SETUP.EXE;1", 4, 0xFF), "beyond the end of the image"},
      {"a length beyond the end", record("SETUP.EXE;1", 13, 0x7F), "beyond the end of the image"},
      {"a record that is too short", record("SETUP.EXE;1", 0, 12), "bad length"},
      {"a name beyond its record", record("SETUP.EXE;1", 32, 0xF0), "cut off"},
      {"an interleaved file", record("SETUP.EXE;1", 26, 1), "interleaved"},
      {"a file of several extents without the last", record("SETUP.EXE;1", 25, 0x80),
       "lacks its last"},
      {"blocks of 512 bytes",
       [](Bytes& image) { put_u16(image, fixtures::disc_primary_at + 128, 512); }, "blocks of 512"},
      {"a root that is no directory",
       [](Bytes& image) { image[fixtures::disc_primary_at + 156 + 25] = 0; }, "no directory"},
      {"a list of descriptors without end",
       [](Bytes& image) { image[fixtures::disc_primary_at + sector] = 77; },
       "not a volume descriptor"},
      {"no primary descriptor", [](Bytes& image) { image[fixtures::disc_primary_at] = 0; },
       "no primary volume descriptor"},
  };
  DiscRecipe recipe = some_files();
  recipe.joliet = recipe.udf = false;
  for (const Lie& lie : lies) {
    INFO(lie.name);
    Bytes image = build_disc(recipe);
    lie.tell(image);
    const Error error = error_of([&] { read_all(*iso_tree(image), "", 10); });
    INFO(error.what());
    CHECK_THAT(error.what(), Catch::Contains(lie.error));
  }
}

TEST_CASE("a disc image cut off anywhere is an error and never wrong bytes") {
  const DiscRecipe recipe = victim();
  const Bytes whole = build_disc(recipe);
  for (std::size_t sectors = 17; sectors < whole.size() / sector; ++sectors) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(sectors * sector));
    for (const auto& open : {udf_tree, iso_tree}) {
      try {
        const auto tree = open(cut);
        for (const auto& [path, data] : recipe.files) {
          try {
            if (const auto exact = tree->find(path)) CHECK(content(*tree->open(*exact)) == data);
          } catch (const Error& e) {
            CHECK(e.kind() == ErrorKind::corrupt);
          }
        }
      } catch (const Error& e) {
        CHECK(e.kind() == ErrorKind::corrupt);
      }
    }
  }
}

TEST_CASE("names that may have been shortened are noted") {
  DiscRecipe recipe;
  recipe.udf = false;
  recipe.files = {{"short", {}}};
  const auto clean = iso_tree(build_disc(recipe));
  clean->list("");
  CHECK(clean->notes().empty());
  recipe.files = {{std::string(64, 'n'), {}}};
  const auto noted = iso_tree(build_disc(recipe));
  noted->list("");
  REQUIRE(noted->notes().size() == 1);
  CHECK_THAT(noted->notes()[0], Catch::Contains(std::string(64, 'n')));
  recipe.joliet = false;
  recipe.files = {{"short", {}}};
  CHECK(iso_tree(build_disc(recipe))->notes().size() == 1);
}
