// hivex as the second opinion (cross_check.h). The only file that includes hivex.h.
//
// What is odd about hivex: a node handle of 0 means both "none" and "error". Names come as UTF-8
// and are compared without case in ASCII only, which is enough for the keys we write. A hive must
// be a file, and is mapped whole.
#include <fmt/format.h>
#include <hivex.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <system_error>

#include "imgtools/bytes/error.h"
#include "imgtools/host/scratch_file.h"
#include "src/hive/cross_check.h"

namespace goldhive::hive {

namespace {

struct Close {
  void operator()(hive_h* h) const {
    if (h != nullptr) hivex_close(h);
  }
};
struct Free {
  void operator()(void* p) const { std::free(p); }
};

[[noreturn]] void refuse(const std::string& edited, const std::string& what) {
  throw Error(ErrorKind::refused, "hivex disagrees with the edit: " + what, edited);
}

std::string reason() { return std::error_code(errno, std::generic_category()).message(); }

hive_node_h find(hive_h* h, std::string_view path) {
  hive_node_h node = hivex_root(h);
  while (node != 0 && !path.empty()) {
    const std::size_t end = std::min(path.find('\\'), path.size());
    if (end > 0) node = hivex_node_get_child(h, node, std::string(path.substr(0, end)).c_str());
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return node;
}

void check_value(hive_h* h, const std::string& edited, const ExpectedValue& wanted) {
  const std::string name = fmt::format("{}\\{}", wanted.key, wanted.name);
  const hive_node_h node = find(h, wanted.key);
  const hive_value_h value = node == 0 ? 0 : hivex_node_get_value(h, node, wanted.name.c_str());
  if (value == 0) {
    if (wanted.present) refuse(edited, name + " is planned and hivex does not find it");
    return;
  }
  if (!wanted.present) refuse(edited, name + " should be gone and hivex still finds it");
  hive_type type = hive_t_REG_NONE;
  std::size_t length = 0;
  const std::unique_ptr<char, Free> data(hivex_value_value(h, value, &type, &length));
  if (!data) refuse(edited, fmt::format("{} cannot be read ({})", name, reason()));
  // hivex may store a number that is no value of its enumeration, so only its bytes may be read.
  ValueType read_type{};
  static_assert(sizeof(type) == sizeof(read_type));
  std::memcpy(&read_type, &type, sizeof(type));
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(data.get());
  if (read_type != wanted.type ||
      !std::equal(bytes, bytes + length, wanted.data.begin(), wanted.data.end())) {
    refuse(edited,
           fmt::format("{} is planned as {} of {} bytes, hivex reads {} of {} bytes{}", name,
                       to_string(wanted.type), wanted.data.size(), to_string(read_type), length,
                       read_type == wanted.type ? " with other content" : ""));
  }
}

struct Counts {
  std::uint64_t keys = 0;
  std::uint64_t values = 0;
};

Counts count_all(hive_h* h, const std::string& edited) {
  Counts counts;
  std::vector<hive_node_h> open{hivex_root(h)};
  while (!open.empty()) {
    const hive_node_h node = open.back();
    open.pop_back();
    ++counts.keys;
    const std::unique_ptr<hive_value_h, Free> values(hivex_node_values(h, node));
    const std::unique_ptr<hive_node_h, Free> children(hivex_node_children(h, node));
    if (!values || !children) {
      refuse(edited, fmt::format("the key at {:#x} cannot be listed ({})", node, reason()));
    }
    for (const hive_value_h* v = values.get(); *v != 0; ++v) ++counts.values;
    for (const hive_node_h* c = children.get(); *c != 0; ++c) open.push_back(*c);
  }
  return counts;
}

}  // namespace

bool cross_check_available() { return true; }

CrossCheckCopy::CrossCheckCopy(const ByteSource& hive, const std::string& scratch_directory)
    : file_(std::make_shared<ScratchFile>(scratch_directory)), name_(hive.name()) {
  if (!hive.in_memory().empty()) {
    file_->write(0, hive.in_memory());
  } else {
    each_piece(hive, [this](std::uint64_t at, std::span<const std::uint8_t> piece) {
      file_->write(at, piece);
    });
  }
}

void CrossCheckCopy::apply(std::uint64_t new_size, const std::vector<Write>& writes) {
  file_->resize(new_size);
  for (const auto& [offset, bytes] : writes) file_->write(offset, bytes);
}

void CrossCheckCopy::check(const std::vector<ExpectedValue>& expected, std::uint64_t keys,
                           std::uint64_t values) {
  const std::shared_ptr<hive_h> h(hivex_open(file_->path().c_str(), 0), Close());
  opened_ = h;
  if (!h) refuse(name_, "it cannot open the edited hive (" + reason() + ")");
  for (const ExpectedValue& wanted : expected) check_value(h.get(), name_, wanted);
  const Counts counts = count_all(h.get(), name_);
  if (counts.keys != keys || counts.values != values) {
    refuse(name_, fmt::format("it counts {} keys and {} values, we count {} and {}", counts.keys,
                              counts.values, keys, values));
  }
}

}  // namespace goldhive::hive
