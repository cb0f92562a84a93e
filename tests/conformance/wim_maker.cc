#include "tests/conformance/wim_maker.h"

#include "fixtures/recipe.h"
#include "tests/support/tools.h"

namespace goldhive::testing {

bool have_wim_tools() { return have_tool("wimlib-imagex"); }

std::string make_wim(const TempDir& dir, const std::string& name,
                     const std::vector<std::string>& recipes,
                     const std::vector<std::string>& options) {
  const std::string path = dir / name;
  for (const std::string& recipe : recipes) {
    const std::string label = recipe.empty() ? "data" : recipe;
    const std::string tree = dir / label;
    if (!dir.exists(label)) {
      dir.make_directory(label);
      if (recipe.empty()) {
        dir.write("data/readme.txt", std::string("no Windows\n"));
      } else {
        fixtures::write_tree(fixtures::load_recipe(recipe), tree);
      }
    }
    const bool first = !dir.exists(name);
    std::vector<std::string> command = {"wimlib-imagex", first ? "capture" : "append", tree, path,
                                        label};
    if (first) {
      command.insert(command.end(), {"--boot", "--check"});
      command.insert(command.end(), options.begin(), options.end());
    }
    must_run(command);
  }
  return path;
}

}  // namespace goldhive::testing
