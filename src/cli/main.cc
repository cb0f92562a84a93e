#include <iostream>

#include "src/cli/cli.h"
#include "src/cli/terminal.h"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  return goldhive::cli::run(goldhive::cli::command_line(argc, argv), std::cout, std::cerr,
                            &std::cin);
}
