// What reading one target may cost, whatever its bytes say.
//
// An image is made of structures that name each other, and a hostile one makes few bytes name the
// same place over and over: directories that share their entries, lists of extents that lead to
// themselves, thousands of images over one metadata. A limit of each structure does not help, since
// the file says how many structures there are. So there is one budget for a target, which counts
// what is really spent, and what may be spent grows with the size of the target's files alone.
//
// The budget travels with the bytes: the source of a file of the target has it
// (ByteSource::budget()), and so has every source over it. A reader need not do anything for its
// reads to count. It counts itself what nobody else can see: memory that it keeps, bytes that it
// makes out of few or out of none, entries that it walks over without reading.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace goldhive {

class ByteSource;

/// Any thread may count.
class ParseBudget {
 public:
  /// `base` bytes and `times` the size of the target's files.
  struct Limit {
    std::uint64_t base;
    std::uint64_t times;
  };
  // Chosen by what the fixtures, the conformance tests and WIMs of 300 images spend;
  // docs/benchmarks.md has the figures. The base is for small files, of which a few structures are
  // read often.
  static constexpr Limit reading{std::uint64_t{256} << 20, 16};
  /// Real backups unpack to 2 to 4 times their size, disk images in them perhaps to 50 times; a
  /// bomb has 1000.
  static constexpr Limit unpacking{std::uint64_t{1} << 30, 100};
  /// The size is here that of what was read so far, if that is less.
  static constexpr Limit holding{std::uint64_t{64} << 20, 4};
  /// Entries: one takes 30 bytes or more of a file that is not packed.
  static constexpr Limit walking{std::uint64_t{32} << 20, 1};

  /// `max_unpacked`: bytes that may be unpacked, if the user says so; 0: as `unpacking` says.
  explicit ParseBudget(std::uint64_t max_unpacked = 0) : max_unpacked_(max_unpacked) {}
  ParseBudget(const ParseBudget&) = delete;
  ParseBudget& operator=(const ParseBudget&) = delete;

  /// A file belongs to the target.
  void add_file(std::uint64_t size) { files_ += size; }
  /// What was unpacked is read as a file. It does not raise what may be unpacked.
  void add_member(std::uint64_t size) { members_ += size; }

  // What was spent. Error(refused) once that is more than is allowed; `where` is the structure that
  // spent it, for the message.
  void read(std::uint64_t bytes, const std::string& where);
  void unpack(std::uint64_t bytes, const std::string& where);
  void walk(std::uint64_t entries, const std::string& where);
  void hold(std::uint64_t bytes, const std::string& where);
  void let_go(std::uint64_t bytes) { held_ -= bytes; }

  /// Bytes that may be held beside those that are.
  std::uint64_t room() const;

  /// So far, for tests and measurements.
  struct Spent {
    std::uint64_t files = 0;  ///< their size
    std::uint64_t members = 0;
    std::uint64_t read = 0;
    std::uint64_t unpacked = 0;
    std::uint64_t walked = 0;
    std::uint64_t held = 0;
    std::uint64_t most_held = 0;
  };
  Spent spent() const;
  std::uint64_t may_read() const;

 private:
  std::uint64_t size() const { return files_ + members_; }
  std::uint64_t may_hold() const;
  std::uint64_t may_unpack() const;

  const std::uint64_t max_unpacked_;
  std::atomic<std::uint64_t> files_ = 0;
  std::atomic<std::uint64_t> members_ = 0;
  std::atomic<std::uint64_t> read_ = 0;
  std::atomic<std::uint64_t> unpacked_ = 0;
  std::atomic<std::uint64_t> walked_ = 0;
  std::atomic<std::uint64_t> held_ = 0;
  std::atomic<std::uint64_t> most_held_ = 0;
};

using SharedBudget = std::shared_ptr<ParseBudget>;

/// The budget of a source, or for one that belongs to no target a new one, by its size and
/// `max_unpacked`.
SharedBudget budget_for(const ByteSource& source, std::uint64_t max_unpacked = 0);

/// Memory that a structure keeps, counted as long as this is there; without a budget, counted here
/// alone.
class HeldBytes {
 public:
  HeldBytes() = default;
  explicit HeldBytes(SharedBudget budget) : budget_(std::move(budget)) {}
  HeldBytes(HeldBytes&& other) noexcept { swap(other); }
  HeldBytes& operator=(HeldBytes&& other) noexcept {
    swap(other);
    return *this;
  }
  ~HeldBytes() { let_go(); }

  /// As ParseBudget::hold(), for what is to be allocated next.
  void add(std::uint64_t bytes, const std::string& where);
  void let_go();
  std::uint64_t bytes() const { return bytes_; }

 private:
  void swap(HeldBytes& other) noexcept;

  SharedBudget budget_;
  std::uint64_t bytes_ = 0;
};

}  // namespace goldhive
