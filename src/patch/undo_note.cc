#include "src/patch/undo_note.h"

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/json.h"

namespace goldhive::patch {
namespace {

Json parsed(const std::string& text) {
  try {
    return Json::parse(text, "");
  } catch (const Error&) {
    return nullptr;
  }
}

}  // namespace

std::string to_text(const UndoNote& note) {
  return Json{{"tool", note.tool},
              {"part", note.part},
              {"parts", note.parts},
              {"installations", note.installations}}
      .write(-1);
}

UndoNote parse_undo_note(const std::string& text) {
  UndoNote note;
  const Json json = parsed(text);
  const auto number = [&json](const char* name, std::size_t& out) {
    const Json* found = json.find(name);
    if (found != nullptr && found->number()) out = static_cast<std::size_t>(*found->number());
  };
  number("part", note.part);
  number("parts", note.parts);
  const Json* tool = json.find("tool");
  if (tool != nullptr && tool->text() != nullptr) note.tool = *tool->text();
  const Json* installations = json.find("installations");
  if (installations == nullptr || installations->array() == nullptr) return note;
  for (const Json& each : *installations->array()) {
    if (each.text() != nullptr) note.installations.push_back(*each.text());
  }
  return note;
}

}  // namespace goldhive::patch
