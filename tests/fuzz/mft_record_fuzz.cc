// A record of $MFT with what its attributes lead to: an attribute list, an index root, mapping
// pairs.
#include "imgtools/ntfs/mft_record.h"

#include <cstdlib>

#include "imgtools/ntfs/attribute_list.h"
#include "imgtools/ntfs/index_node.h"
#include "imgtools/ntfs/runs.h"
#include "tests/fuzz/attempt.h"

using namespace goldhive;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::attempt([&] {
    const ntfs::MftRecord record(Bytes(data, data + size), 0, "record");
    for (const ntfs::Attribute& attribute : record.attributes()) {
      fuzz::attempt([&] { ntfs::parse_attribute_list(attribute.value); });
      fuzz::attempt([&] { ntfs::parse_index_root(attribute.value, 4096); });
      fuzz::attempt([&] { ntfs::parse_file_name(attribute.value); });
      fuzz::attempt([&] { ntfs::parse_runs(attribute, 1 << 20); });
      if (attribute.initialised > attribute.size) std::abort();
    }
  });
  return 0;
}
