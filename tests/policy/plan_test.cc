#include <catch2/catch.hpp>

#include "imgtools/bytes/error.h"
#include "src/policy/plan.h"
#include "src/policy/saved_plan.h"
#include "tests/policy/literal_facts.h"

namespace goldhive::policy {
namespace {

using namespace goldhive::testing;
using hive::ValueType;
using windows::Family;
using windows::HiveName;
using windows::View;

std::vector<Finding> judged(const windows::Installation& i, const Policy& policy) {
  return evaluate(i, policy, today);
}

std::vector<Edit> plan_of(const windows::Installation& i, const PlanOptions& options = {},
                          const char* policy = "baseline") {
  return make_plan(i, judged(i, builtin_policy(policy)), options);
}

std::uint32_t number(const Edit& edit) {
  REQUIRE(edit.after.has_value());
  return ByteView(edit.after->data, 0, "edit").u32(0);
}

bool same_edits(const std::vector<Edit>& a, const std::vector<Edit>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Edit& x, const Edit& y) {
    return x.hive == y.hive && x.key == y.key && x.value == y.value && x.before == y.before &&
           x.after == y.after;
  });
}

TEST_CASE("The plan of a fresh Windows 7 sets six values and every one is plannable") {
  const auto plan = plan_of(windows_7());
  REQUIRE(plan.size() == 6);
  CHECK(plan[0].hive == HiveName::software);
  CHECK(plan[0].key == "Microsoft\\Windows\\CurrentVersion\\Internet Settings\\WinHttp");
  CHECK(plan[1].key.rfind("Wow6432Node\\", 0) == 0);
  CHECK(plan[2].hive == HiveName::system);
  CHECK(plan[2].value == "DisabledByDefault");
  CHECK(plan[3].value == "Enabled");
  for (const Edit& edit : plan) CHECK(is_plannable(edit));
}

TEST_CASE("After a plan the prediction passes and plans nothing more") {
  std::vector<windows::Installation> images = {windows_7(), fresh(Family::windows_8, 9200),
                                               fresh(Family::windows_8_1, 9600),
                                               fresh(Family::windows_10, 26100)};
  auto mixed = windows_7();
  set_data(secure_protocols(mixed, View::native), ValueType::qword, Bytes(8, 1));
  set_dword(secure_protocols(mixed, View::wow64), 0x2A0A);
  set_dword(schannel(mixed, 1, "TLS 1.2").enabled, 0);
  set_data(schannel(mixed, 1, "TLS 1.1").disabled_by_default, ValueType::sz, {'0', 0});
  images.push_back(mixed);
  for (const auto& image : images) {
    for (const char* name : {"baseline", "tls12-only"}) {
      const Policy policy = builtin_policy(name);
      const auto plan = plan_of(image, {}, name);
      const auto after = predict(image, plan);
      const auto findings = judged(after, policy);
      for (const auto& row : findings) {
        if (row.id == "servicing.kb3140245") continue;  // no patch can install it
        INFO(name << " " << row.id << ": " << row.message);
        CHECK(row.verdict != Verdict::fail);
        CHECK(row.verdict != Verdict::undetermined);
      }
      CHECK(make_plan(after, findings, {}).empty());
      CHECK(first_difference(findings, judged(predict(after, {}), policy)).empty());
    }
  }
}

TEST_CASE("A compliant image has nothing to plan") {
  CHECK(plan_of(compliant_windows_7()).empty());
}

TEST_CASE("Only the control set that boots is planned unless all are asked for") {
  auto i = windows_7();
  add_control_set(i, 2);
  i.control_sets.boots = 2;
  for (const Edit& edit : plan_of(i)) CHECK(edit.key.find("ControlSet001") == std::string::npos);
  PlanOptions all;
  all.control_sets = ControlSets::all;
  CHECK(plan_of(i, all).size() == 10);
  const auto after = predict(i, plan_of(i));
  const auto rows = rows_of(judged(after, builtin_policy("baseline")), "schannel.tls12.client");
  CHECK(rows.at(0).verdict == Verdict::pass);
  CHECK(rows.at(1).severity == Severity::info);
}

