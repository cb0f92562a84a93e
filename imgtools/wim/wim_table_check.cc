#include "imgtools/wim/wim_table_check.h"

#include <algorithm>
#include <map>
#include <optional>

#include "imgtools/bytes/error.h"
#include "imgtools/wim/wim_hash_uses.h"

namespace goldhive {

namespace {

class Comparison {
 public:
  Comparison(const WimBlobTable& before, const WimBlobTable& after, const WimMove& moved)
      : before_(before), after_(after), moved_(moved) {}

  WimTableDifference run() {
    WimTableDifference difference;
    for (std::size_t i = 0; i < before_.size(); ++i) {
      const WimHash hash = before_.entry(i).hash;
      if (before_.find(hash) != i) continue;  // metadata, another part, or a later duplicate
      const std::optional<std::size_t> now = after_.find(hash);
      if (!now) {
        difference.gone.push_back(hash);
      } else if (!is_same_place(i, *now)) {
        difference.elsewhere.push_back(hash);
      }
    }
    const std::size_t images = std::max(before_.metadata().size(), after_.metadata().size());
    for (std::size_t image = 0; image < images; ++image) {
      if (!is_same_image(image)) difference.images.push_back(image);
    }
    return difference;
  }

 private:
  bool is_same_image(std::size_t image) {
    if (image >= before_.metadata().size() || image >= after_.metadata().size()) return false;
    const std::size_t old = before_.metadata()[image];
    const std::size_t now = after_.metadata()[image];
    return before_.entry(old).hash == after_.entry(now).hash && is_same_place(old, now);
  }

  bool is_same_place(std::size_t old, std::size_t now) {
    const WimResource was = before_.entry(old).resource;
    const WimResource is = after_.entry(now).resource;
    if (!was.is_solid()) return is == now_at(was);
    return is == was && is_same_run(run_of(before_, old), run_of(after_, now));
  }

  /// Thousands of blobs can lie in one run, so each pair of runs is compared only once.
  bool is_same_run(const WimSolidRun* old, const WimSolidRun* now) {
    if (old == nullptr || now == nullptr) return old == now;
    const auto [known, fresh] = same_runs_.try_emplace({old, now}, false);
    if (fresh) {
      known->second =
          std::equal(old->resources.begin(), old->resources.end(), now->resources.begin(),
                     now->resources.end(), [&](std::size_t a, std::size_t b) {
                       return after_.entry(b).resource == now_at(before_.entry(a).resource);
                     });
    }
    return known->second;
  }

  /// Null if the run has no resource: then nothing can be read of it.
  static const WimSolidRun* run_of(const WimBlobTable& table, std::size_t index) {
    try {
      return &table.run_of(index);
    } catch (const Error&) {
      return nullptr;
    }
  }

  WimResource now_at(const WimResource& old) const { return moved_ ? moved_(old) : old; }

  const WimBlobTable& before_;
  const WimBlobTable& after_;
  const WimMove& moved_;
  std::map<std::pair<const WimSolidRun*, const WimSolidRun*>, bool> same_runs_;
};

}  // namespace

WimTableDifference compare_wim_tables(const WimBlobTable& before, const WimBlobTable& after,
                                      const WimMove& moved) {
  return Comparison(before, after, moved).run();
}

std::vector<std::uint32_t> changed_wim_images(const WimContainer& before,
                                              const WimContainer& after) {
  const WimTableDifference difference =
      compare_wim_tables(before.parts().front().blobs, after.parts().front().blobs);
  const auto names_what_is_gone = [&](std::uint32_t image) {
    WimHashUses uses;
    for (const WimHash& hash : difference.gone) uses.emplace(hash, 0);
    if (uses.empty()) return false;
    try {
      count_wim_hash_uses(*after.open_metadata(image, "metadata"), uses);
    } catch (const Error&) {
      return true;
    }
    return std::any_of(uses.begin(), uses.end(), [](const auto& use) { return use.second != 0; });
  };
  std::vector<std::uint32_t> changed;
  for (std::uint32_t image = 1; image <= before.images(); ++image) {
    const bool other = std::find(difference.images.begin(), difference.images.end(), image - 1) !=
                       difference.images.end();
    if (!difference.elsewhere.empty() || other || image > after.images() ||
        names_what_is_gone(image)) {
      changed.push_back(image);
    }
  }
  return changed;
}

WimBlobTable parse_wim_table(std::span<const std::uint8_t> table, std::uint16_t part,
                             const std::string& name) {
  LargeBuffer buffer(table.size());
  std::copy(table.begin(), table.end(), buffer.data());
  return WimBlobTable(std::move(buffer), part, name);
}

}  // namespace goldhive
