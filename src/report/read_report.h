// Reads reports back: JSON documents and JSONL as json.cc writes them, so that any format can be
// made of them later, and reports be put together or compared. Their bytes are untrusted: every
// field is checked, and what a report says of itself must follow from its rows.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "imgtools/bytes/byte_source.h"
#include "src/report/report.h"

namespace goldhive::report {

/// What stands in a report besides its targets.
struct ReportFrame {
  Command command = Command::scan;
  Head head;
  std::vector<WaiverReport> waivers;
  std::uint64_t passed_over = 0;
  bool interrupted = false;
};

/// Reads the report in `file`, which is called by its name(). JSONL is read line by line, so that
/// its length does not matter; `begin` is called before the first target, when the frame knows the
/// command and the head, and `take` with each settled target. Returns the whole frame.
///
/// Throws Error: corrupt for what is no report, is cut off, or contradicts itself, with the place
/// ("line 12: installations[0].findings[3].verdict"); unsupported for a schema of another build and
/// for reports of commands that judge nothing.
ReportFrame read_report(const ByteSource& file,
                        const std::function<void(const ReportFrame&)>& begin,
                        const std::function<void(TargetReport)>& take);

}  // namespace goldhive::report
