// What checks.cc needs from the topic files, and nobody else: one function a check id. Each appends
// its rows; the file's own essay says what it judges and by which rule.
#pragma once

#include "src/policy/checks.h"

namespace goldhive::policy {

using Rows = std::vector<Finding>;

void check_servicing_level(const windows::Installation&, const Policy&, Rows&);   // os.cc
void check_kb3140245(const windows::Installation&, const Policy&, Rows&);         // servicing.cc
void check_secure_protocols(const windows::Installation&, const Policy&, Rows&);  // winhttp.cc
void check_tls11_client(const windows::Installation&, const Policy&, Rows&);      // schannel.cc
void check_tls12_client(const windows::Installation&, const Policy&, Rows&);      // schannel.cc
void check_tls11_server(const windows::Installation&, const Policy&, Rows&);      // schannel.cc
void check_tls12_server(const windows::Installation&, const Policy&, Rows&);      // schannel.cc
void check_legacy_protocols(const windows::Installation&, const Policy&, Rows&);  // schannel.cc
void check_cipher_order(const windows::Installation&, const Policy&, Rows&);      // cipher_order.cc
void check_fips(const windows::Installation&, const Policy&, Rows&);              // fips.cc
void check_strong_crypto(const windows::Installation&, const Policy&, Rows&);     // dotnet.cc
void check_system_default_tls(const windows::Installation&, const Policy&, Rows&);  // dotnet.cc
void check_wininet(const windows::Installation&, const Policy&, Rows&);             // wininet.cc
void check_stray_keys(const windows::Installation&, const Policy&, Rows&);          // stray.cc
void check_hive_state(const windows::Installation&, const Policy&, Rows&);          // hive_state.cc
void check_volume_state(const windows::Installation&, const Policy&, Rows&);  // volume_state.cc

}  // namespace goldhive::policy
