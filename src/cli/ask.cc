#include "src/cli/ask.h"

#include <algorithm>
#include <istream>
#include <ostream>

#include "imgtools/bytes/text.h"

namespace goldhive::cli {

bool can_ask(const Host& host, const std::vector<std::string>& targets) {
  return host.in != nullptr && host.terminal.in_is_terminal && host.terminal.err_is_terminal &&
         std::find(targets.begin(), targets.end(), "-") == targets.end();
}

bool agrees(Host& host, const std::string& question) {
  host.err << question << " [y/N] " << std::flush;
  std::string answer;
  std::getline(*host.in, answer);
  if (answer.ends_with('\r')) answer.pop_back();
  return nt_equal(answer, "y") || nt_equal(answer, "yes");
}

}  // namespace goldhive::cli
