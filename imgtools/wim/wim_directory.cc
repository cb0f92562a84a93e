#include "imgtools/wim/wim_directory.h"

#include <algorithm>

#include "imgtools/nt_upcase.h"

namespace goldhive {

namespace {

/// Only then can a name be no valid UTF-16, and look like another one in UTF-8.
constexpr bool is_surrogate(char16_t c) { return c >= 0xd800 && c <= 0xdfff; }

bool has_surrogates(const std::u16string& name) {
  return std::any_of(name.begin(), name.end(), is_surrogate);
}

/// The same for all names that one may be asked for by: those that are one by the case rule, and
/// those that look alike in UTF-8 (FNV-1a).
std::uint32_t number_of(const std::u16string& name) {
  std::uint32_t number = 0x811c9dc5;
  bool surrogates = false;
  for (const char16_t c : name) {
    number = (number ^ nt_upcase_inline(c)) * 0x01000193;
    surrogates = surrogates || is_surrogate(c);
  }
  if (!surrogates) return number;
  const std::u16string seen = to_utf16(to_utf8(name));
  return seen == name ? number : number_of(seen);
}

}  // namespace

std::optional<WimDentry> WimDirectory::find(const std::string& name, bool exact) {
  const std::u16string wanted = to_utf16(name);
  const std::uint32_t number = number_of(wanted);
  std::optional<WimDentry> best;
  const auto is_it = [&](const WimDentry& dentry) {
    if (dentry.name == wanted || (has_surrogates(dentry.name) && to_utf8(dentry.name) == name)) {
      best = dentry;
      return true;
    }
    if (!exact && !best && nt_equal(dentry.name, wanted)) best = dentry;
    return false;
  };
  for (auto at = names_.begin(); (at = std::find(at, names_.end(), number)) != names_.end(); ++at) {
    const auto known =
        metadata_.entry(places_[static_cast<std::size_t>(at - names_.begin())], start_, 0);
    if (known && is_it(*known)) return best;
  }
  while (next_ != 0) {
    const std::optional<WimDentry> dentry = metadata_.entry(next_, start_, places_.size());
    if (!dentry) {
      next_ = 0;
      break;
    }
    names_.push_back(number_of(dentry->name));
    places_.push_back(next_);
    next_ = dentry->next;
    if (names_.back() == number && is_it(*dentry)) return best;
  }
  return best;
}

}  // namespace goldhive
