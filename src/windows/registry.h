// Questions to one hive that never throw for what is in it: every answer is present, absent or
// unknown, and an unknown one says why.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/hive/hive.h"
#include "src/windows/facts.h"
#include "src/windows/settings.h"

namespace goldhive::windows {

struct KeyLookup {
  /// "HKLM\SOFTWARE\Microsoft\...": spelled as found as far as found, then as asked for.
  std::string path;
  Presence presence = Presence::unknown;
  /// The key itself, when present. A link key is present too, but it is not the key that Windows
  /// would read: see is_link. One is unknown where what it rests on has a fault (hive::Key::find).
  std::optional<hive::Key> key;
  /// The key or one above it is a symbolic link. It is not followed: its target is a path of the
  /// running system. If the link is above, presence is unknown.
  bool is_link = false;
  std::string why_unknown;  ///< for presence unknown
};

class RegistryHive {
 public:
  /// `hive` is empty if it is missing or damaged; then every answer is unknown, for `why_not`.
  RegistryHive(HiveName name, std::optional<hive::Hive> hive, std::string why_not);

  bool readable() const { return hive_.has_value(); }
  const std::string& why_not() const { return why_not_; }

  /// `path` is relative to the root of the hive, parts divided by '\\'; "" is the root.
  const KeyLookup& key(std::string_view path) const;

  /// A subkey by its name. Unlike key() it remembers nothing, which suits keys that are asked once.
  KeyLookup below(const KeyLookup& parent, std::string_view name) const;

  ValueFact value(std::string_view path, std::string_view name) const;

  /// For a REG_DWORD of four bytes; nullopt for everything else.
  std::optional<std::uint32_t> dword(std::string_view path, std::string_view name) const;

 private:
  KeyLookup look_up(std::string_view path) const;

  HiveName name_;
  std::optional<hive::Hive> hive_;
  std::string why_not_;
  mutable std::map<std::u16string, KeyLookup> known_;  ///< by upcased path
};

/// One value of a key that was looked up.
ValueFact value_of(const KeyLookup& key, std::string_view name,
                   std::uint32_t longest = longest_setting);

/// Name, type and data of a value: present, or unknown if the data cannot be read or is longer than
/// `longest` bytes. The fields about the key are left as they are.
ValueFact read_value(const hive::Value& value, std::uint32_t longest = longest_setting);

/// A string value (REG_SZ, REG_EXPAND_SZ) as UTF-8, up to its terminator; nullopt for other types.
std::optional<std::string> text_of(hive::ValueType type, const Bytes& data);
/// The same of a value that was looked up; "" if it is absent, unknown or no string.
std::string text_of(const ValueFact& value);

/// Subkeys that begin with `prefix`; those that cannot be read are left out and named in `errors`.
std::vector<hive::Key> subkeys_with_prefix(const hive::Key& key, std::string_view prefix,
                                           std::vector<std::string>& errors);

}  // namespace goldhive::windows
