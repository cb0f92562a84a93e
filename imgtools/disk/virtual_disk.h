// A virtual disk: the bytes a machine would see, whatever container holds them. raw.h, split_raw.h,
// vhd.h, vhdx.h and ewf.h are containers we read ourselves; nbd.h is for all others.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "imgtools/bytes/byte_source.h"
#include "imgtools/bytes/write.h"
#include "imgtools/host_change.h"

namespace goldhive {

class VirtualDisk : public ByteSource {
 public:
  /// As in the report: "raw", "vhd", "vhdx", ...
  virtual std::string format() const = 0;
  /// Bytes of a logical sector; 0 if the container does not say.
  virtual std::uint32_t sector_size() const { return 0; }
  /// The file itself first, then the chain of its parents.
  virtual std::vector<std::string> host_files() const = 0;

  /// What a reader of a verdict should know about the container: one sentence each.
  const std::vector<std::string>& notes() const { return notes_; }
  /// As Image::details().
  virtual std::vector<std::string> details() const { return {}; }
  /// Why nothing may be written to this disk; "" if it may.
  const std::string& write_refusal() const { return write_refusal_; }

  /// As Image::check(). Empty: the container holds nothing to check itself by.
  virtual std::vector<std::string> check() const { return {}; }

  /// What a change of the disk means for the files of the host. Reads, never writes. After each of
  /// the phases the container is a valid one of its format. Error(refused) with write_refusal(), or
  /// if the container cannot take the change.
  HostChange host_change(const std::vector<Write>& writes) const;

 protected:
  using ByteSource::ByteSource;
  /// Of a container that is only read, and whose constructor refuses writing, this is never called.
  virtual HostChange plan_change(const std::vector<Write>& writes) const;
  void add_note(std::string note) { notes_.push_back(std::move(note)); }
  /// The first reason stays; later ones are ignored.
  void refuse_writing(const std::string& reason) {
    if (write_refusal_.empty()) write_refusal_ = reason;
  }

 private:
  std::vector<std::string> notes_;
  std::string write_refusal_;
};

/// Where a run of a virtual disk's bytes comes from.
struct Extent {
  enum class Kind {
    zeros,   ///< nowhere: never written
    stored,  ///< the container's file, from `host_offset` on
    parent,  ///< the same offset of the parent disk
  };
  Kind kind = Kind::zeros;
  std::uint64_t length = 0;  ///< at least 1
  std::uint64_t host_offset = 0;
};

/// A container that maps runs of the disk to runs of its file. Reading and writing in place need
/// only the map.
class MappedDisk : public VirtualDisk {
 public:
  /// The run of one kind that starts at `offset` (< size()). It may be shorter than possible where
  /// its full length is costly to find.
  virtual Extent extent_at(std::uint64_t offset) const = 0;

  std::vector<std::string> host_files() const override;
  SharedBudget budget() const override { return file_->budget(); }

 protected:
  /// `file` has the name of the disk itself; `parent` may be null.
  explicit MappedDisk(std::shared_ptr<const ByteSource> file)
      : VirtualDisk(file->name()), file_(std::move(file)) {}

  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override;
  /// Changes bytes in place; Error(refused) if a block would have to be allocated.
  HostChange plan_change(const std::vector<Write>& writes) const override;

  using OnPiece = std::function<void(const Extent& extent, std::uint64_t offset,
                                     std::span<const std::uint8_t> data)>;
  /// Cuts the writes so that each piece lies in one extent.
  void for_each_piece(const std::vector<Write>& writes, const OnPiece& on_piece) const;
  /// Adds a change of bytes that the file stores.
  void edit(HostChange& change, int phase, std::uint64_t host_offset,
            std::span<const std::uint8_t> data) const;
  /// Lays a piece over the sectors it touches: number -> whole new content. A sector that is not
  /// yet in the map starts with what the disk holds now.
  void add_sectors(std::map<std::uint64_t, Bytes>& sectors, std::uint64_t offset,
                   std::span<const std::uint8_t> data) const;

  void set_file(std::shared_ptr<const ByteSource> file) { file_ = std::move(file); }
  void set_parent(std::shared_ptr<const MappedDisk> parent) { parent_ = std::move(parent); }
  const ByteSource& file() const { return *file_; }
  const std::shared_ptr<const ByteSource>& shared_file() const { return file_; }
  const MappedDisk* parent() const { return parent_.get(); }

 private:
  void fill_zeros(std::span<std::uint8_t> out) const;

  std::shared_ptr<const ByteSource> file_;
  std::shared_ptr<const MappedDisk> parent_;
};

}  // namespace goldhive