TEST_CASE("What a policy takes for information is nothing to do, unless it is named") {
  const std::string id = "winhttp.default-secure-protocols";
  Policy policy = builtin_policy("baseline");
  policy.severities = {{id, Severity::info}};
  const auto i = windows_7();
  const auto findings = judged(i, policy);
  PlanOptions options;
  const auto keys = [&] {
    std::size_t winhttp = 0;
    for (const Edit& edit : make_plan(i, findings, options)) {
      winhttp += edit.hive == windows::HiveName::software ? 1 : 0;
    }
    return winhttp;
  };
  CHECK(keys() == 0);
  options.only = {id};
  CHECK(keys() == 2);
  options.only.clear();
  options.protocols = 0xa80;
  CHECK(keys() == 2);
}

TEST_CASE("Only the named checks are planned and a misspelt one is refused") {
  PlanOptions only;
  only.only = {"schannel.tls12.client"};
  CHECK(plan_of(windows_7(), only).size() == 2);
  only.only = {"schannel.tls12.cleint"};
  CHECK_THROWS_WITH(plan_of(windows_7(), only),
                    Catch::Contains("did you mean 'schannel.tls12.client'"));
}

TEST_CASE("What somebody decided is undone only where the check is named") {
  auto i = compliant_windows_7();
  set_dword(secure_protocols(i, View::native), 0x800);
  set_dword(schannel(i, 1, "TLS 1.1").enabled, 0);
  CHECK(plan_of(i).empty());
  PlanOptions only;
  only.only = {"winhttp.default-secure-protocols"};
  auto plan = plan_of(i, only);
  REQUIRE(plan.size() == 1);
  CHECK(number(plan[0]) == 0xA00);
  only.only = {"schannel.tls11.client"};
  plan = plan_of(i, only);
  REQUIRE(plan.size() == 1);
  CHECK(plan[0].value == "Enabled");
  PlanOptions exact;
  exact.protocols = 0xA00;
  plan = plan_of(i, exact);
  REQUIRE(plan.size() == 1);
  CHECK(number(plan[0]) == 0xA00);
  // What needs another bit changed gets no TLS 1.1 by the way.
  set_dword(secure_protocols(i, View::native), 0x8A0);
  Policy policy = builtin_policy("baseline");
  policy.secure_protocols_forbidden = 0x20;
  plan = make_plan(i, judged(i, policy), {});
  REQUIRE(plan.size() == 1);
  CHECK(number(plan[0]) == 0x880);
}

TEST_CASE("A value that is worse than none is deleted and the prediction passes") {
  auto i = fresh(Family::windows_10, 26100);
  set_dword(secure_protocols(i, View::native), 0xA0);
  const auto plan = plan_of(i);
  REQUIRE(plan.size() == 1);
  CHECK(!plan[0].after);
  CHECK(is_plannable(plan[0]));
  CHECK_THAT(plan_diff(plan), Catch::Contains("\n- \"DefaultSecureProtocols\"=dword:000000a0\n") &&
                                  !Catch::Contains("\n+"));
  CHECK_THAT(plan_reg_file(plan), Catch::Contains("\r\n\"DefaultSecureProtocols\"=-\r\n"));
  const SavedPlan saved = {"baseline", {{"image", "image", "", plan}}};
  CHECK(same_edits(load_plan(save_plan(saved), "plan.json").entries.at(0).edits, plan));
  const auto rows = rows_of(judged(predict(i, plan), builtin_policy("baseline")),
                            "winhttp.default-secure-protocols");
  CHECK(rows.at(0).verdict == Verdict::pass);
  CHECK(!rows.at(0).actual);
}

