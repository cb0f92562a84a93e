#include <sys/mman.h>

#include "imgtools/bytes/large_buffer.h"

namespace goldhive {

void prefer_large_pages(void* memory, std::size_t size) {
#ifdef MADV_HUGEPAGE  // Linux; where the administrator has set "madvise", nothing else asks for
                      // them
  ::madvise(memory, size, MADV_HUGEPAGE);
#else
  static_cast<void>(memory);
  static_cast<void>(size);
#endif
}

}  // namespace goldhive
