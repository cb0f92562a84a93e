#include "imgtools/bytes/digest.h"

#include <catch2/catch.hpp>

using namespace goldhive;

TEST_CASE("SHA-256 of the FIPS 180-2 examples comes out right in one piece and in many") {
  const MemorySource abc(Bytes{'a', 'b', 'c'}, "abc");
  CHECK(to_hex(sha256(abc)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256("abc") == sha256(abc));
  CHECK(to_hex(sha256(abc, 3, 0)) ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const MemorySource million(Bytes(1'000'000, 'a'), "a");
  CHECK(to_hex(sha256(million)) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}
