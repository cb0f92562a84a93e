#include "src/hive/check_map.h"

#include <fmt/format.h>

#include <cstring>

#include "imgtools/bytes/text.h"
#include "src/hive/key_node.h"

namespace goldhive::hive {

const char* to_string(CellUse use) {
  switch (use) {
    case CellUse::none:
      return "no cell";
    case CellUse::free:
      return "a free cell";
    case CellUse::unused:
      return "a cell nothing names";
    case CellUse::key:
      return "a key";
    case CellUse::subkey_list:
      return "a subkey list";
    case CellUse::class_name:
      return "a class name";
    case CellUse::security:
      return "a security record";
    case CellUse::value_list:
      return "a value list";
    case CellUse::value:
      return "a value";
    case CellUse::data:
      return "value data";
  }
  return "no cell";
}

CheckMap::CheckMap(const ByteSource& source, const BaseBlock& base, const CheckLimits& limits,
                   CheckResult& result)
    : base_(base), limits_(limits), result_(result) {
  if (base.bins_size > limits.largest_hive) {
    throw Error(ErrorKind::unsupported,
                fmt::format("too large to be checked: {} MiB of bins, at most {}",
                            base.bins_size >> 20, limits.largest_hive >> 20),
                source.name());
  }
  if (source.in_memory().empty()) {
    copy_ = LargeBuffer(source, base_block_size, base.bins_size);
    bins_ = ByteView(copy_.span(), base_block_size, source.name());
  } else {
    bins_ = ByteView(source.in_memory(), 0, source.name()).slice(base_block_size, base.bins_size);
  }
  use_bytes_ = LargeBuffer(bins_.size() / cell_alignment);
  std::memset(use_bytes_.data(), static_cast<int>(CellUse::none), use_bytes_.size());
  uses_ = {reinterpret_cast<CellUse*>(use_bytes_.data()), use_bytes_.size()};
}

bool CheckMap::refuse_claim(CellOffset cell, CellUse use, std::uint64_t from) {
  const CellUse found = use_of(cell);
  const bool in_use = found != CellUse::none && found != CellUse::free;
  fault(in_use ? FaultCode::doubly_used_cell : FaultCode::bad_cell_reference, from,
        in_use ? "a cell is used twice" : "a reference leads to no cell in use",
        fmt::format("{}{}", to_string(use), in_use ? " of its own" : ""),
        fmt::format("{} at {:#x}", to_string(found), file_offset(cell)));
  return false;
}

void CheckMap::find_orphans() {
  for (const CellOffset cell : leftovers_) {
    if (use_of(cell) == CellUse::unused) uses_[cell / cell_alignment] = CellUse::data;
  }
  at_key(no_cell);
  const std::uint8_t* const begin = use_bytes_.data();
  const std::uint8_t* const end = begin + use_bytes_.size();
  constexpr int unused = static_cast<int>(CellUse::unused);
  for (const std::uint8_t* at = begin;; ++at) {
    at = static_cast<const std::uint8_t*>(
        std::memchr(at, unused, static_cast<std::size_t>(end - at)));
    if (at == nullptr) break;
    const auto cell =
        static_cast<CellOffset>(static_cast<std::size_t>(at - begin) * cell_alignment);
    const std::uint32_t size = cell_size(cell);
    result_.orphan_cells += 1;
    result_.orphan_bytes += size;
    fault(FaultCode::orphan_cell, file_offset(cell), "a cell in use that nothing names", {},
          fmt::format("{} bytes", size));
  }
}

void CheckMap::check_max_length(CellOffset key, const MaxLength& field, std::uint32_t stated,
                                std::uint32_t found) {
  if (stated >= found) return;
  fault(FaultCode::max_length_too_small, field_offset(key, field.at),
        fmt::format("the longest {} is longer than stated", field.what),
        fmt::format("{} bytes", found), fmt::format("{} bytes", stated));
  repair(field_offset(key, field.at), found, field.width);
}

void CheckMap::repair(std::uint64_t offset, std::uint32_t number, std::size_t width) {
  Bytes bytes(4);
  put_u32(bytes, 0, number);
  bytes.resize(width);
  result_.repairs.push_back({offset, std::move(bytes)});
}

std::string CheckMap::path_of(CellOffset key) const {
  // The path follows the parents that the keys state. That is good enough for a message, and
  // bounded.
  std::vector<std::u16string> names;
  while (names.size() < 512 && key != base_.root_cell && use_of(key) == CellUse::key) {
    try {
      KeyNode node = parse_key_node(content(key));
      names.push_back(std::move(node.name));
      key = node.parent;
    } catch (const Error&) {
      names.emplace_back(u"...");
      break;
    }
  }
  std::u16string path;
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    if (!path.empty()) path += u'\\';
    path += *name;
  }
  return to_utf8(path);
}

void CheckMap::fault(FaultCode code, std::uint64_t offset, std::string message,
                     std::string expected, std::string actual) {
  const Harm harm = harm_of(code);
  result_.fault_count += 1;
  if (harm == Harm::refuse) result_.refusal_count += 1;
  const std::uint64_t of_this_harm =
      harm == Harm::refuse ? result_.refusal_count : result_.fault_count - result_.refusal_count;
  if (of_this_harm <= limits_.listed_faults) {
    result_.faults.push_back(Fault{code, harm, offset, path_of(key_), std::move(message),
                                   std::move(expected), std::move(actual)});
  }
  if (result_.fault_count >= limits_.counted_faults) throw EnoughFaults{};
}

void CheckMap::fault(FaultCode code, const Error& e) {
  fault(code, e.offset().value_or(0), e.message(), e.expected(), e.actual());
}

}  // namespace goldhive::hive
