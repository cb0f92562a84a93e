// The views of HKLM\SOFTWARE on a 64-bit Windows (docs/rules.md, A5, F3, I28), and the folders
// beside them. Sources: Microsoft, "Registry Redirector" and "File System Redirector", which name
// both of x86 and of "Windows 10 on ARM".
#include "src/windows/topics.h"

namespace goldhive::windows {

std::string_view key_of_view(View view) {
  switch (view) {
    case View::wow64:
      return "Wow6432Node";
    case View::wowaa32:
      return "WowAA32Node";
    case View::native:
      break;
  }
  return "";
}

std::string_view folder_of_view(View view) {
  switch (view) {
    case View::wow64:
      return "SysWOW64";
    case View::wowaa32:
      return "SysArm32";
    case View::native:
      break;
  }
  return "System32";
}

std::string in_view(View view, std::string_view path) {
  std::string key(key_of_view(view));
  if (!key.empty()) key += '\\';
  return key.append(path);
}

}  // namespace goldhive::windows
