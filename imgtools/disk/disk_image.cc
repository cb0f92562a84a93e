#include "imgtools/disk/disk_image.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/disk/ewf.h"
#include "imgtools/disk/fs_probe.h"
#include "imgtools/disk/nbd.h"
#include "imgtools/disk/partitions.h"
#include "imgtools/disk/qemu_image.h"
#include "imgtools/disk/raw.h"
#include "imgtools/disk/split_raw.h"
#include "imgtools/disk/vhd.h"
#include "imgtools/disk/vhd_format.h"
#include "imgtools/disk/vhdx.h"
#include "imgtools/ntfs/ntfs.h"
#include "imgtools/ntfs/ntfs_change.h"
#include "imgtools/ntfs/ntfs_state.h"
#include "imgtools/unread_formats.h"

namespace goldhive {

namespace {

/// Reserved space without a file system; nobody would look for it in a listing.
bool is_reserved(const Partition& partition) {
  return partition.type == "e3c9e316-0b5c-4db8-817d-f92df00215ae";  // Microsoft Reserved
}

/// Partitions from which a machine starts. Windows puts boot files there, never itself. UEFI 2.10,
/// table 5.7; GNU GRUB manual, "BIOS installation".
bool is_boot_partition(const Partition& partition) {
  return partition.type == "c12a7328-f81f-11d2-ba4b-00a0c93ec93b" || partition.type == "0xef" ||
         partition.type == "21686148-6449-6e6f-744e-656564454649";
}

/// What a partition holds by its type, for content that we do not know; "" if the type says
/// nothing.
const char* named_by_type(const Partition& partition) {
  struct Row {
    const char* type;
    const char* title;
  };
  static const Row rows[] = {
      {"0x42", "part of a dynamic disk (LDM)"},
      {"5808c8aa-7e8f-42e0-85d2-e1e90434cfb3", "the database of a dynamic disk (LDM)"},
      {"af9b60a0-1431-4f62-bc68-3311714a69ad", "part of a dynamic disk (LDM)"},
      {"e75caf8f-f680-4cee-afa3-b001e56efc2d", "part of a Storage Spaces pool"},
      {"0x8e", "an LVM physical volume"},
      {"e6d6d379-f507-44c2-a23c-238f2a3df928", "an LVM physical volume"},
  };
  for (const Row& row : rows) {
    if (partition.type == row.type) return row.title;
  }
  return "";
}

/// Why the file system does not fit into its volume; "" if it does. Its size is the number of
/// sectors at 40 of the boot sector, times their size at 11.
std::string cut_off(const ByteSource& volume) {
  const Bytes sector = volume.read(0, 512);
  const ByteView view(sector, 0, volume.name());
  const std::uint64_t sectors = view.u64(40);
  const std::uint64_t there = volume.size() / std::max<std::uint64_t>(view.u16(11), 1);
  if (sectors <= there) return {};
  return fmt::format("its file system counts {} sectors and {} are there: the end is cut off",
                     sectors, there);
}

void open_ntfs(Volume& volume, const std::shared_ptr<const ByteSource>& source) {
  try {
    const std::shared_ptr<const NtfsVolume> mounted = mount_ntfs(source);
    volume.state = ntfs_state(*mounted);
    if (!mounted->label().empty()) volume.label = mounted->label();
    volume.tree = mounted;
  } catch (const Error& e) {
    volume.error = e;
    volume.passed_over = "NTFS that cannot be opened";
  }
}

Volume open_volume(const std::shared_ptr<const VirtualDisk>& disk, const Partition& partition,
                   const std::string& path) {
  Volume volume;
  std::string name = path;
  if (partition.index != 0) {
    volume.id = fmt::format(":p{}", partition.index);
    name += fmt::format(": partition {}", partition.index);
  }
  volume.label = partition.name;
  volume.size = partition.length;
  auto source =
      std::make_shared<SliceSource>(disk, partition.offset, partition.length, std::move(name));
  const FileSystem& file_system = probe_file_system(*source);
  volume.file_system = file_system.id;
  if (volume.file_system == "ntfs") {
    open_ntfs(volume, source);
    volume.unread = partition.index != 0 && !volume.tree;
    return volume;
  }
  volume.passed_over = file_system.title;
  volume.foreign = file_system.foreign || is_boot_partition(partition);
  if (const UnreadFormat* unread = file_system.known() ? nullptr : unread_format(*source)) {
    volume.passed_over = unread->title;
  }
  if (!file_system.known() && *named_by_type(partition) != '\0') {
    volume.passed_over = named_by_type(partition);
  }
  if (volume.file_system == "bitlocker") {
    volume.state.encrypted = true;
    volume.state.detail = "BitLocker";
  }
  volume.unread = partition.index != 0 && !volume.foreign && !volume.state.encrypted;
  return volume;
}

/// Why no file of the volume may be changed; "" if it may. Says nothing of a dirty volume: that is
/// for the caller, who knows `--force-unclean`.
std::string unsafe_to_write(const Volume& volume, const Partition& partition) {
  const VolumeState& state = volume.state;
  if (!volume.tree) return "holds no file system that can be changed";
  if (!partition.doubt.empty()) return "has a partition in doubt: " + partition.doubt;
  if (state.hibernated) {
    return "holds a hibernated Windows; resume it and shut it down (powercfg /h off, shutdown /s)";
  }
  if (state.fast_startup) {
    return "was left by fast startup or not shut down at all; start Windows and run: shutdown /s "
           "/t 0";
  }
  if (state.unclean_log) {
    return "has file system changes that were not written yet; start Windows and shut it down, or "
           "run chkdsk on it there";
  }
  return {};
}

class DiskImage final : public Image {
 public:
  DiskImage(std::shared_ptr<const VirtualDisk> disk, const std::string& path)
      : disk_(std::move(disk)), notes_(disk_->notes()) {
    const PartitionTable table = read_partitions(*disk_, disk_->sector_size());
    notes_.insert(notes_.end(), table.notes.begin(), table.notes.end());
    for (const Partition& lost : table.lost) {
      if (is_reserved(lost) || is_boot_partition(lost)) continue;
      lost_.push_back(lost.index == 0 ? lost.doubt
                                      : fmt::format("partition {} ({})", lost.index, lost.doubt));
    }
    for (Partition partition : table.partitions) {
      if (is_reserved(partition)) continue;
      volumes_.push_back(open_volume(disk_, partition, path));
      if (partition.doubt.empty() && volumes_.back().file_system == "ntfs") {
        partition.doubt = cut_off(SliceSource(disk_, partition.offset, partition.length, path));
      }
      if (!partition.doubt.empty()) {
        notes_.push_back(partition.index == 0
                             ? "the volume: " + partition.doubt
                             : fmt::format("partition {}: {}", partition.index, partition.doubt));
      }
      partitions_.push_back(std::move(partition));
    }
    if (table.partitions.empty()) {
      Volume nothing;
      nothing.size = disk_->size();
      nothing.passed_over = "no partition table and no file system we know";
      if (table.scheme != PartitionScheme::none) {
        nothing.passed_over = "an empty partition table, so a disk without volumes";
        nothing.foreign = table.notes.empty();
      }
      volumes_.push_back(std::move(nothing));
      partitions_.emplace_back();
    }
    if (may_lack_windows()) notes_.push_back("holds no Windows: " + list_volumes());
  }

