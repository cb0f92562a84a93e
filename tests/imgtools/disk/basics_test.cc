#include "imgtools/bytes/guid.h"
#include "imgtools/bytes/overlay_source.h"
#include "imgtools/disk/crc.h"
#include "tests/imgtools/disk/disk_support.h"

using namespace goldhive;
using namespace goldhive::testing;

TEST_CASE("the two CRCs give the check values of their catalogue") {
  const std::string text = "123456789";
  const Bytes data(text.begin(), text.end());
  CHECK(crc32(data) == 0xCBF43926);
  CHECK(crc32c(data) == 0xE3069283);
  CHECK(crc32c(std::span(data).subspan(4), crc32c(std::span(data).first(4))) == 0xE3069283);
  Bytes with_field = data;
  with_field.insert(with_field.begin() + 3, {9, 9, 9, 9});
  Bytes with_zeros = data;
  with_zeros.insert(with_zeros.begin() + 3, {0, 0, 0, 0});
  CHECK(crc32c_without_field(with_field, 3) == crc32c(with_zeros));
  CHECK(crc32_without_field(with_field, 3) == crc32(with_zeros));
}

TEST_CASE("a GUID is shown with its first three groups swapped and parsed back") {
  Bytes bytes;
  for (std::uint8_t i = 0; i < 16; ++i) bytes.push_back(i);
  const Guid guid = guid_at(ByteView(bytes, 0, "x"), 0);
  CHECK(to_string(guid) == "03020100-0504-0706-0809-0a0b0c0d0e0f");
  CHECK(parse_guid("{03020100-0504-0706-0809-0A0B0C0D0E0F}") == guid);
  CHECK_FALSE(parse_guid("03020100-0504-0706-0809-0a0b0c0d0e0"));
  CHECK_FALSE(parse_guid("03020100x0504-0706-0809-0a0b0c0d0e0f"));
  CHECK_FALSE(parse_guid("0302010g-0504-0706-0809-0a0b0c0d0e0f"));
  CHECK_FALSE(parse_guid("{}"));
}

TEST_CASE("an overlay shows the latest write whatever the order and overlap") {
  Bytes model(64);
  for (std::size_t i = 0; i < model.size(); ++i) model[i] = static_cast<std::uint8_t>(i);
  OverlaySource overlay(std::make_shared<MemorySource>(model, "base"), "overlay");
  std::uint32_t random = 12345;
  const auto next = [&](std::uint32_t below) {
    random = random * 1664525 + 1013904223;
    return (random >> 16) % below;
  };
  for (int round = 0; round < 500; ++round) {
    if (next(8) == 0) {
      const std::uint32_t size = 32 + next(64);
      overlay.resize(size);
      model.resize(size);
    }
    const std::uint32_t offset = next(80);
    const std::uint32_t length = next(20);
    const auto fill = static_cast<std::uint8_t>(next(200) + 50);
    const bool zeros = next(3) == 0;
    if (zeros) {
      overlay.write_zeros(offset, length);
    } else {
      overlay.write(offset, Bytes(length, fill));
    }
    if (length > 0) model.resize(std::max<std::size_t>(model.size(), offset + length));
    std::fill_n(model.begin() + offset, length, zeros ? std::uint8_t{0} : fill);
    REQUIRE(overlay.size() == model.size());
    REQUIRE(content(overlay) == model);
    const std::uint32_t from = next(static_cast<std::uint32_t>(model.size()));
    const Bytes part = overlay.read(from, std::min<std::size_t>(7, model.size() - from));
    REQUIRE(std::equal(part.begin(), part.end(), model.begin() + from));
  }
}

TEST_CASE("an overlay keeps a huge range of zeros as a range") {
  OverlaySource overlay(std::make_shared<MemorySource>(Bytes(10, 7), "base"), "overlay");
  overlay.write_zeros(4, std::uint64_t{1} << 50);
  CHECK(overlay.segments().size() == 1);
  CHECK(overlay.read(0, 8) == Bytes{7, 7, 7, 7, 0, 0, 0, 0});
  CHECK(overlay.read(std::uint64_t{1} << 49, 2) == Bytes{0, 0});
  overlay.write(20, Bytes{1});
  CHECK(overlay.segments().size() == 3);
  CHECK(overlay.read(19, 3) == Bytes{0, 1, 0});
  CHECK_THROWS_AS(overlay.write_zeros(1, ~std::uint64_t{0}), Error);
}
