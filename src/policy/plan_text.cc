// Plans in the notation of .reg files. The file carries Windows' header "Version 5.00" in plain
// ASCII: regedit reads that as well as its own UTF-16, and hivexregedit reads nothing else. Every
// name a plan can hold is ASCII (is_plannable). Each key stands below all those above it, because
// hivexregedit makes a key only where its parent is there already.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>

#include "imgtools/bytes/text.h"
#include "src/policy/plan.h"

namespace goldhive::policy {
namespace {

std::string key_line(windows::HiveName hive, std::string_view key) {
  return fmt::format("[HKEY_LOCAL_MACHINE\\{}\\{}]", to_string(hive), key);
}

/// `"name"=dword:00000a00`; other types as bytes, at most `longest` of them.
std::string value_line(const std::string& name, const std::optional<Edit::Data>& data,
                       std::size_t longest) {
  std::string line = name.empty() ? "@=" : fmt::format("\"{}\"=", name);
  if (!data) return line + "-";
  if (data->type == hive::ValueType::dword && data->data.size() == 4) {
    return line + fmt::format("dword:{:08x}", ByteView(data->data, 0, name).u32(0));
  }
  line += data->type == hive::ValueType::binary
              ? "hex:"
              : fmt::format("hex({:x}):", static_cast<std::uint32_t>(data->type));
  line += hex_list(std::span(data->data).first(std::min(longest, data->data.size())));
  if (data->data.size() > longest) line += fmt::format(",... ({} bytes)", data->data.size());
  return line;
}

}  // namespace

std::string plan_diff(const std::vector<Edit>& edits) {
  constexpr std::size_t shown = 32;
  std::string text;
  std::string last_key;
  for (const Edit& edit : edits) {
    const std::string key = key_line(edit.hive, edit.key);
    if (key != last_key) text += (text.empty() ? "  " : "\n  ") + key + "\n";
    last_key = key;
    if (edit.before) text += "- " + value_line(edit.value, edit.before, shown) + "\n";
    if (edit.after) text += "+ " + value_line(edit.value, edit.after, shown) + "\n";
  }
  return text;
}

std::string plan_reg_file(const std::vector<Edit>& edits) {
  std::string text = "Windows Registry Editor Version 5.00\r\n";
  std::set<std::string> written;
  for (const Edit& edit : edits) {
    for (std::size_t end = edit.key.find('\\'); end != std::string::npos;
         end = edit.key.find('\\', end + 1)) {
      const std::string above = key_line(edit.hive, std::string_view(edit.key).substr(0, end));
      if (written.insert(above).second) text += "\r\n" + above + "\r\n";
    }
    const std::string key = key_line(edit.hive, edit.key);
    if (written.insert(key).second) text += "\r\n" + key + "\r\n";
    text += value_line(edit.value, edit.after, std::string::npos) + "\r\n";
  }
  text += "\r\n";
  return text;
}

}  // namespace goldhive::policy
