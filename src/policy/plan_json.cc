// The plan file: JSON, written by save_plan() and read back as untrusted input.
//
//   {
//     "kind": "goldhive-plan",
//     "schema": 2,
//     "policy": "baseline",
//     "installations": [
//       {"target": "install.wim", "id": "install.wim@2", "system": "6.1.7601 amd64", "changes": [
//         {"hive": "SOFTWARE", "key": "Microsoft\\...\\WinHttp", "value": "DefaultSecureProtocols",
//          "before": null, "after": {"type": "REG_DWORD", "data": "0xa00"}}]}
//     ]
//   }
//
// "data" is "0x..." for a REG_DWORD of four bytes and "hex:00,0a" for everything else; "type" is
// the name of the type or its number as "0x...". Every key must be there, once, and no other: an
// unknown key could be an expectation that this build does not check. Schema 1, of goldhive 0.1.0,
// has no "system".
#include <fmt/format.h>

#include <charconv>
#include <set>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/json.h"
#include "imgtools/bytes/printable.h"
#include "src/policy/finding_parts.h"
#include "src/policy/plan.h"

namespace goldhive::policy {
namespace {

constexpr std::uint64_t oldest_schema = 1;
constexpr std::uint64_t schema = 2;
constexpr std::string_view kind = "goldhive-plan";
constexpr std::size_t longest_file = 16U << 20;
constexpr std::size_t most_edits = 100'000;

// ---- writing

Json write_data(const std::optional<Edit::Data>& data) {
  if (!data) return nullptr;
  std::string text;
  if (data->type == hive::ValueType::dword && data->data.size() == 4) {
    text = hex(ByteView(data->data, 0, "DWORD").u32(0));
  } else {
    text = "hex:";
    for (std::size_t i = 0; i < data->data.size(); ++i) {
      text += fmt::format("{}{:02x}", i == 0 ? "" : ",", data->data[i]);
    }
  }
  return {{"type", hive::to_string(data->type)}, {"data", text}};
}

// ---- reading

/// A place in the document, for error messages: "installations[0].changes[2].after".
class Reader {
 public:
  explicit Reader(const std::string& file) : file_(file) {}

  [[noreturn]] void refuse(const std::string& place, const std::string& reason,
                           ErrorKind error = ErrorKind::corrupt) const {
    throw Error(error, place.empty() ? reason : fmt::format("{}: {}", place, reason), file_);
  }

  /// An object with exactly these keys.
  void expect_object(const Json& json, const std::string& place,
                     const std::set<std::string>& keys) const {
    const Json::Object* members = json.object();
    if (members == nullptr) refuse(place, "must be an object");
    for (const Json::Member& member : *members) {
      if (keys.count(member.name) == 0) refuse(place, fmt::format("unknown key '{}'", member.name));
    }
    for (const std::string& key : keys) {
      if (json.find(key) == nullptr) refuse(place, fmt::format("'{}' is missing", key));
    }
  }
  const Json::Array& array(const Json& json, const std::string& place) const {
    if (json.array() == nullptr) refuse(place, "must be a list");
    return *json.array();
  }
  std::string text(const Json& json, const std::string& place) const {
    if (json.text() == nullptr) refuse(place, "must be a string");
    if (json.text()->find('\0') != std::string::npos) refuse(place, "must not hold NUL");
    return *json.text();
  }

  std::optional<Edit::Data> data(const Json& json, const std::string& place) const {
    if (json.is_null()) return std::nullopt;
    expect_object(json, place, {"type", "data"});
    Edit::Data result;
    result.type = type(text(*json.find("type"), place + ".type"), place + ".type");
    const std::string bytes = text(*json.find("data"), place + ".data");
    if (bytes.rfind("0x", 0) == 0) {
      const auto number = hex_number(std::string_view(bytes).substr(2), 8);
      if (!number || result.type != hive::ValueType::dword) {
        refuse(place + ".data", fmt::format("'{}' is not a REG_DWORD", bytes));
      }
      result = dword_data(*number);
    } else if (bytes.rfind("hex:", 0) == 0) {
      result.data = hex_bytes(std::string_view(bytes).substr(4), place + ".data");
    } else {
      refuse(place + ".data", "must begin with 0x or hex:");
    }
    return result;
  }

  Edit edit(const Json& json, const std::string& place) const {
    expect_object(json, place, {"hive", "key", "value", "before", "after"});
    Edit edit;
    const std::string hive = text(*json.find("hive"), place + ".hive");
    if (hive == "SYSTEM") {
      edit.hive = windows::HiveName::system;
    } else if (hive != "SOFTWARE") {
      refuse(place + ".hive", fmt::format("'{}' is neither SOFTWARE nor SYSTEM", hive));
    }
    edit.key = text(*json.find("key"), place + ".key");
    edit.value = text(*json.find("value"), place + ".value");
    edit.before = data(*json.find("before"), place + ".before");
    edit.after = data(*json.find("after"), place + ".after");
    if (!is_plannable(edit)) {
      refuse(place,
             fmt::format("{}\\{} '{}' is not a value that goldhive sets", to_string(edit.hive),
                         edit.key, edit.value),
             ErrorKind::refused);
    }
    if (edit.before == edit.after) refuse(place, "changes nothing");
    return edit;
  }

