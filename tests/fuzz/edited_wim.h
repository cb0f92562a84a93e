// WIMs for fuzz targets, plain and in chunks, with anchors at the header, the blob table, the
// metadata and the XML.
#pragma once

#include <vector>

#include "fixtures/wim_builder.h"
#include "tests/fuzz/edited_image.h"

namespace goldhive::fuzz {

inline std::vector<BaseImage> wim_bases() {
  std::vector<BaseImage> bases;
  for (const std::uint32_t chunk_size : {0U, 32768U}) {
    fixtures::WimRecipe recipe;
    recipe.images = {{"First", {{"Windows/hive", Bytes(70'000, 's')}, {"x", Bytes(3, 'x')}}},
                     {"Second", {{"x", Bytes(3, 'x')}}}};
    recipe.chunk_size = chunk_size;
    const fixtures::BuiltWim wim = fixtures::build_wim(recipe);
    bases.push_back({wim.data,
                     {0, 40, static_cast<std::size_t>(wim.blob_table.offset),
                      static_cast<std::size_t>(wim.metadata[0].offset),
                      static_cast<std::size_t>(wim.metadata[1].offset),
                      static_cast<std::size_t>(wim.xml.offset)}});
  }
  return bases;
}

}  // namespace goldhive::fuzz
