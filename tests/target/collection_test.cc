#include "src/target/collection.h"

#include <catch2/catch.hpp>

namespace goldhive::tests {

TEST_CASE("The encoded names of a collection are decoded") {
  CHECK(target::decoded_name("C%3A") == "C:");
  CHECK(target::decoded_name("%5C%5C.%5CC%3a") == "\\\\.\\C:");
  CHECK(target::decoded_name("100%") == "100%");
  CHECK(target::decoded_name("50%zz") == "50%zz");
  CHECK(target::decoded_name("").empty());
}

TEST_CASE("A collection tells the drive, and its name the machine") {
  const struct {
    const char* path;
    const char* root;
    const char* says;  ///< "": nothing
  } rows[] = {
      {"/c/Collection-PC1-2024-10-15T17_12_07Z.zip", "/uploads/auto/C%3A",
       "is the drive C: of PC1, 2024-10-15T17_12_07Z, in a collection of Velociraptor"},
      {"/c/Collection-pc-2.example.org-2024-10-15T17_12_07Z", "/uploads/ntfs/%5C%5C.%5CD%3A",
       "is the drive \\\\.\\D: of pc-2.example.org, 2024-10-15T17_12_07Z, in a collection"},
      {"/c/Collection-PC1-2024-10-15T17_12_07Z/uploads/auto/C%3A", "/",
       "is the drive C: of PC1, 2024-10-15T17_12_07Z, in a collection"},
      {"/c/case17.zip", "/uploads/auto/C%3A", "is the drive C: in a collection of Velociraptor"},
      {"/c/Collection-of-disks.zip", "/uploads/auto/C%3A", "is the drive C: in a collection"},
      {"/c/Collection-PC1-2024-10-15T17_12_07Z.zip", "/C", ""},
      {"/c/x.zip", "/uploads/auto/C", ""},
      {"/c/x.zip", "/auto/C%3A", ""},
  };
  for (const auto& row : rows) {
    INFO(row.path << " " << row.root);
    report::TargetReport target;
    target.installations.emplace_back();
    target.installations.back().facts.id = "ID";
    target.installations.back().facts.root = row.root;
    target::note_collection(row.path, target);
    REQUIRE(target.notes.size() == (std::string(row.says).empty() ? 0 : 1));
    for (const std::string& note : target.notes) {
      // A lone installation has no root in its id, and its drive is named all the same.
      const std::string folder =
          std::string(row.root) == "/" ? "ID" : std::string("ID:") + row.root;
      CHECK_THAT(note, Catch::StartsWith(folder + " is the drive") && Catch::Contains(row.says));
    }
  }
}

}  // namespace goldhive::tests
