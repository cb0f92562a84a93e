#include "src/target/folder_places.h"

#include <memory>

#include "imgtools/formats.h"

namespace goldhive::target {

std::vector<windows::Place> places_in_folder(const ReadStorage& storage, const std::string& path) {
  const std::unique_ptr<Image> folder = open_image(storage, path);
  return windows::find_installations(*folder->volumes().front().tree, path);
}

}  // namespace goldhive::target
