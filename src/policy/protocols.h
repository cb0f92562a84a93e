// The protocols, with the bit each has in DefaultSecureProtocols and SecureProtocols, the name of
// its Schannel key and the word for it in options and policy files.
//
// Source of the bits: KB3140245 (the first five), the WinHTTP option flags page (TLS 1.3).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace goldhive::policy {

struct Protocol {
  std::string_view name;  ///< "TLS 1.2", also the Schannel key
  std::string_view word;  ///< "tls1.2"
  std::uint32_t bit = 0;
};

inline constexpr std::uint32_t ssl20 = 0x8, ssl30 = 0x20, tls10 = 0x80, tls11 = 0x200,
                               tls12 = 0x800, tls13 = 0x2000;

inline constexpr std::array<Protocol, 6> protocols = {{{"SSL 2.0", "ssl2.0", ssl20},
                                                       {"SSL 3.0", "ssl3.0", ssl30},
                                                       {"TLS 1.0", "tls1.0", tls10},
                                                       {"TLS 1.1", "tls1.1", tls11},
                                                       {"TLS 1.2", "tls1.2", tls12},
                                                       {"TLS 1.3", "tls1.3", tls13}}};

/// Every bit with a meaning before TLS 1.3, and with it.
inline constexpr std::uint32_t classic_bits = ssl20 | ssl30 | tls10 | tls11 | tls12;
inline constexpr std::uint32_t all_bits = classic_bits | tls13;

/// "SSL 3.0, TLS 1.0"; bits without a meaning as "0x2"; "none" for 0.
std::string describe_bits(std::uint32_t bits);

/// "tls1.2" -> its bit; nullopt for another word.
std::optional<std::uint32_t> protocol_bit(std::string_view word);

/// "tls1.0,tls1.1,tls1.2" -> bits. Error(usage) for an unknown word or an empty list.
std::uint32_t parse_protocol_list(std::string_view text);

}  // namespace goldhive::policy
