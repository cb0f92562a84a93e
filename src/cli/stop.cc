#include "src/cli/stop.h"

#include "imgtools/bytes/error.h"

namespace goldhive::cli {

void Stop::check() {
  if (held_) return;
  if (!stopped_ && (asked_ == nullptr || !asked_())) return;
  stopped_ = true;
  throw Error(ErrorKind::refused, "interrupted");
}

}  // namespace goldhive::cli
