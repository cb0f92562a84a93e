// A report file is untrusted: it may have been cut off, put together or forged on its way. What is
// accepted can be written in every format, safe for a terminal, and as JSON is read back the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>

#include "imgtools/bytes/printable.h"
#include "src/report/read_report.h"

namespace {

using namespace goldhive;

report::Report read_whole(const std::string& text) {
  report::Report report;
  const MemorySource file(Bytes(text.begin(), text.end()), "fuzz.jsonl");
  const report::ReportFrame frame = report::read_report(
      file, [](const report::ReportFrame&) {},
      [&](report::TargetReport target) { report.targets.push_back(std::move(target)); });
  report.command = frame.command;
  report.head = frame.head;
  report::settle(report);
  report.waivers = frame.waivers;
  report.summary.passed_over = frame.passed_over;
  report.interrupted = frame.interrupted;
  return report;
}

std::string written(const report::Report& report, const report::Format& format) {
  report::WriteOptions options;
  options.head = report.head;
  options.verbose = true;
  std::ostringstream out;
  format.write(report, options, out);
  return out.str();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  report::Report report;
  try {
    report = read_whole({reinterpret_cast<const char*>(data), size});
  } catch (const Error&) {
    return 0;
  }
  for (const report::Format& format : report::formats()) {
    if (!format.is_for(report.command)) continue;
    const std::string text = written(report, format);
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if ((byte < 0x20 && c != '\n' && c != '\r' && c != '\t') || byte == 0x7f) std::abort();
    }
    if (format.name != "json" && format.name != "jsonl") continue;
    if (written(read_whole(text), format) != text) std::abort();
  }
  return 0;
}
