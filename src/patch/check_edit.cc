#include "src/patch/check_edit.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <future>
#include <set>
#include <span>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "src/windows/hive_with_logs.h"

namespace goldhive::patch {
namespace {

using hive::CheckResult;
using policy::Edit;

/// Keys that the edits create: each missing part of each path, once.
std::uint64_t keys_to_create(const hive::Hive& hive, const std::vector<Edit>& edits) {
  std::set<std::u16string> created;
  for (const Edit& edit : edits) {
    if (!edit.after) continue;
    for (std::size_t end = 0; end != std::string::npos;) {
      end = edit.key.find('\\', end + 1);
      const std::string path = edit.key.substr(0, end);
      if (!hive.root().find_path(path)) created.insert(nt_upcase(to_utf16(path)));
    }
  }
  return created.size();
}

std::int64_t values_to_add(const std::vector<Edit>& edits) {
  std::int64_t sum = 0;
  for (const Edit& edit : edits) {
    sum += static_cast<int>(edit.after.has_value()) - static_cast<int>(edit.before.has_value());
  }
  return sum;
}

std::vector<hive::ExpectedValue> expected_values(const std::vector<Edit>& edits) {
  std::vector<hive::ExpectedValue> expected;
  for (const Edit& edit : edits) {
    hive::ExpectedValue value;
    value.key = edit.key;
    value.name = edit.value;
    value.present = edit.after.has_value();
    if (edit.after) {
      value.type = edit.after->type;
      value.data = edit.after->data;
    }
    expected.push_back(std::move(value));
  }
  return expected;
}

void require_sound(const CheckResult& before, const CheckResult& after,
                   const PlannedResult& planned, const std::string& where) {
  if (after.fault_count > before.fault_count || after.refusal_count > before.refusal_count) {
    throw Error(ErrorKind::refused,
                fmt::format("the edit would leave {} structural faults where there were {}; "
                            "this is a defect of goldhive, and nothing was written",
                            after.fault_count, before.fault_count),
                where);
  }
  if (after.keys != planned.keys || after.values != planned.values) {
    throw Error(ErrorKind::refused,
                fmt::format("the edit would leave {} keys and {} values where {} and {} are "
                            "planned; this is a defect of goldhive, and nothing was written",
                            after.keys, after.values, planned.keys, planned.values),
                where);
  }
}

void require_same(const ByteSource& written, const ResidentSource& edited) {
  const auto refuse = [&](const std::string& how) {
    throw Error(ErrorKind::refused,
                fmt::format("the written hive does not read back as it was checked ({}), so the "
                            "patch was rolled back",
                            how),
                written.name());
  };
  if (written.size() != edited.size()) {
    refuse(fmt::format("{} bytes expected, {} found", edited.size(), written.size()));
  }
  each_piece(written, [&](std::uint64_t at, std::span<const std::uint8_t> piece) {
    const std::uint8_t* expected = edited.in_memory().data() + at;
    if (std::equal(piece.begin(), piece.end(), expected)) return;
    const auto [found, wanted] = std::mismatch(piece.begin(), piece.end(), expected);
    refuse(fmt::format("at {:#x}: {:#04x} expected, {:#04x} found",
                       at + static_cast<std::uint64_t>(found - piece.begin()), *wanted, *found));
  });
}

}  // namespace

PlannedResult planned_result(const hive::Hive& hive, const CheckResult& before,
                             const std::vector<Edit>& edits) {
  const std::int64_t values = static_cast<std::int64_t>(before.values) + values_to_add(edits);
  return {before.keys + keys_to_create(hive, edits), static_cast<std::uint64_t>(values),
          expected_values(edits)};
}

void EditCheck::run() {
  std::future<CheckResult> after =
      std::async(std::launch::async, [this] { return hive::check(*edited); });
  std::exception_ptr objection;
  if (for_hivex) {
    try {
      for_hivex->check(planned.expected, planned.keys, planned.values);
    } catch (const Error&) {
      objection = std::current_exception();
    }
  }
  require_sound(before, after.get(), planned, where);
  if (objection) std::rethrow_exception(objection);
}

void require_written(const FileTree& tree, const WrittenHive& expected) {
  windows::HiveWithLogs files(tree, expected.path);
  const hive::OpenedHive opened = files.open();
  const ByteSource& written = opened.contents ? *opened.contents : *files.primary();
  if (expected.edited) return require_same(written, *expected.edited);
  const CheckResult found = hive::check(written);
  if (found.fault_count <= expected.faults && found.keys == expected.keys &&
      found.values == expected.values) {
    return;
  }
  throw Error(ErrorKind::refused,
              fmt::format("the written hive has {} structural faults, {} keys and {} values where "
                          "{}, {} and {} are expected, so the patch was rolled back",
                          found.fault_count, found.keys, found.values, expected.faults,
                          expected.keys, expected.values),
              written.name());
}

}  // namespace goldhive::patch
