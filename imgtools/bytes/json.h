// JSON as a tree of values: reports, plan files and undo notes are written from such trees and read
// into them. The library that does it stays in json.cc, since its header takes a compiler longer
// than most files of ours take as a whole.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace goldhive {

/// Made from what it is to hold, so that an object reads as in JSON:
///
///     Json{{"name", "goldhive"}, {"schema", 1}, {"notes", Json::Array{"one", "two"}}}
class Json {
 public:
  struct Member;
  using Array = std::vector<Json>;
  using Object = std::vector<Member>;  ///< in the order in which it is written

  Json(std::nullptr_t = nullptr);
  template <std::same_as<bool> T>  // of a pointer it would be true
  Json(T value) : Json(Truth{value}) {}
  template <std::integral T>
  requires(!std::same_as<T, bool>) Json(T number)
      : Json(Number{std::cmp_less(number, 0), static_cast<std::uint64_t>(number)}) {}
  Json(const char* text);
  Json(std::string_view text);
  Json(std::string text);
  Json(Array items);
  Json(std::initializer_list<Member> members);
  template <typename T>
  Json(const std::vector<T>& items) : Json(Array(items.begin(), items.end())) {}
  template <typename T>
  Json(const std::optional<T>& value) : Json(value ? Json(*value) : Json()) {}

  Json(const Json& other);
  Json(Json&& other) noexcept;
  Json& operator=(const Json& other);
  Json& operator=(Json&& other) noexcept;
  ~Json();

  /// To an object that has no such member.
  void add(std::string name, Json value);

  bool is_null() const;
  /// Null for a value of another kind.
  const std::string* text() const;
  const Array* array() const;
  const Object* object() const;
  /// Nullopt for a value of another kind.
  std::optional<bool> truth() const;
  /// A whole number that is not negative.
  std::optional<std::uint64_t> number() const;
  /// The member of that name; null if there is none, or this is no object.
  const Json* find(std::string_view name) const;

  /// With line feeds if `indent` is not negative. Text that is not UTF-8 is written with U+FFFD.
  std::string write(int indent) const;
  /// Error(corrupt) in `where` for what is not JSON, for a name that stands twice in an object, and
  /// for nesting that no file of ours has.
  static Json parse(std::string_view text, const std::string& where);

 private:
  struct Truth {
    bool value;
  };
  struct Number {
    bool negative;
    std::uint64_t bits;  ///< of a negative number, those of its std::int64_t
  };
  struct Value;
  friend class JsonReader;
  friend class JsonWriter;

  explicit Json(Truth truth);
  explicit Json(Number number);
  explicit Json(double number);

  /// Null: the JSON value null. Copies share it, since a list of members is copied wherever it is
  /// put; add() takes a copy of its own first.
  std::shared_ptr<Value> value_;
};

struct Json::Member {
  Member(std::string member_name, Json member_value);
  Member(const Member&);
  Member(Member&&) noexcept;
  Member& operator=(const Member&);
  Member& operator=(Member&&) noexcept;
  ~Member();

  std::string name;
  Json value;
};

}  // namespace goldhive
