// The registry values that the checks are about. The place of each stands here and nowhere else:
// the readers take it from here, and a plan may write a value only where this table says so. So
// what may be written cannot drift from what is read.
//
// Some settings are read by a topic of their own, which knows more about them (schannel.cc pairs
// two values, dotnet.cc reads only where a policy asks). Those that need nothing of the kind are in
// `standalone`: for them a row here is all it takes to be read, predicted and, where writable,
// planned. facts_of() finds them in the Installation.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/windows/facts.h"

namespace goldhive::windows {

/// In how many places of its hive a setting stands.
enum class Scope {
  once,
  views,         ///< SOFTWARE: in each view that this Windows may have (windows::View)
  control_sets,  ///< SYSTEM: in each ControlSetNNN
};

using Names = std::span<const std::string_view>;

/// Nearly all settings take 4 bytes. A value of megabytes is no setting, and a hostile hive can
/// point thousands of values at one such block of data.
inline constexpr std::uint32_t longest_setting = 4096;

struct Setting {
  HiveName hive = HiveName::software;
  Scope scope = Scope::once;
  std::string_view key;          ///< below the hive, the view or the control set
  std::string_view subkey = {};  ///< below `key`; a part "*" stands for one of `names`. "": none
  std::string_view value;
  hive::ValueType type = hive::ValueType::dword;  ///< as Windows expects it
  /// Whether a plan may set it. Only a REG_DWORD can be writable.
  bool writable = false;
  /// Whether a plan may also delete it. Of what is writable only.
  bool deletable = false;
  std::array<Names, 2> names = {};  ///< for the first and the second "*"
  std::uint32_t longest = longest_setting;
};

// Keys that settings share.
inline constexpr std::string_view internet_settings =
    "Microsoft\\Windows\\CurrentVersion\\Internet Settings";
inline constexpr std::string_view schannel_key = "Control\\SecurityProviders\\SCHANNEL";

/// The keys that Schannel reads below SCHANNEL\Protocols (docs/rules.md, C1; Microsoft, "TLS
/// registry settings").
inline constexpr std::array<std::string_view, 10> schannel_protocols = {
    "PCT 1.0", "SSL 2.0", "SSL 3.0",  "TLS 1.0",  "TLS 1.1",
    "TLS 1.2", "TLS 1.3", "DTLS 1.0", "DTLS 1.2", "Multi-Protocol Unified Hello"};
/// SSL 2.0 to TLS 1.3: those that checks are about.
inline constexpr Names stream_protocols = Names(schannel_protocols).subspan(1, 6);
inline constexpr std::array<std::string_view, 2> schannel_sides = {"Client", "Server"};

/// Algorithms below SCHANNEL.
inline constexpr std::array<std::string_view, 4> schannel_ciphers = {
    "AES 256/256", "AES 128/128", "Triple DES 168", "RC4 128/128"};
inline constexpr std::array<std::string_view, 4> schannel_hashes = {"SHA384", "SHA256", "SHA",
                                                                    "MD5"};
inline constexpr std::array<std::string_view, 3> schannel_key_exchanges = {"ECDH", "PKCS",
                                                                           "Diffie-Hellman"};

inline constexpr std::array<std::string_view, 2> dotnet_runtimes = {"v2.0.50727", "v4.0.30319"};

namespace settings {

// Read by topics of their own.

/// The protocols that WinHTTP offers where the program names none (rule A).
inline constexpr Setting default_secure_protocols{.scope = Scope::views,
                                                  .key = internet_settings,
                                                  .subkey = "WinHttp",
                                                  .value = "DefaultSecureProtocols",
                                                  .writable = true,
                                                  .deletable = true};

/// Schannel's two switches of a protocol and side (rule C).
inline constexpr Setting schannel_enabled{.hive = HiveName::system,
                                          .scope = Scope::control_sets,
                                          .key = schannel_key,
                                          .subkey = "Protocols\\*\\*",
                                          .value = "Enabled",
                                          .writable = true,
                                          .names = {stream_protocols, schannel_sides}};
inline constexpr Setting schannel_disabled_by_default{.hive = HiveName::system,
                                                      .scope = Scope::control_sets,
                                                      .key = schannel_key,
                                                      .subkey = "Protocols\\*\\*",
                                                      .value = "DisabledByDefault",
                                                      .writable = true,
                                                      .names = {stream_protocols, schannel_sides}};

/// What programs on .NET offer (rule D1).
inline constexpr Setting strong_crypto{.scope = Scope::views,
                                       .key = "Microsoft\\.NETFramework",
                                       .subkey = "*",
                                       .value = "SchUseStrongCrypto",
                                       .writable = true,
                                       .names = {dotnet_runtimes}};
inline constexpr Setting system_default_tls{.scope = Scope::views,
                                            .key = "Microsoft\\.NETFramework",
                                            .subkey = "*",
                                            .value = "SystemDefaultTlsVersions",
                                            .writable = true,
                                            .names = {dotnet_runtimes}};

/// What WinINet offers: the value of the machine, and that of a policy, which overrides it (rule
/// D3). Only the native view of the first is read.
inline constexpr Setting machine_secure_protocols{
    .key = internet_settings, .value = "SecureProtocols", .writable = true, .deletable = true};
inline constexpr Setting policy_secure_protocols{
    .key = "Policies\\Microsoft\\Windows\\CurrentVersion\\Internet Settings",
    .value = "SecureProtocols",
    .writable = true,
    .deletable = true};

// Read as they are.

/// FIPS mode (rule C10). Windows XP has it as a value of Lsa itself, which is not read: nothing is
/// judged there.
inline constexpr Setting fips{.hive = HiveName::system,
                              .scope = Scope::control_sets,
                              .key = "Control\\Lsa\\FipsAlgorithmPolicy",
                              .value = "Enabled"};

/// The group policy SSL Cipher Suite Order (rule C11). Both views share the key. It is a list of
/// names: all suites that exist take some 6,000 bytes.
inline constexpr Setting cipher_suite_order{
    .key = "Policies\\Microsoft\\Cryptography\\Configuration\\SSL\\00010002",
    .value = "Functions",
    .type = hive::ValueType::sz,
    .longest = 64 * 1024};
/// The list that Windows itself brings along, which holds where no policy has one (rule C13).
inline constexpr Setting local_suite_order{
    .hive = HiveName::system,
    .scope = Scope::control_sets,
    .key = "Control\\Cryptography\\Configuration\\Local\\SSL\\00010002",
    .value = "Functions",
    .type = hive::ValueType::multi_sz,
    .longest = 64 * 1024};

/// Switches of single algorithms (rules C12, I8; Microsoft, KB245030 and "TLS registry settings").
/// The names are those that cipher suites of TLS 1.2 use, up to Windows 8.1; a slash belongs to the
/// name. 0 switches off. Absent, and any other number, is on.
inline constexpr Setting schannel_cipher{.hive = HiveName::system,
                                         .scope = Scope::control_sets,
                                         .key = schannel_key,
                                         .subkey = "Ciphers\\*",
                                         .value = "Enabled",
                                         .writable = true,
                                         .names = {schannel_ciphers}};
inline constexpr Setting schannel_hash{.hive = HiveName::system,
                                       .scope = Scope::control_sets,
                                       .key = schannel_key,
                                       .subkey = "Hashes\\*",
                                       .value = "Enabled",
                                       .writable = true,
                                       .names = {schannel_hashes}};
inline constexpr Setting schannel_key_exchange{.hive = HiveName::system,
                                               .scope = Scope::control_sets,
                                               .key = schannel_key,
                                               .subkey = "KeyExchangeAlgorithms\\*",
                                               .value = "Enabled",
                                               .writable = true,
                                               .names = {schannel_key_exchanges}};

inline constexpr std::array with_topic = {&default_secure_protocols,     &schannel_enabled,
                                          &schannel_disabled_by_default, &strong_crypto,
                                          &system_default_tls,           &machine_secure_protocols,
                                          &policy_secure_protocols};
inline constexpr std::array standalone = {
    &fips,          &cipher_suite_order,   &local_suite_order, &schannel_cipher,
    &schannel_hash, &schannel_key_exchange};

}  // namespace settings

/// One place of a setting.
struct SettingPlace {
  View view = View::native;             ///< Scope::views
  std::uint32_t control_set = 0;        ///< Scope::control_sets
  std::vector<std::string_view> names;  ///< in the place of each "*"
};

/// The key in its hive: "ControlSet001\Control\...\TLS 1.2\Client".
std::string key_of(const Setting& setting, const SettingPlace& place = {});

/// An empty fact of that place: the value is still to be read.
SettingFact fact_at(const Setting& setting, const SettingPlace& place);

/// Every place: the views that this Windows may have, the control sets that are there, all names.
std::vector<SettingPlace> places_of(const Setting& setting, const Installation& installation);

/// The setting that a value is, in whatever place and case; null if it is none.
const Setting* find_setting(HiveName hive, std::string_view key, std::string_view value);

}  // namespace goldhive::windows
