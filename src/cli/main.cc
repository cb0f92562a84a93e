#include <iostream>
#include <string>
#include <vector>

#include "src/cli/cli.h"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  return goldhive::cli::run(std::vector<std::string>(argv + 1, argv + argc), std::cout, std::cerr,
                            &std::cin);
}
