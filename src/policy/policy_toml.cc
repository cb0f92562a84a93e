// Policy files.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "imgtools/bytes/digest.h"
#include "imgtools/bytes/error.h"
#include "src/policy/checks.h"
#include "src/policy/policy.h"
#include "src/policy/protocols.h"
#include "src/policy/suggest.h"
#include "src/policy/toml_section.h"

namespace goldhive::policy {
namespace {

using Words = TomlWords;
using Section = TomlSection;

Words check_ids() {
  Words ids;
  for (const Check& check : all_checks()) ids.push_back(check.id);
  return ids;
}

/// The value of a key: an array of protocol words, as bits.
std::optional<std::uint32_t> protocol_bits(const Section& section, std::string_view key) {
  Words words;
  for (const Protocol& p : protocols) words.push_back(p.word);
  const auto places = section.choices(key, words, "a list of protocol names");
  if (!places) return std::nullopt;
  std::uint32_t sum = 0;
  for (const std::size_t place : *places) sum |= protocols.at(place).bit;
  return sum;
}

const Words severity_words = {"info", "low", "medium", "high", "critical"};

SchannelRule read_schannel(const toml::table& table, const std::string& file) {
  const Section section(table, "[[schannel]]", file, {"protocol", "side", "want", "severity"});
  SchannelRule rule;
  Words names;
  for (const Protocol& p : protocols) {
    if (p.bit != tls13) names.push_back(p.name);  // no check is about TLS 1.3
  }
  section.needed_text("protocol");
  rule.protocol = names.at(section.choice("protocol", names).value());
  section.needed_text("side");
  rule.side = section.choice("side", {"client", "server"}) == 0 ? windows::Side::client
                                                                : windows::Side::server;
  section.needed_text("want");
  rule.wish = std::array{SchannelWish::any, SchannelWish::on, SchannelWish::off}.at(
      section.choice("want", {"any", "on", "off"}).value());
  if (const auto severity = section.choice("severity", severity_words)) {
    rule.severity = static_cast<Severity>(*severity);
  }
  return rule;
}

Waiver read_waiver(const toml::table& table, const std::string& file) {
  const Section section(table, "[[waiver]]", file, {"check", "target", "reason", "until"});
  Waiver waiver;
  section.needed_text("check");
  waiver.check = check_ids().at(section.choice("check", check_ids()).value());
  waiver.target = section.text("target").value_or("*");
  waiver.reason = section.needed_text("reason");
  waiver.until = section.needed_date("until");
  return waiver;
}

void read_schannel_rules(const Section& root, const std::string& file, Policy& policy) {
  const auto same = [](const SchannelRule& a, const SchannelRule& b) {
    return a.protocol == b.protocol && a.side == b.side;
  };
  std::vector<SchannelRule> here;
  for (const toml::table* table : root.children("schannel")) {
    const SchannelRule rule = read_schannel(*table, file);
    if (std::any_of(here.begin(), here.end(), [&](const auto& r) { return same(r, rule); })) {
      root.refuse(table->source(), fmt::format("{} {} is stated twice", rule.protocol,
                                               windows::to_string(rule.side)));
    }
    here.push_back(rule);
    const auto old = std::find_if(policy.schannel.begin(), policy.schannel.end(),
                                  [&](const auto& r) { return same(r, rule); });
    if (old == policy.schannel.end()) {
      policy.schannel.push_back(rule);
    } else {
      *old = rule;
    }
  }
}

void read_severities(const Section& root, const std::string& file, Policy& policy) {
  const toml::table* table = root.child("severity");
  if (table == nullptr) return;
  const Section section(*table, "[severity]", file, check_ids());
  for (const auto& [key, node] : *table) {
    const std::string id(key.str());
    const auto severity = static_cast<Severity>(section.choice(id, severity_words).value());
    std::erase_if(policy.severities, [&](const auto& s) { return s.first == id; });
    policy.severities.emplace_back(id, severity);
  }
}

void read_required(const Section& root, const std::string& file, Policy& policy) {
  const toml::table* table = root.child("require");
  if (table == nullptr) return;
  Words ids;
  for (const Check& check : all_checks()) {
    if (!check.may_require.empty()) ids.push_back(check.id);
  }
  const Section section(*table, "[require]", file, ids);
  for (const std::string_view id : ids) {
    const Words names(find_check(id)->may_require.begin(), find_check(id)->may_require.end());
    const auto places = section.choices(id, names, "a list of names");
    if (!places) continue;
    std::vector<std::string>& required = policy.required[std::string(id)];
    required.clear();
    for (const std::size_t place : *places) required.emplace_back(names.at(place));
  }
}

/// The policy that the file extends.
Policy starting_point(const Section& root) {
  Words names = {"nothing"};
  for (const BuiltinPolicy& p : builtin_policies()) names.push_back(p.name);
  const auto choice = root.choice("extends", names);
  if (choice && *choice == 0) {
    Policy nothing;
    nothing.secure_protocols_required = 0;
    nothing.require_kb3140245 = false;
    return nothing;
  }
  return builtin_policy(choice ? names[*choice] : "baseline");
}

}  // namespace

Policy parse_policy(std::string_view toml, const std::string& file_name) {
  const toml::table table = parse_toml(toml, file_name);
  const Section root(table, "", file_name,
                     {"name", "description", "extends", "winhttp", "schannel", "servicing",
                      "dotnet", "wininet", "require", "severity", "waiver"});
  Policy policy = starting_point(root);
  policy.name = root.needed_text("name");
  policy.description = root.text("description").value_or("");
  policy.sha256 = to_hex(sha256(toml));

  if (const toml::table* winhttp = root.child("winhttp")) {
    const Section section(*winhttp, "[winhttp]", file_name, {"required", "forbidden"});
    policy.secure_protocols_required =
        protocol_bits(section, "required").value_or(policy.secure_protocols_required);
    policy.secure_protocols_forbidden =
        protocol_bits(section, "forbidden").value_or(policy.secure_protocols_forbidden);
    if (const std::uint32_t both =
            policy.secure_protocols_required & policy.secure_protocols_forbidden;
        both != 0) {
      section.refuse(winhttp->source(),
                     fmt::format("{} is both required and forbidden", describe_bits(both)));
    }
  }
  read_schannel_rules(root, file_name, policy);
  if (const toml::table* servicing = root.child("servicing")) {
    const Section section(*servicing, "[servicing]", file_name, {"kb3140245"});
    policy.require_kb3140245 = section.boolean("kb3140245").value_or(policy.require_kb3140245);
  }
  if (const toml::table* dotnet = root.child("dotnet")) {
    const Section section(*dotnet, "[dotnet]", file_name, {"check"});
    policy.check_dotnet = section.boolean("check").value_or(policy.check_dotnet);
  }
  if (const toml::table* wininet = root.child("wininet")) {
    const Section section(*wininet, "[wininet]", file_name, {"required"});
    if (const auto bits = protocol_bits(section, "required")) policy.wininet_required = *bits;
    if (policy.wininet_required == 0U) policy.wininet_required.reset();  // [] = not asked
  }
  read_required(root, file_name, policy);
  read_severities(root, file_name, policy);
  for (const toml::table* waiver : root.children("waiver")) {
    policy.waivers.push_back(read_waiver(*waiver, file_name));
  }
  return policy;
}

std::vector<std::string> builtin_policy_names() {
  std::vector<std::string> names;
  for (const BuiltinPolicy& p : builtin_policies()) names.emplace_back(p.name);
  return names;
}

std::string_view builtin_policy_text(std::string_view name) {
  std::vector<std::string_view> names;
  for (const BuiltinPolicy& p : builtin_policies()) {
    if (p.name == name) return p.toml;
    names.push_back(p.name);
  }
  throw Error(ErrorKind::usage,
              fmt::format("there is no built-in policy '{}'{}", name, did_you_mean(name, names)));
}

Policy builtin_policy(std::string_view name) {
  return parse_policy(builtin_policy_text(name), fmt::format("<built-in {}>", name));
}

}  // namespace goldhive::policy
