// WIMs made by wimlib-imagex in every compression and layout, read against the files they hold.
#include <catch2/catch.hpp>
#include <filesystem>

#include "fixtures/wim_builder.h"
#include "imgtools/bytes/error.h"
#include "imgtools/formats.h"
#include "imgtools/wim/wim_image.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tools.h"

using namespace goldhive;
using namespace goldhive::testing;

namespace {

/// Bytes that compress, but not to nothing, and differ from chunk to chunk.
Bytes sample(std::size_t size) {
  Bytes out(size);
  std::uint32_t state = 12345;
  for (std::uint8_t& byte : out) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<std::uint8_t>(state >> 29);
  }
  return out;
}

const std::map<std::string, Bytes>& contents() {
  static const std::map<std::string, Bytes> files = {
      {"Windows/System32/config/SOFTWARE", sample(300'000)},
      {"Windows/System32/config/SYSTEM", sample(32768 * 2)},
      {"Windows/notepad.exe", sample(100)},
      {"Windows/large.bin", sample(4'300'001)},  // long enough for several threads
      {"empty.txt", {}}};
  return files;
}

std::string make_tree(const TempDir& dir) {
  for (const auto& [path, data] : contents()) dir.write("tree/" + path, data);
  return dir / "tree";
}

Bytes whole(const FileTree& tree, const std::string& path) {
  const auto source = tree.open(path);
  return source->read(0, static_cast<std::size_t>(source->size()));
}

void check_tree(const FileTree& tree) {
  for (const auto& [path, data] : contents()) {
    INFO(path);
    const auto source = tree.open(path);
    REQUIRE(source->size() == data.size());
    CHECK(whole(tree, path) == data);
    for (std::size_t at = 4096; at + 5000 < data.size(); at += 51'111) {
      const Bytes part(data.begin() + static_cast<std::ptrdiff_t>(at),
                       data.begin() + static_cast<std::ptrdiff_t>(at + 5000));
      CHECK(source->read(at, 5000) == part);
    }
  }
  CHECK(tree.find("WINDOWS/system32/Config/software") == "Windows/System32/config/SOFTWARE");
  CHECK_FALSE(tree.find("Windows/System32/config/SAM"));
  CHECK_FALSE(tree.find("empty.txt/x"));
  const std::vector<TreeEntry> config = tree.list("Windows/System32/config");
  REQUIRE(config.size() == 2);
  CHECK(config[0].name == "SOFTWARE");
  CHECK(config[0].size == 300'000);
  CHECK_THROWS_AS(tree.list("windows"), Error);  // paths are exact
  CHECK_THROWS_AS(tree.open("Windows"), Error);
}

void check_wim(const std::string& path, const std::string& format = "wim") {
  INFO(path);
  const auto storage = host_read_storage();
  const auto image = open_image(*storage, path);
  CHECK(image->format() == format);
  REQUIRE(image->volumes().size() == 1);
  const Volume& volume = image->volumes().front();
  CHECK(volume.id == "@1");
  CHECK(volume.label == "First");
  REQUIRE(volume.tree);
  check_tree(*volume.tree);
}

bool ready() { return have_tool("wimlib-imagex"); }

}  // namespace

TEST_CASE("WIMs of every compression and chunk size give the files that went in") {
  if (!ready()) return;
  const TempDir dir;
  const std::string tree = make_tree(dir);
  struct Kind {
    std::string compression, chunk, format;
  };
  for (const Kind& kind : std::vector<Kind>{{"none", "32K", "wim"},
                                            {"XPRESS", "4K", "wim"},
                                            {"XPRESS", "64K", "wim"},
                                            {"LZX", "32K", "wim"},
                                            {"LZX", "2M", "wim"},
                                            {"LZMS", "128K", "esd"}}) {
    const std::string path = dir / (kind.compression + kind.chunk + ".wim");
    std::vector<std::string> command = {
        "wimlib-imagex", "capture", tree, path, "First", "--compress=" + kind.compression};
    if (kind.compression != "none") command.push_back("--chunk-size=" + kind.chunk);
    must_run(command);
    check_wim(path, kind.format);
  }
}

TEST_CASE("solid and pipable and split WIMs give the files that went in") {
  if (!ready()) return;
  const TempDir dir;
  const std::string tree = make_tree(dir);
  for (const char* codec : {"LZMS", "LZX", "XPRESS"}) {
    const std::string path = dir / (std::string(codec) + ".esd");
    must_run({"wimlib-imagex", "capture", tree, path, "First", "--solid",
              std::string("--solid-compress=") + codec});
    check_wim(path, "esd");
  }
  const std::string wim = dir / "plain.wim";
  must_run({"wimlib-imagex", "capture", tree, wim, "First"});
  must_run({"wimlib-imagex", "export", wim, "1", dir / "pipable.wim", "--pipable"});
  check_wim(dir / "pipable.wim");

  must_run({"wimlib-imagex", "split", wim, dir / "split.swm", "0.02"});
  const auto storage = host_read_storage();
  REQUIRE(dir.exists("split2.swm"));
  check_wim(dir / "split.swm");
  CHECK(open_image(*storage, dir / "split.swm")->host_files().at(1) == dir / "split2.swm");
  CHECK_THROWS_WITH(open_image(*storage, dir / "split2.swm"), Catch::Contains("is part 2 of"));
  std::filesystem::remove(dir / "split2.swm");
  CHECK_THROWS_WITH(open_image(*storage, dir / "split.swm"),
                    Catch::Contains("part 2 of") && Catch::Contains("split2.swm"));
  std::filesystem::copy_file(wim, dir / "split2.swm");
  CHECK_THROWS_WITH(open_image(*storage, dir / "split.swm"), Catch::Contains("is not part 2 of"));
}

TEST_CASE("only the chunks that are asked for are read") {
  if (!ready()) return;
  const TempDir dir;
  const std::string wim = dir / "w.wim";
  dir.write("tree/Windows/System32/config/SOFTWARE", sample(20'000'000));
  must_run({"wimlib-imagex", "capture", dir / "tree", wim, "First"});
  const auto storage = host_read_storage();
  const std::shared_ptr<ByteSource> file = storage->open(wim);
  const auto image = make_wim_image(file, wim, {});
  const auto hive = image->volumes().front().tree->open("Windows/System32/config/SOFTWARE");
  hive->read(0, 4096);
  hive->read(10'000'000, 4096);
  CHECK(file->stats().bytes < 150'000);
}

TEST_CASE("the integrity table of a WIM is checked where it is asked for") {
  if (!have_tool("wimlib-imagex")) return;
  const TempDir dir;
  const std::string tree = make_tree(dir);
  const std::string wim = dir / "w.wim";
  must_run({"wimlib-imagex", "capture", tree, wim, "First", "--compress=none", "--check"});
  const auto storage = host_read_storage();
  CHECK_THAT(open_image(*storage, wim)->check().at(0), Catch::Contains("is right (1 piece)"));
  Bytes data = dir.read("w.wim");
  data[5000] ^= 1;  // in a file
  dir.write("w.wim", data);
  const auto broken = open_image(*storage, wim);
  CHECK_THROWS_WITH(broken->check(), Catch::Contains("integrity table has"));
  must_run({"wimlib-imagex", "capture", tree, dir / "n.wim", "First", "--compress=none"});
  CHECK_THAT(open_image(*storage, dir / "n.wim")->check().at(0), Catch::Contains("no integrity"));
}

TEST_CASE("content that is read whole and does not have its SHA-1 is an error") {
  for (const std::size_t size : {std::size_t{100'000}, std::size_t{5'000'000}}) {
    fixtures::BuiltWim wim =
        fixtures::build_wim({{{"First", {{"file", Bytes(size, 'x')}}}}, 32768, 0, false, 0});
    const auto open = [&wim] {
      return make_wim_image(std::make_shared<MemorySource>(wim.data, "w"), "w", {})
          ->volumes()
          .at(0)
          .tree->open("file");
    };
    CHECK(open()->read(0, size) == Bytes(size, 'x'));
    wim.data[wim.metadata[0].offset + wim.metadata[0].stored_size + 70'000] ^= 1;
    const auto file = open();
    CHECK_NOTHROW(file->read(0, size - 1));
    CHECK_THROWS_WITH(file->read(size - 1, 1), Catch::Contains("SHA-1"));
    CHECK_THROWS_WITH(file->read(0, size), Catch::Contains("SHA-1"));
    CHECK_NOTHROW(file->read(50'000, 50'000));  // a part proves nothing
  }
}
