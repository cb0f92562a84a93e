// Links on the way to a folder for undo files.
#include "imgtools/change/undo_place.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "imgtools/bytes/error.h"
#include "tests/skip.h"
#include "tests/support/temp_dir.h"

using namespace goldhive;
using goldhive::testing::TempDir;
namespace fs = std::filesystem;

namespace {

constexpr unsigned stranger = 12345;

/// What is said of an undo folder, in advance and in the act; "" if it is taken.
std::string refusal(Storage& storage, const std::string& target, const UndoOptions& options) {
  const JournalPlace place = place_of(storage, target, target, options);
  std::string planned;
  try {
    likely_undo_path(storage, place);
  } catch (const Error& e) {
    planned = e.what();
  }
  std::string said;
  try {
    writable_undo_path(storage, place);
  } catch (const Error& e) {
    CHECK(e.kind() == ErrorKind::refused);
    said = e.what();
  }
  CHECK(said == planned);
  return said;
}

}  // namespace

TEST_CASE("an undo file is not put behind a link of another user") {
  if (::geteuid() != 0) {
    testing::skip("only root can give links away");
    return;
  }
  const TempDir dir;
  const std::string target = dir.write("target", "x");
  dir.make_directory("secret");
  dir.make_directory("theirs");
  dir.make_directory("home/kept");
  REQUIRE(::chown((dir / "theirs").c_str(), stranger, stranger) == 0);
  REQUIRE(::chown((dir / "home").c_str(), stranger, stranger) == 0);
  const auto link = [&](const std::string& to, const std::string& name, unsigned owner) {
    fs::create_symlink(dir / to, dir / name);
    REQUIRE(::lchown((dir / name).c_str(), owner, owner) == 0);
  };
  link("secret", "home/state", stranger);
  link("theirs", "home/own", stranger);
  link("secret", "home/ours", 0);
  const auto storage = host_storage();
  for (const std::string folder : {"home/state", "home/state/", "home/state/goldhive/more"}) {
    INFO(folder);
    UndoOptions named;
    named.directory = dir / folder;
    CHECK_THAT(refusal(*storage, target, named),
               Catch::Contains("home/state: is a symbolic link of another user"));
  }
  CHECK(fs::is_empty(dir / "secret"));
  for (const std::string folder : {"home/own", "home/ours", "home/kept", "home/own/new"}) {
    INFO(folder);
    UndoOptions named;
    named.directory = dir / folder;
    CHECK(refusal(*storage, target, named).empty());
  }
  // The folder of the home is the second choice, where nothing can be made beside the target.
  UndoOptions fallback;
  fallback.fallback_dir = dir / "home/state/goldhive";
  CHECK(refusal(*storage, target, fallback).empty());
  JournalPlace place = place_of(*storage, target, target, fallback);
  place.undo_paths.front() = dir / "target/below a file";
  CHECK_THROWS_WITH(writable_undo_path(*storage, place),
                    Catch::Contains("is a symbolic link of another user"));
  CHECK_FALSE(fs::exists(dir / "secret/goldhive"));
}
