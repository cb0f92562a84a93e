#include "src/report/value_text.h"

#include <fmt/format.h>

#include "imgtools/bytes/bytes.h"
#include "imgtools/bytes/text.h"

namespace goldhive::report {
namespace {

/// The text of a REG_SZ or a similar type, without the terminator. False if zeros inside show that
/// it is no text.
bool read_string(const Bytes& data, std::string& out) {
  if (data.size() % 2 != 0) return false;
  std::u16string text = utf16_from_bytes(data);
  if (!text.empty() && text.back() == u'\0') text.pop_back();
  if (text.find(u'\0') != std::u16string::npos) return false;
  out = to_utf8(text);
  return true;
}

}  // namespace

std::string data_text(const policy::Edit::Data& value) {
  const ByteView bytes(value.data, 0, "value");
  std::string text;
  switch (value.type) {
    case hive::ValueType::dword:
      if (value.data.size() == 4) return fmt::format("{:#x}", bytes.u32(0));
      break;
    case hive::ValueType::qword:
      if (value.data.size() == 8) return fmt::format("{:#x}", bytes.u64(0));
      break;
    case hive::ValueType::sz:
    case hive::ValueType::expand_sz:
      if (read_string(value.data, text)) return text;
      break;
    default:
      break;
  }
  return "hex:" + hex_list(value.data);
}

std::string full_key(const policy::Edit& edit) {
  return fmt::format("HKLM\\{}\\{}", windows::to_string(edit.hive), edit.key);
}

}  // namespace goldhive::report
