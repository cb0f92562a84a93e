#include "imgtools/digest.h"

#include <fmt/format.h>
#include <gcrypt.h>

#include <algorithm>

#include "imgtools/error.h"

namespace goldhive {

struct Sha256::State {
  gcry_md_hd_t handle = nullptr;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  // libgcrypt wants to be asked for its version once before anything else; it sets itself up then.
  static const bool ready = gcry_check_version(GCRYPT_VERSION) != nullptr;
  if (!ready || gcry_md_open(&state_->handle, GCRY_MD_SHA256, 0) != 0) {
    throw Error(ErrorKind::unsupported, "libgcrypt does not offer SHA-256");
  }
}

Sha256::~Sha256() { gcry_md_close(state_->handle); }

void Sha256::add(std::span<const std::uint8_t> data) {
  if (!data.empty()) gcry_md_write(state_->handle, data.data(), data.size());
}

Digest Sha256::finish() {
  Digest digest{};
  std::copy_n(gcry_md_read(state_->handle, GCRY_MD_SHA256), digest.size(), digest.begin());
  return digest;
}

Digest sha256(const ByteSource& source, std::uint64_t offset, std::uint64_t length) {
  constexpr std::uint64_t piece = 64 * 1024;
  Sha256 hash;
  Bytes buffer;
  while (length > 0) {
    buffer.resize(static_cast<std::size_t>(std::min(length, piece)));
    source.read(offset, buffer);
    hash.add(buffer);
    offset += buffer.size();
    length -= buffer.size();
  }
  return hash.finish();
}

Digest sha256(const ByteSource& source) { return sha256(source, 0, source.size()); }

std::string to_hex(const Digest& digest) {
  std::string text;
  for (const std::uint8_t byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace goldhive
