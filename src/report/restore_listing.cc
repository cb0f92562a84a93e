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
    without_undo_file_ += restore.no_undo_file ? 1 : 0;
    if (!t.restore) {
      for (const UndoFileReport& undo : t.undo_files) {
        lines_.folded("", 2, describe_undo_file(undo));
      }
    }
    const bool would = restore.dry_run;
    for (const std::string& journal : restore.journals) {
      const std::string what = " a patch that was cut off (" + journal + ")";
      line(t.path, (would ? "would roll back" : "rolled back") + what);
    }
    for (const RestoreReport::File& file : restore.files) {
      line(file.path, !file.changed ? "as it was" : would ? "would be restored" : "restored");
    }
    for (const std::string& path : restore.removed)
      line(path, would ? "would be removed" : "removed");
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
  void finish(const Report&) override {
    if (without_undo_file_ == 0) return;
    const std::string count = counted(without_undo_file_, "target");
    lines_.plain(count + (without_undo_file_ == 1 ? " has" : " have") + " no undo file.",
                 Color::none);
  }

 private:
  void line(const std::string& path, const std::string& what) {
    lines_.plain(printable(path + ": " + what), Color::none);
  }

  bool recover_;
  std::uint64_t without_undo_file_ = 0;
  WriteOptions options_;
  Lines lines_;
};

}  // namespace

Writer restored_writer(Command command, const WriteOptions& options, std::ostream& out) {
  return std::make_unique<RestoredWriter>(command == Command::recover, options, out);
}

}  // namespace goldhive::report
