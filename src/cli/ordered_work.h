// Work on many things by several threads, with the results handed out in the order of the things,
// whatever is finished first.
//
// Memory is bounded: all threads together are at most a few results a thread ahead of the oldest
// thing that is not finished. Only the work itself runs outside the caller's thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace goldhive::cli {

template <class Result>
class OrderedWork {
 public:
  struct Steps {
    std::function<Result(std::size_t index)> work;               ///< on any thread
    std::function<void(std::size_t index, Result result)> done;  ///< in order, on the caller's
    /// Asked before each thing is begun, and a few times a second: true ends the run after what is
    /// being worked on.
    std::function<bool()> stop;
    /// Now and then while the caller waits; `next` is the oldest thing not done. Null: nobody wants
    /// to be told, and a single job is done by the caller's thread itself.
    std::function<void(std::size_t next)> waiting;
  };

  /// Works on 0 .. count-1. What a step throws comes out of here, after all threads have ended.
  /// Returns how many things were done: less than `count` if stopped.
  static std::size_t run(std::size_t count, unsigned jobs, const Steps& steps) {
    if ((jobs > 1 && count > 1) || steps.waiting) {
      return OrderedWork(count, jobs, steps).run_threads();
    }
    std::size_t index = 0;
    for (; index < count && !steps.stop(); ++index) {
      steps.done(index, steps.work(index));
    }
    return index;
  }

 private:
  struct Outcome {
    std::optional<Result> result;
    std::exception_ptr thrown;
  };
  static constexpr std::size_t ahead_each = 4;
  static constexpr std::chrono::milliseconds tick{100};

  OrderedWork(std::size_t count, unsigned jobs, const Steps& steps)
      : count_(count),
        jobs_(static_cast<unsigned>(std::min<std::size_t>(jobs, count))),
        steps_(steps) {}

  std::size_t run_threads() {
    std::vector<std::thread> threads;
    std::exception_ptr thrown;
    try {
      for (unsigned i = 0; i < jobs_; ++i) threads.emplace_back([this] { take_and_work(); });
      hand_out();
    } catch (...) {
      thrown = std::current_exception();
    }
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads) thread.join();
    if (thrown) std::rethrow_exception(thrown);
    return handed_out_;
  }

  void take_and_work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] {
        return stopped_ || taken_ == count_ || taken_ - handed_out_ < jobs_ * ahead_each;
      });
      if (stopped_ || taken_ == count_) return;
      const std::size_t index = taken_++;
      lock.unlock();
      Outcome outcome;
      try {
        outcome.result.emplace(steps_.work(index));
      } catch (...) {
        outcome.thrown = std::current_exception();
      }
      lock.lock();
      finished_.emplace(index, std::move(outcome));
      changed_.notify_all();
    }
  }

  void hand_out() {
    std::unique_lock lock(mutex_);
    while (handed_out_ < count_) {
      const auto next = finished_.find(handed_out_);
      if (next == finished_.end()) {
        if (!stopped_ && steps_.stop()) {
          stopped_ = true;
          changed_.notify_all();
        }
        if (stopped_ && handed_out_ == taken_) return;
        const std::size_t index = handed_out_;
        lock.unlock();
        if (steps_.waiting) steps_.waiting(index);
        lock.lock();
        if (finished_.count(handed_out_) == 0) changed_.wait_for(lock, tick);
        continue;
      }
      Outcome outcome = std::move(next->second);
      finished_.erase(next);
      const std::size_t index = handed_out_++;
      changed_.notify_all();
      lock.unlock();
      if (outcome.thrown) std::rethrow_exception(outcome.thrown);
      steps_.done(index, std::move(*outcome.result));
      lock.lock();
    }
  }

  const std::size_t count_;
  const unsigned jobs_;
  const Steps& steps_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t taken_ = 0;
  std::size_t handed_out_ = 0;
  bool stopped_ = false;
  std::map<std::size_t, Outcome> finished_;
};

}  // namespace goldhive::cli
