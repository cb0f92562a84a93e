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

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/json_place.h"
#include "imgtools/bytes/printable.h"
#include "imgtools/bytes/text.h"
#include "src/policy/finding_parts.h"
#include "src/policy/plan.h"

namespace goldhive::policy {
namespace {

constexpr std::uint64_t oldest_schema = 1;
constexpr std::uint64_t schema = 2;
constexpr std::string_view kind = "goldhive-plan";
constexpr std::size_t longest_file = 16U << 20;
constexpr std::size_t most_edits = 100'000;
constexpr std::array plan_hives = {windows::HiveName::software, windows::HiveName::system};

// ---- writing

Json write_data(const std::optional<Edit::Data>& data) {
  if (!data) return nullptr;
  std::string text;
  if (data->type == hive::ValueType::dword && data->data.size() == 4) {
    text = hex(ByteView(data->data, 0, "DWORD").u32(0));
  } else {
    text = "hex:" + hex_list(data->data);
  }
  return {{"type", hive::to_string(data->type)}, {"data", text}};
}

// ---- reading

std::string plan_text(const JsonPlace& place) {
  std::string text = place.text();
  if (text.find('\0') != std::string::npos) place.refuse("must not hold NUL");
  return text;
}

std::optional<Edit::Data> plan_data(const JsonPlace& place) {
  if (place.is_null()) return std::nullopt;
  place.require_members({"type", "data"});
  const std::string name = plan_text(place["type"]);
  const std::optional<hive::ValueType> type = hive::value_type_of(name);
  if (!type) place["type"].refuse(fmt::format("'{}' is not a type of value", name));
  const JsonPlace data = place["data"];
  const std::string text = plan_text(data);
  if (text.starts_with("0x")) {
    const auto number = hex_number(std::string_view(text).substr(2));
    if (!number || *number > UINT32_MAX || type != hive::ValueType::dword) {
      data.refuse(fmt::format("'{}' is not a REG_DWORD", text));
    }
    return dword_data(static_cast<std::uint32_t>(*number));
  }
  if (!text.starts_with("hex:")) data.refuse("must begin with 0x or hex:");
  const auto bytes = bytes_of_hex_list(std::string_view(text).substr(4));
  if (!bytes) data.refuse("must be pairs of hexadecimal digits with commas between them");
  return Edit::Data{*type, *bytes};
}

Edit plan_edit(const JsonPlace& place) {
  place.require_members({"hive", "key", "value", "before", "after"});
  Edit edit;
  edit.hive = place["hive"].named(plan_hives);
  edit.key = plan_text(place["key"]);
  edit.value = plan_text(place["value"]);
  edit.before = plan_data(place["before"]);
  edit.after = plan_data(place["after"]);
  if (!is_plannable(edit)) {
    place.refuse(fmt::format("{}\\{} '{}' is not a value that goldhive sets", to_string(edit.hive),
                             edit.key, edit.value),
                 ErrorKind::refused);
  }
  if (edit.before == edit.after) place.refuse("changes nothing");
  return edit;
}

/// `edits` counts those of all entries.
SavedPlan::Entry plan_entry(const JsonPlace& place, std::uint64_t stated_schema,
                            std::size_t& edits) {
  SavedPlan::Entry entry;
  if (stated_schema > oldest_schema) {
    place.require_members({"target", "id", "system", "changes"});
    entry.system = plan_text(place["system"]);
  } else {
    place.require_members({"target", "id", "changes"});
  }
  entry.target = plan_text(place["target"]);
  entry.installation = plan_text(place["id"]);
  for (const JsonPlace& change : place["changes"].items()) {
    if (++edits > most_edits) place.refuse(fmt::format("holds more than {} changes", most_edits));
    entry.edits.push_back(plan_edit(change));
  }
  const std::size_t before = entry.edits.size();
  put_in_order(entry.edits);
  if (entry.edits.size() != before) place.refuse("sets one value twice");
  return entry;
}

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
  if (json.size() > longest_file) {
    throw Error(
        ErrorKind::corrupt,
        fmt::format("is too long for a plan: {} bytes, at most {}", json.size(), longest_file),
        where);
  }
  const Json parsed = Json::parse(json, where);
  const JsonPlace document(parsed, "", where);
  const Json* kind_stated = parsed.find("kind");
  if (kind_stated == nullptr || kind_stated->text() == nullptr || *kind_stated->text() != kind) {
    document.refuse("is not a plan, as goldhive plan --save FILE makes it");
  }
  const Json* schema_stated = parsed.find("schema");
  const auto stated = schema_stated == nullptr ? std::nullopt : schema_stated->number();
  if (!stated || *stated < oldest_schema || *stated > schema) {
    document.refuse(
        fmt::format("this build reads plans of schema {} and {}", oldest_schema, schema),
        ErrorKind::unsupported);
  }
  document.require_members({"kind", "schema", "policy", "installations"});
  SavedPlan plan;
  plan.policy = plan_text(document["policy"]);
  std::size_t edits = 0;
  for (const JsonPlace& entry : document["installations"].items()) {
    plan.entries.push_back(plan_entry(entry, *stated, edits));
  }
  return plan;
}

}  // namespace goldhive::policy
