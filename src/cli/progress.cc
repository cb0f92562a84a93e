#include "src/cli/progress.h"

#include <fmt/format.h>

#include <ostream>

#include "src/report/printable.h"

namespace goldhive::cli {
namespace {

constexpr std::chrono::milliseconds interval{200};

std::string clock_text(std::uint64_t seconds) {
  return seconds < 3600
             ? fmt::format("{}:{:02}", seconds / 60, seconds % 60)
             : fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

}  // namespace

std::string progress_line(std::size_t done, std::size_t count, std::chrono::milliseconds elapsed,
                          const std::string& current, unsigned width) {
  std::string line = fmt::format("[{}/{}]", done, count);
  if (done > 0 && elapsed.count() > 0) {
    const double rate = static_cast<double>(done) * 1000 / static_cast<double>(elapsed.count());
    line += fmt::format(
        " {:.1f}/s, {} left", rate,
        clock_text(static_cast<std::uint64_t>(static_cast<double>(count - done) / rate + 0.5)));
  }
  line += (done > 0 ? ": " : " ") + report::printable(current);
  if (width > 1 && line.size() >= width) {
    line.resize(width - 1);
    // Not in the middle of a character.
    while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0x80U) != 0) line.pop_back();
  }
  return line;
}

Progress::Progress(Host& host, std::size_t count)
    : host_(host), count_(count), enabled_(host.terminal.err_is_terminal && count > 1) {}

void Progress::show(std::size_t done, const std::string& current) {
  if (!enabled_) return;
  const Clock::time_point now = Clock::now();
  if (now - last_ < interval || now - started_ < interval) return;
  last_ = now;
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - started_);
  host_.err << "\r\x1b[K" << progress_line(done, count_, elapsed, current, host_.terminal.width)
            << std::flush;
  shown_ = true;
}

void Progress::clear() {
  if (!shown_) return;
  host_.err << "\r\x1b[K" << std::flush;
  shown_ = false;
}

}  // namespace goldhive::cli
