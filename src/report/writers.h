// The functions that the rows of formats.cc call. Code outside src/report uses find_format().
#pragma once

#include "src/report/report.h"

namespace goldhive::report {

void write_reg(const Report& report, const WriteOptions& options,
               std::ostream& out);  // plan_listing.cc

// Formats in which the targets come one after the other.
using Writer = std::unique_ptr<TargetWriter>;
Writer csv_writer(Command, const WriteOptions&, std::ostream&);       // csv.cc
Writer html_writer(Command, const WriteOptions&, std::ostream&);      // html.cc
Writer json_writer(Command, const WriteOptions&, std::ostream&);      // json.cc
Writer jsonl_writer(Command, const WriteOptions&, std::ostream&);     // json.cc
Writer junit_writer(Command, const WriteOptions&, std::ostream&);     // junit.cc
Writer markdown_writer(Command, const WriteOptions&, std::ostream&);  // markdown.cc
Writer sarif_writer(Command, const WriteOptions&, std::ostream&);     // sarif.cc
Writer text_writer(Command, const WriteOptions&, std::ostream&);      // text.cc

// The text of each command: rows of verdicts, or something else.
Writer verdict_writer(Command, const WriteOptions&, std::ostream&);   // text.cc
Writer listing_writer(Command, const WriteOptions&, std::ostream&);   // listing.cc
Writer plan_writer(Command, const WriteOptions&, std::ostream&);      // plan_listing.cc
Writer checks_writer(Command, const WriteOptions&, std::ostream&);    // check_listing.cc
Writer restored_writer(Command, const WriteOptions&, std::ostream&);  // restore_listing.cc

// What changed between two reports; in the files of the formats, but for text and html.
void write_csv_comparison(const Comparison&, const WriteOptions&, std::ostream&);
void write_html_comparison(const Comparison&, const WriteOptions&,
                           std::ostream&);  // html_comparison.cc
void write_json_comparison(const Comparison&, const WriteOptions&, std::ostream&);
void write_jsonl_comparison(const Comparison&, const WriteOptions&, std::ostream&);
void write_junit_comparison(const Comparison&, const WriteOptions&, std::ostream&);
void write_markdown_comparison(const Comparison&, const WriteOptions&, std::ostream&);
void write_sarif_comparison(const Comparison&, const WriteOptions&, std::ostream&);
void write_text_comparison(const Comparison&, const WriteOptions&,
                           std::ostream&);  // compare_listing.cc

/// Writes all targets of a report, then what follows them.
void write_all(TargetWriter& writer, const Report& report);  // formats.cc

/// The same by a writer of its own: `Format::write` of a format that is a TargetWriter.
template <MakeWriter make>
void write_by(const Report& report, const WriteOptions& options, std::ostream& out) {
  WriteOptions own = options;
  own.head = report.head;
  write_all(*make(report.command, own, out), report);
}

}  // namespace goldhive::report
