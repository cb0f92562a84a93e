#include <atomic>
#include <catch2/catch.hpp>
#include <stdexcept>
#include <thread>

#include "src/cli/ordered_work.h"
#include "src/cli/progress.h"

using namespace goldhive::cli;

namespace {

using Work = OrderedWork<std::size_t>;

/// Later things are done sooner, so that the right order cannot come by chance.
std::size_t slow_at_first(std::size_t index) {
  if (index % 4 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return index * index;
}

Work::Steps steps_into(std::vector<std::size_t>& results) {
  Work::Steps steps;
  steps.work = slow_at_first;
  steps.done = [&results](std::size_t index, std::size_t result) {
    REQUIRE(result == index * index);
    results.push_back(index);
  };
  steps.stop = [] { return false; };
  steps.waiting = [](std::size_t) {};
  return steps;
}

}  // namespace

TEST_CASE("Results are handed out in order whatever is finished first") {
  for (const unsigned jobs : {1U, 2U, 5U, 64U}) {
    std::vector<std::size_t> results;
    CHECK(Work::run(40, jobs, steps_into(results)) == 40);
    REQUIRE(results.size() == 40);
    CHECK(std::is_sorted(results.begin(), results.end()));
  }
}

TEST_CASE("Threads do not run further ahead than a few results each") {
  std::vector<std::size_t> results;
  std::atomic<std::size_t> begun = 0;
  std::atomic<std::size_t> handed_out = 0;
  std::atomic<std::size_t> furthest = 0;
  Work::Steps steps = steps_into(results);
  steps.work = [&](std::size_t index) {
    const std::size_t ahead = ++begun - handed_out;
    if (ahead > furthest) furthest = ahead;
    if (index == 0) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return index * index;
  };
  steps.done = [&](std::size_t, std::size_t) { ++handed_out; };
  CHECK(Work::run(1000, 3, steps) == 1000);
  CHECK(furthest <= 3 * 4 + 1);
}

TEST_CASE("What a step throws ends the run and comes out of it") {
  for (const unsigned jobs : {1U, 3U}) {
    std::vector<std::size_t> results;
    Work::Steps steps = steps_into(results);
    steps.work = [](std::size_t index) {
      if (index == 7) throw std::runtime_error("seven");
      return index * index;
    };
    CHECK_THROWS_WITH(Work::run(20, jobs, steps), "seven");
    CHECK(results.size() == 7);
  }
}

TEST_CASE("A stopped run ends in order with what was begun") {
  for (const unsigned jobs : {1U, 3U}) {
    std::vector<std::size_t> results;
    Work::Steps steps = steps_into(results);
    steps.work = [](std::size_t index) {
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
      return index * index;
    };
    steps.stop = [&results] { return results.size() >= 5; };
    const std::size_t done = Work::run(10'000, jobs, steps);
    CHECK(done == results.size());
    CHECK(done >= 5);
    CHECK(done < 10'000);
    CHECK(std::is_sorted(results.begin(), results.end()));
  }
}

TEST_CASE("Whoever waits is told while the work goes on even if there is one thing only") {
  std::vector<std::size_t> results;
  Work::Steps steps = steps_into(results);
  std::atomic<bool> told = false;
  steps.waiting = [&](std::size_t next) { told = told || next == 0; };
  steps.work = [&](std::size_t index) {
    while (!told) std::this_thread::yield();
    return index * index;
  };
  CHECK(Work::run(1, 1, steps) == 1);
  CHECK(results.size() == 1);
}

namespace {

Pace targets(std::uint64_t done, std::uint64_t total, int milliseconds) {
  return {done, total, done, std::chrono::milliseconds(milliseconds)};
}

}  // namespace

TEST_CASE("The progress line tells count rate and time left and fits the terminal") {
  const auto line = [](const Pace& pace, const std::string& current, unsigned width) {
    return progress_line(pace, current, std::nullopt, {}, width);
  };
  CHECK(line(targets(0, 300, 0), "a.vhd", 80) == "[0/300] a.vhd");
  CHECK(line(targets(12, 300, 4000), "a.vhd", 80) == "[12/300] 3.0/s, 1:36 left: a.vhd");
  CHECK(line(targets(1, 10'000, 1000), "a", 80) == "[1/10000] 1.0/s, 2:46:39 left: a");
  CHECK(line(targets(12, 300, 4000), "a.vhd", 20).size() == 19);
}

TEST_CASE("The progress line tells bytes rate and time left of a file that is written anew") {
  LongRead file;
  file.file = "a.tar.xz";
  file.writing = true;
  Pace bytes{1'200'000'000, 4'000'000'000, 0, std::chrono::milliseconds(0)};
  CHECK(progress_line(targets(0, 1, 500), "a", file, bytes, 80) ==
        "writing 1.2 of 4.0 GB: a.tar.xz");
  bytes.made = 600'000'000;  // the rest was read before anybody looked
  bytes.elapsed = std::chrono::milliseconds(8000);
  CHECK(progress_line(targets(0, 1, 500), "a", file, bytes, 80) ==
        "writing 1.2 of 4.0 GB, 75.0 MB/s, 0:37 left: a.tar.xz");
  file.writing = false;
  CHECK(progress_line(targets(0, 300, 500), "a", file, bytes, 80) ==
        "[0/300] reading 1.2 of 4.0 GB, 75.0 MB/s, 0:37 left: a.tar.xz");
  CHECK(progress_line(targets(12, 300, 4000), "a", file, bytes, 100) ==
        "[12/300] 3.0/s, 1:36 left; reading 1.2 of 4.0 GB, 75.0 MB/s, 0:37 left: a.tar.xz");
}
