#include "src/patch/undo_note.h"

#include <nlohmann/json.hpp>

namespace goldhive::patch {

std::string to_text(const UndoNote& note) {
  return nlohmann::ordered_json{{"tool", note.tool},
                                {"part", note.part},
                                {"parts", note.parts},
                                {"installations", note.installations}}
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

UndoNote parse_undo_note(const std::string& text) {
  UndoNote note;
  const nlohmann::json parsed = nlohmann::json::parse(text, nullptr, false);
  if (!parsed.is_object()) return note;
  const auto number = [&parsed](const char* name, std::size_t& out) {
    const auto found = parsed.find(name);
    if (found != parsed.end() && found->is_number_unsigned()) out = found->get<std::size_t>();
  };
  number("part", note.part);
  number("parts", note.parts);
  if (const auto tool = parsed.find("tool"); tool != parsed.end() && tool->is_string()) {
    note.tool = tool->get<std::string>();
  }
  const auto installations = parsed.find("installations");
  if (installations == parsed.end() || !installations->is_array()) return note;
  for (const nlohmann::json& each : *installations) {
    if (each.is_string()) note.installations.push_back(each.get<std::string>());
  }
  return note;
}

}  // namespace goldhive::patch
