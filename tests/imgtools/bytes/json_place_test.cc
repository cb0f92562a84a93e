#include "imgtools/bytes/json_place.h"

#include <catch2/catch.hpp>
#include <functional>

using namespace goldhive;

namespace {

const std::string file_name = "f.json";

/// What is said of the document when it is asked for something that it does not hold; "" if it
/// does.
std::string said_of(const std::string& text, const std::function<void(const JsonPlace&)>& ask,
                    const std::string& path = "") {
  const Json json = Json::parse(text, file_name);
  try {
    ask(JsonPlace(json, path, file_name));
  } catch (const Error& e) {
    CHECK(e.kind() == ErrorKind::corrupt);
    CHECK(e.where() == file_name);
    return e.message();
  }
  return "";
}

}  // namespace

TEST_CASE("A value of JSON that is not what is asked for is refused with its place") {
  struct Case {
    const char* text;
    std::function<void(const JsonPlace&)> ask;
    const char* says;
  };
  const std::vector<Case> cases = {
      {"7", [](const JsonPlace& p) { p["a"]; }, "must be an object"},
      {R"({"a": {"b": 7}})", [](const JsonPlace& p) { p["a"]["b"].text(); },
       "a.b: must be a string"},
      {R"({"a": 1})", [](const JsonPlace& p) { p["b"].text(); }, "b: must be a string"},
      {R"({"a": ["x", 2]})", [](const JsonPlace& p) { p["a"].texts(); }, "a[1]: must be a string"},
      {R"({"a": "x"})", [](const JsonPlace& p) { p["a"].items(); }, "a: must be a list"},
      {R"({"a": 1})", [](const JsonPlace& p) { p["a"].truth(); }, "a: must be true or false"},
      {R"({"a": -1})", [](const JsonPlace& p) { p["a"].number(); },
       "a: must be a whole number up to 18446744073709551615"},
      {R"({"a": 10})", [](const JsonPlace& p) { p["a"].number(9); },
       "a: must be a whole number up to 9"},
      {R"({"a": 4294967296})", [](const JsonPlace& p) { p["a"].small_number_or_zero(); },
       "a: must be a whole number up to 4294967295"},
      {R"({"a": 1, "b": 2})", [](const JsonPlace& p) { p.require_members({"a"}); },
       "unknown key 'b'"},
      {R"({"a": {}})", [](const JsonPlace& p) { p["a"].require_members({"x"}); },
       "a: 'x' is missing"},
      {"[]", [](const JsonPlace& p) { p.require_members({}); }, "must be an object"},
      {R"({"a": "io"})",
       [](const JsonPlace& p) {
         p["a"].named(std::array{ErrorKind::usage, ErrorKind::refused});
       },
       "a: 'io' is not known here"},
  };
  for (const Case& c : cases) {
    CHECK(said_of(c.text, c.ask) == c.says);
    CHECK(said_of(c.text, c.ask, "line 3: ") == std::string("line 3: ") + c.says);
  }
}

TEST_CASE("A value of JSON is given as what it is, and null where that may be") {
  const std::string text =
      R"({"text": "t", "yes": true, "nine": 9, "list": ["a", "b"], "null": null, "kind": "io"})";
  const Json json = Json::parse(text, file_name);
  const JsonPlace place(json, "", file_name);
  CHECK(place["text"].text() == "t");
  CHECK(place["text"].optional_text() == "t");
  CHECK(place["yes"].truth_or_false());
  CHECK(place["nine"].number(9) == 9u);
  CHECK(place["nine"].optional_number() == 9u);
  CHECK(place["list"].texts() == std::vector<std::string>{"a", "b"});
  CHECK(place["kind"].named(std::array{ErrorKind::usage, ErrorKind::io}) == ErrorKind::io);
  place.require_members({"text", "yes", "nine", "list", "null", "kind"});
  for (const char* name : {"null", "missing"}) {
    CHECK(place[name].is_null());
    CHECK(place[name].text_or_empty().empty());
    CHECK(!place[name].optional_text());
    CHECK(!place[name].truth_or_false());
    CHECK(place[name].number_or_zero() == 0u);
    CHECK(!place[name].optional_number());
  }
}
