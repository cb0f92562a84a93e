#include "src/target/image_choice.h"

#include <catch2/catch.hpp>

#include "imgtools/bytes/error.h"

namespace goldhive::tests {
namespace {

using Ids = std::vector<std::string>;

Volume image(const std::string& id, const std::string& label = "") {
  Volume volume;
  volume.id = id;
  volume.label = label;
  return volume;
}

/// Five images, two of one name, one with a name like a list, and a volume that is no image.
std::vector<Volume> five() {
  return {image("@1", "Home"),
          image("@2", "Pro"),
          image("@3", "Pro"),
          image("@4", "1-2"),
          image("@5", "7, all languages"),
          image(":p1", "Data")};
}

Ids chosen(const Ids& wanted) { return target::chosen_images(five(), wanted, "w.wim"); }

std::string refusal(const Ids& wanted, ErrorKind kind) {
  try {
    chosen(wanted);
  } catch (const Error& e) {
    CHECK(e.kind() == kind);
    return e.what();
  }
  return "";
}

TEST_CASE("Images are chosen by numbers, ranges and names, and each once") {
  const std::vector<std::pair<Ids, Ids>> cases = {
      {{}, {}},
      {{"all"}, {}},
      {{"2", "all"}, {}},
      {{"2"}, {"@2"}},
      {{"1,3-5"}, {"@1", "@3", "@4", "@5"}},
      {{" 5, 1 - 2 "}, {"@1", "@2", "@5"}},
      {{"4-4,4,3-5"}, {"@3", "@4", "@5"}},
      {{"5", "1"}, {"@1", "@5"}},
      {{"HOME"}, {"@1"}},
      {{"home", "2-3"}, {"@1", "@2", "@3"}},
      {{"1-2"}, {"@1", "@2"}},  // whatever an image is called
      {{"7, All Languages"}, {"@5"}},
  };
  for (const auto& [wanted, ids] : cases) {
    INFO((wanted.empty() ? "" : wanted.front()));
    CHECK(chosen(wanted) == ids);
  }
}

TEST_CASE("What names no image is refused with what was expected") {
  struct Case {
    std::string wanted;
    ErrorKind kind;
    std::string message;
  };
  const std::string no_list = "is no list of images; expected numbers and ranges, as in 1,3-5";
  for (const Case& c : std::vector<Case>{
           {"0", ErrorKind::usage, "there is no image 0"},
           {"0-2", ErrorKind::usage, "there is no image 0"},
           {"5-3", ErrorKind::usage, "'5-3' of --image run backwards; expected 3-5"},
           {"1,,2", ErrorKind::usage, no_list},
           {"1,", ErrorKind::usage, no_list},
           {",", ErrorKind::usage, no_list},
           {"-", ErrorKind::usage, no_list},
           {"3-", ErrorKind::usage, no_list},
           {"-3", ErrorKind::usage, no_list},
           {"1-2-3", ErrorKind::usage, no_list},
           {"1 2", ErrorKind::usage, no_list},
           {"", ErrorKind::usage, no_list},
           {"6", ErrorKind::not_found, "has no image '6'; there are @1 \"Home\", @2"},
           {"4-99999999999", ErrorKind::not_found, "has no image '6'"},
           {"1-18446744073709551615", ErrorKind::not_found, "has no image '6'"},
           {"99999999999999999999", ErrorKind::not_found, "has no image '99999999999999999999'"},
           {"Ultimate", ErrorKind::not_found, "has no image 'Ultimate'; there are"},
           {"1,Home", ErrorKind::not_found, "has no image '1,Home'"},
           {"Data", ErrorKind::not_found, "has no image 'Data'"},
           {"Pro", ErrorKind::usage, "has several images 'Pro'"},
       }) {
    INFO(c.wanted);
    const std::string got = refusal({c.wanted}, c.kind);
    CHECK(got.starts_with("w.wim: "));
    CHECK_THAT(got, Catch::Contains(c.message));
  }
  CHECK_THROWS_WITH(target::chosen_images({image(":p1")}, {"1"}, "d.vhd"),
                    Catch::Contains("has no images to choose from with --image"));
}

TEST_CASE("A number that two files within the target have means neither of them") {
  const std::vector<Volume> disc = {image("/sources/boot.wim@1"), image("/sources/install.wim@1"),
                                    image("/sources/install.wim@2")};
  CHECK_THROWS_WITH(target::chosen_images(disc, {"1"}, "7.iso"),
                    Catch::Contains("has several images '1'"));
  CHECK(target::chosen_images(disc, {"2"}, "7.iso") == Ids{"/sources/install.wim@2"});
}

}  // namespace
}  // namespace goldhive::tests
