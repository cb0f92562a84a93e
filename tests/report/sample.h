// A report made of literal facts, with one of everything: what the output tests write.
#pragma once

#include "src/report/report.h"

namespace goldhive::tests {

report::Report sample_report();

}  // namespace goldhive::tests
