// Stands in for inflate.cc in a build without zlib.
#include "imgtools/bytes/error.h"
#include "imgtools/disk/inflate.h"

namespace goldhive {

struct Inflater::Impl {};

Inflater::Inflater() {
  throw Error(ErrorKind::unsupported,
              "this build cannot read deflated disks (it was made without zlib)");
}

Inflater::~Inflater() = default;

bool Inflater::unpack(std::span<const std::uint8_t>, std::span<std::uint8_t>) { return false; }

}  // namespace goldhive
