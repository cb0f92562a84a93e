#include "imgtools/wim/wim_integrity.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/bytes/error.h"

namespace goldhive {

namespace {

constexpr std::size_t head_size = 12;
constexpr std::size_t sum_size = 20;
constexpr std::uint32_t min_piece_size = 4096;  // with smaller pieces the table would be too large

Bytes to_bytes(const WimIntegrity& table) {
  Bytes out(head_size + table.pieces.size() * sum_size);
  put_u32(out, 0, static_cast<std::uint32_t>(out.size()));
  put_u32(out, 4, static_cast<std::uint32_t>(table.pieces.size()));
  put_u32(out, 8, table.piece_size);
  for (std::size_t i = 0; i < table.pieces.size(); ++i) {
    std::copy(table.pieces[i].begin(), table.pieces[i].end(),
              out.begin() + static_cast<std::ptrdiff_t>(head_size + i * sum_size));
  }
  return out;
}

}  // namespace

WimIntegrity read_wim_integrity(const ByteSource& file, const WimHeader& header) {
  const WimResource& place = header.integrity;
  const std::string& name = file.name();
  const Bytes head = file.read(place.offset, head_size);
  const ByteView view(head, place.offset, name);
  const std::uint64_t end = header.blob_table.offset + header.blob_table.stored_size;
  const std::uint64_t checked = end < wim_header_size ? 0 : end - wim_header_size;
  WimIntegrity table;
  table.piece_size = view.u32(8);
  const std::uint64_t count = view.u32(4);
  if (table.piece_size < min_piece_size) {
    throw Error::corrupt(name, place.offset + 8, "bad piece size of the integrity table",
                         fmt::format("at least {}", min_piece_size),
                         fmt::format("{}", table.piece_size));
  }
  const std::uint64_t pieces = (checked + table.piece_size - 1) / table.piece_size;
  if (count != pieces || view.u32(0) != head_size + count * sum_size ||
      view.u32(0) > place.stored_size) {
    throw Error::corrupt(name, place.offset, "bad integrity table", fmt::format("{} sums", pieces),
                         fmt::format("{} in {} bytes", count, view.u32(0)));
  }
  const Bytes sums =
      file.read(place.offset + head_size, static_cast<std::size_t>(count * sum_size));
  for (std::size_t i = 0; i < count; ++i) {
    Sha1Digest sum;
    std::copy_n(sums.begin() + static_cast<std::ptrdiff_t>(i * sum_size), sum_size, sum.begin());
    table.pieces.push_back(sum);
  }
  return table;
}

std::uint64_t wim_integrity_size(std::uint64_t checked, std::uint32_t piece_size) {
  return head_size + sum_size * ((checked + piece_size - 1) / piece_size);
}

void WimIntegritySums::add(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    if (!sum_) sum_.emplace();
    const auto length = static_cast<std::size_t>(
        std::min<std::uint64_t>(bytes.size(), made_.piece_size - in_piece_));
    sum_->add(bytes.first(length));
    bytes = bytes.subspan(length);
    in_piece_ += length;
    if (in_piece_ != made_.piece_size) continue;
    made_.pieces.push_back(sum_->finish());
    sum_.reset();
    in_piece_ = 0;
  }
}

Bytes WimIntegritySums::table() {
  if (sum_) made_.pieces.push_back(sum_->finish());
  sum_.reset();
  return to_bytes(made_);
}

Bytes extend_wim_integrity(const ByteSource& file, const WimHeader& header,
                           std::span<const Bytes> appended, const WimResource& blob_table) {
  WimIntegrity kept = read_wim_integrity(file, header);
  const std::uint64_t old_end = header.blob_table.offset + header.blob_table.stored_size;
  kept.pieces.resize(std::min<std::size_t>(
      kept.pieces.size(), static_cast<std::size_t>((old_end - wim_header_size) / kept.piece_size)));
  const std::uint64_t start = wim_header_size + kept.pieces.size() * std::uint64_t{kept.piece_size};
  WimIntegritySums sums(std::move(kept));
  each_piece(file, start, file.size() - start,
             [&](std::uint64_t, std::span<const std::uint8_t> piece) { sums.add(piece); });
  std::uint64_t left = blob_table.offset + blob_table.stored_size - file.size();
  for (const Bytes& bytes : appended) {
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), left));
    sums.add(std::span(bytes).first(length));
    left -= length;
  }
  return sums.table();
}

std::size_t check_wim_integrity(const ByteSource& file, const WimHeader& header) {
  const WimIntegrity table = read_wim_integrity(file, header);
  const std::uint64_t end = header.blob_table.offset + header.blob_table.stored_size;
  std::uint64_t at = wim_header_size;
  for (const Sha1Digest& expected : table.pieces) {
    const std::uint64_t length = std::min<std::uint64_t>(table.piece_size, end - at);
    const Sha1Digest found = sha1(file, at, length);
    if (found != expected) {
      throw Error::corrupt(
          file.name(), at,
          fmt::format("{} bytes do not have the SHA-1 that the integrity table has for them",
                      length),
          to_hex(expected), to_hex(found));
    }
    at += length;
  }
  return table.pieces.size();
}

}  // namespace goldhive
