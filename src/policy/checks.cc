#include "src/policy/checks.h"

#include <algorithm>

#include "src/policy/topics.h"

namespace goldhive::policy {

const std::vector<Check>& all_checks() {
  static const std::vector<Check> table = {
      {"os.servicing-level",
       DrawsOn::software,
       Severity::high,
       {"Windows 7 and Server 2008 R2 must be at Service Pack 1",
        "The build number of the installation: 7601 is Service Pack 1, 7600 is not.",
        "KB3140245 installs on nothing older than Service Pack 1, and without it WinHTTP never "
        "reads DefaultSecureProtocols.",
        "Install Service Pack 1 (KB976932). goldhive cannot do that.",
        "support.microsoft.com/kb/3140245, prerequisites"},
       check_servicing_level},
      {"servicing.kb3140245",
       DrawsOn::software,
       Severity::high,
       {"KB3140245 is in effect: WinHTTP reads DefaultSecureProtocols",
        "winhttp.dll and webio.dll, in System32 and on 64-bit Windows also in SysWOW64, have at "
        "least file version 6.1.7601.23375 (Windows 7 SP1, Server 2008 R2 SP1) or 6.2.9200.21797 "
        "(Windows 8, Server 2012). Where the files are not in the source, the component store's "
        "winners decide, then the state of the package. Windows 8.1 and later have it built in.",
        "Without it the registry value is dead, and programs on WinHTTP (Outlook, WebDAV, Windows "
        "Update) offer SSL 3.0 and TLS 1.0 only. A list of updates is no proof: a package that is "
        "only staged (CurrentState 0x40) is listed as well, and a superseded one may be gone.",
        "dism /image:<folder> /add-package /packagepath:<the .msu file>; the evidence of the "
        "finding names the file. No registry patch can install it.",
        "support.microsoft.com/kb/3140245; Tip of the Day: CBS Servicing States (Microsoft, 2015)"},
       check_kb3140245},
      {"winhttp.default-secure-protocols",
       DrawsOn::software,
       Severity::high,
       {"WinHTTP offers TLS 1.1 and 1.2 to programs that name no protocols",
        "HKLM\\SOFTWARE\\[Wow6432Node\\]Microsoft\\Windows\\CurrentVersion\\Internet "
        "Settings\\WinHttp, value DefaultSecureProtocols, REG_DWORD: 0x8 SSL 2.0, 0x20 SSL 3.0, "
        "0x80 TLS 1.0, 0x200 TLS 1.1, 0x800 TLS 1.2. One row a view: 64-bit and 32-bit programs "
        "read their own.",
        "Windows 7 and 8 offer SSL 3.0 and TLS 1.0 without it. Another type than REG_DWORD, 0, and "
        "undefined bits are ignored, so such a value only looks right. Windows 8.1 and later need "
        "none, but a wrong one takes TLS 1.2 away.",
        "goldhive patch keeps the legal bits that are there and adds what the policy requires; "
        "--protocols sets exact bits. Takes effect at the next start.",
        "support.microsoft.com/kb/3140245; learn.microsoft.com, WinHTTP option flags"},
       check_secure_protocols},
      {"schannel.tls11.client",
       DrawsOn::system,
       std::nullopt,
       {"TLS 1.1 is on by default for outgoing connections",
        "HKLM\\SYSTEM\\ControlSetNNN\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS "
        "1.1\\Client, values Enabled and DisabledByDefault, in the control set that boots "
        "(Select\\Default).",
        "On Windows 7 TLS 1.1 is off by default: only programs that name it get it, until "
        "DisabledByDefault=0 is written. Enabled=1 alone does not do it. From Windows 8 on it is "
        "on unless switched off.",
        "goldhive patch writes DisabledByDefault=0 and Enabled=1.",
        "support.microsoft.com/kb/245030; learn.microsoft.com, Protocols in TLS/SSL (Schannel "
        "SSP)"},
       check_tls11_client},
      {"schannel.tls12.client",
       DrawsOn::system,
       std::nullopt,
       {"TLS 1.2 is on by default for outgoing connections",
        "HKLM\\SYSTEM\\ControlSetNNN\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS "
        "1.2\\Client, values Enabled and DisabledByDefault, in the control set that boots "
        "(Select\\Default).",
        "On Windows 7 TLS 1.2 is off by default: only programs that name it get it, until "
        "DisabledByDefault=0 is written. Enabled=1 alone does not do it. From Windows 8 on it is "
        "on unless switched off.",
        "goldhive patch writes DisabledByDefault=0 and Enabled=1.",
        "support.microsoft.com/kb/245030; learn.microsoft.com, Protocols in TLS/SSL (Schannel "
        "SSP)"},
       check_tls12_client},
      {"schannel.tls11.server",
       DrawsOn::system,
       std::nullopt,
       {"TLS 1.1 for incoming connections, as the policy wants it",
        "As schannel.tls11.client, for the key TLS 1.1\\Server.",
        "Only listening services need it: IIS, Remote Desktop, SQL Server.",
        "goldhive patch writes DisabledByDefault=0 and Enabled=1, or DisabledByDefault=1.",
        "support.microsoft.com/kb/245030"},
       check_tls11_server},
      {"schannel.tls12.server",
       DrawsOn::system,
       std::nullopt,
       {"TLS 1.2 for incoming connections, as the policy wants it",
        "As schannel.tls12.client, for the key TLS 1.2\\Server.",
        "Only listening services need it: IIS, Remote Desktop, SQL Server.",
        "goldhive patch writes DisabledByDefault=0 and Enabled=1, or DisabledByDefault=1.",
        "support.microsoft.com/kb/245030"},
       check_tls12_server},
      {"schannel.legacy",
       DrawsOn::system,
       std::nullopt,
       {"SSL 2.0, SSL 3.0 and TLS 1.0, as the policy wants them",
        "The keys SSL 2.0, SSL 3.0 and TLS 1.0 beside those of TLS 1.1 and 1.2, Client or Server, "
        "judged the same way. `off` means: not in the default set.",
        "A program that names no protocols also offers the old ones that are in the default set.",
        "goldhive patch writes DisabledByDefault=1 and leaves Enabled alone, so that programs that "
        "name the protocol keep it. Enabled=0 would deny it to all; that is left to you.",
        "support.microsoft.com/kb/245030; learn.microsoft.com, Protocols in TLS/SSL (Schannel "
        "SSP)"},
       check_legacy_protocols},
      {"schannel.cipher-suite-order",
       DrawsOn::software,
       Severity::medium,
       {"A policy for the order of cipher suites leaves TLS 1.2 suites that work",
        "HKLM\\SOFTWARE\\Policies\\Microsoft\\Cryptography\\Configuration\\SSL\\00010002, value "
        "Functions, REG_SZ with commas or REG_MULTI_SZ: the group policy SSL Cipher Suite Order. A "
        "row is there only where it is set. The order of Windows itself (SYSTEM) is not judged.",
        "Schannel uses no suite that is not in the list. A list without one that this Windows has "
        "and its peers accept breaks TLS 1.2, though the protocol is on. Up to Windows 8.1 names "
        "of ECDHE suites end in a curve (_P256, _P384, _P521), so that a list made for Windows 10 "
        "names none of them there.",
        "Set the policy to Not Configured (delete the value Functions), or add the suite that the "
        "evidence names. goldhive does not change it.",
        "learn.microsoft.com, TLS Cipher Suites in Windows 7, 8 and 8.1; Manage Transport Layer "
        "Security (TLS)"},
       check_cipher_order},
      {"schannel.fips",
       DrawsOn::system,
       Severity::info,
       {"FIPS mode: whether only algorithms of FIPS 140 are allowed",
        "HKLM\\SYSTEM\\ControlSetNNN\\Control\\Lsa\\FipsAlgorithmPolicy, value Enabled = 1. It is "
        "reported and never a failure; a row is there only where the value is not 0.",
        "In FIPS mode Schannel uses TLS with FIPS cipher suites only, and .NET programs that use "
        "other algorithms fail. Whoever looks for the reason of a failed connection wants to know.",
        "It is set by the security option \"System cryptography: Use FIPS compliant algorithms\". "
        "goldhive does not change it.",
        "learn.microsoft.com, System cryptography: Use FIPS compliant algorithms for encryption, "
        "hashing, and signing"},
       check_fips},
      {"dotnet.strong-crypto",
       DrawsOn::software,
       Severity::medium,
       {".NET programs use strong protocols (SchUseStrongCrypto)",
        "HKLM\\SOFTWARE\\[Wow6432Node\\]Microsoft\\.NETFramework\\v2.0.50727 and v4.0.30319, value "
        "SchUseStrongCrypto = 1. Only where the policy asks.",
        ".NET does not look at DefaultSecureProtocols; older programs on it offer SSL 3.0 and TLS "
        "1.0 without this value.",
        "goldhive patch writes 1. .NET 3.5 also needs its update (KB3154518 on Windows 7).",
        "learn.microsoft.com, TLS best practices with .NET Framework"},
       check_strong_crypto},
      {"dotnet.system-default-tls",
       DrawsOn::software,
       Severity::medium,
       {".NET programs follow the system's protocols (SystemDefaultTlsVersions)",
        "HKLM\\SOFTWARE\\[Wow6432Node\\]Microsoft\\.NETFramework\\v2.0.50727 and v4.0.30319, value "
        "SystemDefaultTlsVersions = 1. Only where the policy asks.",
        "Without it programs for older .NET versions choose their own, older protocols.",
        "goldhive patch writes 1. .NET 3.5 also needs its update (KB3154518 on Windows 7).",
        "learn.microsoft.com, TLS best practices with .NET Framework"},
       check_system_default_tls},
      {"wininet.secure-protocols",
       DrawsOn::software,
       Severity::medium,
       {"Internet Explorer and WinINet offer the protocols the policy names",
        "Value SecureProtocols, same bits as DefaultSecureProtocols: the machine's own (Internet "
        "Settings) and the one of a group policy, which overrides every user. Users' own values "
        "are not read. Only where the policy asks.",
        "WinINet looks at neither DefaultSecureProtocols nor Schannel's default set.",
        "goldhive patch adds the bits.",
        "learn.microsoft.com, Internet Explorer policy \"Turn off encryption support\""},
       check_wininet},
      {"registry.stray-key",
       DrawsOn::nothing,
       Severity::low,
       {"Keys and values that Windows never reads",
        "A CurrentControlSet inside a SYSTEM file, a Wow6432Node in a 32-bit SOFTWARE, names of "
        "Schannel's keys and of WinHTTP's and Schannel's values that only look right, and such "
        "values one key too high.",
        "Whoever wrote them believes a setting is made. CurrentControlSet exists only while "
        "Windows runs; in the file the sets are ControlSet001 and so on.",
        "Delete it by hand after a look at it; goldhive patches the real place.",
        "support.microsoft.com/kb/102984; learn.microsoft.com, Registry Redirector"},
       check_stray_keys},
      {"hive.state",
       DrawsOn::nothing,
       Severity::medium,
       {"SOFTWARE and SYSTEM can be read and are what the next boot sees",
        "clean; recovered: the transaction logs were replayed in memory, as Windows will do; "
        "dirty: changes are missing and no usable log holds them; damaged; missing.",
        "A verdict from a dirty hive is true of the bytes, but the next boot may see others. "
        "Findings drawn from it are marked possibly stale.",
        "Bring the .LOG1 and .LOG2 files along with the hive, or shut Windows down cleanly.",
        "msuhanov/regf, Windows registry file format specification"},
       check_hive_state},
      {"volume.state",
       DrawsOn::nothing,
       Severity::medium,
       {"The volume is not hibernated, unclean or encrypted",
        "The NTFS dirty flag, an unreplayed $LogFile, a saved session, BitLocker. There is a row "
        "only where there is something to say.",
        "What is on such a volume may change at the next start without any program doing so; "
        "findings are marked possibly stale.",
        "Shut Windows down fully (shutdown /s /t 0), run chkdsk, or unlock the volume.",
        "learn.microsoft.com, Fast startup; NTFS documentation of the Linux-NTFS project"},
       check_volume_state},
  };
  return table;
}

const Check* find_check(std::string_view id) {
  const auto& table = all_checks();
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const Check& c) { return c.id == id; });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace goldhive::policy
