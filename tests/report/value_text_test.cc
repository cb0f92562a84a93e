#include "src/report/value_text.h"

#include <catch2/catch.hpp>

namespace goldhive::report {
namespace {

using hive::ValueType;

TEST_CASE("Numbers of the right size are hex and all others are bytes") {
  CHECK(data_text({ValueType::dword, {0x00, 0x0A, 0, 0}}) == "0xa00");
  CHECK(data_text({ValueType::dword, {0, 0, 0, 0}}) == "0x0");
  CHECK(data_text({ValueType::qword, {0, 0x0a, 0, 0, 0, 0, 0, 0}}) == "0xa00");
  CHECK(data_text({ValueType::dword, {0x00, 0x0A}}) == "hex:00,0a");
  CHECK(data_text({ValueType::dword_big_endian, {0, 0, 0x0a, 0}}) == "hex:00,00,0a,00");
  CHECK(data_text({ValueType::binary, {}}) == "hex:");
}

TEST_CASE("Strings lose their terminator and odd ones are shown as bytes") {
  CHECK(data_text({ValueType::sz, {'a', 0, 'b', 0, 0, 0}}) == "ab");
  CHECK(data_text({ValueType::expand_sz, {'a', 0}}) == "a");
  CHECK(data_text({ValueType::sz, {}}) == "");
  CHECK(data_text({ValueType::sz, {'a', 0, 0, 0, 'b', 0}}) == "hex:61,00,00,00,62,00");
  CHECK(data_text({ValueType::sz, {'a', 0, 'b'}}) == "hex:61,00,62");
}

TEST_CASE("An edit names its key from HKLM down") {
  policy::Edit edit;
  edit.hive = windows::HiveName::system;
  edit.key = "ControlSet001\\Control";
  CHECK(full_key(edit) == "HKLM\\SYSTEM\\ControlSet001\\Control");
}

}  // namespace
}  // namespace goldhive::report
