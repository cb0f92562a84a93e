#include "src/hive/big_data.h"

#include "src/hive/cell.h"

namespace goldhive::hive {

BigData parse_big_data(const ByteView& content) {
  require_signature(content, "db", "a big data record");
  return BigData{content.u16(2), content.u32(4)};
}

}  // namespace goldhive::hive
