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
  Json json{{"tool", note.tool},
            {"part", note.part},
            {"parts", note.parts},
            {"installations", note.installations}};
  if (note.other_names != 0) json.add("other_names", note.other_names);
  for (const auto& [name, number] :
       {std::pair{"file_size", note.file_size}, {"made", note.made}, {"values", note.values}}) {
    if (number != 0) json.add(name, number);
  }
  if (!note.content_id.empty()) json.add("content_id", note.content_id);
  return json.write(-1);
}

UndoNote parse_undo_note(const std::string& text) {
  UndoNote note;
  const Json json = parsed(text);
  const auto number = [&json](const char* name, auto& out) {
    const Json* found = json.find(name);
    if (found != nullptr && found->number()) {
      out = static_cast<std::decay_t<decltype(out)>>(*found->number());
    }
  };
  const auto words = [&json](const char* name, std::string& out) {
    const Json* found = json.find(name);
    if (found != nullptr && found->text() != nullptr) out = *found->text();
  };
  number("part", note.part);
  number("parts", note.parts);
  number("other_names", note.other_names);
  number("file_size", note.file_size);
  number("made", note.made);
  number("values", note.values);
  words("tool", note.tool);
  words("content_id", note.content_id);
  const Json* installations = json.find("installations");
  if (installations == nullptr || installations->array() == nullptr) return note;
  for (const Json& each : *installations->array()) {
    if (each.text() != nullptr) note.installations.push_back(*each.text());
  }
  return note;
}

}  // namespace goldhive::patch
