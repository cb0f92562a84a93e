#include "tests/support/tools.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "imgtools/bytes/shell_words.h"
#include "tests/skip.h"
#include "tests/support/temp_dir.h"

namespace goldhive::testing {

namespace {

// Tools for disks live in sbin, which an ordinary user's PATH may lack.
const std::string path_prefix = "PATH=\"$PATH:/usr/sbin:/sbin\" LC_ALL=C ";

}  // namespace

bool have_tool(const std::string& name) {
  const std::string look = path_prefix + "command -v " + quoted_for_sh(name) + " >/dev/null 2>&1";
  if (std::system(look.c_str()) == 0) return true;
  skip_for_want_of("program " + name);
  return false;
}

ToolResult run_tool(const std::vector<std::string>& command, const std::string& input) {
  const TempDir scratch;
  scratch.write("in", input);
  std::string line = path_prefix;
  for (const std::string& word : command) line += quoted_for_sh(word) + " ";
  line += "<" + quoted_for_sh(scratch / "in") + " >" + quoted_for_sh(scratch / "out") + " 2>&1";
  ToolResult result;
  result.status = std::system(line.c_str());
  std::ifstream out(scratch / "out", std::ios::binary);
  result.output.assign(std::istreambuf_iterator<char>(out), {});
  return result;
}

std::string must_run(const std::vector<std::string>& command, const std::string& input) {
  const ToolResult result = run_tool(command, input);
  INFO(command.front() << ": " << result.output);
  REQUIRE(result.status == 0);
  return result.output;
}

}  // namespace goldhive::testing
