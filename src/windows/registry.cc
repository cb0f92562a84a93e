#include "src/windows/registry.h"

#include <fmt/format.h>

#include <utility>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"

namespace goldhive::windows {
namespace {

/// Where a link key leads, for people; "" if that cannot be read.
std::string link_target(const hive::Key& key) {
  try {
    const std::optional<hive::Value> value = key.value("SymbolicLinkValue");
    return value ? to_utf8(utf16_from_bytes(value->data())) : "";
  } catch (const Error&) {
    return "";
  }
}

std::string describe_link(const std::string& path, const hive::Key& key) {
  const std::string target = link_target(key);
  return fmt::format("{} is a symbolic link{}, which is not followed", path,
                     target.empty() ? "" : " to " + target);
}

}  // namespace

RegistryHive::RegistryHive(HiveName name, std::optional<hive::Hive> hive, std::string why_not)
    : name_(name), hive_(std::move(hive)), why_not_(std::move(why_not)) {}

const KeyLookup& RegistryHive::key(std::string_view path) const {
  const std::u16string id = nt_upcase(to_utf16(path));
  const auto known = known_.find(id);
  if (known != known_.end()) return known->second;
  return known_.emplace(id, look_up(path)).first->second;
}

KeyLookup RegistryHive::look_up(std::string_view path) const {
  KeyLookup result;
  result.path = fmt::format("HKLM\\{}", to_string(name_));
  if (path.empty()) {
    if (hive_) {
      result.presence = Presence::present;
      result.key = hive_->root();
    } else {
      result.why_unknown = why_not_;
    }
    return result;
  }

  // Each step goes through key(), so that the parts that paths share are looked up once.
  const std::size_t slash = path.rfind('\\');
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  return below(key(slash == std::string_view::npos ? std::string_view() : path.substr(0, slash)),
               name);
}

KeyLookup RegistryHive::below(const KeyLookup& parent, std::string_view name) const {
  KeyLookup result;
  result.path = fmt::format("{}\\{}", parent.path, name);
  result.presence = parent.presence;
  result.is_link = parent.is_link;
  result.why_unknown = parent.why_unknown;
  if (parent.presence != Presence::present) return result;
  if (parent.is_link) {
    result.presence = Presence::unknown;
    result.why_unknown = describe_link(parent.path, *parent.key);
    return result;
  }
  try {
    result.key = parent.key->find(name);
    result.presence = result.key ? Presence::present : Presence::absent;
    if (result.key) {
      result.path = fmt::format("{}\\{}", parent.path, result.key->name_utf8());
      result.is_link = result.key->is_link();
    }
  } catch (const Error& e) {
    result.presence = Presence::unknown;
    result.why_unknown = e.what();
  }
  return result;
}

ValueFact RegistryHive::value(std::string_view path, std::string_view name) const {
  return value_of(key(path), name);
}

std::optional<std::uint32_t> RegistryHive::dword(std::string_view path,
                                                 std::string_view name) const {
  return value(path, name).dword();
}

ValueFact value_of(const KeyLookup& key, std::string_view name, std::uint32_t longest) {
  ValueFact fact;
  fact.key = key.path;
  fact.value = std::string(name);
  fact.key_presence = key.presence;
  fact.key_is_link = key.is_link;
  fact.why_unknown = key.why_unknown;
  if (key.presence != Presence::present) {
    fact.presence = key.presence;
    return fact;
  }
  fact.key_last_written = key.key->last_written();
  if (key.is_link) {
    fact.why_unknown = describe_link(key.path, *key.key);
    return fact;
  }
  try {
    const std::optional<hive::Value> value = key.key->value(name);
    if (!value) {
      fact.presence = Presence::absent;
      return fact;
    }
    const ValueFact read = read_value(*value, longest);
    fact.value = read.value;
    fact.type = read.type;
    fact.data = read.data;
    fact.presence = read.presence;
    fact.why_unknown = read.why_unknown;
  } catch (const Error& e) {
    fact.presence = Presence::unknown;
    fact.why_unknown = e.what();
  }
  return fact;
}

ValueFact read_value(const hive::Value& value, std::uint32_t longest) {
  ValueFact fact;
  fact.value = value.name_utf8();
  fact.type = value.type();
  if (value.size() > longest) {
    fact.why_unknown =
        fmt::format("{} has {} bytes of data, which are not read", fact.value, value.size());
    return fact;
  }
  try {
    fact.data = value.data();
    fact.presence = Presence::present;
  } catch (const Error& e) {
    fact.why_unknown = e.what();
  }
  return fact;
}

std::optional<std::string> text_of(hive::ValueType type, const Bytes& data) {
  if (type != hive::ValueType::sz && type != hive::ValueType::expand_sz) return std::nullopt;
  const std::u16string text = utf16_from_bytes(data);
  return to_utf8(std::u16string_view(text).substr(0, text.find(u'\0')));
}

std::string text_of(const ValueFact& value) {
  if (value.presence != Presence::present) return "";
  return text_of(value.type, value.data).value_or("");
}

std::vector<hive::Key> subkeys_with_prefix(const hive::Key& key, std::string_view prefix,
                                           std::vector<std::string>& errors) {
  try {
    return key.find_prefix(prefix);
  } catch (const Error& e) {
    errors.push_back(e.what());
    return {};
  }
}

}  // namespace goldhive::windows
