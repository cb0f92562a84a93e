#include "src/hive/security.h"

#include "src/hive/cell.h"

namespace goldhive::hive {

KeySecurity parse_key_security(const ByteView& content) {
  require_signature(content, "sk", "a security record");
  KeySecurity security;
  security.forward = content.u32(sk::forward);
  security.backward = content.u32(sk::backward);
  security.reference_count = content.u32(sk::reference_count);
  const auto descriptor = content.slice(sk::descriptor, content.u32(sk::descriptor_length)).span();
  security.descriptor.assign(descriptor.begin(), descriptor.end());
  return security;
}

}  // namespace goldhive::hive
