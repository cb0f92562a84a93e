// What an HTML report carries with it: src/report/html, compiled in when the build is configured.
#pragma once

#include <string_view>

namespace goldhive::report {

extern const std::string_view html_style;
extern const std::string_view html_script;

}  // namespace goldhive::report
