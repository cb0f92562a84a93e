// A patch of a WIM, stopped at every operation: what is left is the old WIM or the new one.
#include "fixtures/wim_builder.h"
#include "tests/conformance/fault_run.h"

using namespace goldhive;
using namespace goldhive::testing;

namespace {

Bytes hive(std::uint8_t fill) { return Bytes(40 << 10, fill); }

void stop_a_patch(const std::string& name, std::uint32_t chunk_size) {
  fixtures::WimRecipe recipe;
  recipe.images = {{"First", {{"Windows/SOFTWARE", hive('a')}, {"Windows/SYSTEM", hive('b')}}},
                   {"Second", {{"Windows/SOFTWARE", hive('a')}}}};
  recipe.chunk_size = chunk_size;
  recipe.boot_image = 1;
  const Bytes before = fixtures::build_wim(recipe).data;
  FaultyStorage storage;
  storage.put(fault_path, before);
  const FileEdit software{"Windows/SOFTWARE", 44 << 10, {{10, Bytes(4, 7)}}};
  const FileEdit system{"Windows/SYSTEM", 40 << 10, {{33 << 10, Bytes(4, 7)}}};
  const auto image = open_image(storage, fault_path);
  stop_everywhere(name, before,
                  image->change_volumes({{0, {software, system}}, {1, {software}}}, 1));
}

}  // namespace

TEST_CASE("a patch of a plain WIM that dies anywhere leaves the old WIM or the new") {
  stop_a_patch("WIM", 0);
}

TEST_CASE("a patch of a WIM in chunks that dies anywhere leaves the old WIM or the new") {
  stop_a_patch("WIM in chunks", 32768);
}
