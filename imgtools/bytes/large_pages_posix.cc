#include <sys/mman.h>

#include "imgtools/bytes/large_buffer.h"

namespace goldhive {

void prefer_large_pages(void* memory, std::size_t size) {
#ifdef MADV_HUGEPAGE
  // Linux. Where the administrator has set "madvise", only a request gives large pages.
  ::madvise(memory, size, MADV_HUGEPAGE);
#else
  static_cast<void>(memory);
  static_cast<void>(size);
#endif
}

}  // namespace goldhive
