// Reads back what json.cc writes of one target.
#pragma once

#include "imgtools/bytes/json_place.h"
#include "src/report/report.h"

namespace goldhive::report {

/// A settled target. Throws Error(corrupt) with the place of what is not as the schema says, or
/// does not follow from the rows.
TargetReport read_target(const JsonPlace& place);

}  // namespace goldhive::report
