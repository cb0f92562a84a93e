// The cipher suites of Schannel, by Microsoft's tables "TLS Cipher Suites in Windows 7", "8", "8.1"
// and "10".
//
// What is odd about the names:
// - Up to Windows 8.1 an ECDHE suite is several, one for each curve, and the curve is part of the
//   name: TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256_P256. Since Windows 10 curves have an order of
//   their own; the ending may be there and is passed over.
// - ECDHE_RSA with GCM, the suite of choice elsewhere, does not exist before Windows 10; RSA and
//   DHE_RSA with GCM came to Windows 7, 8 and 8.1 by updates of 2014.
// - The suites of TLS 1.3 (TLS_AES_128_GCM_SHA256: no WITH) are of no use to TLS 1.2.
// The tables of Windows 7 to 8.1 are final: a name that is not in them is no suite there. Those of
// later versions may still grow.
#include "src/policy/cipher_suites.h"

#include <algorithm>

#include "src/windows/settings.h"

namespace goldhive::policy {
namespace {

using windows::Family;
using enum SuiteWorth;

enum class Since { windows_7, update, windows_10 };

struct Suite {
  std::string_view name;  ///< without the curve
  SuiteWorth worth;
  Since since = Since::windows_7;
};

constexpr std::array suites = {
    Suite{"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", rsa, Since::windows_10},
    Suite{"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", rsa, Since::windows_10},
    Suite{"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", rsa},
    Suite{"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", rsa},
    Suite{"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", rsa},
    Suite{"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", rsa},
    Suite{"TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", rsa, Since::update},
    Suite{"TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", rsa, Since::update},
    Suite{"TLS_RSA_WITH_AES_256_GCM_SHA384", rsa, Since::update},
    Suite{"TLS_RSA_WITH_AES_128_GCM_SHA256", rsa, Since::update},
    Suite{"TLS_RSA_WITH_AES_256_CBC_SHA256", rsa},
    Suite{"TLS_RSA_WITH_AES_128_CBC_SHA256", rsa},
    Suite{"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", ecdsa},
    Suite{"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", ecdsa},
    Suite{"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", ecdsa},
    Suite{"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", ecdsa},
    Suite{"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", ecdsa},
    Suite{"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", ecdsa},
    Suite{"TLS_DHE_RSA_WITH_AES_256_CBC_SHA", old},
    Suite{"TLS_DHE_RSA_WITH_AES_128_CBC_SHA", old},
    Suite{"TLS_RSA_WITH_AES_256_CBC_SHA", old},
    Suite{"TLS_RSA_WITH_AES_128_CBC_SHA", old},
    Suite{"TLS_RSA_WITH_3DES_EDE_CBC_SHA", old},
    Suite{"TLS_RSA_WITH_RC4_128_SHA", old},
    Suite{"TLS_RSA_WITH_RC4_128_MD5", old},
};

/// Parts of the names of suites that no peer accepts: those without encryption, with broken
/// encryption, or with kinds of keys that hardly anyone has.
constexpr std::array<std::string_view, 7> refused = {"_NULL_",  "_RC4_", "_3DES_", "_DES_",
                                                     "_EXPORT", "_DSS_", "_PSK_"};

/// "_P256", "_P384", "_P521" at the end of a name; "" if there is none.
std::string_view curve_of(std::string_view name) {
  for (const std::string_view curve : {"_P256", "_P384", "_P521"}) {
    if (name.ends_with(curve)) return curve;
  }
  return {};
}

/// Without spaces, in upper case. Whether Schannel reads such a name is not documented.
std::string tidied(std::string_view name) {
  std::string tidy;
  for (const char c : name) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
    tidy += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return tidy;
}

bool is_refused(std::string_view name) {
  return std::any_of(refused.begin(), refused.end(), [&](std::string_view word) {
    return name.find(word) != std::string_view::npos;
  });
}

/// What a part of a name stands for.
struct NamePart {
  std::string_view part;
  std::string_view algorithm;
};

constexpr std::array cipher_parts = {
    NamePart{"_AES_256_", windows::schannel_ciphers[0]},
    NamePart{"_AES_128_", windows::schannel_ciphers[1]},
    NamePart{"_3DES_", windows::schannel_ciphers[2]},
    NamePart{"_RC4_128_", windows::schannel_ciphers[3]},
};
constexpr std::array hash_endings = {
    NamePart{"_SHA384", windows::schannel_hashes[0]},
    NamePart{"_SHA256", windows::schannel_hashes[1]},
    NamePart{"_SHA", windows::schannel_hashes[2]},
    NamePart{"_MD5", windows::schannel_hashes[3]},
};
constexpr std::array exchange_beginnings = {
    NamePart{"TLS_ECDHE_", windows::schannel_key_exchanges[0]},
    NamePart{"TLS_RSA_", windows::schannel_key_exchanges[1]},
    NamePart{"TLS_DHE_", windows::schannel_key_exchanges[2]},
};

template <class Parts, class Fits>
std::string_view algorithm_where(const Parts& parts, Fits fits) {
  const auto* const found =
      std::find_if(parts.begin(), parts.end(), [&](const NamePart& p) { return fits(p.part); });
  return found == parts.end() ? std::string_view() : found->algorithm;
}

NamedSuite unlisted(std::string_view name, bool before_10) {
  const bool of_tls12 = name.starts_with("TLS_") && name.find("_WITH_") != std::string_view::npos;
  if (before_10 || !of_tls12 || is_refused(name)) return {};
  return {doubtful, "is not among the documented suites"};
}

NamedSuite listed(const Suite& suite, std::string_view curve, bool before_10) {
  const bool elliptic = suite.name.starts_with("TLS_ECDHE_");
  if (!elliptic && !curve.empty()) return {};
  if (before_10) {
    if (suite.since == Since::windows_10) return {};
    if (elliptic && curve.empty()) return {none, {}, true};
    if (suite.worth == ecdsa && suite.name.ends_with("_SHA384") && curve == "_P256") return {};
  }
  if (curve == "_P521") return {doubtful, "names a curve that is off by default here and at peers"};
  if (before_10 && suite.since == Since::update)
    return {doubtful, "came to this Windows by an update of 2014"};
  return {suite.worth};
}

NamedSuite judge_tidy(std::string_view name, bool before_10) {
  const std::string_view curve = curve_of(name);
  const std::string_view base = name.substr(0, name.size() - curve.size());
  const auto* const suite =
      std::find_if(suites.begin(), suites.end(), [&](const Suite& s) { return s.name == base; });
  return suite == suites.end() ? unlisted(name, before_10) : listed(*suite, curve, before_10);
}

}  // namespace

NamedSuite judge_suite(std::string_view name, Family family) {
  const std::string tidy = tidied(name);
  const NamedSuite suite = judge_tidy(tidy, family != Family::windows_10);
  if (tidy == name || suite.worth == none) return suite;
  return {doubtful, "holds spaces or small letters"};
}

std::vector<std::string> suites_of(Family family) {
  std::vector<std::string> names;
  for (const Suite& suite : suites) {
    if (family == Family::windows_10) {
      names.emplace_back(suite.name);
      continue;
    }
    if (suite.since == Since::windows_10) continue;
    std::string name(suite.name);
    // One curve that is on by default stands for all: a suite has the same parts with each.
    if (name.starts_with("TLS_ECDHE_")) {
      name += suite.worth == ecdsa && name.ends_with("_SHA384") ? "_P384" : "_P256";
    }
    names.push_back(std::move(name));
  }
  return names;
}

std::array<std::string_view, 3> algorithms_of(std::string_view suite) {
  const std::string tidy = tidied(suite);
  const std::string_view base =
      std::string_view(tidy).substr(0, tidy.size() - curve_of(tidy).size());
  return {
      algorithm_where(
          cipher_parts,
          [&](std::string_view part) { return base.find(part) != std::string_view::npos; }),
      algorithm_where(hash_endings, [&](std::string_view part) { return base.ends_with(part); }),
      algorithm_where(exchange_beginnings,
                      [&](std::string_view part) { return base.starts_with(part); })};
}

}  // namespace goldhive::policy
