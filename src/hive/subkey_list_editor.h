// Inserts into and removes from the sorted subkey lists of a hive being edited.
//
// A key points to one list: a leaf (lf, lh or li) or an index root (ri) over leaves. Lists are
// sorted by the NT case rule. An entry of an lf also holds the first four characters of the name,
// one of an lh a hash of the upcased name. Windows searches by order, characters and hash, so a key
// whose entry is out of place or has a wrong hash exists and is not found. Source: msuhanov/regf,
// "Subkeys list"; the limits of leaves are those of real hives.
#pragma once

#include <cstdint>
#include <string_view>

#include "src/hive/cell_writer.h"

namespace goldhive::hive {

/// Adds `key` to `list` (no_cell: the key had none) and returns the list that the key must point
/// to. `minor_version` decides the kind of a first leaf: lh from 1.5 on, else lf.
CellOffset insert_subkey(CellWriter& cells, CellOffset list, std::uint32_t minor_version,
                         CellOffset key);

/// Removes `key` and returns the list that the key must point to; no_cell if `key` was the last
/// one.
CellOffset remove_subkey(CellWriter& cells, CellOffset list, CellOffset key);

}  // namespace goldhive::hive
