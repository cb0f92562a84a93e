// The whole of `goldhive patch` and `goldhive undo` on a disk that dies at every operation. The old
// files or the new ones must be left: for a reader of the journal at once, and in the files after
// `recover`.
#include <catch2/catch.hpp>
#include <iostream>

#include "fixtures/recipe.h"
#include "imgtools/change/own_names.h"
#include "imgtools/host/path.h"
#include "src/patch/patch_target.h"
#include "src/patch/undo_place.h"
#include "src/patch/undo_target.h"
#include "src/policy/policy.h"
#include "tests/support/every_stop.h"

namespace goldhive::tests {
namespace {

using goldhive::testing::Fault;
using goldhive::testing::FaultyStorage;
using goldhive::testing::Loss;
using goldhive::testing::PowerCut;

/// What is changed. The undo file lies beside the target.
struct Subject {
  std::string target;
  FaultyStorage start;
};

/// Every file but our own.
std::map<std::string, Bytes> files_in(const FaultyStorage& storage) {
  std::map<std::string, Bytes> files;
  for (const std::string& path : storage.paths()) {
    if (!is_own_file(base_name(path))) files[path] = storage.contents(path);
  }
  return files;
}

Subject flat_tree() {
  Subject subject{"/disk/win7", {}};
  for (const auto& [path, content] : fixtures::load_recipe("layout-flat").files) {
    subject.start.put("/disk/win7/" + path, content);
  }
  return subject;
}

/// A hive named by itself, whose logs are written in another case and hold changes.
Subject dirty_hive() {
  Subject subject{"/disk/SOFTWARE", {}};
  const auto files = fixtures::load_recipe("dirty-7-old-logs").files;
  const std::string name = "Windows/System32/config/SOFTWARE";
  subject.start.put("/disk/SOFTWARE", files.at(name));
  for (const auto& [path, content] : files) {
    if (!path.starts_with(name + ".")) continue;
    subject.start.put("/disk/software" + path.substr(name.size()), content);
  }
  return subject;
}

patch::PatchSettings settings(const policy::Policy& policy) {
  patch::PatchSettings settings;
  settings.target.policy = &policy;
  settings.target.today = "2026-01-31";
  settings.plan.protocols = 0x800;  // TLS 1.2 alone: no subject has just that
  settings.edit.now = 131000000000000000;
  settings.edit.cross_check = false;  // reads only; the other tests have it on
  return settings;
}

void undo(FaultyStorage& storage, const std::string& target) {
  report::TargetReport report;
  report.restore.emplace();
  patch::undo_target(storage, target::TargetName{target, {}}, target, {}, report);
}

/// Stops `change` at every operation. The files must then be `before` or `after`.
void require_two_states(const std::string& what, const Subject& subject,
                        const std::map<std::string, Bytes>& after,
                        const std::function<void(FaultyStorage&)>& change) {
  const std::map<std::string, Bytes> before = files_in(subject.start);
  REQUIRE_FALSE(before == after);
  FaultyStorage finished = subject.start;
  finished.fail_at(~std::uint64_t{0}, Fault::none);
  change(finished);
  REQUIRE(files_in(finished) == after);

  std::size_t points = 0, left_old = 0, left_new = 0;
  at_every_stop(
      subject.start, finished.operations(), change, [&](FaultyStorage& rebooted, std::uint64_t at) {
        const JournalPlace place = patch::undo_place(rebooted, subject.target, subject.target, {});
        const patch::Recovered recovered =
            patch::recover_target(rebooted, place, subject.target, {}, false);
        CHECK(recovered.remarks.empty());
        REQUIRE(recovered.failures.empty());
        const std::map<std::string, Bytes> left = files_in(rebooted);
        ++points;
        if (left == before) {
          ++left_old;
        } else if (left == after) {
          ++left_new;
        } else {
          FAIL("a third state after operation " << at);
        }
      });
  std::cout << what << " of " << subject.target << ": " << points << " reboots, " << left_old
            << " old, " << left_new << " new, 0 bad\n";
  CHECK(left_old > 0);
  CHECK(left_new > 0);
}

}  // namespace

TEST_CASE("A patch or an undo that dies at any operation leaves the old files or the new ones") {
  const policy::Policy policy = policy::builtin_policy("tls12-only");
  const patch::PatchSettings options = settings(policy);
  for (const Subject& subject : {flat_tree(), dirty_hive()}) {
    const auto patch_it = [&](FaultyStorage& storage) {
      const report::TargetReport report =
          patch::patch_target(storage, subject.target, subject.target, options);
      REQUIRE_FALSE(report.error);
    };
    Subject patched = subject;
    patch_it(patched.start);
    patched.start.reboot(Loss::none, 0);
    const std::map<std::string, Bytes> original = files_in(subject.start);
    require_two_states("patch", subject, files_in(patched.start), patch_it);
    require_two_states("undo", patched, original,
                       [&](FaultyStorage& storage) { undo(storage, subject.target); });
  }
}

}  // namespace goldhive::tests
