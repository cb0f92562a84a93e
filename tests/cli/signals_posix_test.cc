// What signals and limits of the system do to a run, each in a process of its own.
#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <iterator>
#include <sstream>
#include <thread>

#include "fixtures/recipe.h"
#include "src/cli/cli.h"
#include "src/cli/terminal.h"
#include "tests/support/child_posix.h"
#include "tests/support/temp_dir.h"

namespace goldhive::tests {
namespace {

using goldhive::testing::Ended;
using goldhive::testing::limit_file_size;
using goldhive::testing::run_in_child;
using goldhive::testing::TempDir;
namespace fs = std::filesystem;

void put_tree(const TempDir& dir, const std::string& name) {
  dir.make_directory(name);
  fixtures::write_tree(fixtures::load_recipe("layout-flat"), dir / name);
}

Bytes hives(const TempDir& dir, const std::string& name) {
  Bytes all = dir.read(name + "/SOFTWARE");
  const Bytes system = dir.read(name + "/SYSTEM");
  all.insert(all.end(), system.begin(), system.end());
  return all;
}

int run(const std::vector<std::string>& arguments, std::string* said = nullptr) {
  std::ostringstream out, err;
  const int code = cli::run(arguments, out, err);
  if (said != nullptr) *said = out.str() + err.str();
  return code;
}

/// The run with signals that come before its first target.
Ended run_after(const std::vector<int>& signals, const std::vector<std::string>& arguments) {
  return run_in_child([&] {
    cli::open_terminal();
    for (const int signal : signals) std::raise(signal);
    return run(arguments);
  });
}

/// Names in the folder that are neither the tree nor an undo file.
std::vector<std::string> leftovers(const TempDir& dir) {
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(dir.path())) {
    const std::string name = entry.path().filename().string();
    if (name.find("goldhive-") != std::string::npos && !name.ends_with(".goldhive-undo")) {
      found.push_back(name);
    }
  }
  return found;
}

}  // namespace

TEST_CASE("INT and TERM and HUP end a run in order with exit code 130") {
  const TempDir dir;
  put_tree(dir, "tree");
  const Bytes before = hives(dir, "tree");
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    INFO("signal " << signal);
    const Ended ended = run_after({signal}, {"patch", dir / "tree"});
    CHECK(ended.signal == 0);
    CHECK(ended.status == 130);
  }
  CHECK(hives(dir, "tree") == before);
  CHECK(leftovers(dir).empty());
}

TEST_CASE("A second INT or TERM kills, and a second HUP does not") {
  const TempDir dir;
  put_tree(dir, "tree");
  for (const int signal : {SIGINT, SIGTERM}) {
    CHECK(run_after({signal, signal}, {"scan", dir / "tree"}).signal == signal);
  }
  CHECK(run_after({SIGHUP, SIGHUP}, {"scan", dir / "tree"}).status == 130);
}

TEST_CASE("The first INT or TERM or HUP ends a wait for the list of targets at once") {
  const TempDir dir;
  put_tree(dir, "tree");
  put_tree(dir, "other");
  const Bytes before = hives(dir, "tree");
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    INFO("signal " << signal);
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    // The writer sends a line and the beginning of another one, and no more.
    const std::string text = dir / "tree" + "\n" + dir / "oth";
    REQUIRE(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    const auto begin = std::chrono::steady_clock::now();
    const Ended ended = run_in_child([&] {
      ::dup2(ends[0], STDIN_FILENO);
      cli::open_terminal();
      std::thread later([pid = ::getpid(), signal] {
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        ::kill(pid, signal);
      });
      ::alarm(20);
      const auto input = cli::standard_input();
      std::istream in(input.get());
      std::ostringstream out, err;
      const int code = cli::run({"patch", "-"}, out, err, &in);
      later.join();
      const bool told = err.str().find("was not read to its end") != std::string::npos;
      return told ? code : 99;
    });
    CHECK(ended.signal == 0);
    CHECK(ended.status == 130);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
    ::close(ends[0]);
    ::close(ends[1]);
  }
  CHECK(hives(dir, "tree") == before);
}

TEST_CASE("Standard input is read to its end however it comes") {
  const Ended ended = run_in_child([] {
    int ends[2];
    if (::pipe(ends) != 0) return 6;
    ::dup2(ends[0], STDIN_FILENO);
    ::close(ends[0]);
    std::string sent;
    for (int i = 0; i < 40000; ++i) sent += std::to_string(i) + '\n';
    std::thread writer([&] {
      std::size_t at = 0;
      while (at < sent.size()) {
        const ssize_t n =
            ::write(ends[1], sent.data() + at, std::min<std::size_t>(7001, sent.size() - at));
        if (n > 0) at += static_cast<std::size_t>(n);
      }
      ::close(ends[1]);
    });
    const auto input = cli::standard_input();
    const std::string read{std::istreambuf_iterator<char>(input.get()), {}};
    writer.join();
    return read == sent ? 7 : 8;
  });
  CHECK(ended.status == 7);
}

TEST_CASE("A signal that was ignored when the program started stays ignored") {
  const TempDir dir;
  put_tree(dir, "tree");
  const Ended ended = run_in_child([&] {
    std::signal(SIGHUP, SIG_IGN);  // as nohup does
    cli::open_terminal();
    std::raise(SIGHUP);
    return run({"scan", dir / "tree"});
  });
  CHECK(ended.signal == 0);
  CHECK(ended.status != 130);
}

TEST_CASE("No file gets the number of a standard descriptor that is closed") {
  const TempDir dir;
  const std::string file = dir.write("image", std::string("bytes"));
  for (unsigned closed = 1; closed < 8; ++closed) {
    INFO("closed, by bit: " << closed);
    const Ended ended = run_in_child([&] {
      for (int fd = 0; fd < 3; ++fd) {
        if ((closed >> fd & 1U) != 0) ::close(fd);
      }
      cli::open_terminal();
      const int opened = ::open(file.c_str(), O_RDWR);
      int written = 0;
      for (int fd = 0; fd < 3; ++fd) {
        if ((closed >> fd & 1U) != 0 && ::write(fd, "said", 4) > 0) ++written;
      }
      return opened > 2 && written == 0 ? 0 : 1;
    });
    CHECK(ended.status == 0);
  }
  CHECK(dir.read("image") == Bytes{'b', 'y', 't', 'e', 's'});
}

TEST_CASE("A limit on the size of files is an error that rolls back and no death") {
  const TempDir dir;
  put_tree(dir, "tree");
  const Bytes before = hives(dir, "tree");
  const std::uint64_t size = fs::file_size(dir / "tree/SOFTWARE");
  std::size_t refused = 0;
  for (std::uint64_t limit = 0; limit <= size + 16384; limit += size / 10) {
    INFO("at most " << limit << " bytes");
    fs::remove_all(dir / "tree");
    fs::remove(dir / "tree.goldhive-undo");
    put_tree(dir, "tree");
    const Ended ended = run_in_child([&] {
      limit_file_size(limit);
      return run({"patch", dir / "tree", "--no-cross-check"});
    });
    CHECK(ended.signal == 0);
    CHECK(leftovers(dir).empty());
    if (ended.status == 2) {
      ++refused;
      CHECK(hives(dir, "tree") == before);
    } else {
      CHECK(hives(dir, "tree") != before);
    }
  }
  CHECK(refused > 5);
}

}  // namespace goldhive::tests
