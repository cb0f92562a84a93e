// Values of a JSON document that others may have written, each with its place in it: what a value
// is asked to be and is not is an error that says where it stands.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/json.h"

namespace goldhive {

class JsonPlace {
 public:
  /// `path` stands before what is said of it: "" for the document, "line 7: " for a line of a file.
  /// The value and the name of the file must outlive this and all places in it.
  JsonPlace(const Json& json, std::string path, const std::string& file)
      : json_(&json), path_(std::move(path)), file_(&file) {}

  /// Error: "targets[0].path: <reason>".
  [[noreturn]] void refuse(const std::string& reason, ErrorKind kind = ErrorKind::corrupt) const;

  /// The member; of one that is missing, null. Error(corrupt) if this is no object.
  JsonPlace operator[](std::string_view member) const;
  /// Error(corrupt) unless this is an object with these members and no others.
  void require_members(std::initializer_list<std::string_view> names) const;

  bool is_null() const { return json_->is_null(); }
  /// These throw Error(corrupt) for a value of another kind.
  std::string text() const;
  bool truth() const;
  std::uint64_t number(std::uint64_t most = UINT64_MAX) const;
  std::vector<JsonPlace> items() const;
  std::vector<std::string> texts() const;

  /// The same, with a value for null.
  std::string text_or_empty() const { return is_null() ? "" : text(); }
  std::optional<std::string> optional_text() const;
  bool truth_or_false() const { return !is_null() && truth(); }
  std::uint64_t number_or_zero() const { return is_null() ? 0 : number(); }
  std::uint32_t small_number_or_zero() const;
  std::optional<std::uint32_t> optional_number() const;

  /// One of the values by the name that to_string() gives it.
  template <typename Value, std::size_t count>
  Value named(const std::array<Value, count>& values) const {
    const std::string name = text();
    for (const Value value : values) {
      if (name == to_string(value)) return value;
    }
    refuse("'" + name + "' is not known here");
  }

 private:
  /// Whether what follows the path needs no mark between.
  bool begins_line() const { return path_.empty() || path_.ends_with(": "); }

  const Json* json_;
  std::string path_;
  const std::string* file_;
};

}  // namespace goldhive
