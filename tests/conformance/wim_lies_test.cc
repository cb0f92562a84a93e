// WIMs made by wimlib that were changed since: an error, never a verdict, a crash or a hang.
#include <algorithm>
#include <filesystem>
#include <functional>
#include <random>

#include "tests/conformance/windows_disk.h"
#include "tests/support/rich_wim.h"

using namespace goldhive;
using namespace goldhive::testing;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t header_blob_table = 48;  // resource headers: size and flags, offset, size
constexpr std::size_t header_xml = 72;
constexpr std::size_t blob_entry = 50;

/// The bytes of a WIM of one image without compression, and where things are in it.
struct Anatomy {
  Bytes wim;
  std::size_t table = 0;
  std::size_t blobs = 0;
  std::size_t metadata = 0;
  std::size_t metadata_size = 0;

  explicit Anatomy(const std::string& path) {
    const auto source = host_read_storage()->open(path);
    wim = source->read(0, static_cast<std::size_t>(source->size()));
    const ByteView view(wim, 0, path);
    table = static_cast<std::size_t>(view.u64(header_blob_table + 8));
    blobs = static_cast<std::size_t>(view.u64(header_blob_table + 16)) / blob_entry;
    for (std::size_t i = 0; i < blobs; ++i) {
      const std::size_t at = table + i * blob_entry;
      if ((view.u8(at + 7) & 2) == 0) continue;  // not metadata
      metadata = static_cast<std::size_t>(view.u64(at + 8));
      metadata_size = static_cast<std::size_t>(view.u64(at + 16));
    }
    REQUIRE(metadata != 0);
  }

  /// The directory entry whose name is `name`.
  std::size_t dentry(const std::string& name) const {
    Bytes text;
    for (const char c : name) text.insert(text.end(), {static_cast<std::uint8_t>(c), 0});
    const auto begin = wim.begin() + static_cast<std::ptrdiff_t>(metadata);
    auto at = begin;
    for (;;) {
      at = std::search(at, begin + static_cast<std::ptrdiff_t>(metadata_size), text.begin(),
                       text.end());
      REQUIRE(at != begin + static_cast<std::ptrdiff_t>(metadata_size));
      const auto start = static_cast<std::size_t>(at - wim.begin()) - 102;
      if (ByteView(wim, 0, "").u16(start + 100) == text.size()) return start;
      ++at;
    }
  }

  /// Where the SHA-1 of a file's content stands: in its entry, or in the stream without a name
  /// behind it if there are other streams.
  std::size_t hash_of(const std::string& name) const {
    const ByteView view(wim, 0, "");
    const std::size_t start = dentry(name);
    std::size_t at = start + 64;
    std::size_t stream = start + (static_cast<std::size_t>(view.u64(start)) + 7) / 8 * 8;
    for (unsigned left = view.u16(start + 96); left > 0; --left) {
      if (view.u16(stream + 36) == 0) at = stream + 16;
      stream += (static_cast<std::size_t>(view.u64(stream)) + 7) / 8 * 8;
    }
    return at;
  }

  /// The blob table's entry of the file of a directory entry.
  std::size_t entry_of(const std::string& name) const {
    const auto hash = wim.begin() + static_cast<std::ptrdiff_t>(hash_of(name));
    for (std::size_t i = 0; i < blobs; ++i) {
      const std::size_t at = table + i * blob_entry;
      if (std::equal(hash, hash + 20, wim.begin() + static_cast<std::ptrdiff_t>(at + 30)))
        return at;
    }
    FAIL("no blob of " << name);
    return 0;
  }
};

struct Lie {
  const char* name;
  std::function<void(Anatomy&)> tell;
};

void put_resource(Bytes& wim, std::size_t at, std::uint64_t size, std::uint64_t offset) {
  const std::uint8_t flags = wim.at(at + 7);
  put_u64(wim, at, size);
  wim[at + 7] = flags;
  put_u64(wim, at + 8, offset);
}

}  // namespace

