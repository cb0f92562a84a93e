#include "imgtools/bytes/parse_budget.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "imgtools/bytes/byte_source.h"
#include "imgtools/bytes/error.h"

namespace goldhive {

namespace {

std::uint64_t allowed(const ParseBudget::Limit& limit, std::uint64_t size) {
  if (size > (UINT64_MAX - limit.base) / limit.times) return UINT64_MAX;
  return limit.base + limit.times * size;
}

[[noreturn]] void refuse(const char* done, std::uint64_t spent, std::uint64_t most,
                         const std::string& where) {
  throw Error(ErrorKind::refused,
              fmt::format("is too costly: {} {} for one target of this size, {} are allowed; its "
                          "structures name the same data over and over",
                          spent, done, most),
              where);
}

}  // namespace

std::uint64_t ParseBudget::may_read() const { return allowed(reading, size()); }

std::uint64_t ParseBudget::may_hold() const {
  return allowed(holding, std::min(size(), read_.load()));
}

std::uint64_t ParseBudget::may_unpack() const {
  return max_unpacked_ > 0 ? max_unpacked_ : allowed(unpacking, files_);
}

void ParseBudget::read(std::uint64_t bytes, const std::string& where) {
  const std::uint64_t now = read_ += bytes;
  if (const std::uint64_t most = may_read(); now > most) refuse("bytes read", now, most, where);
}

void ParseBudget::unpack(std::uint64_t bytes, const std::string& where) {
  // A hole says how long it is, and its length can be anything.
  const std::uint64_t before = unpacked_.load();
  const std::uint64_t most = may_unpack();
  if (bytes <= most && before <= most - bytes) {
    unpacked_ += bytes;
    return;
  }
  throw Error(ErrorKind::refused,
              fmt::format("holds more than {} bytes unpacked: an archive bomb? If not, raise the "
                          "limit with --max-unpacked",
                          most),
              where);
}

void ParseBudget::walk(std::uint64_t entries, const std::string& where) {
  const std::uint64_t now = walked_ += entries;
  const std::uint64_t most = allowed(walking, size());
  if (now > most) refuse("entries walked over", now, most, where);
}

void ParseBudget::hold(std::uint64_t bytes, const std::string& where) {
  if (const std::uint64_t left = room(); bytes > left) {
    refuse("bytes of memory", held_ + bytes, may_hold(), where);
  }
  const std::uint64_t now = held_ += bytes;
  std::uint64_t most = most_held_;
  while (now > most && !most_held_.compare_exchange_weak(most, now)) {
  }
}

std::uint64_t ParseBudget::room() const {
  const std::uint64_t most = may_hold();
  return most - std::min(most, held_.load());
}

ParseBudget::Spent ParseBudget::spent() const {
  return {files_, members_, read_, unpacked_, walked_, held_, most_held_};
}

SharedBudget budget_for(const ByteSource& source, std::uint64_t max_unpacked) {
  if (SharedBudget budget = source.budget()) return budget;
  auto budget = std::make_shared<ParseBudget>(max_unpacked);
  budget->add_file(source.size());
  return budget;
}

void HeldBytes::add(std::uint64_t bytes, const std::string& where) {
  if (budget_) budget_->hold(bytes, where);
  bytes_ += bytes;
}

void HeldBytes::let_go() {
  if (budget_) budget_->let_go(bytes_);
  bytes_ = 0;
}

void HeldBytes::swap(HeldBytes& other) noexcept {
  std::swap(budget_, other.budget_);
  std::swap(bytes_, other.bytes_);
}

}  // namespace goldhive
