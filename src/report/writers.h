// The functions that the rows of formats.cc call. Code outside src/report uses find_format().
#pragma once

#include "src/report/report.h"

namespace goldhive::report {

void write_text(const Report& report, const WriteOptions& options, std::ostream& out);    // text.cc
void write_json(const Report& report, const WriteOptions& options, std::ostream& out);    // json.cc
void write_jsonl(const Report& report, const WriteOptions& options, std::ostream& out);   // json.cc
void write_jsonl_target(const TargetReport& target, const WriteOptions&, std::ostream&);  // json.cc
void write_reg(const Report& report, const WriteOptions& options,
               std::ostream& out);  // plan_listing.cc

// The text output of commands whose report has no verdicts.
void write_listing(const Report& report, const WriteOptions& options,
                   std::ostream& out);  // listing.cc
void write_plan(const Report& report, const WriteOptions& options,
                std::ostream& out);  // plan_listing.cc
void write_checks(const Report& report, const WriteOptions& options,
                  std::ostream& out);  // check_listing.cc
void write_restored(const Report& report, const WriteOptions& options,
                    std::ostream& out);  // restore_listing.cc

}  // namespace goldhive::report
