// TOML files that a person writes: policies, the configuration of the command line. Only this pair
// of files and those that read such files know the library. A word may be misspelled, so nothing in
// a file is ignored: an unknown key is an error that says where it stands and what may have been
// meant.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace goldhive::policy {

using TomlWords = std::vector<std::string_view>;

/// The table in `text`. Error(usage) with the place "file:line:column".
toml::table parse_toml(std::string_view text, const std::string& file);

/// One table of a file, read key by key. All that is wrong is Error(usage) with its place. Table
/// and name of the file must outlive it.
class TomlSection {
 public:
  /// `known`: every key the table may hold.
  TomlSection(const toml::table& table, std::string name, const std::string& file,
              const TomlWords& known);

  bool has(std::string_view key) const { return table_.contains(key); }

  std::optional<std::string> text(std::string_view key) const;
  std::string needed_text(std::string_view key) const;
  std::optional<bool> boolean(std::string_view key) const;
  /// A text, or a whole number as it is written in decimal.
  std::optional<std::string> text_or_number(std::string_view key) const;
  /// One of `words`, by its place in the list.
  std::optional<std::size_t> choice(std::string_view key, const TomlWords& words) const;
  /// An array of some of `words`, by their places in the list. `wanted`: what it must be.
  std::optional<std::vector<std::size_t>> choices(std::string_view key, const TomlWords& words,
                                                  std::string_view wanted) const;
  /// A date, as TOML date or as text, "YYYY-MM-DD".
  std::string needed_date(std::string_view key) const;
  const toml::table* child(std::string_view key) const;
  /// The tables of [[key]].
  std::vector<const toml::table*> children(std::string_view key) const;

  [[noreturn]] void refuse(const toml::source_region& at, const std::string& reason) const;
  /// Refuses the value of a key that is there: "'jobs' in [options]: must not be 0".
  [[noreturn]] void refuse_value(std::string_view key, const std::string& reason) const;
  /// "file:12" of a key that is there.
  std::string place_of(std::string_view key) const;

 private:
  std::string inside() const { return name_.empty() ? "" : " in " + name_; }
  [[noreturn]] void wrong_type(std::string_view key, const toml::node& node,
                               std::string_view wanted) const;
  std::size_t index_of(const std::string& value, const TomlWords& words, const toml::node& node,
                       std::string_view key) const;

  const toml::table& table_;
  std::string name_;
  const std::string& file_;
};

}  // namespace goldhive::policy
