// Journals: bytes that came with a target. The length field and the checksum are made right first,
// or no mutation would get past them.
#include <cstddef>
#include <cstdint>
#include <memory>

#include "imgtools/bytes/error.h"
#include "imgtools/change/journal_targets.h"

using namespace goldhive;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(data, data + size);
  if (bytes.size() >= 64) put_u64(bytes, 16, bytes.size() + 32);
  const Digest digest = sha256(MemorySource(bytes, "sealed"));
  bytes.insert(bytes.end(), digest.begin(), digest.end());
  try {
    const Journal journal = Journal::decode(std::make_shared<MemorySource>(bytes, "journal"), {});
    for (std::uint32_t i = 0; i < journal.targets().size(); ++i) {
      const std::uint64_t length = journal.targets()[i].old_size % 65536;
      const MemorySource target(Bytes(static_cast<std::size_t>(length)), "target");
      compare(journal, i, view_of(target));
    }
  } catch (const Error&) {
  }
  return 0;
}
