// Which values a plan may set. A plan file is untrusted input that a patch acts on. So the table of
// settings, and not the file, says what goldhive ever writes.
#include "src/policy/plan.h"
#include "src/windows/settings.h"

namespace goldhive::policy {

bool is_plannable(const Edit& edit) {
  const windows::Setting* setting = windows::find_setting(edit.hive, edit.key, edit.value);
  if (setting == nullptr || !setting->writable) return false;
  if (!edit.after) return setting->deletable;
  return edit.after->type == hive::ValueType::dword && edit.after->data.size() == 4;
}

}  // namespace goldhive::policy
