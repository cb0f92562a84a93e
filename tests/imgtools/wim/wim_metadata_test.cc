#include <catch2/catch.hpp>

#include "fixtures/wim_builder.h"
#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "imgtools/wim/wim_metadata.h"

using namespace goldhive;

namespace {

const std::map<std::string, Bytes> files = {
    {"Windows/System32/config/SOFTWARE", Bytes(9, 's')}, {"empty", {}}, {"a", Bytes(3, 'a')}};

WimMetadata open(Bytes metadata) {
  return WimMetadata(std::make_shared<MemorySource>(std::move(metadata), "m"));
}

std::vector<std::string> all_names(const WimMetadata& metadata) {
  std::vector<std::string> names;
  metadata.walk_all([&](const WimDentry& dentry) { names.push_back(to_utf8(dentry.name)); });
  return names;
}

std::optional<WimDentry> named(const WimMetadata& metadata, const std::u16string& name) {
  std::optional<WimDentry> found;
  metadata.walk_all([&](const WimDentry& dentry) {
    if (dentry.name == name) found = dentry;
  });
  return found;
}

/// The metadata of one file "f" with streams behind its dentry.
struct Stream {
  std::u16string name;
  WimHash hash;
};
Bytes with_streams(std::uint32_t attributes, const WimHash& own,
                   const std::vector<Stream>& streams) {
  Bytes out = fixtures::build_wim_metadata({{"f", Bytes(1, 'x')}});
  const std::size_t at = open(out).root().children;
  put_u32(out, at + 8, attributes);
  std::copy(own.begin(), own.end(), out.begin() + static_cast<std::ptrdiff_t>(at + 64));
  put_u16(out, at + 96, static_cast<std::uint16_t>(streams.size()));
  out.resize(out.size() - 8);  // the end of the directory
  for (const Stream& stream : streams) {
    const std::size_t start = out.size();
    const std::size_t length = 38 + 2 * stream.name.size();
    out.resize(start + ((length + 7) & ~std::size_t{7}));
    put_u64(out, start, length);
    std::copy(stream.hash.begin(), stream.hash.end(),
              out.begin() + static_cast<std::ptrdiff_t>(start + 16));
    put_u16(out, start + 36, static_cast<std::uint16_t>(2 * stream.name.size()));
    for (std::size_t i = 0; i < stream.name.size(); ++i) {
      put_u16(out, start + 38 + 2 * i, stream.name[i]);
    }
  }
  out.resize(out.size() + 8);
  return out;
}

}  // namespace

TEST_CASE("metadata gives each name once with the hash of its content") {
  const WimMetadata metadata = open(fixtures::build_wim_metadata(files));
  std::vector<std::string> names = all_names(metadata);
  std::sort(names.begin(), names.end());
  CHECK(names ==
        std::vector<std::string>{"SOFTWARE", "System32", "Windows", "a", "config", "empty"});
  const auto software = named(metadata, u"SOFTWARE");
  REQUIRE(software);
  CHECK(software->hash == fixtures::wim_hash_of(Bytes(9, 's')));
  CHECK_FALSE(software->is_directory());
  CHECK(is_zero(named(metadata, u"empty")->hash));
}

TEST_CASE("the content of a file is found wherever its streams have it") {
  const WimHash content{1};
  const WimHash other{2};
  const WimHash link{3};
  const auto hash = [&](std::uint32_t attributes, const WimHash& own,
                        const std::vector<Stream>& streams) {
    return named(open(with_streams(attributes, own, streams)), u"f")->hash;
  };
  CHECK(hash(0x20, content, {{u"Zone", other}}) == content);             // as wimlib writes it
  CHECK(hash(0x20, {}, {{u"Zone", other}, {u"", content}}) == content);  // as WIMGAPI does
  CHECK(hash(0x20, {}, {{u"Zone", other}}) == WimHash{});                // no content
  CHECK(hash(0x420, {}, {{u"", link}, {u"", content}}) == content);      // reparse data first
  CHECK(hash(0x420, link, {{u"", content}}) == content);
  CHECK(hash(0x420, link, {{u"Zone", other}}) == WimHash{});
}

TEST_CASE("the place of a hash is where those 20 bytes stand") {
  const WimHash content{7, 7, 7};
  const Bytes bytes = with_streams(0x20, {}, {{u"Zone", {}}, {u"", content}});
  const auto file = named(open(bytes), u"f");
  REQUIRE(file);
  WimHash there{};
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(file->hash_at), 20, there.begin());
  CHECK(there == content);
}

TEST_CASE("metadata of directories that contain themselves ends in an error") {
  Bytes bytes = fixtures::build_wim_metadata({{"d/d/x", Bytes(1, 'x')}});
  const std::size_t first = open(bytes).root().children;
  put_u64(bytes, first + 16, first);  // its entries are those of the root
  CHECK_THROWS_WITH(all_names(open(bytes)), Catch::Contains("directories deep"));
}

TEST_CASE("metadata with lengths that do not fit names the place") {
  const Bytes good = fixtures::build_wim_metadata(files);
  const std::size_t first = open(good).root().children;
  for (const std::uint64_t length : {std::uint64_t{9}, std::uint64_t{101}, ~std::uint64_t{0}}) {
    Bytes bytes = good;
    put_u64(bytes, first, length);
    CHECK_THROWS_WITH(all_names(open(bytes)), Catch::Contains("bad length of a directory entry"));
  }
  for (const std::size_t field : {98U, 100U}) {
    Bytes bytes = good;
    put_u16(bytes, first + field, 0xfffe);
    CHECK_THROWS_WITH(all_names(open(bytes)), Catch::Contains("bad length of the name"));
  }
  Bytes far = good;
  put_u64(far, first + 16, good.size() + 1000);
  CHECK_THROWS_AS(all_names(open(far)), Error);
  Bytes no_root = good;
  put_u32(no_root, 0, 0x7fffffff);
  CHECK_THROWS_AS(open(no_root), Error);
  CHECK_THROWS_AS(open(Bytes(4)), Error);
  Bytes streams = with_streams(0x20, {}, {{u"Zone", {}}});
  put_u64(streams, streams.size() - 8 - 48, 37);
  CHECK_THROWS_WITH(all_names(open(streams)), Catch::Contains("bad length of a stream entry"));
}
