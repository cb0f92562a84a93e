#include "imgtools/wim/wim_directory.h"

#include <algorithm>

#include "imgtools/bytes/nt_upcase.h"

namespace goldhive {

namespace {

/// Only a name with a surrogate can be invalid UTF-16, and so look like another name in UTF-8.
constexpr bool is_surrogate(char16_t c) { return c >= 0xd800 && c <= 0xdfff; }

/// Does not stop at the first surrogate, so that the compiler can test many characters at a time.
bool has_surrogates(const std::u16string& name) {
  unsigned found = 0;
  for (const char16_t c : name) found |= static_cast<unsigned>(is_surrogate(c));
  return found != 0;
}

/// A number that is equal for all names that may be asked for by one name: names that are equal by
/// the case rule, and names that look the same in UTF-8. FNV-1a of the length and the last
/// characters, since names in WinSxS have a hundred characters and differ at their ends.
std::uint32_t number_of(const std::u16string& name) {
  constexpr std::size_t most = 16;
  constexpr std::uint32_t prime = 0x01000193;
  if (has_surrogates(name)) {
    const std::u16string seen = to_utf16(to_utf8(name));
    if (seen != name) return number_of(seen);
  }
  std::uint32_t number = (0x811c9dc5 ^ static_cast<std::uint32_t>(name.size())) * prime;
  for (std::size_t i = name.size() - std::min(name.size(), most); i < name.size(); ++i) {
    number = (number ^ nt_upcase_inline(name[i])) * prime;
  }
  return number;
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
  WimDentry dentry;
  for (auto at = names_.begin(); (at = std::find(at, names_.end(), number)) != names_.end(); ++at) {
    const auto index = static_cast<std::size_t>(at - names_.begin());
    if (metadata_.entry(places_[index], start_, 0, dentry) && is_it(dentry)) return best;
  }
  while (next_ != 0) {
    if (!metadata_.entry(next_, start_, places_.size(), dentry)) {
      next_ = 0;
      break;
    }
    names_.push_back(number_of(dentry.name));
    places_.push_back(next_);
    next_ = dentry.next;
    if (names_.back() == number && is_it(dentry)) return best;
  }
  return best;
}

}  // namespace goldhive
