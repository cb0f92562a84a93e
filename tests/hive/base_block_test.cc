#include "src/hive/base_block.h"

#include <catch2/catch.hpp>

#include <functional>

#include "imgtools/bytes/error.h"

using namespace goldhive;
using namespace goldhive::hive;

namespace {

void seal(Bytes& file) { put_u32(file, 508, base_block_checksum(file)); }

/// A base block and `bins` bins of 4096 bytes without cells.
Bytes make_file(std::uint32_t bins = 2) {
  Bytes file(4096 + std::size_t{bins} * 4096);
  const auto text = [&](std::size_t at, std::string_view s) {
    std::copy(s.begin(), s.end(), file.begin() + static_cast<std::ptrdiff_t>(at));
  };
  text(0, "regf");
  put_u32(file, 4, 7);
  put_u32(file, 8, 7);
  put_u64(file, 12, 129348216000000000);
  put_u32(file, 20, 1);
  put_u32(file, 24, 5);
  put_u32(file, 32, 1);
  put_u32(file, 36, 32);
  put_u32(file, 40, bins * 4096);
  put_u32(file, 44, 1);
  put_u16(file, 48, u'S');
  put_u16(file, 50, u'Y');
  put_u32(file, 144, 1);
  put_u32(file, 4088, 3);
  put_u32(file, 4092, 4);
  for (std::uint32_t i = 0; i < bins; ++i) {
    text(4096 + std::size_t{i} * 4096, "hbin");
    put_u32(file, 4096 + std::size_t{i} * 4096 + 4, i * 4096);
    put_u32(file, 4096 + std::size_t{i} * 4096 + 8, 4096);
  }
  seal(file);
  return file;
}

BaseBlock read(Bytes file) { return read_base_block(MemorySource(std::move(file), "H")); }

Error error_of(Bytes file) {
  try {
    read(std::move(file));
  } catch (const Error& e) {
    return e;
  }
  throw std::logic_error("no error");
}

}  // namespace

TEST_CASE("every field of a base block is read from its place") {
  const BaseBlock block = read(make_file());
  CHECK(block.sequence1 == 7);
  CHECK(block.sequence2 == 7);
  CHECK(block.last_written == 129348216000000000);
  CHECK(block.major_version == 1);
  CHECK(block.minor_version == 5);
  CHECK(block.file_type == HiveFileType::primary);
  CHECK(block.format == 1);
  CHECK(block.root_cell == 32);
  CHECK(block.stated_bins_size == 8192);
  CHECK(block.bins_size == 8192);
  CHECK(block.cluster_factor == 1);
  CHECK(block.file_name == u"SY");
  CHECK(block.flags == 1);
  CHECK(block.boot_type == 3);
  CHECK(block.boot_recover == 4);
  CHECK(block.checksum_ok());
  CHECK_FALSE(block.is_dirty());
}

TEST_CASE("a base block checksum is never 0 and never all ones") {
  Bytes block(512);
  CHECK(base_block_checksum(block) == 1);
  put_u32(block, 100, 0xffffffff);
  CHECK(base_block_checksum(block) == 0xfffffffe);
  put_u32(block, 200, 0x12345678);
  CHECK(base_block_checksum(block) == ~0x12345678u);
  put_u32(block, 508, 0xdeadbeef);
  CHECK(base_block_checksum(block) == ~0x12345678u);
}

TEST_CASE("different sequence numbers or a wrong checksum make a base block dirty") {
  Bytes file = make_file();
  put_u32(file, 8, 6);
  seal(file);
  CHECK(read(file).checksum_ok());
  CHECK(read(file).is_dirty());
  put_u32(file, 8, 7);
  CHECK_FALSE(read(file).checksum_ok());
  CHECK(read(file).is_dirty());
}

TEST_CASE("with a wrong checksum the size of the bins is what walking them gives") {
  Bytes file = make_file(3);
  put_u32(file, 40, 4096);
  CHECK(read(file).bins_size == 3 * 4096);
  CHECK(read(file).stated_bins_size == 4096);

  SECTION("a bin that states another offset ends them") {
    put_u32(file, 4096 + 4096 + 4, 0);
    CHECK(read(file).bins_size == 4096);
  }
  SECTION("a bin that reaches beyond the file ends them") {
    put_u32(file, 4096 + 4096 + 8, 3 * 4096);
    CHECK(read(file).bins_size == 4096);
  }
  SECTION("bytes after the last whole bin do not count") {
    file.resize(file.size() + 7, 0x41);
    CHECK(read(file).bins_size == 3 * 4096);
  }
  SECTION("no bin at all is an error") {
    file[4096] = 'x';
    CHECK(error_of(file).offset() == 4096u);
  }
}

TEST_CASE("a hive shorter than it states is read as far as it goes") {
  Bytes file = make_file(2);
  file.resize(4096 + 4096 + 100);
  const BaseBlock block = read(file);
  CHECK(block.stated_bins_size == 8192);
  CHECK(block.bins_size == 4096 + 100);
}

TEST_CASE("a base block that cannot be one is refused with the field's offset") {
  const auto broken = [](const std::function<void(Bytes&)>& edit) {
    Bytes file = make_file();
    edit(file);
    seal(file);
    return error_of(file);
  };
  CHECK(error_of({}).kind() == ErrorKind::corrupt);
  CHECK(error_of(Bytes(511)).kind() == ErrorKind::corrupt);
  CHECK(broken([](Bytes& f) { f.resize(4096); }).kind() == ErrorKind::corrupt);
  CHECK(broken([](Bytes& f) { f[0] = 'x'; }).offset() == 0u);
  for (const std::uint32_t type : {1u, 2u, 6u}) {
    const Error e = broken([&](Bytes& f) { put_u32(f, 28, type); });
    CHECK(e.message() == "a transaction log, not a hive");
    CHECK(e.offset() == 28u);
  }
  CHECK(broken([](Bytes& f) { put_u32(f, 24, 2); }).kind() == ErrorKind::unsupported);
  CHECK(broken([](Bytes& f) { put_u32(f, 24, 7); }).kind() == ErrorKind::unsupported);
  CHECK(broken([](Bytes& f) { put_u32(f, 20, 2); }).kind() == ErrorKind::unsupported);
  CHECK(broken([](Bytes& f) { put_u32(f, 32, 0); }).kind() == ErrorKind::unsupported);
  CHECK(broken([](Bytes& f) { put_u32(f, 40, 0); }).offset() == 40u);
  CHECK(broken([](Bytes& f) { put_u32(f, 40, 100); }).offset() == 40u);
  CHECK(broken([](Bytes& f) { put_u32(f, 40, 0xfffff000); }).offset() == 40u);
  CHECK(broken([](Bytes& f) { put_u32(f, 36, 0xffffffff); }).offset() == 36u);
  CHECK(broken([](Bytes& f) { put_u32(f, 36, 8192); }).offset() == 36u);
  CHECK(broken([](Bytes& f) { put_u32(f, 36, 0); }).offset() == 36u);
}