TEST_CASE("Chosen protocols are written exactly in each view that counts") {
  PlanOptions exact;
  exact.protocols = 0x800;
  auto i = compliant_windows_7();
  auto plan = plan_of(i, exact);
  REQUIRE(plan.size() == 2);
  CHECK(number(plan[0]) == 0x800);
  CHECK(number(plan[1]) == 0x800);
  CHECK(plan_of(predict(i, plan), exact).empty());
  exact.protocols = 0x2800;
  CHECK_THROWS_WITH(plan_of(i, exact),
                    Catch::Contains("TLS 1.3 cannot be set in DefaultSecureProtocols: Windows 7"));
  CHECK(plan_of(fresh(Family::vista, 6002), exact).empty());
}

TEST_CASE("Protocols are not chosen for a Windows that never reads them") {
  PlanOptions exact;
  exact.protocols = 0x800;
  const auto i = fresh(Family::windows_7, 7600);
  CHECK_THROWS_WITH(plan_of(i, exact), Catch::Contains("without SP1 never read"));
  for (const Edit& edit : plan_of(i)) CHECK(edit.hive == HiveName::system);
}

TEST_CASE("Waived findings are left as they are") {
  Policy policy = builtin_policy("baseline");
  policy.waivers.push_back({"winhttp.default-secure-protocols", "*", "later", "2030-01-01"});
  const auto i = windows_7();
  for (const Edit& edit : make_plan(i, judged(i, policy), {})) {
    CHECK(edit.hive == HiveName::system);
  }
}

TEST_CASE("A dirty hive that is edited is predicted clean") {
  auto i = windows_7();
  i.hives.at(1).state = hive::HiveState::recovered;
  const auto after = predict(i, plan_of(i));
  CHECK(after.hives.at(1).state == hive::HiveState::clean);
  CHECK(predict(i, {}).hives.at(1).state == hive::HiveState::recovered);
}

TEST_CASE("A rescan that differs from the prediction is said") {
  const Policy policy = builtin_policy("baseline");
  const auto predicted = judged(compliant_windows_7(), policy);
  auto found = predicted;
  found.at(1).key_last_written = 42;
  found.at(1).evidence.clear();
  CHECK(first_difference(predicted, found).empty());
  found.at(1).verdict = Verdict::fail;
  CHECK(first_difference(predicted, found).find("servicing.kb3140245: predicted pass") == 0);
  found.pop_back();
  CHECK(!first_difference(predicted, found).empty());
}

TEST_CASE("Only the values the checks are about can be planned") {
  Edit edit;
  edit.hive = HiveName::system;
  edit.key = "controlset002\\CONTROL\\SecurityProviders\\SChannel\\Protocols\\tls 1.2\\Client";
  edit.value = "enabled";
  edit.after = Edit::Data{ValueType::dword, Bytes(4)};
  CHECK(is_plannable(edit));
  const auto refused = [&](auto change) {
    Edit bad = edit;
    change(bad);
    return !is_plannable(bad);
  };
  CHECK(refused([](Edit& e) { e.hive = HiveName::software; }));
  CHECK(refused([](Edit& e) { e.value = "ImagePath"; }));
  CHECK(refused([](Edit& e) { e.key = "ControlSet001\\Services\\x"; }));
  CHECK(refused([](Edit& e) { e.key = "CurrentControlSet" + e.key.substr(13); }));
  CHECK(refused([](Edit& e) { e.key = "ControlSet000" + e.key.substr(13); }));
  CHECK(refused([](Edit& e) { e.key += "\\x"; }));
  CHECK(refused([](Edit& e) { e.after.reset(); }));
  CHECK(refused([](Edit& e) { e.after->data.push_back(0); }));
  CHECK(refused([](Edit& e) { e.after->type = ValueType::sz; }));
  edit.key = "ControlSet001\\Control\\Lsa\\FipsAlgorithmPolicy";  // read, and not to be changed
  edit.value = "Enabled";
  CHECK(!is_plannable(edit));
  edit.hive = HiveName::software;
  edit.key = "Microsoft\\Windows\\CurrentVersion\\Run";
  edit.value = "DefaultSecureProtocols";
  CHECK(!is_plannable(edit));
  edit.key = "Microsoft\\Windows\\CurrentVersion\\Internet Settings";
  edit.value = "SecureProtocols";
  CHECK(is_plannable(edit));
  edit.after.reset();  // WinINet and WinHTTP may do better without theirs
  CHECK(is_plannable(edit));
  edit.key = "Wow6432Node\\" + edit.key;  // this view of it is not read
  CHECK(!is_plannable(edit));
}

