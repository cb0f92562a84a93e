// The metadata of an image with a few bytes changed: every dentry is walked to.
#include "fixtures/wim_builder.h"
#include "imgtools/bytes/error.h"
#include "imgtools/wim/wim_metadata.h"
#include "tests/fuzz/edited_image.h"
#include "tests/fuzz/file_of_target.h"

using namespace goldhive;

namespace {

std::vector<fuzz::BaseImage> make_bases() {
  const Bytes data = fixtures::build_wim_metadata({{"Windows/System32/config/SOFTWARE", {1}},
                                                   {"Windows/System32/config/SYSTEM", {2}},
                                                   {"Users/x", {3}},
                                                   {"a", {4}}});
  fuzz::BaseImage base{data, {0, 8}};
  for (std::size_t at = 120; at < data.size(); at += 112) base.anchors.push_back(at);
  return {base};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<fuzz::BaseImage> bases = make_bases();
  try {
    const WimMetadata metadata(
        fuzz::file_of_target(fuzz::edited_image(bases, {data, size}), "metadata"));
    std::size_t seen = 0;
    metadata.walk_all([&](const WimDentry&) {
      if (++seen > 20'000)
        throw Error(ErrorKind::corrupt, "enough");  // loops are budgeted, but slow
    });
  } catch (const Error&) {
  }
  return 0;
}
