#include "tests/cli/session.h"

#include <nlohmann/json.hpp>

#include "fixtures/recipe.h"

namespace goldhive::tests {

nlohmann::json Outcome::json() const { return nlohmann::json::parse(out); }

void Session::put_recipe(const std::string& recipe, const std::string& path) {
  for (const auto& [name, data] : fixtures::load_recipe(recipe).files) {
    storage.put(path + "/" + name, data);
  }
}

}  // namespace goldhive::tests
