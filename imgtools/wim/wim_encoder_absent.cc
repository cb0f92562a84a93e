// Stands in for wim_encoder.cc in a build without libwim.
#include "imgtools/wim/wim_encoder.h"

namespace goldhive {

std::unique_ptr<WimEncoder> make_wim_encoder(WimCompression, std::size_t, unsigned) {
  return nullptr;
}

}  // namespace goldhive
