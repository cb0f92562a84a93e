#include "src/cli/host_folders.h"

#include <filesystem>
#include <system_error>

#include "src/cli/terminal.h"

namespace goldhive::cli {
namespace {

namespace fs = std::filesystem;

std::string utf8(const fs::path& path) {
  const std::u8string text = path.u8string();
  return {text.begin(), text.end()};
}

fs::path from_utf8(const std::string& text) { return {std::u8string(text.begin(), text.end())}; }

std::string state_directory() {
  if (const std::string xdg = environment("XDG_STATE_HOME"); !xdg.empty()) return xdg + "/goldhive";
  if (const std::string local = environment("LOCALAPPDATA"); !local.empty()) {
    return local + "/goldhive";
  }
  const std::string home = environment("HOME");
  return home.empty() ? "" : home + "/.local/state/goldhive";
}

}  // namespace

HostFolders host_folders() {
  std::error_code ignored;
  return {utf8(fs::current_path(ignored)), utf8(fs::temp_directory_path(ignored)),
          state_directory()};
}

std::string make_absolute(const std::string& path, const std::string& working) {
  return utf8((from_utf8(working) / from_utf8(path)).lexically_normal());
}

}  // namespace goldhive::cli
