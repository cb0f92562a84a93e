#include "tests/fuzz/memory_watch.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace {

/// Each piece has its size in front of it, in as many bytes as keep what follows aligned.
constexpr std::size_t head = alignof(std::max_align_t);
static_assert(head >= sizeof(std::size_t));

std::atomic<std::size_t> held = 0;
std::atomic<std::size_t> peak = 0;

void* allocate(std::size_t size) noexcept {
  if (size > SIZE_MAX - head) return nullptr;
  void* memory = std::malloc(size + head);
  if (memory == nullptr) return nullptr;
  *static_cast<std::size_t*>(memory) = size;
  const std::size_t now = held += size;
  std::size_t most = peak;
  while (now > most && !peak.compare_exchange_weak(most, now)) {
  }
  return static_cast<char*>(memory) + head;
}

void release(void* memory) noexcept {
  if (memory == nullptr) return;
  void* start = static_cast<char*>(memory) - head;
  held -= *static_cast<std::size_t*>(start);
  std::free(start);
}

}  // namespace

void* operator new(std::size_t size) {
  if (void* memory = allocate(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { release(memory); }

namespace goldhive::fuzz {

MemoryWatch::MemoryWatch() : before_(held) { peak = before_; }

std::size_t MemoryWatch::most() const { return peak - std::min(peak.load(), before_); }

}  // namespace goldhive::fuzz
