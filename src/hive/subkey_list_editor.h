// Inserts into and removes from the sorted subkey lists of a hive being edited.
//
// A key points to one list: a leaf (lf, lh or li) or an index root (ri) over leaves. Sorted by the
// NT case rule; lf carries the first four characters, lh a hash of the upcased name. Windows
// searches them by these, so an entry out of place or with a wrong hash is a key that exists and is
// not found. Source: msuhanov/regf, "Subkeys list"; the leaf limits are what real hives hold.
#pragma once

#include <cstdint>
#include <string_view>

#include "src/hive/cell_writer.h"

namespace goldhive::hive {

/// Adds `key` to `list` (no_cell: the key had none) and returns the list the key must point to.
/// `minor_version` decides the kind of a first leaf: lh from 1.5 on, lf before.
CellOffset insert_subkey(CellWriter& cells, CellOffset list, std::uint32_t minor_version,
                         CellOffset key);

/// Takes `key` out and returns the list the key must point to; no_cell when it was the last.
CellOffset remove_subkey(CellWriter& cells, CellOffset list, CellOffset key);

}  // namespace goldhive::hive
