// `goldhive list` as text: what is in a target, without verdicts.
#include <fmt/format.h>

#include "src/report/printable.h"
#include "src/report/text_layout.h"
#include "src/report/writers.h"

namespace goldhive::report {
namespace {

std::string describe_volume(const VolumeReport& volume) {
  std::string text = volume.name;
  if (!volume.label.empty()) text += fmt::format("  \"{}\"", volume.label);
  if (!volume.description.empty()) text += "  " + volume.description;
  if (!volume.file_system.empty()) text += "  " + volume.file_system;
  if (volume.size != 0) text += "  " + human_size(volume.size);
  if (!volume.passed_over.empty()) text += "  passed over: " + volume.passed_over;
  return printable(text);
}

/// False for a volume whose line would only repeat the target: a tree, a hive, an archive.
bool worth_a_line(const TargetReport& target, const VolumeReport& volume) {
  return target.volumes.size() > 1 || !volume.label.empty() || !volume.description.empty() ||
         !volume.file_system.empty() || !volume.passed_over.empty();
}

std::string describe_control_sets(const windows::ControlSetFacts& sets) {
  std::string text;
  for (const std::uint32_t n : sets.present) {
    text += (text.empty() ? "" : ", ") + windows::control_set_name(n);
    if (sets.boots == n) text += " (boots)";
    if (sets.last_known_good == n && sets.boots != n) text += " (last known good)";
  }
  return text;
}

class ListingWriter final : public TargetWriter {
 public:
  ListingWriter(const WriteOptions& options, std::ostream& out)
      : options_(options), lines_(out, options) {}

  void target(const TargetReport& t) override {
    line("", printable(t.path) + "  " + (t.format.empty() ? "not opened" : t.format));
    if (t.error) line("  error: ", reason_of(t));
    for (const VolumeReport& v : t.volumes) {
      if (worth_a_line(t, v)) line("  volume: ", describe_volume(v));
    }
    for (const InstallationReport& i : t.installations) installation(i);
    for (const UndoFileReport& u : t.undo_files) line("  patched: ", describe_undo_file(u));
    if (t.backup) line("  note: ", printable(describe_backup(*t.backup)));
    for (const std::string& detail : t.details) line("  detail: ", printable(detail));
    for (const std::string& n : t.notes) line("  note: ", printable(n));
  }
  void finish(const Report&) override {}

 private:
  void installation(const InstallationReport& i) {
    line("  ", printable(i.facts.id + "  " + describe_system(i.facts)));
    if (!i.facts.volume.encrypted) {
      for (const windows::HiveFact& h : i.facts.hives) line("    ", printable(describe_hive(h)));
    }
    const std::string sets = describe_control_sets(i.facts.control_sets);
    if (!sets.empty()) line("    ", sets);
    if (i.facts.volume.suspicious()) line("    volume: ", printable(describe(i.facts.volume)));
    for (const std::string& w : i.facts.warnings) line("    note: ", printable(w));
  }

  void line(std::string_view first, std::string_view text) {
    lines_.folded(first, first.size() + 2, text);
  }

  WriteOptions options_;
  Lines lines_;
};

}  // namespace

Writer listing_writer(Command, const WriteOptions& options, std::ostream& out) {
  return std::make_unique<ListingWriter>(options, out);
}

}  // namespace goldhive::report