TEST_CASE("The diff shows what goes and what comes") {
  auto i = windows_7();
  set_dword(secure_protocols(i, View::native), 0xA0);
  PlanOptions only;
  only.only = {"winhttp.default-secure-protocols"};
  CHECK(plan_diff(plan_of(i, only)) ==
        "  [HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Internet "
        "Settings\\WinHttp]\n"
        "- \"DefaultSecureProtocols\"=dword:000000a0\n"
        "+ \"DefaultSecureProtocols\"=dword:00000aa0\n"
        "\n"
        "  [HKEY_LOCAL_MACHINE\\SOFTWARE\\Wow6432Node\\Microsoft\\Windows\\CurrentVersion\\"
        "Internet Settings\\WinHttp]\n"
        "+ \"DefaultSecureProtocols\"=dword:00000a00\n");
  set_data(secure_protocols(i, View::native), ValueType::qword, {0, 0x0A, 0, 0, 0, 0, 0, 0});
  CHECK_THAT(plan_diff(plan_of(i, only)),
             Catch::Contains("- \"DefaultSecureProtocols\"=hex(b):00,0a,00,00,00,00,00,00\n"));
}

TEST_CASE("The .reg file names real control sets and every key above the values") {
  PlanOptions only;
  only.only = {"schannel.tls12.client"};
  const std::string set = "[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001";
  CHECK(plan_reg_file(plan_of(windows_7(), only)) ==
        "Windows Registry Editor Version 5.00\r\n\r\n" +  //
            set + "]\r\n\r\n" +                           //
            set + "\\Control]\r\n\r\n" +                  //
            set + "\\Control\\SecurityProviders]\r\n\r\n" + set +
            "\\Control\\SecurityProviders\\SCHANNEL]\r\n\r\n" + set +
            "\\Control\\SecurityProviders\\SCHANNEL\\Protocols]\r\n\r\n" + set +
            "\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.2]\r\n\r\n" + set +
            "\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.2\\Client]\r\n" +
            "\"DisabledByDefault\"=dword:00000000\r\n"
            "\"Enabled\"=dword:00000001\r\n"
            "\r\n");
}

SavedPlan saved_example() {
  auto i = windows_7();
  set_data(secure_protocols(i, View::native), ValueType::qword, {0, 0x0A, 0, 0, 0, 0, 0, 0});
  set_data(secure_protocols(i, View::wow64), static_cast<ValueType>(0x1F), {});
  set_dword(schannel(i, 1, "TLS 1.2").enabled, 0);
  return {"baseline", {{"image.wim", "image.wim@2", system_of(i), plan_of(i)}}};
}

TEST_CASE("A plan comes back from its file as it was saved") {
  const SavedPlan plan = saved_example();
  const std::string json = save_plan(plan);
  const SavedPlan loaded = load_plan(json, "plan.json");
  CHECK(loaded.policy == "baseline");
  REQUIRE(loaded.entries.size() == 1);
  CHECK(loaded.entries[0].target == "image.wim");
  CHECK(loaded.entries[0].installation == "image.wim@2");
  CHECK(same_edits(loaded.entries[0].edits, plan.entries[0].edits));
  CHECK(save_plan(loaded) == json);
}

