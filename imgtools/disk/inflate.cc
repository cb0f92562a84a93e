#include "imgtools/disk/inflate.h"

#define ZLIB_CONST  // it does not write to what it reads
#include <zlib.h>

#include "imgtools/bytes/error.h"
#include "imgtools/host/late_library.h"

namespace goldhive {

namespace {

GOLDHIVE_LATE_LIBRARY(zlib, "libz.so.1", "zlib1g");
GOLDHIVE_LATE_FUNCTION(zlib, inflate);
GOLDHIVE_LATE_FUNCTION(zlib, inflateEnd);
GOLDHIVE_LATE_FUNCTION(zlib, inflateInit_);
GOLDHIVE_LATE_FUNCTION(zlib, inflateReset);

}  // namespace

struct Inflater::Impl {
  z_stream stream{};

  bool run(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) {
    if (inflateReset(&stream) != Z_OK) return false;
    // One byte more than there is room for, so that a block that unpacks to more is not taken for
    // one that fits.
    Bytef more = 0;
    stream.next_in = in.data();
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = out.data();
    stream.avail_out = static_cast<uInt>(out.size());
    int result = inflate(&stream, Z_FINISH);
    if (stream.avail_out != 0) return false;
    if (result != Z_STREAM_END) {
      stream.next_out = &more;
      stream.avail_out = 1;
      result = inflate(&stream, Z_FINISH);
    }
    return result == Z_STREAM_END && stream.total_out == out.size();
  }
};

Inflater::Inflater() : impl_(std::make_unique<Impl>()) {
  if (inflateInit(&impl_->stream) != Z_OK) {
    throw Error(ErrorKind::io,
                "zlib cannot be started: out of memory, or not of the version it was built for");
  }
}

Inflater::~Inflater() { inflateEnd(&impl_->stream); }

bool Inflater::unpack(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) {
  return impl_->run(in, out);
}

}  // namespace goldhive
