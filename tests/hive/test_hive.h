// Hives made from .reg-like text, to be read as they are or with bytes spoilt on purpose.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fixtures/hive_builder.h"
#include "imgtools/bytes/byte_source.h"
#include "imgtools/bytes/error.h"
#include "src/hive/cell.h"
#include "src/hive/hive.h"

namespace goldhive::testing {

inline Bytes hive_bytes(std::string_view reg_text, const fixtures::HiveOptions& options = {}) {
  return fixtures::build_hive(fixtures::parse_reg_text(reg_text, "test"), options);
}

inline hive::Hive open_hive(Bytes bytes) {
  return hive::Hive::open(std::make_shared<MemorySource>(std::move(bytes), "SOFTWARE"));
}

inline hive::Hive open_text(std::string_view reg_text, const fixtures::HiveOptions& options = {}) {
  return open_hive(hive_bytes(reg_text, options));
}

/// Where a field of a cell's content lies in the file.
inline std::size_t field_at(hive::CellOffset cell, std::size_t field) {
  return static_cast<std::size_t>(hive::file_offset(cell)) + hive::cell_header_size + field;
}

inline std::vector<std::string> names(const std::vector<hive::Key>& keys) {
  std::vector<std::string> out;
  for (const hive::Key& key : keys) out.push_back(key.name_utf8());
  return out;
}

/// The error of a call that must throw Error(corrupt).
template <typename Call>
Error corruption(Call call) {
  try {
    call();
  } catch (const Error& e) {
    CHECK(e.kind() == ErrorKind::corrupt);
    return e;
  }
  FAIL("nothing was thrown");
  return Error(ErrorKind::io, "");
}

}  // namespace goldhive::testing
