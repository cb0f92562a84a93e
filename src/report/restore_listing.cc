// `goldhive undo` and `goldhive recover` for people: a line for each file that was put back.
#include "src/report/printable.h"
#include "src/report/text_layout.h"
#include "src/report/writers.h"

namespace goldhive::report {

void write_restored(const Report& report, const WriteOptions& options, std::ostream& out) {
  Lines lines(out, options);
  const auto line = [&lines](const std::string& path, const std::string& what) {
    lines.plain(printable(path + ": " + what), Color::none);
  };
  for (const TargetReport& target : report.targets) {
    const RestoreReport restore = target.restore.value_or(RestoreReport{});
    for (const std::string& journal : restore.journals) {
      line(target.path, "rolled back a patch that was cut off (" + journal + ")");
    }
    for (const RestoreReport::File& file : restore.files) {
      line(file.path, file.changed ? "restored" : "as it was");
    }
    if (target.error) {
      if (!options.reasons_shown) line(target.path, std::string("error: ") + target.error->what());
    } else if (report.command == Command::recover && restore.journals.empty()) {
      line(target.path, "nothing to recover");
    }
    for (const std::string& note : target.notes) line(target.path, note);
  }
}

}  // namespace goldhive::report
