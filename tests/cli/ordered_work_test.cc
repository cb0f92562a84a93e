#include <atomic>
#include <catch2/catch.hpp>
#include <stdexcept>
#include <thread>

#include "src/cli/ordered_work.h"
#include "src/cli/progress.h"

using namespace goldhive::cli;

namespace {

using Work = OrderedWork<std::size_t>;

/// Later things are done sooner: order is not a matter of luck.
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

TEST_CASE("The progress line tells count rate and time left and fits the terminal") {
  using std::chrono::milliseconds;
  CHECK(progress_line(0, 300, milliseconds(0), "a.vhd", 80) == "[0/300] a.vhd");
  CHECK(progress_line(12, 300, milliseconds(4000), "a.vhd", 80) ==
        "[12/300] 3.0/s, 1:36 left: a.vhd");
  CHECK(progress_line(1, 10'000, milliseconds(1000), "a", 80) ==
        "[1/10000] 1.0/s, 2:46:39 left: a");
  CHECK(progress_line(12, 300, milliseconds(4000), "a.vhd", 20).size() == 19);
}