TEST_CASE("A plan of goldhive 0.1.0 is read, and knows no system") {
  SavedPlan plan = saved_example();
  std::string json = save_plan(plan);
  const std::string system = "      \"system\": \"" + plan.entries[0].system + "\",\n";
  REQUIRE(json.find(system) != std::string::npos);
  json.replace(json.find("\"schema\": 2"), 11, "\"schema\": 1");
  CHECK_THROWS_AS(load_plan(json, "plan.json"), Error);  // schema 1 has no "system"
  json.erase(json.find(system), system.size());
  CHECK(load_plan(json, "plan.json").entries[0].system.empty());
}

/// The example with one piece of its text replaced.
std::string tampered(const std::string& from, const std::string& to) {
  std::string json = save_plan(saved_example());
  const std::size_t at = json.find(from);
  REQUIRE(at != std::string::npos);
  return json.replace(at, from.size(), to);
}

ErrorKind refusal(const std::string& json) {
  try {
    load_plan(json, "plan.json");
  } catch (const Error& e) {
    CHECK(e.where() == "plan.json");
    return e.kind();
  }
  FAIL("accepted: " << json);
  return ErrorKind::io;
}

TEST_CASE("A plan file that save_plan cannot have written is refused") {
  CHECK(refusal("") == ErrorKind::corrupt);
  CHECK(refusal("{") == ErrorKind::corrupt);
  CHECK(refusal("[]") == ErrorKind::corrupt);
  CHECK(refusal("{}") == ErrorKind::corrupt);
  CHECK(refusal(std::string(100000, '[')) == ErrorKind::corrupt);
  CHECK(refusal(tampered("\"schema\": 2", "\"schema\": " + std::string(400, '1'))) ==
        ErrorKind::corrupt);
  CHECK(refusal(tampered("goldhive-plan", "other")) == ErrorKind::corrupt);
  CHECK(refusal(tampered("\"schema\": 2", "\"schema\": 3")) == ErrorKind::unsupported);
  CHECK(refusal(tampered("\"policy\"", "\"polcy\"")) == ErrorKind::corrupt);
  CHECK(refusal(tampered("\"policy\": \"baseline\"", "\"policy\": 1")) == ErrorKind::corrupt);
  CHECK(refusal(tampered("\"schema\": 2", "\"schema\": 2, \"x\": 1")) == ErrorKind::corrupt);
  CHECK(refusal(tampered("\"schema\": 2", "\"schema\": 2, \"schema\": 2")) == ErrorKind::corrupt);
  CHECK(refusal(tampered("\"SOFTWARE\"", "\"SAM\"")) == ErrorKind::corrupt);
  CHECK(refusal(tampered("REG_QWORD", "REG_QWRD")) == ErrorKind::corrupt);
  CHECK(refusal(tampered("0x1f", "0x1g")) == ErrorKind::corrupt);
  CHECK(refusal(tampered("hex:00,0a", "hex:00,0")) == ErrorKind::corrupt);
  CHECK(refusal(tampered("hex:00,0a", "hex:00,,0a")) == ErrorKind::corrupt);
  CHECK(refusal(tampered("0xa00", "0x123456789")) == ErrorKind::corrupt);
  CHECK(refusal(tampered("0xa00", "2560")) == ErrorKind::corrupt);
  CHECK(refusal(tampered("\"before\": null", "\"befor\": null")) == ErrorKind::corrupt);
}

TEST_CASE("A plan file cannot make goldhive write anything else") {
  CHECK(refusal(tampered("DefaultSecureProtocols", "Shell")) == ErrorKind::refused);
  CHECK(refusal(tampered("Internet Settings", "Run")) == ErrorKind::refused);
  CHECK(refusal(tampered("ControlSet001\\\\Control\\\\SecurityProviders",
                         "ControlSet001\\\\Services\\\\SecurityProviders")) == ErrorKind::refused);
}

TEST_CASE("A plan file that sets one value twice is refused") {
  SavedPlan plan = saved_example();
  plan.entries[0].edits.push_back(plan.entries[0].edits.front());
  CHECK(refusal(save_plan(plan)) == ErrorKind::corrupt);
}

}  // namespace
}  // namespace goldhive::policy