 private:
  static std::optional<std::uint32_t> hex_number(std::string_view digits, std::size_t longest) {
    std::uint32_t number = 0;
    const char* end = digits.data() + digits.size();
    const auto result = std::from_chars(digits.data(), end, number, 16);
    if (digits.empty() || digits.size() > longest || result.ec != std::errc{} ||
        result.ptr != end) {
      return std::nullopt;
    }
    return number;
  }
  hive::ValueType type(const std::string& name, const std::string& place) const {
    const std::optional<hive::ValueType> type = hive::value_type_of(name);
    if (!type) refuse(place, fmt::format("'{}' is not a type of value", name));
    return *type;
  }
  /// "00,0a"
  Bytes hex_bytes(std::string_view digits, const std::string& place) const {
    Bytes bytes;
    for (std::size_t at = 0; at < digits.size(); at += 3) {
      const auto byte = hex_number(digits.substr(at, 2), 2);
      const bool separated =
          at + 2 == digits.size() ||
          (digits[std::min(at + 2, digits.size() - 1)] == ',' && at + 3 < digits.size());
      if (!byte || at + 2 > digits.size() || !separated) {
        refuse(place, "must be pairs of hexadecimal digits with commas between them");
      }
      bytes.push_back(static_cast<std::uint8_t>(*byte));
    }
    return bytes;
  }

  const std::string& file_;
};

}  // namespace

std::string save_plan(const SavedPlan& plan) {
  Json::Array installations;
  for (const SavedPlan::Entry& entry : plan.entries) {
    Json::Array changes;
    for (const Edit& edit : entry.edits) {
      changes.push_back({{"hive", to_string(edit.hive)},
                         {"key", edit.key},
                         {"value", edit.value},
                         {"before", write_data(edit.before)},
                         {"after", write_data(edit.after)}});
    }
    installations.push_back({{"target", entry.target},
                             {"id", entry.installation},
                             {"system", entry.system},
                             {"changes", std::move(changes)}});
  }
  const Json json = {{"kind", kind},
                     {"schema", schema},
                     {"policy", plan.policy},
                     {"installations", std::move(installations)}};
  // Paths of the host may not be UTF-8; they then load back as other names, which match nothing.
  return escaped_in_json(json.write(2)) + "\n";
}

SavedPlan load_plan(std::string_view json, const std::string& where) {
  const Reader reader(where);
  if (json.size() > longest_file) {
    reader.refuse(
        "", fmt::format("is too long for a plan: {} bytes, at most {}", json.size(), longest_file));
  }
  const Json document = Json::parse(json, where);
  const Json* kind_stated = document.find("kind");
  if (kind_stated == nullptr || kind_stated->text() == nullptr || *kind_stated->text() != kind) {
    reader.refuse("", "is not a plan, as goldhive plan --save FILE makes it");
  }
  const Json* schema_stated = document.find("schema");
  const auto stated = schema_stated == nullptr ? std::nullopt : schema_stated->number();
  if (!stated || *stated < oldest_schema || *stated > schema) {
    reader.refuse("",
                  fmt::format("this build reads plans of schema {} and {}", oldest_schema, schema),
                  ErrorKind::unsupported);
  }
  std::set<std::string> entry_keys = {"target", "id", "changes"};
  if (*stated > oldest_schema) entry_keys.insert("system");
  reader.expect_object(document, "", {"kind", "schema", "policy", "installations"});
  SavedPlan plan;
  plan.policy = reader.text(*document.find("policy"), "policy");
  std::size_t edits = 0;
  std::size_t number = 0;
  for (const Json& installation : reader.array(*document.find("installations"), "installations")) {
    const std::string place = fmt::format("installations[{}]", number++);
    reader.expect_object(installation, place, entry_keys);
    SavedPlan::Entry entry;
    entry.target = reader.text(*installation.find("target"), place + ".target");
    entry.installation = reader.text(*installation.find("id"), place + ".id");
    if (const Json* system = installation.find("system")) {
      entry.system = reader.text(*system, place + ".system");
    }
    for (const Json& change : reader.array(*installation.find("changes"), place + ".changes")) {
      if (++edits > most_edits) {
        reader.refuse(place, fmt::format("holds more than {} changes", most_edits));
      }
      entry.edits.push_back(
          reader.edit(change, fmt::format("{}.changes[{}]", place, entry.edits.size())));
    }
    const std::size_t before = entry.edits.size();
    put_in_order(entry.edits);
    if (entry.edits.size() != before) reader.refuse(place, "sets one value twice");
    plan.entries.push_back(std::move(entry));
  }
  return plan;
}

}  // namespace goldhive::policy
