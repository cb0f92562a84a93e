// RFC 1952: a gzip file is a row of members. Each has a header, a deflated stream, and the CRC-32
// and the size of the unpacked bytes. pigz, bgzip and split make many members of one file.
#include "imgtools/archive/gunzip.h"

#include <zlib.h>

#include <algorithm>

#include "imgtools/archive/packing.h"
#include "imgtools/bytes/error.h"
#include "imgtools/host/late_library.h"

namespace goldhive {

namespace {

GOLDHIVE_LATE_LIBRARY(zlib, "libz.so.1", "zlib1g");
GOLDHIVE_LATE_FUNCTION(zlib, inflate);
GOLDHIVE_LATE_FUNCTION(zlib, inflateEnd);
GOLDHIVE_LATE_FUNCTION(zlib, inflateInit2_);
GOLDHIVE_LATE_FUNCTION(zlib, inflateReset);

constexpr std::size_t chunk_size = 256 * 1024;
constexpr Bytef magic = 0x1f;  // followed by 0x8b, which zlib checks
constexpr int largest_window = 15;
constexpr int gzip_wrapper = 16;  // added to the window: zlib reads headers and verifies trailers

}  // namespace

struct Gunzip::Impl {
  explicit Impl(std::shared_ptr<const ByteSource> from) : file(std::move(from)), out(chunk_size) {
    if (inflateInit2(&stream, largest_window + gzip_wrapper) != Z_OK) {
      throw Error(ErrorKind::io,
                  "zlib cannot be started: out of memory, or not of the version it was built for",
                  file->name());
    }
  }
  ~Impl() { inflateEnd(&stream); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  /// False at the end of the file.
  bool have_input() {
    if (stream.avail_in > 0) return true;
    const std::uint64_t left = file->size() - read_to;
    in.resize(static_cast<std::size_t>(std::min<std::uint64_t>(left, chunk_size)));
    file->read(read_to, in);
    read_to += in.size();
    stream.next_in = in.data();
    stream.avail_in = static_cast<uInt>(in.size());
    return !in.empty();
  }

  /// To be called after a member: true if another one begins.
  bool next_member() {
    if (!have_input()) return false;
    if (*stream.next_in == magic) return inflateReset(&stream) == Z_OK;
    const std::uint64_t from = read_to - stream.avail_in;
    do {
      if (read_to - from > longest_fill) throw Error::corrupt(file->name(), from, too_much_fill);
      const auto* end = std::find_if(stream.next_in, stream.next_in + stream.avail_in,
                                     [](Bytef byte) { return byte != 0; });
      stream.avail_in -= static_cast<uInt>(end - stream.next_in);
      if (stream.avail_in > 0) fail("other data follow the compressed data");
    } while (have_input());
    return false;
  }

  [[noreturn]] void fail(const char* what) const {
    throw Error::corrupt(file->name(), read_to - stream.avail_in,
                         std::string("cut off or damaged: gzip: ") + what);
  }

  std::shared_ptr<const ByteSource> file;
  std::uint64_t read_to = 0;
  Bytes in;
  Bytes out;
  z_stream stream{};
  bool ended = false;
};

Gunzip::Gunzip(std::shared_ptr<const ByteSource> file) : impl_(new Impl(std::move(file))) {}

Gunzip::~Gunzip() = default;

std::span<const std::uint8_t> Gunzip::next() {
  z_stream& stream = impl_->stream;
  stream.next_out = impl_->out.data();
  stream.avail_out = static_cast<uInt>(impl_->out.size());
  while (!impl_->ended && stream.avail_out > 0) {
    if (!impl_->have_input()) impl_->fail("the compressed data end too early");
    const int result = inflate(&stream, Z_NO_FLUSH);
    if (result == Z_STREAM_END) {
      impl_->ended = !impl_->next_member();
    } else if (result != Z_OK) {
      impl_->fail(stream.msg != nullptr ? stream.msg : "the data cannot be unpacked");
    }
  }
  return std::span(impl_->out).first(impl_->out.size() - stream.avail_out);
}

}  // namespace goldhive
