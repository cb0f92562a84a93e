// Memory that runs out while libntfs-3g calls us: it is C, so no exception may pass through it, and
// what it makes of our failure must not become a verdict. Each allocation of a run fails once.
#include <cstdlib>
#include <iostream>
#include <new>

#include "imgtools/ntfs/ntfs.h"
#include "imgtools/ntfs/ntfs_change.h"
#include "tests/imgtools/disk/disk_support.h"
#include "tests/imgtools/ntfs/ntfs_support.h"

// LeakSanitizer, if it is linked. What libntfs-3g 2022.10.3 has of a volume when mounting it fails,
// it never frees; its blocks are no leak of ours.
extern "C" {
void __lsan_disable() __attribute__((weak));  // NOLINT(bugprone-reserved-identifier)
void __lsan_enable() __attribute__((weak));   // NOLINT(bugprone-reserved-identifier)
}

using namespace goldhive;
using namespace goldhive::testing;

namespace {

constexpr std::uint64_t mib = 1 << 20;
constexpr std::uint64_t never = ~std::uint64_t{0};
/// Of this thread, until one fails.
thread_local std::uint64_t allocations_left = never;

void* allocate(std::size_t size) {
  if (allocations_left != never && allocations_left-- == 0) {
    allocations_left = never;
    return nullptr;
  }
  return std::malloc(size == 0 ? 1 : size);
}

}  // namespace

void* operator new(std::size_t size) {
  if (void* memory = allocate(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }

namespace {

/// Runs `action` with each allocation failing once. It must throw what says so, or give `expected`.
template <class Result>
void starve(const Result& expected, const std::function<Result()>& action) {
  std::uint64_t failed = 0;
  if (__lsan_disable != nullptr) __lsan_disable();
  for (std::uint64_t at = 0;; ++at) {
    bool passed = false;
    allocations_left = at;
    try {
      const Result result = action();
      passed = allocations_left != never;
      allocations_left = never;
      if (result != expected) FAIL("another result where allocation " << at << " fails");
    } catch (const std::bad_alloc&) {
      ++failed;
    } catch (const std::exception& e) {
      allocations_left = never;
      FAIL("allocation " << at << " fails: " << e.what());
    }
    if (passed) break;
  }
  if (__lsan_enable != nullptr) __lsan_enable();
  std::cout << failed << " allocations failed, each once\n";
  CHECK(failed > 20);
}

}  // namespace

TEST_CASE("memory that runs out below the NTFS library is told as that and as nothing else") {
  if (!have_tool("mkntfs")) return;
  const TempDir dir;
  std::vector<fixtures::NtfsFile> files = {{"folder/file", compressible(5000), false, 3}};
  for (int i = 0; i < 40; ++i) files.push_back({"folder/other" + std::to_string(i), Bytes(10)});
  make_ntfs(dir, "volume", 8 * mib, files);
  const auto source = std::make_shared<MemorySource>(dir.read("volume"), "volume");

  using Seen = std::tuple<std::size_t, std::size_t, std::optional<std::string>,
                          std::optional<std::string>, Bytes>;
  const auto look = [&]() -> Seen {
    const auto volume = mount_ntfs(source);
    return {volume->list("").size(), volume->list("folder").size(), volume->find("FOLDER/FILE"),
            volume->find("folder/none"), content(*volume->open("folder/file"))};
  };
  starve<Seen>(look(), look);

  const std::vector<FileEdit> edits = {{"folder/file", 9000, {{5000, Bytes(4000, 'n')}}}};
  const auto change = [&] {
    Bytes changed = source->data();
    for (const Write& write : change_ntfs_files(source, edits)) {
      std::copy(write.data.begin(), write.data.end(),
                changed.begin() + static_cast<std::ptrdiff_t>(write.offset));
    }
    return changed;
  };
  starve<Bytes>(change(), change);
}
