// Changes of WIMs without the command line: what each phase of the writing leaves, and what the
// blob table says afterwards.
#include <catch2/catch.hpp>

#include "fixtures/wim_builder.h"
#include "imgtools/bytes/error.h"
#include "imgtools/wim/wim_container.h"
#include "imgtools/wim/wim_image.h"
#include "imgtools/wim/wim_rebuild.h"
#include "imgtools/wim/wim_xml_edit.h"

using namespace goldhive;

namespace {

const Bytes hive_a(100'000, 'a');
const Bytes hive_b(70'000, 'b');

Bytes sample(std::uint32_t chunk_size) {
  fixtures::WimRecipe recipe;
  recipe.images = {{"First", {{"SOFTWARE", hive_a}, {"SYSTEM", hive_b}}},
                   {"Second", {{"SOFTWARE", hive_a}, {"copy", hive_a}}},
                   {"Third", {{"x", Bytes(3, 'x')}}}};
  recipe.chunk_size = chunk_size;
  recipe.boot_image = 1;
  return fixtures::build_wim(recipe).data;
}

std::shared_ptr<const WimContainer> container(const Bytes& data) {
  return WimContainer::open(std::make_shared<MemorySource>(data, "w"), "w", {});
}

std::unique_ptr<Image> open(const Bytes& data) {
  return make_wim_image(std::make_shared<MemorySource>(data, "w"), "w", {});
}

Bytes apply(Bytes data, const HostChange& change, int last_phase) {
  for (const auto& [path, size] : change.sizes) data.resize(static_cast<std::size_t>(size));
  for (const HostEdit& edit : change.edits) {
    if (edit.phase > last_phase) continue;
    std::copy(edit.write.data.begin(), edit.write.data.end(),
              data.begin() + static_cast<std::ptrdiff_t>(edit.write.offset));
  }
  return data;
}

Bytes whole(const Image& image, std::size_t volume, const std::string& path) {
  const auto source = image.volumes().at(volume).tree->open(path);
  return source->read(0, static_cast<std::size_t>(source->size()));
}

FileEdit edit_of(const std::string& path, const Bytes& old, std::uint8_t value) {
  return {path, old.size() + 4096, {{50'000, Bytes(3, value)}}};
}

Bytes edited(Bytes old, std::uint8_t value) {
  std::fill_n(old.begin() + 50'000, 3, value);
  old.resize(old.size() + 4096);
  return old;
}

/// Of the blob of that content, 0 if there is none.
std::uint32_t references(const Bytes& wim, const Bytes& content) {
  const auto opened = container(wim);
  const auto place = opened->find(fixtures::wim_hash_of(content));
  return place ? opened->parts().front().blobs.entry(place->entry).references : 0;
}

}  // namespace

TEST_CASE(
    "after the first phase of a WIM change there is the old WIM and after the second the new") {
  for (const std::uint32_t chunk_size : {0U, 32768U}) {
    const Bytes before = sample(chunk_size);
    const auto image = open(before);
    const HostChange change = image->change_volumes(
        {{0, {edit_of("SOFTWARE", hive_a, 1), edit_of("SYSTEM", hive_b, 2)}}}, 1);
    const Bytes middle = apply(before, change, 0);
    CHECK(std::equal(before.begin(), before.end(), middle.begin()));
    CHECK(whole(*open(middle), 0, "SOFTWARE") == hive_a);
    const auto after = open(apply(before, change, 1));
    CHECK(whole(*after, 0, "SOFTWARE") == edited(hive_a, 1));
    CHECK(whole(*after, 0, "SYSTEM") == edited(hive_b, 2));
    CHECK(whole(*after, 1, "SOFTWARE") == hive_a);
    CHECK(whole(*after, 2, "x") == Bytes(3, 'x'));
  }
}

TEST_CASE("a change of a WIM is the same whether the new content is in memory or read again") {
  for (const std::uint32_t chunk_size : {0U, 32768U}) {
    const Bytes before = sample(chunk_size);
    FileEdit edit = edit_of("SOFTWARE", hive_a, 1);
    const HostChange read = open(before)->change_volumes({{0, {edit}}}, 1);
    edit.contents = std::make_shared<MemorySource>(edited(hive_a, 1), "SOFTWARE");
    const HostChange held = open(before)->change_volumes({{0, {edit}}}, 1);
    CHECK(apply(before, held, 1) == apply(before, read, 1));
  }
}

TEST_CASE("references of blobs are right after a change of one image and of several") {
  const Bytes before = sample(0);
  REQUIRE(references(before, hive_a) == 3);
  const FileEdit edit = edit_of("SOFTWARE", hive_a, 1);
  const Bytes one = apply(before, open(before)->change_volumes({{0, {edit}}}, 1), 1);
  CHECK(references(one, hive_a) == 2);
  CHECK(references(one, edited(hive_a, 1)) == 1);

  const HostChange both = open(before)->change_volumes({{1, {edit}}, {0, {edit}}}, 1);
  const Bytes two = apply(before, both, 1);
  CHECK(references(two, hive_a) == 1);
  CHECK(references(two, edited(hive_a, 1)) == 2);
  CHECK(both.edits.at(0).write.data.size() < 2 * hive_a.size());  // one blob for both

  const FileEdit copy = edit_of("copy", hive_a, 1);
  const Bytes all =
      apply(before, open(before)->change_volumes({{0, {edit}}, {1, {edit, copy}}}, 1), 1);
  CHECK(references(all, hive_a) == 0);
  CHECK(references(all, edited(hive_a, 1)) == 3);
  CHECK(container(all)->parts().front().blobs.size() ==
        container(before)->parts().front().blobs.size());

  const Bytes back = apply(one, open(one)->change_volumes({{1, {edit}}}, 1), 1);
  CHECK(references(back, edited(hive_a, 1)) == 2);  // it is there already
}

TEST_CASE("references of blobs count each name of a hard link after a change") {
  Bytes wim = sample(0);
  const auto opened = container(wim);
  const WimBlobTable& blobs = opened->parts().front().blobs;
  const std::size_t entry = blobs.metadata()[1];
  const WimResource place = blobs.entry(entry).resource;
  const auto at = wim.begin() + static_cast<std::ptrdiff_t>(place.offset);
  Bytes metadata(at, at + static_cast<std::ptrdiff_t>(place.size));
  const WimHash hash = fixtures::wim_hash_of(hive_a);
  std::size_t names = 0;
  for (auto found = metadata.begin();; ++names) {
    found = std::search(found, metadata.end(), hash.begin(), hash.end());
    if (found == metadata.end()) break;
    found += static_cast<std::ptrdiff_t>(hash.size());
    put_u64(metadata, static_cast<std::size_t>(found - metadata.begin()) + 4, 7);  // one inode
  }
  REQUIRE(names == 2);
  std::copy(metadata.begin(), metadata.end(), at);
  WimBlobEntry changed = blobs.entry(entry);
  changed.hash = fixtures::wim_hash_of(metadata);
  put_wim_blob_entry(
      wim,
      static_cast<std::size_t>(opened->header().blob_table.offset) + entry * wim_blob_entry_size,
      changed);

  const Bytes after =
      apply(wim, open(wim)->change_volumes({{1, {edit_of("SOFTWARE", hive_a, 1)}}}, 1), 1);
  CHECK(whole(*open(after), 1, "SOFTWARE") == edited(hive_a, 1));
  CHECK(whole(*open(after), 1, "copy") == edited(hive_a, 1));
  CHECK(whole(*open(after), 0, "SOFTWARE") == hive_a);
  CHECK(references(after, hive_a) == 1);
  CHECK(references(after, edited(hive_a, 1)) == 2);
}

TEST_CASE("a blob that is still used is kept even where its references were counted too low") {
  Bytes wim = sample(0);
  const auto opened = container(wim);
  const auto place = opened->find(fixtures::wim_hash_of(hive_a));
  REQUIRE(place);
  put_u32(wim,
          static_cast<std::size_t>(opened->header().blob_table.offset) +
              place->entry * wim_blob_entry_size + 26,
          1);
  const Bytes after =
      apply(wim, open(wim)->change_volumes({{0, {edit_of("SOFTWARE", hive_a, 1)}}}, 1), 1);
  CHECK(references(after, hive_a) == 2);
  CHECK(whole(*open(after), 1, "copy") == hive_a);
}

namespace {

const Bytes text_x(3000, 'x');
const Bytes text_y(4000, 'y');

WimBlobEntry entry_of(const WimContainer& wim, const Bytes& content) {
  const auto place = wim.find(fixtures::wim_hash_of(content));
  REQUIRE(place);
  return wim.parts().front().blobs.entry(place->entry);
}

/// Appends a solid resource of one chunk that holds `content`; its entries: resource, blob.
std::vector<WimBlobEntry> add_solid(Bytes& wim, const Bytes& content) {
  constexpr std::uint32_t chunk = 32768;
  Bytes stored(20);
  put_u64(stored, 0, content.size());
  put_u32(stored, 8, chunk);
  put_u32(stored, 12, 2);  // LZX
  put_u32(stored, 16, static_cast<std::uint32_t>(content.size()));
  stored.insert(stored.end(), content.begin(), content.end());
  const WimResource resource{stored.size(), WimResource::solid_flag, wim.size(),
                             wim_solid_resource_mark};
  wim.insert(wim.end(), stored.begin(), stored.end());
  return {{resource, 1, 1, {}},
          {{content.size(), WimResource::solid_flag, 0, 0}, 1, 1, fixtures::wim_hash_of(content)}};
}

/// An ESD whose table has the hives of its first image between two runs of solid entries, in which
/// the contents of the second lie. The second also holds what the hives are to become, so that no
/// new entry takes the place of those that go.
Bytes between_runs() {
  fixtures::WimRecipe recipe;
  recipe.images = {{"First", {{"SOFTWARE", hive_a}, {"SYSTEM", hive_b}}},
                   {"Second",
                    {{"x", text_x},
                     {"y", text_y},
                     {"new SOFTWARE", edited(hive_a, 1)},
                     {"new SYSTEM", edited(hive_b, 2)}}}};
  Bytes wim = fixtures::build_wim(recipe).data;
  const auto built = container(wim);
  const WimBlobTable& blobs = built->parts().front().blobs;
  std::vector<WimBlobEntry> entries = {
      blobs.entry(blobs.metadata()[0]), blobs.entry(blobs.metadata()[1]),
      entry_of(*built, edited(hive_a, 1)), entry_of(*built, edited(hive_b, 2))};
  for (const WimBlobEntry& entry : add_solid(wim, text_x)) entries.push_back(entry);
  entries.push_back(entry_of(*built, hive_a));
  entries.push_back(entry_of(*built, hive_b));
  for (const WimBlobEntry& entry : add_solid(wim, text_y)) entries.push_back(entry);
  Bytes table(entries.size() * wim_blob_entry_size);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    put_wim_blob_entry(table, i * wim_blob_entry_size, entries[i]);
  }
  WimHeader header = built->header();
  header.version = WimHeader::version_solid;
  header.blob_table = {table.size(), WimResource::metadata_flag, wim.size(), table.size()};
  wim.insert(wim.end(), table.begin(), table.end());
  const Bytes head = to_bytes(header);
  std::copy(head.begin(), head.end(), wim.begin());
  return wim;
}

}  // namespace

TEST_CASE("blobs that go from between two solid runs leave the contents of other images in place") {
  const Bytes before = between_runs();
  REQUIRE(whole(*open(before), 1, "x") == text_x);
  REQUIRE(whole(*open(before), 1, "y") == text_y);
  const auto image = open(before);
  const HostChange change = image->change_volumes(
      {{0, {edit_of("SOFTWARE", hive_a, 1), edit_of("SYSTEM", hive_b, 2)}}}, 1);
  const auto after = open(apply(before, change, 1));
  CHECK(whole(*after, 0, "SOFTWARE") == edited(hive_a, 1));
  CHECK(whole(*after, 0, "SYSTEM") == edited(hive_b, 2));
  CHECK(whole(*after, 1, "x") == text_x);
  CHECK(whole(*after, 1, "y") == text_y);
  CHECK(after->volumes_changed_since(*image) == std::vector<std::size_t>{0});
}

TEST_CASE("an image whose contents a change moved is told from those that show what they did") {
  const Bytes before = between_runs();
  const auto image = open(before);
  CHECK(open(before)->volumes_changed_since(*image).empty());
  Bytes merged = before;
  const auto table = static_cast<std::size_t>(container(before)->header().blob_table.offset);
  // SOFTWARE and SYSTEM of the first image become entries of no content: the runs are one.
  for (const std::size_t entry : {6U, 7U}) {
    put_u16(merged, table + entry * wim_blob_entry_size + 24, 2);
  }
  CHECK(open(merged)->volumes_changed_since(*image) == std::vector<std::size_t>{0, 1});
  Bytes lost = before;  // what only the second image has
  put_u16(lost, table + 5 * wim_blob_entry_size + 24, 2);
  CHECK(open(lost)->volumes_changed_since(*image) == std::vector<std::size_t>{1});
}

TEST_CASE("the boot entry of a WIM follows the metadata of its image and of no other") {
  const Bytes before = sample(0);
  const auto boot = [](const Bytes& wim) { return container(wim)->header().boot_metadata; };
  const Bytes first =
      apply(before, open(before)->change_volumes({{0, {edit_of("SOFTWARE", hive_a, 1)}}}, 1), 1);
  CHECK(boot(first) != boot(before));
  const auto opened = container(first);
  const auto& blobs = opened->parts().front().blobs;
  CHECK(boot(first) == blobs.entry(blobs.metadata().at(0)).resource);
  const Bytes second =
      apply(before, open(before)->change_volumes({{1, {edit_of("SOFTWARE", hive_a, 1)}}}, 1), 1);
  CHECK(boot(second) == boot(before));
}

TEST_CASE("chunks that a change does not touch are copied as they are") {
  Bytes wim = sample(32768);
  const auto opened = container(wim);
  const WimContainer::Part& part = opened->parts().front();
  const auto place = opened->find(fixtures::wim_hash_of(hive_a));
  const WimBlobEntry entry = part.blobs.entry(place->entry);
  const auto source = opened->open_place(*place, "hive");
  const WimRebuilt same = rebuild_wim_resource(part.access, *source, entry.resource.flags,
                                               entry.hash, {}, source->size());
  CHECK(same.stored ==
        Bytes(wim.begin() + static_cast<std::ptrdiff_t>(entry.resource.offset),
              wim.begin() +
                  static_cast<std::ptrdiff_t>(entry.resource.offset + entry.resource.stored_size)));
  CHECK(same.hash == entry.hash);
  WimHash wrong = entry.hash;
  wrong[0] ^= 1;
  CHECK_THROWS_WITH(
      rebuild_wim_resource(part.access, *source, entry.resource.flags, wrong, {}, source->size()),
      Catch::Contains("is damaged"));
}

TEST_CASE("an edit of the XML of a WIM changes the numbers and times it is about") {
  const auto wide = [](const std::string& text) {
    Bytes out = {0xff, 0xfe};
    for (const char c : text) {
      out.push_back(static_cast<std::uint8_t>(c));
      out.push_back(0);
    }
    return out;
  };
  const std::string image =
      "<NAME>a &amp; b</NAME><TOTALBYTES>5</TOTALBYTES><HARDLINKBYTES>1</HARDLINKBYTES>"
      "<CREATIONTIME><HIGHPART>0x00000001</HIGHPART></CREATIONTIME>";
  const std::string time =
      "<LASTMODIFICATIONTIME><HIGHPART>0x1</HIGHPART><LOWPART>0x2</LOWPART>"
      "</LASTMODIFICATIONTIME>";
  const std::string old = "<WIM><TOTALBYTES>77</TOTALBYTES><IMAGE INDEX=\"1\">" + image + time +
                          "</IMAGE>\r\n<IMAGE INDEX=\"2\">" + image + "</IMAGE></WIM>";
  const Bytes changed =
      edit_wim_xml(wide(old), {{1, {4096, 0}}, {2, {8192, 4096}}}, 0x123456789abcdef0, 99, "w");
  std::string expected = old;
  const auto replace = [&](const std::string& from, const std::string& to, std::size_t after) {
    const std::size_t at = expected.find(from, after);
    REQUIRE(at != std::string::npos);
    expected.replace(at, from.size(), to);
  };
  replace(">77<", ">99<", 0);
  const std::size_t second = expected.find("INDEX=\"2\"");
  replace("<TOTALBYTES>5<", "<TOTALBYTES>8197<", second);
  replace("<HARDLINKBYTES>1<", "<HARDLINKBYTES>4097<", second);
  replace("<TOTALBYTES>5<", "<TOTALBYTES>4101<", 0);
  replace("<HIGHPART>0x1<", "<HIGHPART>0x12345678<", 0);
  replace("<LOWPART>0x2<", "<LOWPART>0x9ABCDEF0<", 0);
  CHECK(changed == wide(expected));
  CHECK_THROWS_AS(edit_wim_xml(wide("<x/>"), {}, 1, 1, "w"), Error);
}
