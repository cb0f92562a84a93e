#include "imgtools/bytes/json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>
#include <variant>

#include "imgtools/bytes/error.h"

namespace goldhive {

namespace {
using Library = nlohmann::ordered_json;
constexpr std::size_t deepest = 64;
}  // namespace

struct Json::Value {
  std::variant<bool, Number, double, std::string, Array, Object> held;
};

Json::Json(std::nullptr_t) {}
Json::Json(Truth truth) : value_(new Value{truth.value}) {}
Json::Json(Number number) : value_(new Value{number}) {}
Json::Json(double number) : value_(new Value{number}) {}
Json::Json(const char* text) : Json(std::string(text)) {}
Json::Json(std::string_view text) : Json(std::string(text)) {}
Json::Json(std::string text) : value_(new Value{std::move(text)}) {}
Json::Json(Array items) : value_(new Value{std::move(items)}) {}
Json::Json(std::initializer_list<Member> members) : value_(new Value{Object(members)}) {}

Json::Json(const Json& other) = default;
Json::Json(Json&& other) noexcept = default;
Json& Json::operator=(const Json& other) = default;
Json& Json::operator=(Json&& other) noexcept = default;
Json::~Json() = default;

Json::Member::Member(std::string member_name, Json member_value)
    : name(std::move(member_name)), value(std::move(member_value)) {}
Json::Member::Member(const Member&) = default;
Json::Member::Member(Member&&) noexcept = default;
Json::Member& Json::Member::operator=(const Member&) = default;
Json::Member& Json::Member::operator=(Member&&) noexcept = default;
Json::Member::~Member() = default;

void Json::add(std::string name, Json value) {
  if (value_.use_count() > 1) value_ = std::make_shared<Value>(*value_);
  std::get<Object>(value_->held).emplace_back(std::move(name), std::move(value));
}

bool Json::is_null() const { return !value_; }

const std::string* Json::text() const {
  return value_ ? std::get_if<std::string>(&value_->held) : nullptr;
}

std::optional<bool> Json::truth() const {
  const bool* held = value_ ? std::get_if<bool>(&value_->held) : nullptr;
  return held == nullptr ? std::nullopt : std::optional(*held);
}

const Json::Array* Json::array() const {
  return value_ ? std::get_if<Array>(&value_->held) : nullptr;
}

const Json::Object* Json::object() const {
  return value_ ? std::get_if<Object>(&value_->held) : nullptr;
}

std::optional<std::uint64_t> Json::number() const {
  const Number* number = value_ ? std::get_if<Number>(&value_->held) : nullptr;
  if (number == nullptr || number->negative) return std::nullopt;
  return number->bits;
}

const Json* Json::find(std::string_view name) const {
  const Object* members = object();
  if (members == nullptr) return nullptr;
  for (const Member& member : *members) {
    if (member.name == name) return &member.value;
  }
  return nullptr;
}

/// The value as the library has it.
class JsonWriter {
 public:
  static Library convert(const Json& json) {
    if (json.is_null()) return nullptr;
    return std::visit(JsonWriter(), json.value_->held);
  }
  Library operator()(bool truth) const { return truth; }
  Library operator()(double number) const { return number; }
  Library operator()(const std::string& text) const { return text; }
  Library operator()(const Json::Number& number) const {
    if (number.negative) return static_cast<std::int64_t>(number.bits);
    return number.bits;
  }
  Library operator()(const Json::Array& items) const {
    Library result = Library::array();
    for (const Json& item : items) result.push_back(convert(item));
    return result;
  }
  Library operator()(const Json::Object& members) const {
    Library result = Library::object();
    auto& object = result.get_ref<Library::object_t&>();
    for (const Json::Member& member : members) {
      object.emplace_back(member.name, convert(member.value));
    }
    return result;
  }
};

std::string Json::write(int indent) const {
  return JsonWriter::convert(*this).dump(indent, ' ', false, Library::error_handler_t::replace);
}

/// Builds a tree of what the parser of the library tells.
class JsonReader final : public nlohmann::json_sax<Library> {
 public:
  explicit JsonReader(const std::string& where) : where_(where) {}

  Json read(std::string_view text) {
    Library::sax_parse(text, this);
    if (!repeated_.empty()) refuse(fmt::format("'{}' is stated twice", repeated_));
    return std::move(document_);
  }

  bool null() override { return put(Json()); }
  bool boolean(bool value) override { return put(Json(value)); }
  bool number_integer(std::int64_t value) override { return put(Json(value)); }
  bool number_unsigned(std::uint64_t value) override { return put(Json(value)); }
  bool number_float(double value, const std::string&) override { return put(Json(value)); }
  bool string(std::string& value) override { return put(Json(std::move(value))); }
  bool binary(Library::binary_t&) override { refuse("is not JSON that can be read"); }
  bool start_object(std::size_t) override {
    return open(Json(std::initializer_list<Json::Member>()));
  }
  bool start_array(std::size_t) override { return open(Json(Json::Array())); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(std::string& name) override {
    if (!open_.back().names.insert(name).second) repeated_ = name;
    open_.back().name = std::move(name);
    return true;
  }
  bool parse_error(std::size_t byte, const std::string&,
                   const nlohmann::detail::exception& e) override {
    constexpr int not_json = 101;
    if (e.id == not_json) refuse(fmt::format("is not JSON, at byte {}", byte));
    refuse("is not JSON that can be read");  // a number that no type can hold
  }

 private:
  struct Open {
    Json json;
    std::string name;  ///< of the member that comes next
    std::set<std::string> names;
  };

  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(ErrorKind::corrupt, why, where_);
  }
  bool put(Json json) {
    if (open_.empty()) {
      document_ = std::move(json);
      return true;
    }
    auto& held = open_.back().json.value_->held;
    if (auto* items = std::get_if<Json::Array>(&held)) {
      items->push_back(std::move(json));
    } else {
      open_.back().json.add(open_.back().name, std::move(json));
    }
    return true;
  }
  bool open(Json json) {
    if (open_.size() == deepest) refuse(fmt::format("is nested more than {} times", deepest));
    open_.push_back({std::move(json), {}, {}});
    return true;
  }
  bool close() {
    Json json = std::move(open_.back().json);
    open_.pop_back();
    return put(std::move(json));
  }

  const std::string& where_;
  std::vector<Open> open_;
  Json document_;
  std::string repeated_;
};

Json Json::parse(std::string_view text, const std::string& where) {
  return JsonReader(where).read(text);
}

}  // namespace goldhive