TEST_CASE("a WIM that lies about its parts is an error and not a verdict") {
  if (!have_rich_wim_tools()) return;
  const TempDir dir;
  const std::string volume = make_rich_volume(dir, "volume", "windows-7-sp1-x64");
  const std::string path = make_rich_wim(dir, "image.wim", {volume}, wim_kind("none"));
  const Anatomy sound(path);
  const std::vector<Lie> lies = {
      {"blob table beyond the end",
       [](Anatomy& a) { put_resource(a.wim, header_blob_table, 1000, a.wim.size()); }},
      {"huge blob table",
       [](Anatomy& a) { put_u64(a.wim, header_blob_table + 16, ~std::uint64_t{0} >> 1); }},
      {"blob table of half an entry",
       [](Anatomy& a) {
         put_u64(a.wim, header_blob_table, a.blobs * blob_entry - 7);
         put_u64(a.wim, header_blob_table + 16, a.blobs * blob_entry - 7);
       }},
      {"no blob table", [](Anatomy& a) { put_resource(a.wim, header_blob_table, 0, 0); }},
      {"XML beyond the end",
       [](Anatomy& a) { put_resource(a.wim, header_xml, 1000, a.wim.size() * 2); }},
      {"more images than metadata", [](Anatomy& a) { put_u32(a.wim, 44, 0x7FFFFFFF); }},
      {"header of another size", [](Anatomy& a) { put_u32(a.wim, 8, 100); }},
      {"unknown version", [](Anatomy& a) { put_u32(a.wim, 12, 0x20000); }},
      {"unknown compression",
       [](Anatomy& a) { put_u32(a.wim, 16, ByteView(a.wim, 0, "").u32(16) | 2 | 0x400000); }},
      {"metadata beyond the end",
       [](Anatomy& a) {
         for (std::size_t i = 0; i < a.blobs; ++i) {
           const std::size_t at = a.table + i * blob_entry;
           if ((a.wim[at + 7] & 2) != 0) put_u64(a.wim, at + 8, a.wim.size() - 10);
         }
       }},
      {"security data longer than the metadata",
       [](Anatomy& a) { put_u32(a.wim, a.metadata, 0x7FFFFFF8); }},
      {"directory below itself",
       [](Anatomy& a) {
         const std::size_t child = a.dentry("config");
         const std::uint64_t above = ByteView(a.wim, 0, "").u64(a.dentry("Windows") + 16);
         put_u64(a.wim, child + 16, above);
       }},
      {"children beyond the metadata",
       [](Anatomy& a) { put_u64(a.wim, a.dentry("config") + 16, a.metadata_size * 4); }},
      {"children at an odd place",
       [](Anatomy& a) {
         const std::size_t at = a.dentry("config") + 16;
         put_u64(a.wim, at, ByteView(a.wim, 0, "").u64(at) + 3);
       }},
      {"entry shorter than its fields",
       [](Anatomy& a) { put_u64(a.wim, a.dentry("SOFTWARE"), 40); }},
      {"entry longer than the metadata",
       [](Anatomy& a) { put_u64(a.wim, a.dentry("SOFTWARE"), ~std::uint64_t{7}); }},
      {"name longer than its entry",
       [](Anatomy& a) { put_u16(a.wim, a.dentry("SOFTWARE") + 100, 0xFFF0); }},
      {"file with a hash that no blob has",
       [](Anatomy& a) { a.wim[a.hash_of("SOFTWARE")] ^= 0xFF; }},
      {"hive beyond the end",
       [](Anatomy& a) { put_u64(a.wim, a.entry_of("SOFTWARE") + 8, a.wim.size() - 100); }},
      {"hive over the header", [](Anatomy& a) { put_u64(a.wim, a.entry_of("SOFTWARE") + 8, 0); }},
      {"hive over another blob",
       [](Anatomy& a) {
         put_u64(a.wim, a.entry_of("SOFTWARE") + 8,
                 ByteView(a.wim, 0, "").u64(a.entry_of("winhttp.dll") + 8));
       }},
      {"stored hive of two sizes",
       [](Anatomy& a) { put_u64(a.wim, a.entry_of("SOFTWARE") + 16, 1ULL << 40); }},
      {"compressed hive in a WIM without compression",
       [](Anatomy& a) { a.wim[a.entry_of("SOFTWARE") + 7] |= 4; }},
      {"solid hive in a WIM without solid resources",
       [](Anatomy& a) { a.wim[a.entry_of("SOFTWARE") + 7] |= 0x10; }},
      {"hive in a part that is not there",
       [](Anatomy& a) { put_u16(a.wim, a.entry_of("SOFTWARE") + 24, 9); }},
  };
  for (const Lie& lie : lies) {
    INFO(lie.name);
    Anatomy lying = sound;
    lie.tell(lying);
    REQUIRE(lying.wim != sound.wim);
    const RunResult result = run_cli({"scan", dir.write("lie.wim", lying.wim)});
    INFO(result.out << result.err);
    CHECK(result.status == 2);
    CHECK_FALSE((result.out + result.err).empty());
  }
}

