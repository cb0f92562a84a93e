#include "src/cli/changed_names.h"

#include <catch2/catch.hpp>

using goldhive::cli::ChangedNames;
using Paths = std::vector<std::string>;

TEST_CASE("A file that is removed is told by the name that it had before the run") {
  ChangedNames names;
  names.removed("leftover.new");
  names.renamed("x.goldhive-undo", "x.goldhive-journal");  // an undo
  names.removed("x.goldhive-journal");
  CHECK(names.removed() == Paths{"leftover.new", "x.goldhive-undo"});
  CHECK(names.made_in_vain().empty());
}

TEST_CASE("A file that the run made itself and removed again is told apart") {
  ChangedNames names;
  names.created("journal.new");
  names.renamed("journal.new", "journal");
  names.created("y");
  names.removed("journal");
  CHECK(names.removed().empty());
  CHECK(names.made_in_vain() == Paths{"journal"});
}

TEST_CASE("A file that took the place of another is not gone") {
  ChangedNames names;
  names.renamed("x.goldhive-old", "x");
  CHECK(names.removed().empty());
}
