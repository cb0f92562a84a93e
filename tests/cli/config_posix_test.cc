// Whose configuration is believed in the usual place: owners, modes and links of a real file
// system, and what the environment says of the place.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "src/cli/cli.h"
#include "tests/support/temp_dir.h"

namespace goldhive::tests {
namespace {

namespace fs = std::filesystem;
using testing::TempDir;

/// What "goldhive config" says of a usual configuration at `path`.
std::string shown_of(const std::string& path) {
  const std::unique_ptr<ReadStorage> input = host_read_storage();
  const std::unique_ptr<Storage> output = host_storage();
  std::ostringstream out;
  std::ostringstream err;
  cli::Host host{out, err, *input, *output, {}, "2026-01-31", 0, {"/", "/tmp", "", path, ""}};
  cli::run({"config"}, host);
  return out.str() + err.str();
}

TEST_CASE("A configuration that others can write is refused in the usual place") {
  const TempDir dir;
  const std::string file = dir.write("config.toml", std::string("[options]\njobs = 4\n"));
  for (const auto& [mode, allowed] : {std::pair(0600, true), std::pair(0644, true),
                                      std::pair(0664, false), std::pair(0646, false)}) {
    INFO(std::oct << mode);
    REQUIRE(::chmod(file.c_str(), static_cast<mode_t>(mode)) == 0);
    CHECK((shown_of(file).find("can be written by other users") == std::string::npos) == allowed);
    CHECK((shown_of(file).find("config.toml:2") != std::string::npos) == allowed);
  }
}

TEST_CASE("A configuration may be a link of the user, and is judged by what it leads to") {
  const TempDir dir;
  const std::string file =
      dir.write("dotfiles/goldhive.toml", std::string("[options]\njobs = 4\n"));
  REQUIRE(::chmod(file.c_str(), 0644) == 0);
  fs::create_symlink("dotfiles/goldhive.toml", dir / "config.toml");
  CHECK_THAT(shown_of(dir / "config.toml"), Catch::Contains("config.toml:2"));
  REQUIRE(::chmod(file.c_str(), 0666) == 0);
  CHECK_THAT(shown_of(dir / "config.toml"), Catch::Contains("can be written by other users"));
  fs::remove(file);
  CHECK_THAT(shown_of(dir / "config.toml"), Catch::Contains("no configuration file is in effect"));
  fs::create_directory(file);
  CHECK_THAT(shown_of(dir / "config.toml"), Catch::Contains("is no regular file"));
}

/// A variable of the environment, as it was before when this goes.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    set(value);
  }
  ~Variable() { set(old_ ? old_->c_str() : nullptr); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  void set(const char* value) {
    if (value != nullptr) {
      ::setenv(name_, value, 1);
    } else {
      ::unsetenv(name_);
    }
  }

 private:
  const char* name_;
  std::optional<std::string> old_;
};

TEST_CASE("The usual configuration is never one of the working folder") {
  Variable xdg("XDG_CONFIG_HOME", "/x");
  const Variable app("APPDATA", nullptr);
  Variable home("HOME", "/home/u");
  const Variable named("GOLDHIVE_CONFIG", "c.toml");
  CHECK(cli::host_folders().usual_config == "/x/goldhive/config.toml");
  CHECK(cli::host_folders().named_config == "c.toml");
  for (const char* relative : {"", ".", "x"}) {
    xdg.set(relative);
    home.set("/home/u");
    CHECK(cli::host_folders().usual_config == "/home/u/.config/goldhive/config.toml");
    home.set(relative);
    CHECK(cli::host_folders().usual_config.empty());
  }
}

}  // namespace
}  // namespace goldhive::tests
