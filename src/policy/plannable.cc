// Which values a plan may set. A plan file is untrusted input that a patch acts on, so this list,
// and not the file, says what goldhive ever writes.
#include <array>
#include <optional>
#include <string>

#include "imgtools/bytes/text.h"
#include "src/policy/plan.h"
#include "src/policy/protocols.h"

namespace goldhive::policy {
namespace {

using windows::HiveName;

constexpr std::string_view internet_settings =
    "Microsoft\\Windows\\CurrentVersion\\Internet Settings";

/// The rest of `text` after `prefix`, if it begins with it in any case.
std::optional<std::string_view> after_prefix(std::string_view text, std::string_view prefix) {
  if (text.size() < prefix.size() || !nt_equal(text.substr(0, prefix.size()), prefix)) {
    return std::nullopt;
  }
  return text.substr(prefix.size());
}

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) {
    if (nt_equal(text, word)) return true;
  }
  return false;
}

bool in_software(std::string_view key, std::string_view value) {
  if (nt_equal(key, "Policies\\" + std::string(internet_settings))) {
    return nt_equal(value, "SecureProtocols");
  }
  const std::string_view path = after_prefix(key, "Wow6432Node\\").value_or(key);
  if (nt_equal(path, internet_settings)) return nt_equal(value, "SecureProtocols");
  if (nt_equal(path, std::string(internet_settings) + "\\WinHttp")) {
    return nt_equal(value, "DefaultSecureProtocols");
  }
  return one_of(path,
                {"Microsoft\\.NETFramework\\v2.0.50727", "Microsoft\\.NETFramework\\v4.0.30319"}) &&
         one_of(value, {"SchUseStrongCrypto", "SystemDefaultTlsVersions"});
}

bool in_system(std::string_view key, std::string_view value) {
  const auto set = after_prefix(key, "ControlSet");
  if (!set || set->size() < 3) return false;
  for (const char c : set->substr(0, 3)) {
    if (c < '0' || c > '9') return false;
  }
  const auto rest =
      after_prefix(set->substr(3), "\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\");
  if (!rest) return false;
  for (const Protocol& protocol : protocols) {
    const std::string name(protocol.name);
    if (one_of(*rest, {name + "\\Client", name + "\\Server"})) {
      return one_of(value, {"Enabled", "DisabledByDefault"});
    }
  }
  return false;
}

}  // namespace

bool is_plannable(const Edit& edit) {
  if (!edit.after || edit.after->type != hive::ValueType::dword || edit.after->data.size() != 4) {
    return false;
  }
  return edit.hive == HiveName::software ? in_software(edit.key, edit.value)
                                         : in_system(edit.key, edit.value);
}

}  // namespace goldhive::policy
