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

/// A relative folder is none: it would lie in the working folder (XDG Base Directory
/// Specification).
std::string usual_config() {
  constexpr const char* file = "goldhive/config.toml";
  for (const auto& [variable, below] :
       {std::pair("XDG_CONFIG_HOME", ""), std::pair("APPDATA", ""), std::pair("HOME", ".config")}) {
    const fs::path folder = from_utf8(environment(variable));
    if (folder.is_absolute()) return utf8((folder / below / file).lexically_normal());
  }
  return "";
}

}  // namespace

HostFolders host_folders() {
  std::error_code ignored;
  return {utf8(fs::current_path(ignored)), utf8(fs::temp_directory_path(ignored)),
          state_directory(), usual_config(), environment("GOLDHIVE_CONFIG")};
}

std::string make_absolute(const std::string& path, const std::string& working) {
  return utf8((from_utf8(working) / from_utf8(path)).lexically_normal());
}

std::string root_of(const std::string& path) { return utf8(from_utf8(path).root_path()); }

}  // namespace goldhive::cli
