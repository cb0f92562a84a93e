#include "tests/hive/hive_model.h"

#include <vector>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "src/hive/big_data.h"

namespace goldhive::testing {

namespace {

using fixtures::KeyModel;
using fixtures::ValueModel;

std::u16string_view comparable(const std::u16string& name, bool nul_ends_name) {
  return std::u16string_view(name).substr(0, nul_ends_name ? name.find(u'\0') : name.npos);
}

}  // namespace

KeyModel read_model(const hive::Key& key) {
  KeyModel model;
  model.name = key.name();
  model.last_written = key.last_written();
  for (const hive::Value& value : key.values()) {
    model.values.push_back(ValueModel{value.name(), value.type(), value.data()});
  }
  for (const hive::Key& subkey : key.subkeys()) model.subkeys.push_back(read_model(subkey));
  return model;
}

std::string difference(const KeyModel& a, const KeyModel& b, bool nul_ends_name) {
  const std::string name = to_utf8(a.name);
  if (comparable(a.name, nul_ends_name) != comparable(b.name, nul_ends_name)) {
    return name + ": named " + to_utf8(b.name);
  }
  if (a.last_written != b.last_written) return name + ": time";
  if (a.values.size() != b.values.size()) return name + ": number of values";
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    const std::string at = name + ": value " + to_utf8(a.values[i].name);
    if (a.values[i].name != b.values[i].name) return at + ": name";
    if (a.values[i].type != b.values[i].type) return at + ": type";
    if (a.values[i].data != b.values[i].data) return at + ": data";
  }
  if (a.subkeys.size() != b.subkeys.size()) return name + ": number of subkeys";
  for (std::size_t i = 0; i < a.subkeys.size(); ++i) {
    const std::string below = difference(a.subkeys[i], b.subkeys[i], nul_ends_name);
    if (!below.empty()) return name + "\\" + below;
  }
  return "";
}

TreeCount count_tree(const hive::Hive& hive) {
  TreeCount count;
  const hive::ErrorSink note = [&](const Error& e) {
    if (count.errors++ == 0) count.first_error = e.what();
  };
  std::vector<hive::Key> pending{hive.root()};
  while (!pending.empty()) {
    const hive::Key key = pending.back();
    pending.pop_back();
    ++count.keys;
    for (const hive::Value& value : key.values(note)) {
      ++count.values;
      if (value.size() > hive::big_data_segment) ++count.big_values;
      try {
        if (value.data().size() != value.size()) note(Error(ErrorKind::corrupt, "size of data"));
      } catch (const Error& e) {
        note(e);
      }
    }
    for (hive::Key& subkey : key.subkeys(note)) pending.push_back(std::move(subkey));
  }
  return count;
}

}  // namespace goldhive::testing
