#include "imgtools/bytes/json.h"

#include <catch2/catch.hpp>

#include "imgtools/bytes/error.h"

using namespace goldhive;

namespace {

std::string refusal(std::string_view text) {
  try {
    Json::parse(text, "a.json");
  } catch (const Error& e) {
    CHECK(e.kind() == ErrorKind::corrupt);
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("JSON is written in the order in which it was put together") {
  Json json{{"z", nullptr},
            {"a", true},
            {"number", -3},
            {"large", std::uint64_t{18446744073709551615U}},
            {"texts", std::vector<std::string>{"one", "\"two\""}},
            {"none", std::optional<std::string>()},
            {"empty", Json::Array()},
            {"object", {{"name", "value"}}}};
  CHECK(json.write(-1) ==
        R"({"z":null,"a":true,"number":-3,"large":18446744073709551615,)"
        R"("texts":["one","\"two\""],"none":null,"empty":[],"object":{"name":"value"}})");
  CHECK(Json::parse(json.write(2), "").write(-1) == json.write(-1));
}

TEST_CASE("A copy of a JSON object does not see what is added to the other") {
  Json json{{"a", 1}};
  const Json copy = json;
  json.add("b", 2);
  CHECK(copy.write(-1) == R"({"a":1})");
  CHECK(json.write(-1) == R"({"a":1,"b":2})");
}

TEST_CASE("Text that is not UTF-8 is written as JSON all the same") {
  CHECK(Json("a\xff z").write(-1) == "\"a\xEF\xBF\xBD z\"");
}

TEST_CASE("A JSON value is read as what it is and as nothing else") {
  const Json json =
      Json::parse(R"({"text": "t", "number": 7, "list": [1, -1, 1.5], "no": null})", "");
  REQUIRE(json.object() != nullptr);
  CHECK(json.object()->at(3).name == "no");
  CHECK(json.object()->at(3).value.is_null());
  CHECK(*json.find("text")->text() == "t");
  CHECK(json.find("number")->number() == 7U);
  CHECK(json.find("number")->text() == nullptr);
  CHECK(json.find("other") == nullptr);
  CHECK(json.find("text")->find("text") == nullptr);
  const Json::Array* list = json.find("list")->array();
  REQUIRE(list != nullptr);
  CHECK(list->at(0).number() == 1U);
  CHECK_FALSE(list->at(1).number());
  CHECK_FALSE(list->at(2).number());
  CHECK_FALSE(list->at(2).is_null());
}

TEST_CASE("What is no JSON of ours is refused with the place") {
  CHECK(refusal("{\"a\": }") == "a.json: is not JSON, at byte 7");
  CHECK(refusal("") == "a.json: is not JSON, at byte 1");
  CHECK(refusal("[1] 2") == "a.json: is not JSON, at byte 5");
  CHECK(refusal("\"\xff\"") == "a.json: is not JSON, at byte 2");
  CHECK(refusal("[1e999]") == "a.json: is not JSON that can be read");
  CHECK(refusal(R"([{"a": 1, "b": {"a": 2}}, {"a": 3}])") == "");
  CHECK(refusal(R"({"a": 1, "b": 2, "a": 1})") == "a.json: 'a' is stated twice");
}

TEST_CASE("JSON that is nested without end does not fill the stack") {
  CHECK(refusal(std::string(64, '[') + std::string(64, ']')) == "");
  CHECK(refusal(std::string(65, '[') + std::string(65, ']')) ==
        "a.json: is nested more than 64 times");
  CHECK(refusal(std::string(1 << 20, '[')) == "a.json: is nested more than 64 times");
}
