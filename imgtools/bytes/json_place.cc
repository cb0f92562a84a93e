#include "imgtools/bytes/json_place.h"

#include <fmt/format.h>

#include <algorithm>

namespace goldhive {

void JsonPlace::refuse(const std::string& reason, ErrorKind kind) const {
  throw Error(kind, path_ + (begins_line() ? "" : ": ") + reason, *file_);
}

JsonPlace JsonPlace::operator[](std::string_view member) const {
  static const Json null;
  if (json_->object() == nullptr) refuse("must be an object");
  const Json* found = json_->find(member);
  return {found == nullptr ? null : *found,
          fmt::format("{}{}{}", path_, begins_line() ? "" : ".", member), *file_};
}

void JsonPlace::require_members(std::initializer_list<std::string_view> names) const {
  const Json::Object* members = json_->object();
  if (members == nullptr) refuse("must be an object");
  for (const Json::Member& member : *members) {
    if (std::find(names.begin(), names.end(), member.name) == names.end()) {
      refuse(fmt::format("unknown key '{}'", member.name));
    }
  }
  for (const std::string_view name : names) {
    if (json_->find(name) == nullptr) refuse(fmt::format("'{}' is missing", name));
  }
}

std::string JsonPlace::text() const {
  if (json_->text() == nullptr) refuse("must be a string");
  return *json_->text();
}

bool JsonPlace::truth() const {
  const std::optional<bool> value = json_->truth();
  if (!value) refuse("must be true or false");
  return *value;
}

std::uint64_t JsonPlace::number(std::uint64_t most) const {
  const std::optional<std::uint64_t> value = json_->number();
  if (!value || *value > most) refuse(fmt::format("must be a whole number up to {}", most));
  return *value;
}

std::vector<JsonPlace> JsonPlace::items() const {
  if (json_->array() == nullptr) refuse("must be a list");
  std::vector<JsonPlace> places;
  for (const Json& item : *json_->array()) {
    places.emplace_back(item, fmt::format("{}[{}]", path_, places.size()), *file_);
  }
  return places;
}

std::vector<std::string> JsonPlace::texts() const {
  std::vector<std::string> values;
  for (const JsonPlace& item : items()) values.push_back(item.text());
  return values;
}

std::optional<std::string> JsonPlace::optional_text() const {
  return is_null() ? std::nullopt : std::optional(text());
}

std::uint32_t JsonPlace::small_number_or_zero() const {
  return is_null() ? 0 : static_cast<std::uint32_t>(number(UINT32_MAX));
}

std::optional<std::uint32_t> JsonPlace::optional_number() const {
  return is_null() ? std::nullopt : std::optional(small_number_or_zero());
}

}  // namespace goldhive