TEST_CASE("a WIM with a compressed hive whose chunk table lies is an error") {
  if (!have_rich_wim_tools()) return;
  const TempDir dir;
  const std::string volume = make_rich_volume(dir, "volume", "windows-7-sp1-x64");
  // Its metadata is compressed too; what is looked for is the table of the hive's chunks.
  const Anatomy plain(make_rich_wim(dir, "plain.wim", {volume}, wim_kind("none")));
  const auto hash = plain.wim.begin() + static_cast<std::ptrdiff_t>(plain.hash_of("SOFTWARE"));
  Anatomy sound(make_rich_wim(dir, "image.wim", {volume}, wim_kind("xpress")));
  std::size_t chunks = 0;
  for (std::size_t i = 0; i < sound.blobs; ++i) {
    const std::size_t at = sound.table + i * blob_entry;
    if (std::equal(hash, hash + 20, sound.wim.begin() + static_cast<std::ptrdiff_t>(at + 30))) {
      chunks = static_cast<std::size_t>(ByteView(sound.wim, 0, "").u64(at + 8));
    }
  }
  REQUIRE(chunks != 0);
  CHECK(run_cli({"scan", dir / "image.wim"}).status == 1);
  // The first entry of the table is where the second chunk begins.
  const std::uint32_t first = ByteView(sound.wim, 0, "").u32(chunks);
  const std::uint32_t second = ByteView(sound.wim, 0, "").u32(chunks + 4);
  REQUIRE(first < second);
  const std::pair<std::uint32_t, std::uint32_t> tables[] = {
      {second, first}, {0, 0}, {0xFFFFFFFF, 0xFFFFFFFF}, {first, 0x7FFFFFFF}, {first, first}};
  for (const auto& [one, two] : tables) {
    Bytes lying = sound.wim;
    put_u32(lying, chunks, one);
    put_u32(lying, chunks + 4, two);
    const RunResult result = run_cli({"scan", dir.write("lie.wim", lying)});
    INFO(one << " " << two << ": " << result.out << result.err);
    CHECK(result.status == 2);
  }
}

TEST_CASE("a WIM cut off anywhere is an error and one with a flipped byte never crashes") {
  if (!have_rich_wim_tools()) return;
  const TempDir dir;
  const std::string volume = make_rich_volume(dir, "volume", "windows-7-sp1-x64");
  for (const char* kind : {"none", "lzx-checked", "solid"}) {
    const std::string path = make_rich_wim(dir, "image.wim", {volume}, wim_kind(kind));
    const Anatomy sound(path);
    for (std::size_t part = 0; part < 16; ++part) {
      Bytes cut = sound.wim;
      cut.resize(sound.wim.size() * part / 16);
      INFO(kind << " cut to " << part << "/16");
      CHECK(run_cli({"scan", dir.write("cut.wim", cut)}).status == 2);
    }
    // Header, blob table, XML and metadata: what is not data of files.
    std::mt19937_64 random(1);
    const std::pair<std::size_t, std::size_t> places[] = {
        {0, 208}, {sound.table, sound.blobs * blob_entry}, {sound.metadata, sound.metadata_size}};
    for (const auto& [start, length] : places) {
      for (int i = 0; i < 30; ++i) {
        Bytes flipped = sound.wim;
        flipped[(start + random() % length) % flipped.size()] ^=
            static_cast<std::uint8_t>(1U << random() % 8);
        const RunResult result = run_cli({"scan", dir.write("flipped.wim", flipped)});
        CHECK(result.status >= 0);
        CHECK(result.status <= 2);
      }
    }
    fs::remove(path);
  }
}
