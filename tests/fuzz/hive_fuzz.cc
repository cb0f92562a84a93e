// The reader of hives: any bytes are walked within bounds, or refused with Error(corrupt) or
// Error(unsupported).
#include "src/hive/hive.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "imgtools/bytes/error.h"
#include "src/hive/base_block.h"

namespace {

using namespace goldhive;
using namespace goldhive::hive;

/// A reader that threw anything else, or an Error of another kind, is a finding.
void require_format_error(const Error& e) {
  if (e.kind() != ErrorKind::corrupt && e.kind() != ErrorKind::unsupported) std::abort();
}

/// What is common to all that is asked of one key.
template <typename Ask>
void ask(Ask question) {
  try {
    question();
  } catch (const Error& e) {
    require_format_error(e);
  }
}

void walk(const Hive& hive) {
  // Keys may share lists: the walk is bounded, but by the square of the size.
  int steps = 2000;
  std::vector<Key> pending{hive.root()};
  while (!pending.empty() && steps-- > 0) {
    const Key key = pending.back();
    pending.pop_back();
    ask([&] { static_cast<void>(key.class_name()); });
    for (const Value& value : key.values(require_format_error)) {
      if (steps-- <= 0) break;
      ask([&] { static_cast<void>(value.data()); });
    }
    ask([&] { static_cast<void>(key.find("tls 1.2")); });
    ask([&] { static_cast<void>(key.find_prefix("s")); });
    ask([&] { static_cast<void>(key.value("Current")); });
    for (const Key& subkey : key.subkeys(require_format_error)) {
      if (steps-- <= 0) break;
      ask([&] { static_cast<void>(key.find(subkey.name_utf8())); });
      pending.push_back(subkey);
    }
  }
}

void read(Bytes bytes) {
  ask([&] { walk(Hive::open(std::make_shared<MemorySource>(std::move(bytes), "input"))); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(data, data + size);
  read(bytes);
  // Once more with the checksum made right, or most inputs would stop at the walk of the bins.
  if (bytes.size() >= base_block_head) {
    put_u32(bytes, 508, base_block_checksum(bytes));
    read(std::move(bytes));
  }
  return 0;
}
