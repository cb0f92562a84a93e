// The table of faults, and the document that says of each what Windows does with it.
#include "src/hive/fault.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include "tests/golden.h"

using namespace goldhive;
using namespace goldhive::hive;

namespace {

struct Row {
  std::string code;
  std::string harm;
};

std::vector<Row> rows_of_the_code() {
  std::vector<Row> rows;
  for (int i = 0; i <= static_cast<int>(FaultCode::security_count_too_high); ++i) {
    const auto code = static_cast<FaultCode>(i);
    rows.push_back({to_string(code), to_string(harm_of(code))});
  }
  return rows;
}

/// "| `bad-bin` | refuse | ... |"
std::vector<Row> rows_of_the_document() {
  std::ifstream in(tests::source_folder() / "docs/hive-faults.md");
  const std::regex row("\\| `([a-z-]+)` \\| (harmless|refuse) \\| [^|]+ \\| [^|]+ \\| [^|]+ \\|");
  std::vector<Row> rows;
  for (std::string line; std::getline(in, line);) {
    std::smatch match;
    if (line.starts_with("| `")) {
      INFO(line);
      REQUIRE(std::regex_match(line, match, row));
      rows.push_back({match[1], match[2]});
    }
  }
  return rows;
}

}  // namespace

TEST_CASE("docs/hive-faults.md has exactly the faults of the checker, with what each does") {
  const std::vector<Row> code = rows_of_the_code();
  const std::vector<Row> document = rows_of_the_document();
  REQUIRE(document.size() == code.size());
  for (std::size_t i = 0; i < code.size(); ++i) {
    CHECK(document[i].code == code[i].code);
    CHECK(document[i].harm == code[i].harm);
  }
}

TEST_CASE("of every fault that refuses an edit it is said what mends it, and of no other") {
  for (int i = 0; i <= static_cast<int>(FaultCode::security_count_too_high); ++i) {
    const auto code = static_cast<FaultCode>(i);
    INFO(to_string(code));
    CHECK((harm_of(code) == Harm::refuse) == !std::string(mending(code)).empty());
  }
}
