#include "tests/support/rich_wim.h"

#include <algorithm>
#include <stdexcept>

#include "fixtures/recipe.h"
#include "fixtures/security_descriptor.h"
#include "tests/support/disk_maker.h"
#include "tests/support/tools.h"

namespace goldhive::testing {

namespace {

constexpr std::uint64_t volume_size = 8 << 20;

constexpr std::uint32_t hidden = 0x2;
constexpr std::uint32_t archive = 0x20;
constexpr std::uint32_t not_indexed = 0x2000;
constexpr unsigned app_exec_link = 0x8000001B;

/// What archives of files alone lose.
void enrich(fixtures::NtfsFile& file, std::uint32_t index) {
  const std::string name = file.path.substr(file.path.rfind('/') + 1);
  const bool in_config = file.path.find("/config/") != std::string::npos;
  if (!in_config && index % 3 != 0) return;
  file.security = fixtures::security_descriptor(index % 5);
  file.attributes = archive | (in_config ? hidden | not_indexed : 0);
  file.streams = {{"Zone.Identifier", Bytes(26, static_cast<std::uint8_t>(index))}};
  const std::string digits = std::to_string(index);
  file.short_name = "GH" + std::string(4 - std::min<std::size_t>(digits.size(), 4), '0') + digits;
  if (!in_config) file.links = {"Windows/winsxs/linked/" + digits + "-" + name};
}

}  // namespace

const std::vector<WimKind>& wim_kinds() {
  static const std::vector<WimKind> kinds = {
      {"none", "wim", {"--compress=none"}, true},
      {"xpress", "wim", {"--compress=XPRESS"}, true},
      {"xpress-4k", "wim", {"--compress=XPRESS", "--chunk-size=4K"}, true},
      {"xpress-64k", "wim", {"--compress=XPRESS", "--chunk-size=64K"}, true},
      {"lzx", "wim", {"--compress=LZX"}, true},
      {"lzx-2m", "wim", {"--compress=LZX", "--chunk-size=2M"}, true},
      {"lzx-checked", "wim", {"--compress=LZX", "--check"}, true},
      {"lzms", "esd", {"--compress=LZMS"}, true},
      {"lzms-64m", "esd", {"--compress=LZMS", "--chunk-size=64M"}, true},
      {"boot", "wim", {"--compress=XPRESS", "--boot"}, true},
      {"solid", "esd", {"--solid"}, true},
      {"pipable", "wim", {"--compress=XPRESS", "--pipable"}, false},
  };
  return kinds;
}

const WimKind& wim_kind(const std::string& name) {
  for (const WimKind& kind : wim_kinds()) {
    if (name == kind.name) return kind;
  }
  throw std::runtime_error("no such kind of WIM: " + name);
}

bool have_rich_wim_tools() { return have_tool("mkntfs") && have_tool("wimlib-imagex"); }

std::string make_rich_volume(const TempDir& dir, const std::string& name,
                             const std::string& recipe) {
  std::vector<fixtures::NtfsFile> files;
  std::uint32_t index = 0;
  for (const auto& [path, data] : fixtures::load_recipe(recipe).files) {
    fixtures::NtfsFile file;
    file.path = path;
    file.data = data;
    enrich(file, ++index);
    files.push_back(std::move(file));
  }
  fixtures::NtfsFile link;
  link.path = "Windows/app.exe";
  link.reparse_tag = app_exec_link;
  files.push_back(std::move(link));
  return make_ntfs(dir, name, volume_size, files);
}

std::string make_rich_wim(const TempDir& dir, const std::string& name,
                          const std::vector<std::string>& volumes, const WimKind& kind) {
  const std::string path = dir / name;
  for (std::size_t i = 0; i < volumes.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    std::vector<std::string> command = {"wimlib-imagex",     i == 0 ? "capture" : "append",
                                        volumes[i],          path,
                                        "Edition " + number, "image " + number,
                                        "--image-property",  "FLAGS=Edition" + number};
    for (const std::string option : kind.options) {
      const bool of_first = option == "--boot" || option.starts_with("--compress") ||
                            option.starts_with("--chunk-size");
      if (i == 0 || !of_first) command.push_back(option);
    }
    must_run(command);
  }
  return path;
}

std::vector<std::string> split_wim(const TempDir& dir, const std::string& wim,
                                   const std::string& stem, std::size_t part_size) {
  const double mebibytes = static_cast<double>(part_size) / (1 << 20);
  must_run({"wimlib-imagex", "split", wim, dir / (stem + ".swm"), std::to_string(mebibytes)});
  std::vector<std::string> parts = {dir / (stem + ".swm")};
  while (dir.exists(stem + std::to_string(parts.size() + 1) + ".swm")) {
    parts.push_back(dir / (stem + std::to_string(parts.size() + 1) + ".swm"));
  }
  return parts;
}

}  // namespace goldhive::testing
