#include "imgtools/digest.h"

#include <fmt/format.h>
#include <gcrypt.h>

#include <algorithm>

#include "imgtools/error.h"

namespace goldhive {

namespace {

/// An open hash of libgcrypt.
class Hash {
 public:
  Hash(gcry_md_algos algorithm, const char* name) : algorithm_(algorithm) {
    // libgcrypt wants to be asked for its version once before anything else; it sets itself up
    // then.
    static const bool ready = gcry_check_version(GCRYPT_VERSION) != nullptr;
    if (!ready || gcry_md_open(&handle_, algorithm, 0) != 0) {
      throw Error(ErrorKind::unsupported, std::string("libgcrypt does not offer ") + name);
    }
  }
  ~Hash() { gcry_md_close(handle_); }
  Hash(const Hash&) = delete;
  Hash& operator=(const Hash&) = delete;

  void add(std::span<const std::uint8_t> data) {
    if (!data.empty()) gcry_md_write(handle_, data.data(), data.size());
  }
  void finish(std::span<std::uint8_t> out) {
    std::copy_n(gcry_md_read(handle_, algorithm_), out.size(), out.begin());
  }

 private:
  gcry_md_algos algorithm_;
  gcry_md_hd_t handle_ = nullptr;
};

template <typename Sum>
void add_range(Sum& sum, const ByteSource& source, std::uint64_t offset, std::uint64_t length) {
  constexpr std::uint64_t piece = 64 * 1024;
  Bytes buffer;
  while (length > 0) {
    buffer.resize(static_cast<std::size_t>(std::min(length, piece)));
    source.read(offset, buffer);
    sum.add(buffer);
    offset += buffer.size();
    length -= buffer.size();
  }
}

}  // namespace

struct Sha256::State {
  Hash hash{GCRY_MD_SHA256, "SHA-256"};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;

void Sha256::add(std::span<const std::uint8_t> data) { state_->hash.add(data); }

Digest Sha256::finish() {
  Digest digest{};
  state_->hash.finish(digest);
  return digest;
}

Digest sha256(const ByteSource& source, std::uint64_t offset, std::uint64_t length) {
  Sha256 sum;
  add_range(sum, source, offset, length);
  return sum.finish();
}

Digest sha256(const ByteSource& source) { return sha256(source, 0, source.size()); }

struct Sha1::State {
  Hash hash{GCRY_MD_SHA1, "SHA-1"};
};

Sha1::Sha1() : state_(std::make_unique<State>()) {}
Sha1::~Sha1() = default;

void Sha1::add(std::span<const std::uint8_t> data) { state_->hash.add(data); }

Sha1Digest Sha1::finish() {
  Sha1Digest digest{};
  state_->hash.finish(digest);
  return digest;
}

Sha1Digest sha1(const ByteSource& source, std::uint64_t offset, std::uint64_t length) {
  Sha1 sum;
  add_range(sum, source, offset, length);
  return sum.finish();
}

std::string to_hex(std::span<const std::uint8_t> digest) {
  std::string text;
  for (const std::uint8_t byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace goldhive
