#include <iostream>
#include <istream>

#include "src/cli/cli.h"
#include "src/cli/terminal.h"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  const auto input = goldhive::cli::standard_input();
  std::istream in(input.get());
  return goldhive::cli::run(goldhive::cli::command_line(argc, argv), std::cout, std::cerr, &in);
}
