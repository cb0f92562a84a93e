// The table of output formats. A new format is one file with one function (and one for
// comparisons), and one row here.
#include "src/report/writers.h"

namespace goldhive::report {
const std::vector<Format>& formats() {
  const std::vector<Command> with_findings = {Command::scan, Command::plan, Command::patch};
  static const std::vector<Format> table = {
      {"text", "for people", write_by<text_writer>, text_writer, write_text_comparison},
      {"json", "one document, docs/report.schema.json", write_by<json_writer>, json_writer,
       write_json_comparison},
      {"jsonl", "the target objects of json, one a line, each as soon as it is done",
       write_by<jsonl_writer>, jsonl_writer, write_jsonl_comparison},
      {"csv", "a table for spreadsheets, one row a finding", write_by<csv_writer>, csv_writer,
       write_csv_comparison, with_findings},
      {"junit", "XML for CI systems, a suite an installation and a test case a row",
       write_by<junit_writer>, junit_writer, write_junit_comparison, with_findings},
      {"markdown", "for the summary of a job and for tickets", write_by<markdown_writer>,
       markdown_writer, write_markdown_comparison, with_findings},
      {"sarif", "SARIF 2.1.0, for code scanning", write_by<sarif_writer>, sarif_writer,
       write_sarif_comparison, with_findings},
      {"html", "one page for people, that needs no network", write_by<html_writer>, html_writer,
       write_html_comparison, with_findings},
      {"reg",
       "a .reg file that regedit imports: the changes of one installation",
       write_reg,
       nullptr,
       nullptr,
       {Command::plan},
       true},
  };
  return table;
}

void write_all(TargetWriter& writer, const Report& report) {
  for (const TargetReport& target : report.targets) writer.target(target);
  writer.finish(report);
}

const Format* find_format(std::string_view name, Command command) {
  for (const Format& f : formats()) {
    if (f.name == name && f.is_for(command)) return &f;
  }
  return nullptr;
}

}  // namespace goldhive::report
