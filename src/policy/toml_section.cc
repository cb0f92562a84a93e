#include "src/policy/toml_section.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/bytes/error.h"
#include "src/policy/calendar.h"
#include "src/policy/suggest.h"

namespace goldhive::policy {

toml::table parse_toml(std::string_view text, const std::string& file) {
  try {
    return toml::parse(text, file);
  } catch (const toml::parse_error& e) {
    const toml::source_position at = e.source().begin;
    throw Error(ErrorKind::usage, std::string(e.description()),
                fmt::format("{}:{}:{}", file, at.line, at.column));
  }
}

TomlSection::TomlSection(const toml::table& table, std::string name, const std::string& file,
                         const TomlWords& known)
    : table_(table), name_(std::move(name)), file_(file) {
  for (const auto& [key, node] : table_) {
    if (std::find(known.begin(), known.end(), key.str()) == known.end()) {
      refuse(key.source(), fmt::format("unknown key '{}'{}{}", key.str(), inside(),
                                       did_you_mean(key.str(), known)));
    }
  }
}

std::optional<std::string> TomlSection::text(std::string_view key) const {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_string()) wrong_type(key, *node, "a string");
  std::string value = node->ref<std::string>();
  if (value.empty()) refuse(node->source(), fmt::format("'{}'{} is empty", key, inside()));
  return value;
}

std::string TomlSection::needed_text(std::string_view key) const {
  const auto value = text(key);
  if (!value) refuse(table_.source(), fmt::format("'{}' is missing{}", key, inside()));
  return *value;
}

std::optional<bool> TomlSection::boolean(std::string_view key) const {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_boolean()) wrong_type(key, *node, "true or false");
  return node->ref<bool>();
}

std::optional<std::string> TomlSection::text_or_number(std::string_view key) const {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return std::nullopt;
  if (node->is_integer()) return std::to_string(node->ref<std::int64_t>());
  if (!node->is_string()) wrong_type(key, *node, "a whole number or a string");
  return text(key);
}

std::optional<std::size_t> TomlSection::choice(std::string_view key, const TomlWords& words) const {
  const auto value = text(key);
  if (!value) return std::nullopt;
  return index_of(*value, words, *table_.get(key), key);
}

std::optional<std::vector<std::size_t>> TomlSection::choices(std::string_view key,
                                                             const TomlWords& words,
                                                             std::string_view wanted) const {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return std::nullopt;
  const toml::array* list = node->as_array();
  if (list == nullptr) wrong_type(key, *node, wanted);
  std::vector<std::size_t> places;
  for (const toml::node& element : *list) {
    if (!element.is_string()) wrong_type(key, element, wanted);
    places.push_back(index_of(element.ref<std::string>(), words, element, key));
  }
  return places;
}

std::string TomlSection::needed_date(std::string_view key) const {
  const toml::node* node = table_.get(key);
  if (node == nullptr) {
    refuse(table_.source(), fmt::format("'{}' (the last day) is missing{}", key, inside()));
  }
  if (const auto* date = node->as_date()) {
    const toml::date d = date->get();
    return fmt::format("{:04}-{:02}-{:02}", d.year, d.month, d.day);
  }
  if (!node->is_string()) wrong_type(key, *node, "a date, 2027-01-31");
  std::string value = node->ref<std::string>();
  if (!is_date(value)) {
    refuse(node->source(), fmt::format("'{}' is not a date of the form 2027-01-31", value));
  }
  return value;
}

const toml::table* TomlSection::child(std::string_view key) const {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return nullptr;
  if (!node->is_table()) wrong_type(key, *node, fmt::format("a section, [{}]", key));
  return node->as_table();
}

std::vector<const toml::table*> TomlSection::children(std::string_view key) const {
  std::vector<const toml::table*> result;
  const toml::node* node = table_.get(key);
  if (node == nullptr) return result;
  const toml::array* list = node->as_array();
  if (list == nullptr) wrong_type(key, *node, fmt::format("written as [[{}]]", key));
  for (const toml::node& element : *list) {
    if (!element.is_table()) wrong_type(key, element, fmt::format("written as [[{}]]", key));
    result.push_back(element.as_table());
  }
  return result;
}

void TomlSection::refuse(const toml::source_region& at, const std::string& reason) const {
  throw Error(ErrorKind::usage, reason,
              fmt::format("{}:{}:{}", file_, at.begin.line, at.begin.column));
}

void TomlSection::refuse_value(std::string_view key, const std::string& reason) const {
  refuse(table_.get(key)->source(), fmt::format("'{}'{}: {}", key, inside(), reason));
}

std::string TomlSection::place_of(std::string_view key) const {
  return fmt::format("{}:{}", file_, table_.get(key)->source().begin.line);
}

void TomlSection::wrong_type(std::string_view key, const toml::node& node,
                             std::string_view wanted) const {
  refuse(node.source(), fmt::format("'{}'{} must be {}", key, inside(), wanted));
}

std::size_t TomlSection::index_of(const std::string& value, const TomlWords& words,
                                  const toml::node& node, std::string_view key) const {
  const auto found = std::find(words.begin(), words.end(), value);
  if (found == words.end()) {
    refuse(node.source(), fmt::format("'{}' is not a value of '{}'{}{}", value, key, inside(),
                                      did_you_mean(value, words)));
  }
  return static_cast<std::size_t>(found - words.begin());
}

}  // namespace goldhive::policy
