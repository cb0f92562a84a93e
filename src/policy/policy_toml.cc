// Policy files. Only this file knows the TOML library. A person writes a policy file and may
// misspell a word. So nothing in it is ignored: an unknown key is an error that says where it
// stands and what may have been meant.
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>

#include "imgtools/bytes/digest.h"
#include "imgtools/bytes/error.h"
#include "src/policy/calendar.h"
#include "src/policy/checks.h"
#include "src/policy/policy.h"
#include "src/policy/protocols.h"
#include "src/policy/suggest.h"

namespace goldhive::policy {
namespace {

using Words = std::vector<std::string_view>;

/// One table of the file, read key by key.
class Section {
 public:
  /// `known`: every key the table may hold.
  Section(const toml::table& table, std::string name, const std::string& file, const Words& known)
      : table_(table), name_(std::move(name)), file_(file) {
    for (const auto& [key, node] : table_) {
      if (std::find(known.begin(), known.end(), key.str()) == known.end()) {
        refuse(key.source(), fmt::format("unknown key '{}'{}{}", key.str(), inside(),
                                         did_you_mean(key.str(), known)));
      }
    }
  }

  bool has(std::string_view key) const { return table_.contains(key); }

  std::optional<std::string> text(std::string_view key) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return std::nullopt;
    if (!node->is_string()) wrong_type(key, *node, "a string");
    std::string value = node->ref<std::string>();
    if (value.empty()) refuse(node->source(), fmt::format("'{}'{} is empty", key, inside()));
    return value;
  }
  std::string needed_text(std::string_view key) const {
    const auto value = text(key);
    if (!value) refuse(table_.source(), fmt::format("'{}' is missing{}", key, inside()));
    return *value;
  }
  std::optional<bool> boolean(std::string_view key) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return std::nullopt;
    if (!node->is_boolean()) wrong_type(key, *node, "true or false");
    return node->ref<bool>();
  }
  /// One of `words`, by its place in the list.
  std::optional<std::size_t> choice(std::string_view key, const Words& words) const {
    const auto value = text(key);
    if (!value) return std::nullopt;
    return place(*value, words, *table_.get(key), key);
  }
  /// An array of protocol words, as bits.
  std::optional<std::uint32_t> bits(std::string_view key) const {
    Words words;
    for (const Protocol& p : protocols) words.push_back(p.word);
    const auto places = choices(key, words, "a list of protocol names");
    if (!places) return std::nullopt;
    std::uint32_t sum = 0;
    for (const std::size_t place : *places) sum |= protocols.at(place).bit;
    return sum;
  }
  /// An array of some of `words`, by their places in the list. `wanted`: what it must be.
  std::optional<std::vector<std::size_t>> choices(std::string_view key, const Words& words,
                                                  std::string_view wanted) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return std::nullopt;
    const toml::array* list = node->as_array();
    if (list == nullptr) wrong_type(key, *node, wanted);
    std::vector<std::size_t> places;
    for (const toml::node& element : *list) {
      if (!element.is_string()) wrong_type(key, element, wanted);
      places.push_back(place(element.ref<std::string>(), words, element, key));
    }
    return places;
  }
  /// A date, as TOML date or as text, "YYYY-MM-DD".
  std::string needed_date(std::string_view key) const {
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
  const toml::table* child(std::string_view key) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return nullptr;
    if (!node->is_table()) wrong_type(key, *node, fmt::format("a section, [{}]", key));
    return node->as_table();
  }
  /// The tables of [[key]].
  std::vector<const toml::table*> children(std::string_view key) const {
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
  std::string check_id(std::string_view key) const {
    std::string id = needed_text(key);
    place(id, check_ids(), *table_.get(key), key);
    return id;
  }

  [[noreturn]] void refuse(const toml::source_region& at, const std::string& reason) const {
    throw Error(ErrorKind::usage, reason,
                fmt::format("{}:{}:{}", file_, at.begin.line, at.begin.column));
  }

  static Words check_ids() {
    Words ids;
    for (const Check& check : all_checks()) ids.push_back(check.id);
    return ids;
  }

 private:
  std::string inside() const { return name_.empty() ? "" : fmt::format(" in {}", name_); }
  [[noreturn]] void wrong_type(std::string_view key, const toml::node& node,
                               std::string_view wanted) const {
    refuse(node.source(), fmt::format("'{}'{} must be {}", key, inside(), wanted));
  }
  std::size_t place(const std::string& value, const Words& words, const toml::node& node,
                    std::string_view key) const {
    const auto found = std::find(words.begin(), words.end(), value);
    if (found == words.end()) {
      refuse(node.source(), fmt::format("'{}' is not a value of '{}'{}{}", value, key, inside(),
                                        did_you_mean(value, words)));
    }
    return static_cast<std::size_t>(found - words.begin());
  }

  const toml::table& table_;
  std::string name_;
  const std::string& file_;
};

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
  waiver.check = section.check_id("check");
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
  const Section section(*table, "[severity]", file, Section::check_ids());
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
  toml::table table;
  try {
    table = toml::parse(toml, file_name);
  } catch (const toml::parse_error& e) {
    const toml::source_position at = e.source().begin;
    throw Error(ErrorKind::usage, std::string(e.description()),
                fmt::format("{}:{}:{}", file_name, at.line, at.column));
  }
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
        section.bits("required").value_or(policy.secure_protocols_required);
    policy.secure_protocols_forbidden =
        section.bits("forbidden").value_or(policy.secure_protocols_forbidden);
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
    if (const auto bits = section.bits("required")) policy.wininet_required = *bits;
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
