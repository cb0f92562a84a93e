#include "src/cli/cli.h"

#include <ostream>

namespace goldhive::cli {

int run(const std::vector<std::string>&, std::ostream&, std::ostream& err) {
  err << "goldhive: no command\n";
  return 2;
}

}  // namespace goldhive::cli
