#include "imgtools/archive/repacker.h"

#include <algorithm>
#include <utility>

#include "imgtools/archive/packing.h"
#include "imgtools/bytes/error.h"

namespace goldhive {

namespace {

constexpr std::size_t gzip_header_size = 10;

/// The header of a gzip file with its optional parts.
Bytes gzip_header(const ByteSource& file) {
  const std::size_t reach = static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), 65536));
  const Bytes head = file.read(0, reach);
  const ByteView view(head, 0, file.name());
  const std::uint8_t flags = view.u8(3);
  if ((flags & 4) != 0) {
    throw Error(ErrorKind::unsupported,
                "its gzip header has fields of some other program (bgzip, dictzip): unpack it, "
                "patch it and pack it again",
                file.name());
  }
  std::size_t end = gzip_header_size;
  for (const int text : {8, 16}) {  // a name, a comment; each ends with a zero
    if ((flags & text) == 0) continue;
    while (view.u8(end++) != 0) {
    }
  }
  if ((flags & 2) != 0) end += 2;
  view.slice(0, end);
  return {head.begin(), head.begin() + static_cast<std::ptrdiff_t>(end)};
}

}  // namespace

void Repacker::check(const ByteSource& old) {
  if (packing_of(old) == "gz") gzip_header(old);
}

Repacker::Repacker(const ByteSource& old, Put put) : put_(std::move(put)) {
  const std::string packing = packing_of(old);
  if (packing.empty()) return;
  if (packing == "gz") {
    put_(gzip_header(old));
    to_drop_ = gzip_header_size;
  }
  adds_checksum_ = zstd_has_checksum(old);
  packer_ = std::make_unique<Packer>(packing, packing_level(old),
                                     [this](std::span<const std::uint8_t> data) { pass_on(data); });
}

void Repacker::put(std::span<const std::uint8_t> data) {
  if (!packer_) {
    put_(data);
    return;
  }
  if (adds_checksum_) checksum_.add(data);
  packer_->put(data);
}

/// libarchive makes one zstd frame of a stream, and that frame has no checksum. So the flag for a
/// checksum is set while the frame passes, and the checksum is added at its end.
void Repacker::pass_on(std::span<const std::uint8_t> packed) {
  constexpr std::uint64_t flags_at = 4;
  constexpr std::uint8_t has_checksum = 4;
  const std::size_t drop = std::min(to_drop_, packed.size());
  to_drop_ -= drop;
  packed = packed.subspan(drop);
  if (packed.empty()) return;
  if (adds_checksum_ && packed_ <= flags_at && flags_at < packed_ + packed.size()) {
    Bytes changed(packed.begin(), packed.end());
    std::uint8_t& flags = changed[static_cast<std::size_t>(flags_at - packed_)];
    adds_checksum_ = (flags & has_checksum) == 0;  // another libarchive may add it itself
    flags |= has_checksum;
    put_(changed);
  } else {
    put_(packed);
  }
  packed_ += packed.size();
}

void Repacker::finish() {
  if (!packer_) return;
  packer_->finish();
  if (!adds_checksum_) return;
  Bytes low(4);
  put_u32(low, 0, static_cast<std::uint32_t>(checksum_.value()));
  put_(low);
}

}  // namespace goldhive
