// Checks of the values of a key: their list, each value, and its data in each of its forms.
#include <fmt/format.h>

#include <algorithm>

#include "imgtools/bytes/text.h"
#include "src/hive/big_data.h"
#include "src/hive/check_map.h"
#include "src/hive/key_node.h"
#include "src/hive/subkey_list.h"
#include "src/hive/value_node.h"

namespace goldhive::hive {

namespace {

void check_big_data(CheckMap& map, CellOffset cell, std::uint32_t length) {
  BigData record;
  std::vector<CellOffset> segments;
  try {
    record = parse_big_data(map.content(cell));
    if (record.segment_count != segments_needed(length)) {
      map.fault(FaultCode::bad_big_data, field_offset(cell, 2),
                "wrong number of segments of big data", fmt::format("{}", segments_needed(length)),
                fmt::format("{}", record.segment_count));
      return;
    }
    if (!map.claim(record.segment_list, CellUse::data, field_offset(cell, 4))) return;
    segments = parse_cell_list(map.content(record.segment_list), record.segment_count,
                               "a list of segments of big data");
  } catch (const Error& e) {
    map.fault(FaultCode::bad_big_data, e);
    return;
  }
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const std::uint64_t from = field_offset(record.segment_list, i * 4);
    const std::uint32_t part = std::min(length, big_data_segment);
    length -= part;
    if (!map.claim(segments[i], CellUse::data, from)) continue;
    const std::size_t room = map.content(segments[i]).size();
    if (room < part) {
      map.fault(FaultCode::bad_big_data, from, "a segment of big data is too small",
                fmt::format("{} bytes", part), fmt::format("{} bytes", room));
    }
  }
}

void check_data(CheckMap& map, const ValueFields& value, CellOffset cell) {
  const std::uint32_t length = value.data_length();
  if (value.is_inline()) {
    if (length > max_inline_data) {
      map.fault(FaultCode::bad_value_data, field_offset(cell, vk::data_length),
                "bad length of inline data", "at most 4 bytes", fmt::format("{:#x}", length));
    }
    return;
  }
  if (length == 0) {
    map.claim_leftover(value.raw_data);
    return;
  }
  const CellOffset data = value.raw_data;
  if (!map.claim(data, CellUse::data, field_offset(cell, vk::data))) return;
  if (value.is_big(map.base_block().minor_version)) {
    map.result().big_values += 1;
    check_big_data(map, data, length);
    return;
  }
  const std::size_t room = map.content(data).size();
  if (length > room) {
    map.fault(FaultCode::bad_value_data, field_offset(cell, vk::data_length),
              "value data is longer than its cell", fmt::format("at most {} bytes", room),
              fmt::format("{} bytes", length));
  }
}

/// Values are not sorted, so values whose names have equal hashes are compared.
void check_duplicates(CheckMap& map, std::vector<std::pair<std::uint32_t, CellOffset>>& hashes) {
  if (hashes.size() < 2) return;
  std::sort(hashes.begin(), hashes.end());
  std::vector<std::pair<std::u16string, CellOffset>> alike;
  for (std::size_t begin = 0, end = 0; begin < hashes.size(); begin = end) {
    while (end < hashes.size() && hashes[end].first == hashes[begin].first) ++end;
    if (end - begin < 2) continue;
    alike.clear();
    for (std::size_t i = begin; i < end; ++i) {
      const CellOffset cell = hashes[i].second;
      alike.emplace_back(nt_upcase(parse_value_node(map.content(cell)).name), cell);
    }
    std::sort(alike.begin(), alike.end());
    for (std::size_t i = 1; i < alike.size(); ++i) {
      if (alike[i].first != alike[i - 1].first) continue;
      map.fault(FaultCode::duplicate_value, file_offset(alike[i].second),
                "two values of the same name", {}, fmt::format("\"{}\"", to_utf8(alike[i].first)));
    }
  }
}

}  // namespace

void check_values(CheckMap& map, const KeyFields& key, CellOffset key_cell) {
  const std::uint32_t count = key.stored_values();
  if (count == 0) return;  // then the list means nothing
  if (!map.claim(key.value_list, CellUse::value_list, field_offset(key_cell, nk::value_list)))
    return;
  const ByteView list = map.content(key.value_list);
  try {
    require_cell_list(list, count, "a value list");
  } catch (const Error& e) {
    map.fault(FaultCode::bad_value_list, e);
    return;
  }
  std::vector<std::pair<std::uint32_t, CellOffset>>& hashes = map.value_hashes();
  hashes.clear();
  std::uint32_t longest_name = 0;
  std::uint32_t longest_data = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const CellOffset cell = list.u32(i * 4);
    if (!map.claim(cell, CellUse::value, field_offset(key.value_list, i * 4))) continue;
    ValueView value;
    try {
      value = parse_value_view(map.content(cell));
    } catch (const Error& e) {
      map.fault(FaultCode::bad_value, e);
      continue;
    }
    map.result().values += 1;
    if (count > 1) hashes.emplace_back(name_hash(value.name), cell);
    longest_name = std::max(longest_name, static_cast<std::uint32_t>(value.name.size() * 2));
    longest_data = std::max(longest_data, value.data_length());
    check_data(map, value, cell);
  }
  check_duplicates(map, hashes);
  map.check_max_length(key_cell, {nk::max_value_name, 4, "value name"}, key.max_value_name,
                       longest_name);
  map.check_max_length(key_cell, {nk::max_value_data, 4, "value data"}, key.max_value_data,
                       longest_data);
}

}  // namespace goldhive::hive