  std::string format() const override { return disk_->format(); }
  const std::vector<Volume>& volumes() const override { return volumes_; }
  std::vector<std::string> host_files() const override { return disk_->host_files(); }
  std::vector<std::string> notes() const override { return notes_; }
  std::vector<std::string> details() const override { return disk_->details(); }
  std::vector<std::string> check() const override {
    std::vector<std::string> checked = disk_->check();
    return checked.empty() ? Image::check() : checked;
  }
  std::vector<std::string> lost() const override { return lost_; }

  /// A disk of another system, or an empty one.
  bool may_lack_windows() const override {
    return lost_.empty() && std::all_of(volumes_.begin(), volumes_.end(),
                                        [](const Volume& volume) { return volume.foreign; });
  }

  std::optional<Error> refusal(std::size_t index) const override {
    const Volume& volume = volumes_.at(index);
    if (!disk_->write_refusal().empty()) {
      return Error(ErrorKind::refused, disk_->write_refusal(), disk_->name());
    }
    const std::string reason = unsafe_to_write(volume, partitions_.at(index));
    if (reason.empty()) return std::nullopt;
    return Error(ErrorKind::refused, reason, disk_->name() + volume.id);
  }

  HostChange host_change(std::size_t index, const std::vector<FileEdit>& edits) const override {
    if (const std::optional<Error> error = refusal(index)) throw Error(*error);
    const Volume& volume = volumes_.at(index);
    const Partition& partition = partitions_.at(index);
    const auto source = std::make_shared<SliceSource>(disk_, partition.offset, partition.length,
                                                      disk_->name() + volume.id);
    std::vector<Write> writes = change_ntfs_files(source, edits);
    for (Write& write : writes) write.offset += partition.offset;
    return disk_->host_change(writes);
  }

