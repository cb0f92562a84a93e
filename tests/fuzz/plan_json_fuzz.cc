// A plan file is untrusted, and a patch acts on it: what is accepted must be plannable and must
// survive being saved and loaded again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "imgtools/bytes/error.h"
#include "src/policy/plan.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace goldhive::policy;
  SavedPlan plan;
  try {
    plan = load_plan({reinterpret_cast<const char*>(data), size}, "fuzz.json");
  } catch (const goldhive::Error&) {
    return 0;
  }
  for (const auto& entry : plan.entries) {
    for (const Edit& edit : entry.edits) {
      if (!is_plannable(edit)) std::abort();
    }
    plan_diff(entry.edits);
    plan_reg_file(entry.edits);
  }
  const std::string saved = save_plan(plan);
  if (save_plan(load_plan(saved, "again.json")) != saved) std::abort();
  return 0;
}
