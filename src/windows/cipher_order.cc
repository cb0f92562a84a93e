// The group policy SSL Cipher Suite Order (rules C11). Policies are shared by both registry views,
// so it is read once. It is a list of names: all suites there are take some 6,000 bytes.
#include "src/windows/topics.h"

namespace goldhive::windows {
namespace {

constexpr std::uint32_t longest_order = 64 * 1024;

}  // namespace

void read_cipher_order(const Sources& sources, Installation& installation) {
  installation.cipher_suite_order = value_of(
      sources.software.key("Policies\\Microsoft\\Cryptography\\Configuration\\SSL\\00010002"),
      "Functions", longest_order);
}

}  // namespace goldhive::windows
