// Random edits on random hives, against a model kept beside: after each the structural checker must
// find nothing, hivex must agree, and the model's answer must be the hive's. The environment
// variable GOLDHIVE_RANDOM_EDITS sets how many a session makes (there are twelve); the default
// keeps the suite fast.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <map>
#include <random>

#include "fixtures/hive_builder.h"
#include "imgtools/bytes/text.h"
#include "src/hive/checker.h"
#include "src/hive/cross_check.h"
#include "tests/hive/edit_support.h"

using namespace goldhive;
using namespace goldhive::hive;
using namespace goldhive::hive::testing;

namespace {

struct Held {
  ValueType type;
  Bytes data;
  bool operator==(const Held&) const = default;
};

/// Key path -> values; names as first written.
using Model = std::map<std::string, std::map<std::string, Held>>;

const std::vector<std::string> names = {"a",  "Beta", "TLS 1.2", "Client", "Ärger", "日本",
                                        "öl", "x y",  "Ωmega",   "k01",    "k02",   "K10"};

class Session {
 public:
  Session(std::uint32_t seed, const fixtures::HiveOptions& options)
      : random_(seed),
        file_(fixtures::build_hive(
            fixtures::parse_reg_text("[seed]\n\"big\"=bytes:40000:1\n", "seed.reg"), options)) {
    model_["seed"]["big"] = {ValueType::binary,
                             open(file_).root().find("seed")->value("big")->data()};
  }

  void step() {
    const std::string key = pick_path();
    const std::string name = names[random_() % names.size()];
    const auto primary = std::make_shared<MemorySource>(file_, "hive");
    Editor editor(primary, open_with_logs(primary, {}), edit_time);
    switch (random_() % 8) {
      case 0:
        editor.create_key(key);
        require(key);
        break;
      case 1:
        remove_key(editor, key);
        break;
      case 2:
        editor.delete_value(key, name);
        if (model_.count(key) != 0) model_[key].erase(name);
        break;
      case 3:
        set(editor, key, name, ValueType::binary, random_() % 5000);
        break;
      case 4:
        set(editor, key, name, ValueType::sz, 2 * (random_() % 40));
        break;
      default:
        set(editor, key, name, ValueType::dword, 4);
        break;
    }
    file_ = written(file_, editor.finish());
  }

  /// "" or what is wrong. Not written with REQUIRE, which would cost more than the edits.
  std::string fault() const {
    const MemorySource source(file_, "hive");
    const CheckResult result = check(source);
    if (!result.faults.empty()) return to_string(result.faults.front());
    std::size_t values = 0;
    const Hive hive = open(file_);
    for (const auto& [path, held] : model_) {
      const auto key = hive.root().find_path(path);
      if (!key || key->value_count() != held.size()) return "key " + path;
      values += held.size();
      for (const auto& [name, value] : held) {
        const auto found = key->value(name);
        if (!found || found->type() != value.type || found->data() != value.data) {
          return "value " + path + "\\" + name;
        }
      }
    }
    if (result.keys != model_.size() + 1 || result.values != values) return "counts";
    if (cross_check_available()) CrossCheckCopy(source, ".").check({}, result.keys, values);
    return "";
  }

 private:
  std::string pick_path() {
    std::string path = names[random_() % names.size()];
    for (int depth = static_cast<int>(random_() % 3); depth > 0; --depth) {
      path += "\\" + names[random_() % names.size()];
    }
    return path;
  }

  void require(const std::string& path) {
    for (std::size_t end = path.find('\\'); end != std::string::npos;
         end = path.find('\\', end + 1)) {
      model_[path.substr(0, end)];
    }
    model_[path];
  }

  void remove_key(Editor& editor, const std::string& path) {
    const auto below = model_.upper_bound(path + "\\");
    const bool has_subkeys =
        below != model_.end() && below->first.compare(0, path.size() + 1, path + "\\") == 0;
    if (has_subkeys) return;
    editor.delete_key(path);
    model_.erase(path);
  }

  void set(Editor& editor, const std::string& path, const std::string& name, ValueType type,
           std::size_t size) {
    Bytes data(size);
    for (std::uint8_t& byte : data) byte = static_cast<std::uint8_t>(random_());
    editor.set_value(path, name, type, data);
    require(path);
    model_[path][name] = {type, data};
  }

  std::mt19937_64 random_;
  Bytes file_;
  Model model_;
};

}  // namespace

TEST_CASE("random edits leave every hive sound for us and for hivex") {
  const char* const wanted = std::getenv("GOLDHIVE_RANDOM_EDITS");
  const int edits = wanted == nullptr ? 80 : std::atoi(wanted);
  std::uint32_t seed = 1;
  for (const std::uint32_t minor : {3U, 5U}) {
    for (const auto lists :
         {fixtures::ListKind::lf, fixtures::ListKind::lh, fixtures::ListKind::li}) {
      for (const bool full : {false, true}) {
        fixtures::HiveOptions options;
        options.minor_version = minor;
        options.lists = lists;
        options.fill_last_bin = full;
        Session session(seed++, options);
        for (int i = 0; i < edits; ++i) {
          session.step();
          const std::string fault = session.fault();
          if (!fault.empty()) FAIL("edit " << i << " of seed " << seed - 1 << ": " << fault);
        }
        SUCCEED();
      }
    }
  }
}
