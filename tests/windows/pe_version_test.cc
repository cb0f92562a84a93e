#include "src/windows/pe_version.h"

#include <catch2/catch.hpp>

#include <optional>

#include "fixtures/pe_builder.h"
#include "imgtools/bytes/error.h"

namespace goldhive::windows {
namespace {

const FileVersion file_version{6, 1, 7601, 23375};
const FileVersion product_version{6, 1, 7600, 16385};

Bytes pe(Architecture architecture = Architecture::amd64) {
  return fixtures::build_pe(architecture, file_version, product_version);
}

// Where the builder puts things (PE32+): headers at 0x40, the resource section at 0x400.
constexpr std::size_t coff = 0x40;
constexpr std::size_t optional_header = coff + 24;
constexpr std::size_t resources = 0x400;

/// The error that reading the whole file gives; fails the test if there is none.
Error error_of(const Bytes& bytes) {
  const MemorySource source(bytes, "winhttp.dll");
  try {
    PeFile(source).file_version();
  } catch (const Error& e) {
    return e;
  }
  FAIL("no error");
  return Error(ErrorKind::io, "");
}

TEST_CASE("FileVersion and machine are read from PE32 and PE32+ files") {
  for (const Architecture architecture :
       {Architecture::x86, Architecture::amd64, Architecture::ia64, Architecture::arm,
        Architecture::arm64}) {
    const MemorySource source(pe(architecture), "winhttp.dll");
    const PeFile file(source);
    CHECK(file.architecture() == architecture);
    REQUIRE(file.file_version());
    CHECK(to_string(*file.file_version()) == "6.1.7601.23375");
  }
}

TEST_CASE("a version costs about ten reads and a few hundred bytes") {
  Bytes bytes = pe();
  bytes.resize(bytes.size() + 5'000'000);
  const MemorySource source(bytes, "big.dll");
  CHECK(PeFile(source).file_version() == file_version);
  CHECK(source.stats().reads <= 12);
  CHECK(source.stats().bytes <= 1024);
}

TEST_CASE("a PE file without a version resource has no version and no error") {
  Bytes bytes = pe();
  SECTION("no resource directory at all") { put_u32(bytes, optional_header + 112 + 16, 0); }
  SECTION("too few data directories") { put_u32(bytes, optional_header + 108, 2); }
  SECTION("resources of another type only") { put_u32(bytes, resources + 16, 24); }
  SECTION("an empty resource root") { put_u16(bytes, resources + 14, 0); }
  const MemorySource source(bytes, "other.dll");
  const PeFile file(source);
  CHECK(file.architecture() == Architecture::amd64);
  CHECK_FALSE(file.file_version());
}

TEST_CASE("a version resource under another name or behind named entries is found") {
  Bytes bytes = pe();
  SECTION("the name is not 1") { put_u32(bytes, resources + 24 + 16, 7); }
  SECTION("the only name entry is a string") {
    put_u16(bytes, resources + 24 + 12, 1);
    put_u16(bytes, resources + 24 + 14, 0);
  }
  const MemorySource source(bytes, "odd.dll");
  CHECK(PeFile(source).file_version() == file_version);
}

TEST_CASE("broken PE headers are refused with the offset of the fault") {
  Bytes bytes = pe();
  SECTION("not MZ") {
    bytes[0] = 'N';
    CHECK(error_of(bytes).offset() == 0u);
  }
  SECTION("e_lfanew beyond the file") {
    put_u32(bytes, 0x3c, 0xfffffff0);
    CHECK(error_of(bytes).kind() == ErrorKind::corrupt);
  }
  SECTION("no PE signature: a program for DOS") {
    put_u32(bytes, coff, 0x0000454e);
    CHECK(error_of(bytes).offset() == coff);
  }
  SECTION("65535 sections") {
    put_u16(bytes, coff + 6, 0xffff);
    CHECK(error_of(bytes).offset() == coff + 6);
  }
  SECTION("optional header of 65535 bytes") {
    put_u16(bytes, coff + 20, 0xffff);
    CHECK(error_of(bytes).offset() == coff + 20);
  }
  SECTION("optional header of no bytes") {
    put_u16(bytes, coff + 20, 0);
    CHECK(error_of(bytes).kind() == ErrorKind::corrupt);
  }
  SECTION("neither PE32 nor PE32+") {
    put_u16(bytes, optional_header, 0x107);
    CHECK(error_of(bytes).offset() == optional_header);
  }
}

TEST_CASE("a broken resource tree is refused and the machine is still known") {
  Bytes bytes = pe();
  std::uint64_t offset = 0;
  SECTION("resources in no section") {
    put_u32(bytes, optional_header + 112 + 16, 0x7fff0000);
    offset = optional_header + 112 + 16;
  }
  SECTION("too many entries") {
    put_u16(bytes, resources + 14, 0xffff);
    offset = resources + 12;
  }
  SECTION("more entries than the section holds") {
    put_u16(bytes, resources + 14, 8000);
    offset = resources + 12;
  }
  SECTION("the type is a leaf") {
    put_u32(bytes, resources + 20, 24);
    offset = resources + 20;
  }
  SECTION("the type points at the root: a loop") {
    put_u32(bytes, resources + 20, 0x80000000);
    put_u32(bytes, resources + 16, 16);
    offset = resources + 20;
  }
  SECTION("the leaf lies outside") {
    put_u32(bytes, resources + 48 + 20, 0x00ffffff);
    offset = resources + 48 + 20;
  }
  SECTION("a resource of four bytes") {
    put_u32(bytes, resources + 72 + 4, 4);
    offset = resources + 72 + 4;
  }
  SECTION("data beyond the section") {
    put_u32(bytes, resources + 72, 0xfffffff0);
    offset = resources + 72;
  }
  SECTION("not VS_VERSION_INFO") {
    bytes[resources + 88 + 6] = 'X';
    offset = resources + 88 + 6;
  }
  SECTION("no VS_FIXEDFILEINFO") {
    put_u32(bytes, resources + 88 + 40, 0);
    offset = resources + 88 + 40;
  }
  const Error error = error_of(bytes);
  CHECK(error.kind() == ErrorKind::corrupt);
  CHECK(error.where() == "winhttp.dll");
  CHECK(error.offset() == offset);
  const MemorySource source(bytes, "winhttp.dll");
  CHECK(PeFile(source).architecture() == Architecture::amd64);
}

TEST_CASE("a PE file cut at any byte gives an error or its version and nothing else") {
  const Bytes whole = pe(Architecture::x86);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const MemorySource source(Bytes(whole.begin(), whole.begin() + static_cast<long>(size)), "cut");
    try {
      const std::optional<FileVersion> version = PeFile(source).file_version();
      CHECK(version == file_version);
    } catch (const Error& e) {
      CHECK(e.kind() == ErrorKind::corrupt);
    }
  }
}

}  // namespace
}  // namespace goldhive::windows
