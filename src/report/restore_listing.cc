// `goldhive undo` and `goldhive recover` for people: a line for each file that was put back.
#include "src/report/printable.h"
#include "src/report/text_layout.h"
#include "src/report/writers.h"

namespace goldhive::report {

namespace {

class RestoredWriter final : public TargetWriter {
 public:
  RestoredWriter(bool recover, const WriteOptions& options, std::ostream& out)
      : recover_(recover), options_(options), lines_(out, options) {}

  void target(const TargetReport& t) override {
    const RestoreReport restore = t.restore.value_or(RestoreReport{});
    for (const std::string& journal : restore.journals) {
      line(t.path, "rolled back a patch that was cut off (" + journal + ")");
    }
    for (const RestoreReport::File& file : restore.files) {
      line(file.path, file.changed ? "restored" : "as it was");
    }
    for (const std::string& path : restore.removed) line(path, "removed");
    for (const RestoreReport::Failure& failure : restore.failures) {
      const bool of_other_file = failure.error.where() != failure.path;
      line(failure.path, std::string("not restored: ") +
                             (of_other_file ? failure.error.what() : failure.error.message()));
    }
    if (t.error) {
      line(t.path, "error: " + reason_of(t));
    } else if (recover_ && restore.journals.empty() && restore.removed.empty()) {
      line(t.path, "nothing to recover");
    }
    for (const std::string& note : t.notes) line(t.path, note);
  }
  void finish(const Report&) override {}

 private:
  void line(const std::string& path, const std::string& what) {
    lines_.plain(printable(path + ": " + what), Color::none);
  }

  bool recover_;
  WriteOptions options_;
  Lines lines_;
};

}  // namespace

Writer restored_writer(Command command, const WriteOptions& options, std::ostream& out) {
  return std::make_unique<RestoredWriter>(command == Command::recover, options, out);
}

}  // namespace goldhive::report
