// What the tests of disk containers share.
#pragma once

#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "imgtools/bytes/error.h"
#include "imgtools/disk/virtual_disk.h"
#include "tests/support/error_of.h"

namespace goldhive::testing {

/// All of a small disk.
inline Bytes content(const ByteSource& disk) {
  return disk.read(0, static_cast<std::size_t>(disk.size()));
}

/// Zeros with `sectors` written over them; the sector size is that of their data.
inline Bytes plain(std::uint64_t size, const std::map<std::uint64_t, Bytes>& sectors,
                   Bytes base = {}) {
  base.resize(static_cast<std::size_t>(size));
  for (const auto& [sector, data] : sectors) {
    std::copy(data.begin(), data.end(),
              base.begin() + static_cast<std::ptrdiff_t>(sector * data.size()));
  }
  return base;
}

/// The error that `action` ends in; fails the test if there is none.
/// True if reading all of it in pieces of awkward sizes gives what one read gives.
inline bool reads_alike_in_pieces(const ByteSource& disk, std::size_t piece) {
  Bytes joined;
  for (std::uint64_t at = 0; at < disk.size(); at += piece) {
    const Bytes part =
        disk.read(at, static_cast<std::size_t>(std::min<std::uint64_t>(piece, disk.size() - at)));
    joined.insert(joined.end(), part.begin(), part.end());
  }
  return joined == content(disk);
}

}  // namespace goldhive::testing
