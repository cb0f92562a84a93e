#include "imgtools/bytes/digest.h"

#include <fmt/format.h>
#include <gcrypt.h>

#include <algorithm>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"

namespace goldhive {

namespace {

gcry_md_algos algorithm_of(std::size_t size) {
  if (size == 16) return GCRY_MD_MD5;
  return size == 32 ? GCRY_MD_SHA256 : GCRY_MD_SHA1;
}

template <std::size_t Size>
std::array<std::uint8_t, Size> sum_of(const ByteSource& source, std::uint64_t offset,
                                      std::uint64_t length) {
  Hasher<Size> sum;
  each_piece(source, offset, length,
             [&](std::uint64_t, std::span<const std::uint8_t> piece) { sum.add(piece); });
  return sum.finish();
}

}  // namespace

template <std::size_t Size>
struct Hasher<Size>::State {
  gcry_md_hd_t handle = nullptr;
};

template <std::size_t Size>
Hasher<Size>::Hasher() : state_(std::make_unique<State>()) {
  // libgcrypt sets itself up when it is first asked for its version; that must be the first call.
  static const bool ready = gcry_check_version(GCRYPT_VERSION) != nullptr;
  if (!ready || gcry_md_open(&state_->handle, algorithm_of(Size), 0) != 0) {
    throw Error(ErrorKind::unsupported,
                std::string("libgcrypt does not offer ") + gcry_md_algo_name(algorithm_of(Size)));
  }
}

template <std::size_t Size>
Hasher<Size>::~Hasher() {
  gcry_md_close(state_->handle);
}

template <std::size_t Size>
void Hasher<Size>::add(std::span<const std::uint8_t> data) {
  if (!data.empty()) gcry_md_write(state_->handle, data.data(), data.size());
}

template <std::size_t Size>
std::array<std::uint8_t, Size> Hasher<Size>::finish() {
  std::array<std::uint8_t, Size> digest{};
  std::copy_n(gcry_md_read(state_->handle, algorithm_of(Size)), digest.size(), digest.begin());
  return digest;
}

template class Hasher<32>;
template class Hasher<20>;
template class Hasher<16>;

Digest sha256(const ByteSource& source, std::uint64_t offset, std::uint64_t length) {
  return sum_of<32>(source, offset, length);
}
Digest sha256(const ByteSource& source) { return sha256(source, 0, source.size()); }
Digest sha256(std::string_view text) {
  Sha256 sha;
  sha.add(text_bytes(text));
  return sha.finish();
}
Sha1Digest sha1(const ByteSource& source, std::uint64_t offset, std::uint64_t length) {
  return sum_of<20>(source, offset, length);
}

std::string to_hex(std::span<const std::uint8_t> digest) {
  std::string text;
  for (const std::uint8_t byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace goldhive
