#include "imgtools/bytes/large_buffer.h"

namespace goldhive {

// Windows gives large pages only to accounts with a privilege that hardly any has.
void prefer_large_pages(void*, std::size_t) {}

}  // namespace goldhive
