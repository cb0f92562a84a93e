#include "src/hive/security.h"

#include <fmt/format.h>

#include "imgtools/bytes/error.h"
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

void require_security_record(const ByteView& head, std::size_t size) {
  require_signature(head, "sk", "a security record");
  const std::uint32_t length = head.u32(sk::descriptor_length);
  if (size < sk::descriptor || length > size - sk::descriptor) {
    throw Error::corrupt(std::string(head.name()), head.origin() + sk::descriptor_length,
                         "a security descriptor is longer than its cell",
                         fmt::format("at most {} bytes", size - sk::descriptor),
                         fmt::format("{} bytes", length));
  }
}

}  // namespace goldhive::hive
