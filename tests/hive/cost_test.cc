// What reading a hive may cost: in proportion to its bytes, whatever they say.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

#include "imgtools/bytes/text.h"
#include "src/hive/base_block.h"
#include "src/hive/checker.h"
#include "src/hive/key_node.h"
#include "src/hive/recovery.h"
#include "src/hive/value_node.h"
#include "tests/hive/test_hive.h"

using namespace goldhive;
using namespace goldhive::hive;
using namespace goldhive::testing;

namespace {

/// Counts the bytes that are read of `bytes`, which zeros extend to `size`.
class Counting final : public ByteSource {
 public:
  Counting(Bytes bytes, std::uint64_t size)
      : ByteSource("HIVE"), bytes_(std::move(bytes)), size_(size) {}
  std::uint64_t size() const override { return size_; }
  std::uint64_t read_in_all() const { return sum_; }
  std::uint64_t longest_read() const { return longest_; }

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    sum_ += out.size();
    longest_ = std::max<std::uint64_t>(longest_, out.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
      const std::uint64_t at = offset + i;
      out[i] = at < bytes_.size() ? bytes_[static_cast<std::size_t>(at)] : std::uint8_t{0};
    }
  }

 private:
  Bytes bytes_;
  std::uint64_t size_;
  mutable std::uint64_t sum_ = 0;
  mutable std::uint64_t longest_ = 0;
};

/// The same hive with one bin: the headers of the others become free cells.
void make_one_bin(Bytes& hive) {
  std::size_t at = base_block_size;
  while (at < hive.size()) {
    const std::uint32_t size = ByteView(hive, 0, "HIVE").u32(at + 8);
    if (at != base_block_size) put_u32(hive, at, bin_header_size);
    at += size;
  }
  put_u32(hive, base_block_size + 8, static_cast<std::uint32_t>(hive.size()) - base_block_size);
}

/// Makes the cell claim all bytes up to the end of the bins.
void claim_the_rest(Bytes& hive, CellOffset cell, std::uint64_t bins) {
  put_u32(hive, static_cast<std::size_t>(file_offset(cell)),
          static_cast<std::uint32_t>(cell - bins));
}

const ErrorSink ignored = [](const Error&) {};

}  // namespace

TEST_CASE("a hive with one large bin is as sound as one with many") {
  Bytes bytes = hive_bytes("[K\\{0001..3000}]\n\"v\"=bytes:100:1\n");
  make_one_bin(bytes);
  CHECK(check(MemorySource(bytes, "HIVE")).refusal_count == 0);
  CHECK(open_hive(bytes).root().find("K")->subkeys().size() == 3000);
  CHECK(open_hive(bytes).root().find_path("K\\2000")->value("v"));
}

TEST_CASE("keys that claim all that follows them cost no more than what is read of them") {
  Bytes bytes = hive_bytes("[K\\{0001..4000}]\n");
  make_one_bin(bytes);
  const std::uint64_t bins = bytes.size() - base_block_size;
  for (const Key& key : open_hive(bytes).root().find("K")->subkeys()) {
    claim_the_rest(bytes, key.cell(), bins);
  }
  const auto source = std::make_shared<Counting>(bytes, bytes.size());
  const Key k = Hive::open(source).root().find("K").value();
  CHECK(k.subkeys(ignored).size() == 4000);
  for (int i = 0; i < 50; ++i) k.find(std::to_string(1000 + i), ignored);
  CHECK(source->read_in_all() < 16 * bytes.size());
}

TEST_CASE("a hive that is one hole of 2 GiB is read in small pieces") {
  Bytes bytes = hive_bytes("[K]\n\"v\"=dword:1\n[K\\Sub]\n");
  make_one_bin(bytes);
  put_u32(bytes, base_block_size + 8, max_bins_size);
  put_u32(bytes, 40, max_bins_size);
  put_u32(bytes, 508, base_block_checksum(bytes));
  const auto open = [](const Bytes& b) {
    return std::make_shared<Counting>(b, std::uint64_t{base_block_size} + max_bins_size);
  };
  const Key key = Hive::open(open(bytes)).root().find("K").value();
  const CellOffset value = key.value("v")->cell();
  const KeyNode& node = key.node();
  for (const CellOffset cell :
       {key.cell(), value, node.subkey_list, node.value_list, node.security}) {
    Bytes claims = bytes;
    claim_the_rest(claims, cell, max_bins_size);
    const auto source = open(claims);
    const Key k = Hive::open(source).root().find("K").value();
    CHECK(k.find("Sub"));
    CHECK(k.value("v")->data() == Bytes{1, 0, 0, 0});
    CHECK(source->longest_read() <= 16384);
    CHECK(source->read_in_all() < 1u << 20);
  }
  // Lists as long as they claim to be.
  Bytes counts = bytes;
  claim_the_rest(counts, node.value_list, max_bins_size);
  put_u32(counts, field_at(key.cell(), nk::value_count), 0x1ff00000);
  const auto source = open(counts);
  corruption([&] { Hive::open(source).root().find("K")->value("v"); });
  CHECK(source->longest_read() <= 16384);
}

TEST_CASE("questions that read one list over and over end") {
  const Bytes bytes = hive_bytes("[K\\{00001..20000}]\n");
  const Key key = open_hive(bytes).root().find("K").value();
  const auto ask = [&](int number) -> std::optional<ErrorKind> {
    try {
      key.find(fmt::format("absent{}", number));
      return std::nullopt;
    } catch (const Error& e) {
      return e.kind();
    }
  };
  std::optional<ErrorKind> end;
  for (int i = 0; i < 10000 && !end; ++i) end = ask(i);
  CHECK(end == ErrorKind::refused);
}

TEST_CASE("a file of more than 4 GiB is no hive") {
  const Bytes bytes = hive_bytes("[K]\n");
  const auto source = std::make_shared<Counting>(bytes, largest_hive_file + 1);
  const OpenedHive opened = open_with_logs(source, {});
  CHECK(opened.state == HiveState::damaged);
  REQUIRE(opened.error);
  CHECK(opened.error->kind() == ErrorKind::unsupported);
  CHECK(opened.reason.find("too large for a registry hive") != std::string::npos);
  CHECK(source->read_in_all() == 0);
  CHECK(check(*source).faults.at(0).code == FaultCode::bad_base_block);
}
