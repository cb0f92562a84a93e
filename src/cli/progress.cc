#include "src/cli/progress.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <ostream>

#include "src/report/printable.h"

namespace goldhive::cli {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr milliseconds interval{200};

std::string clock_text(std::uint64_t seconds) {
  return seconds < 3600
             ? fmt::format("{}:{:02}", seconds / 60, seconds % 60)
             : fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

/// Per second; 0 if it is not known yet.
double rate_of(const Pace& pace) {
  if (pace.elapsed.count() <= 0) return 0;
  return static_cast<double>(pace.made) * 1000 / static_cast<double>(pace.elapsed.count());
}

std::string time_left(const Pace& pace) {
  const double seconds = static_cast<double>(pace.total - pace.done) / rate_of(pace);
  return clock_text(static_cast<std::uint64_t>(std::llround(seconds))) + " left";
}

/// A unit, and how many bytes it is.
struct Unit {
  const char* name;
  double bytes;
};

Unit unit_of(double bytes) {
  static constexpr std::array<Unit, 4> units{{{"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}}};
  std::size_t i = 0;
  while (i + 1 < units.size() && bytes >= units[i + 1].bytes) ++i;
  return units[i];
}

std::string bytes_text(const LongRead& file, const Pace& pace) {
  const Unit unit = unit_of(static_cast<double>(pace.total));
  std::string text = fmt::format("{} {:.1f} of {:.1f} {}", file.writing ? "writing" : "reading",
                                 static_cast<double>(pace.done) / unit.bytes,
                                 static_cast<double>(pace.total) / unit.bytes, unit.name);
  if (const double rate = rate_of(pace); rate > 0) {
    const Unit per_second = unit_of(rate);
    text +=
        fmt::format(", {:.1f} {}/s, {}", rate / per_second.bytes, per_second.name, time_left(pace));
  }
  return text;
}

}  // namespace

std::string progress_line(const Pace& targets, const std::string& current,
                          const std::optional<LongRead>& file, const Pace& bytes, unsigned width) {
  std::string line;
  std::string end = " ";
  if (targets.total > 1) {
    line = fmt::format("[{}/{}]", targets.done, targets.total);
    if (const double rate = rate_of(targets); rate > 0) {
      line += fmt::format(" {:.1f}/s, {}", rate, time_left(targets));
      end = ": ";
    }
  }
  if (file) {
    if (!line.empty()) line += end == ": " ? "; " : " ";
    line += bytes_text(*file, bytes);
    end = ": ";
  }
  line += end + printable(file ? file->file : current);
  if (width > 1 && line.size() >= width) {
    line.resize(width - 1);
    // Not in the middle of a character.
    while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0x80U) != 0) line.pop_back();
  }
  return line;
}

Progress::Progress(Host& host, std::size_t count)
    : host_(host), count_(count), enabled_(host.terminal.err_is_terminal) {}

Pace Progress::pace_of(const LongRead& file, Clock::time_point now) {
  if (file.number != first_seen_.number || file.file != first_seen_.file) {
    first_seen_ = file;
    first_seen_at_ = now;
  }
  return {file.done, file.total, file.done - first_seen_.done,
          duration_cast<milliseconds>(now - first_seen_at_)};
}

void Progress::show(std::size_t done, const std::string& current,
                    const std::optional<LongRead>& file) {
  if (!enabled_) return;
  const Clock::time_point now = Clock::now();
  if (now - last_ < interval || now - started_ < interval) return;
  last_ = now;
  if (count_ == 1 && !file) {
    clear();
    return;
  }
  const Pace targets{done, count_, done, duration_cast<milliseconds>(now - started_)};
  const Pace bytes = file ? pace_of(*file, now) : Pace{};
  host_.err << "\r\x1b[K" << progress_line(targets, current, file, bytes, host_.terminal.width)
            << std::flush;
  shown_ = true;
}

void Progress::clear() {
  if (!shown_) return;
  host_.err << "\r\x1b[K" << std::flush;
  shown_ = false;
}

}  // namespace goldhive::cli
