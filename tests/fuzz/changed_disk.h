// The promise of every container that is changed in place, for disks that are hostile and can be
// opened. After each phase the container opens and holds the old bytes or the new ones; after the
// last phase it holds the new ones, and no other byte of the disk has changed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <vector>

#include "imgtools/bytes/error.h"
#include "imgtools/disk/virtual_disk.h"
#include "tests/fuzz/changed_file.h"
#include "tests/fuzz/one_file_storage.h"

namespace goldhive::fuzz {

/// Where a disk is looked at: some of it, since it may be large.
class Sample {
 public:
  explicit Sample(std::uint64_t size) {
    constexpr std::uint64_t places = 24;
    for (std::uint64_t i = 0; i < places; ++i) add(size, size / places * i);
    add(size, size / 2 < piece / 2 ? 0 : size / 2 - piece / 2);
    add(size, size < piece ? 0 : size - piece);
  }

  Bytes of(const ByteSource& disk) const {
    Bytes out;
    for (const auto& [offset, length] : ranges_) {
      const Bytes bytes = disk.read(offset, length);
      out.insert(out.end(), bytes.begin(), bytes.end());
    }
    return out;
  }

  /// What the disk of `old` would be with `writes`.
  Bytes with(Bytes old, const std::vector<Write>& writes) const {
    std::size_t at = 0;
    for (const auto& [offset, length] : ranges_) {
      for (const Write& write : writes) {
        for (std::size_t i = 0; i < write.data.size(); ++i) {
          const std::uint64_t place = write.offset + i;
          if (place >= offset && place - offset < length) {
            old[at + static_cast<std::size_t>(place - offset)] = write.data[i];
          }
        }
      }
      at += length;
    }
    return old;
  }

 private:
  static constexpr std::uint64_t piece = 2048;

  void add(std::uint64_t size, std::uint64_t offset) {
    ranges_.emplace_back(offset, static_cast<std::size_t>(std::min(piece, size - offset)));
  }

  std::vector<std::pair<std::uint64_t, std::size_t>> ranges_;
};

/// `open` opens the disk that is OneFileStorage::path of a storage.
template <class Open>
void check_changes_of_disk(const Bytes& file, const Open& open) {
  const OneFileStorage storage(file);
  const std::shared_ptr<const VirtualDisk> disk = open(storage);
  if (disk->size() < 4096) return;
  const std::vector<Write> writes = {
      {5, Bytes(3, 0xa1)}, {510, Bytes(5, 0xa2)}, {disk->size() / 2 - 3, Bytes(7, 0xa3)}};
  const Sample sample(disk->size());
  const Bytes before = sample.of(*disk);
  const Bytes wanted = sample.with(before, writes);
  const HostChange change = disk->host_change(writes);
  const int last = last_phase(change);
  for (int phase = 0; phase <= last; ++phase) {
    const std::optional<Bytes> changed = changed_file(file, change, phase);
    if (!changed) return;
    const OneFileStorage now(*changed);
    Bytes found;
    try {
      found = sample.of(*open(now));
    } catch (const Error&) {
      std::abort();  // it opened before
    }
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found[i] != wanted[i] && (phase == last || found[i] != before[i])) std::abort();
    }
  }
}

}  // namespace goldhive::fuzz
