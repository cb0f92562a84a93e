// The keys Schannel reads below SCHANNEL\Protocols (rules C1; Microsoft, "TLS registry settings").
#pragma once

#include <array>
#include <string_view>

namespace goldhive::windows {

inline constexpr std::array<std::string_view, 10> schannel_protocols = {
    "PCT 1.0", "SSL 2.0", "SSL 3.0",  "TLS 1.0",  "TLS 1.1",
    "TLS 1.2", "TLS 1.3", "DTLS 1.0", "DTLS 1.2", "Multi-Protocol Unified Hello"};

inline constexpr std::array<std::string_view, 2> schannel_sides = {"Client", "Server"};

}  // namespace goldhive::windows
