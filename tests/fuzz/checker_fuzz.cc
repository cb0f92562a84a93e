// The checker: it ends and does not throw, whatever the bytes. If it finds no fault, the reader can
// read the whole hive, with as many keys and values.
#include "src/hive/checker.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "src/hive/hive.h"

using namespace goldhive;

namespace {

void require_readable(std::shared_ptr<const ByteSource> source, const hive::CheckResult& result) {
  std::uint64_t keys = 0;
  std::uint64_t values = 0;
  std::vector<hive::Key> pending{hive::Hive::open(std::move(source)).root()};
  while (!pending.empty()) {
    const hive::Key key = pending.back();
    pending.pop_back();
    keys += 1;
    for (const hive::Value& value : key.values()) {
      static_cast<void>(value.data());
      values += 1;
    }
    for (const hive::Key& subkey : key.subkeys()) pending.push_back(subkey);
  }
  if (keys != result.keys || values != result.values) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto source = std::make_shared<MemorySource>(Bytes(data, data + size), "input");
  const hive::CheckResult result = hive::check(*source);
  if (result.fault_count == 0 && result.complete) require_readable(source, result);
  return 0;
}