 private:
  std::string list_volumes() const {
    std::string text;
    for (const Volume& volume : volumes_) {
      text += (text.empty() ? "" : ", ") + volume.id + (volume.id.empty() ? "" : " ") +
              volume.passed_over;
    }
    return text;
  }

  std::shared_ptr<const VirtualDisk> disk_;
  std::vector<std::string> notes_;
  std::vector<std::string> lost_;
  std::vector<Volume> volumes_;
  std::vector<Partition> partitions_;  ///< one for each volume
};

}  // namespace

std::unique_ptr<Image> make_disk_image(std::shared_ptr<const VirtualDisk> disk,
                                       const std::string& path) {
  return std::make_unique<DiskImage>(std::move(disk), path);
}

bool is_vhd_image(const Candidate& candidate) {
  return !candidate.is_directory() && is_vhd(*candidate.source);
}

namespace {

/// Why the footer of a VHD at the end of `file` is not that of all before it; "" if it is. A
/// dynamic or differencing VHD begins with a copy of its footer.
std::string foreign_footer(const ByteSource& file) {
  for (const std::uint64_t length : {512U, 511U}) {
    const std::uint64_t at = file.size() - length;
    Bytes data = file.read(at, static_cast<std::size_t>(length));
    if (!has_vhd_cookie(ByteView(data, at, file.name()))) continue;
    data.resize(VhdFooter::length_on_disk);
    try {
      const VhdFooter footer = parse_vhd_footer(ByteView(data, at, file.name()));
      if (footer.type != VhdType::fixed) return "of a dynamic or differencing disk";
      if (footer.disk_size == at) return "";
      return fmt::format("of a disk of {} bytes, and {} lie before it", footer.disk_size, at);
    } catch (const Error&) {
      return "that is damaged";
    }
  }
  return "";
}

/// A dump of a partition can end in what is left of a VHD: both readings are possible, and nobody
/// but the user can tell which is right.
void refuse_two_readings(const Candidate& candidate) {
  if (!candidate.options.input_format.empty() || candidate.has_magic(0, "conectix")) return;
  const std::string footer = foreign_footer(*candidate.source);
  if (footer.empty() || !is_raw_image(candidate)) return;
  const FileSystem& whole = probe_file_system(*candidate.source);
  throw Error(
      ErrorKind::unsupported,
      fmt::format("begins as a raw image ({}) and ends in the footer of a VHD {}: say which "
                  "it is, --input-format raw or --input-format vhd",
                  whole.known() ? whole.title : "with a partition table", footer),
      candidate.path);
}

}  // namespace

std::unique_ptr<Image> open_vhd_image(const Candidate& candidate) {
  refuse_two_readings(candidate);
  return make_disk_image(
      VhdDisk::open(candidate.storage, candidate.path, candidate.options.parent_folders),
      candidate.path);
}

bool is_vhdx_image(const Candidate& candidate) { return candidate.has_magic(0, "vhdxfile"); }

std::unique_ptr<Image> open_vhdx_image(const Candidate& candidate) {
  return make_disk_image(
      VhdxDisk::open(candidate.storage, candidate.path, candidate.options.parent_folders),
      candidate.path);
}

namespace {

bool is_qemu_image(const Candidate& candidate, const char* format) {
  return !candidate.is_directory() && qemu_format(*candidate.source) == format;
}

std::unique_ptr<Image> open_qemu_image(const Candidate& candidate, const char* format) {
  return make_disk_image(
      open_qemu_disk(candidate.storage, candidate.path, format, candidate.options.parent_folders),
      candidate.path);
}

}  // namespace

bool is_vmdk_image(const Candidate& candidate) { return is_qemu_image(candidate, "vmdk"); }
std::unique_ptr<Image> open_vmdk_image(const Candidate& c) { return open_qemu_image(c, "vmdk"); }
bool is_qcow2_image(const Candidate& candidate) { return is_qemu_image(candidate, "qcow2"); }
std::unique_ptr<Image> open_qcow2_image(const Candidate& c) { return open_qemu_image(c, "qcow2"); }
bool is_vdi_image(const Candidate& candidate) { return is_qemu_image(candidate, "vdi"); }
std::unique_ptr<Image> open_vdi_image(const Candidate& c) { return open_qemu_image(c, "vdi"); }

bool is_e01_image(const Candidate& candidate) {
  return !candidate.is_directory() && is_ewf(candidate.head);
}

std::unique_ptr<Image> open_e01_image(const Candidate& candidate) {
  return make_disk_image(
      EwfDisk::open(candidate.storage, candidate.path, candidate.options.parent_folders),
      candidate.path);
}

bool is_later_e01_segment(const Candidate& candidate) {
  if (!is_e01_image(candidate)) return false;
  const std::optional<std::string> first = first_ewf_segment(candidate.storage, candidate.path);
  if (!first || *first == candidate.path) return false;
  const std::uint16_t number = parse_ewf_header(ByteView(candidate.head, 0, candidate.path));
  if (ewf_segment_path(*first, number) != candidate.path) return false;
  return is_e01_image(examine(candidate.storage, *first, candidate.options, candidate.opener));
}

bool is_split_image(const Candidate& candidate) {
  if (candidate.is_directory()) return false;
  return split_pieces(candidate.storage, candidate.path).first == candidate.path &&
         is_raw_image(candidate);
}

std::unique_ptr<Image> open_split_image(const Candidate& candidate) {
  return make_disk_image(
      SplitDisk::open(candidate.storage, candidate.path, candidate.options.parent_folders),
      candidate.path);
}

bool is_later_split_piece(const Candidate& candidate) {
  if (candidate.is_directory()) return false;
  const SplitPieces pieces = split_pieces(candidate.storage, candidate.path);
  if (pieces.paths.empty() || pieces.first == candidate.path || pieces.paths.front().empty()) {
    return false;
  }
  return is_split_image(
      examine(candidate.storage, pieces.first, candidate.options, candidate.opener));
}

std::string looks_like_a_piece(const Candidate& candidate) {
  const SplitPieces pieces = split_pieces(candidate.storage, candidate.path);
  if (pieces.paths.empty() || pieces.first == candidate.path) return "";
  const bool missing = pieces.paths.front().empty();
  return fmt::format("by its name a later piece of a split disk: {} ({})",
                     missing ? "the first one is missing" : "give the first one", pieces.first);
}

bool is_orphaned_piece(const Candidate& candidate) {
  constexpr std::uint64_t least = 1U << 20;
  if (candidate.is_directory() || candidate.info.size < least) return false;
  const SplitPieces pieces = split_pieces(candidate.storage, candidate.path);
  if (pieces.paths.empty() || !pieces.paths.front().empty()) return false;
  return std::any_of(pieces.paths.begin(), pieces.paths.end(), [&](const std::string& path) {
    if (path.empty() || path == candidate.path) return false;
    const std::optional<FileInfo> info = candidate.storage.stat(path);
    return info && info->size == candidate.info.size;
  });
}

bool is_raw_image(const Candidate& candidate) {
  if (candidate.is_directory()) return false;
  try {
    const PartitionTable table = read_partitions(*candidate.source, 0);
    return table.scheme != PartitionScheme::none || !table.partitions.empty();
  } catch (const Error& e) {
    return e.kind() == ErrorKind::corrupt;  // then it is a partition table, though a broken one
  }
}

std::unique_ptr<Image> open_raw_image(const Candidate& candidate) {
  return make_disk_image(std::make_shared<RawDisk>(candidate.source), candidate.path);
}

}  // namespace goldhive
