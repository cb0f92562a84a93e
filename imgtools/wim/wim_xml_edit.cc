#include "imgtools/wim/wim_xml_edit.h"

#include <fmt/format.h>

#include <algorithm>
#include <pugixml.hpp>
#include <vector>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"

namespace goldhive {

namespace {

struct Replacement {
  std::size_t at;
  std::size_t length;
  std::string text;
};

class Editor {
 public:
  explicit Editor(std::string text) : text_(std::move(text)) {}

  /// Replaces the text of an element that holds only text.
  void set(const pugi::xml_node& element, const std::string& value) {
    const pugi::xml_node old = element.first_child();
    if (old.type() != pugi::node_pcdata || old.offset_debug() < 0) return;
    const auto at = static_cast<std::size_t>(old.offset_debug());
    const std::size_t end = std::min(text_.find('<', at), text_.size());
    replacements_.push_back({at, end - at, value});
  }

  void add(const pugi::xml_node& element, std::uint64_t more) {
    if (more != 0) set(element, std::to_string(element.text().as_ullong() + more));
  }

  void set_time(const pugi::xml_node& element, std::uint64_t now) {
    set(element.child("HIGHPART"), fmt::format("0x{:08X}", now >> 32));
    set(element.child("LOWPART"), fmt::format("0x{:08X}", now & 0xffffffff));
  }

  std::string result() {
    std::sort(replacements_.begin(), replacements_.end(),
              [](const Replacement& a, const Replacement& b) { return a.at > b.at; });
    for (const Replacement& r : replacements_) text_.replace(r.at, r.length, r.text);
    return std::move(text_);
  }

  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::vector<Replacement> replacements_;
};

}  // namespace

Bytes edit_wim_xml(const Bytes& xml, const std::map<std::uint32_t, WimXmlEdit>& edits,
                   std::uint64_t now, std::uint64_t total, const std::string& name) {
  std::u16string wide = utf16_from_bytes(xml);
  const bool marked = !wide.empty() && wide.front() == u'\ufeff';
  if (marked) wide.erase(0, 1);
  Editor editor(to_utf8(wide));
  if (to_utf16(editor.text()) != wide) {
    throw Error(ErrorKind::refused,
                "the XML of the WIM is no valid UTF-16: a change would lose some of its characters",
                name);
  }
  pugi::xml_document document;
  const pugi::xml_parse_result parsed = document.load_buffer(
      editor.text().data(), editor.text().size(), pugi::parse_default, pugi::encoding_utf8);
  const pugi::xml_node root = document.child("WIM");
  if (!parsed || !root) {
    throw Error(ErrorKind::corrupt, "the XML of the WIM cannot be read", name);
  }
  editor.set(root.child("TOTALBYTES"), std::to_string(total));
  for (const pugi::xml_node& image : root.children("IMAGE")) {
    const auto edit = edits.find(image.attribute("INDEX").as_uint());
    if (edit == edits.end()) continue;
    editor.set_time(image.child("LASTMODIFICATIONTIME"), now);
    editor.add(image.child("TOTALBYTES"), edit->second.more_bytes);
    editor.add(image.child("HARDLINKBYTES"), edit->second.more_link_bytes);
  }
  std::u16string changed = to_utf16(editor.result());
  if (marked) changed.insert(changed.begin(), u'\ufeff');
  Bytes out;
  for (const char16_t c : changed) {
    out.push_back(static_cast<std::uint8_t>(c & 0xff));
    out.push_back(static_cast<std::uint8_t>(c >> 8));
  }
  return out;
}

}  // namespace goldhive
