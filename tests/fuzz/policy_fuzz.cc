// Policy files come from users: whatever they hold, the parser accepts it or says why not.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "imgtools/bytes/error.h"
#include "src/policy/policy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    goldhive::policy::parse_policy({reinterpret_cast<const char*>(data), size}, "fuzz.toml");
  } catch (const goldhive::Error&) {
  }
  return 0;
}
