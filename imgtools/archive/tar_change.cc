// How a tar is written anew: the (unpacked) stream is copied byte for byte; only the headers and
// the data of a changed entry are replaced. So nothing in the tar can be lost, whatever it means:
// order, names, times, owners, attributes, links, sparse maps, or what a program of 1988 put there.
// The old file is read twice: the first pass finds the places, the second one copies. So before the
// first byte is written, it is known that each entry was found exactly once, and that its data is
// the data that the hive was read from.
//
//   old   | entry | entry | x header | header | hive ....... | fill | entry | ... | zeros |
//   new   | entry | entry | x header'| header'| hive' .......... | fill' | entry | ... | zeros' |
//                            only a size in it, and its checksum
//
// If the zeros at the end filled the tar up to whole records of 10240 bytes, the new ones do so,
// too. A packed tar is packed again by the same method (repacker.h).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "imgtools/archive/archive_change.h"
#include "imgtools/archive/member_names.h"
#include "imgtools/archive/packing.h"
#include "imgtools/archive/repacker.h"
#include "imgtools/archive/tar_format.h"
#include "imgtools/bytes/digest.h"
#include "imgtools/bytes/error.h"
#include "imgtools/bytes/overlay_source.h"
#include "imgtools/bytes/text.h"

namespace goldhive {

namespace {

constexpr std::uint64_t tar_record = 10240;
constexpr std::size_t piece_size = 256 * 1024;

class PlainStream final : public TarStream {
 public:
  explicit PlainStream(std::shared_ptr<const ByteSource> file) : file_(std::move(file)) {}

  std::span<const std::uint8_t> next(std::size_t most) override {
    const std::uint64_t left = file_->size() - at_;
    buffer_.resize(
        static_cast<std::size_t>(std::min({left, std::uint64_t{most}, std::uint64_t{piece_size}})));
    file_->read(at_, buffer_);
    at_ += buffer_.size();
    return buffer_;
  }
  bool skip(std::uint64_t bytes) override {
    if (bytes > file_->size() - at_) return false;
    at_ += bytes;
    return true;
  }

 private:
  std::shared_ptr<const ByteSource> file_;
  std::uint64_t at_ = 0;
  Bytes buffer_;
};

class UnpackedTarStream final : public TarStream {
 public:
  explicit UnpackedTarStream(const std::shared_ptr<const ByteSource>& file)
      : budget_(UINT64_MAX),  // the archive was read before, within its own budget
        stream_(file, budget_) {}

  std::span<const std::uint8_t> next(std::size_t most) override {
    if (left_.empty()) left_ = stream_.next();
    const auto piece = left_.first(std::min(left_.size(), most));
    left_ = left_.subspan(piece.size());
    return piece;
  }

 private:
  ParseBudget budget_;
  UnpackedStream stream_;
  std::span<const std::uint8_t> left_;
};

std::unique_ptr<TarStream> open_stream(const std::shared_ptr<const ByteSource>& file,
                                       const std::string& packing) {
  if (packing.empty()) return std::make_unique<PlainStream>(file);
  return std::make_unique<UnpackedTarStream>(file);
}

/// A range [from, to) of the stream that is replaced.
struct Splice {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  Bytes headers;
  std::shared_ptr<const ByteSource> data;
  std::uint64_t data_at = 0;   // of the old data, for a change in place
  std::uint64_t old_size = 0;  // of the old data
  std::size_t edit = 0;        // the index of its edit
};

struct Layout {
  std::vector<Splice> splices;  // in the order of the stream
  std::uint64_t end_mark = 0;
};

Error cannot(const std::string& member, const std::string& why) {
  return Error(ErrorKind::unsupported,
               why + ": extract the hives, patch them and put them back with tar", member);
}

/// Finds the entry of each edit.
Layout find_entries(const ArchiveFile& archive, const std::string& packing,
                    const std::vector<FileEdit>& edits) {
  const std::string& name = archive.source->name();
  const auto stream = open_stream(archive.source, packing);
  TarWalker walker(*stream, name);
  Layout layout;
  std::vector<bool> found(edits.size());
  TarEntry entry;
  while (walker.next(entry)) {
    const std::string path = clean_name(to_utf8(to_utf16(entry.name)), false).path;
    for (std::size_t i = 0; i < edits.size(); ++i) {
      if (edits[i].path != path) continue;
      const std::string member = name + ": " + path;
      if (found[i]) throw cannot(member, "is in the archive more than once");
      if (entry.sparse) throw cannot(member, "is stored as a sparse file");
      if (entry.type != '0' && entry.type != 0 && entry.type != '7') {
        throw cannot(member, "is stored as a link, or as something else that is no plain file");
      }
      found[i] = true;
      Sha256 hash;
      walker.read_data([&](std::span<const std::uint8_t> data) { hash.add(data); });
      const std::shared_ptr<const ByteSource> seen = archive.tree->open(path);
      if (seen->size() != entry.size || sha256(*seen) != hash.finish()) {
        throw Error(ErrorKind::refused,
                    "holds other bytes than the scan read: the archive was changed meanwhile, or "
                    "can be read in two ways",
                    member);
      }
      Splice splice;
      splice.from = entry.start_at;
      splice.to = entry.end_at();
      splice.data_at = entry.data_at;
      splice.old_size = entry.size;
      splice.edit = i;
      splice.headers = entry.size == edits[i].new_size
                           ? entry.headers
                           : tar_headers_with_size(entry, edits[i].new_size);
      splice.data = edited_member(archive, edits[i]);
      layout.splices.push_back(std::move(splice));
    }
  }
  layout.end_mark = entry.start_at;
  for (std::size_t i = 0; i < edits.size(); ++i) {
    if (!found[i]) {
      throw cannot(name + ": " + edits[i].path, "was not found among the entries of the tar");
    }
  }
  return layout;
}

void put_source(Repacker& out, const ByteSource& source, std::uint64_t& written) {
  each_piece(source, [&](std::uint64_t, std::span<const std::uint8_t> piece) { out.put(piece); });
  written += source.size();
}

/// Writes zeros up to a multiple of `unit`.
void put_fill(Repacker& out, std::uint64_t unit, std::uint64_t& written) {
  const Bytes zeros(static_cast<std::size_t>((unit - written % unit) % unit));
  out.put(zeros);
  written += zeros.size();
}

void write_anew(const std::shared_ptr<const ByteSource>& file, const std::string& packing,
                const Layout& layout, const Repacker::Put& put) {
  Repacker out(*file, put);
  const auto stream = open_stream(file, packing);
  std::uint64_t at = 0;
  std::uint64_t written = 0;
  bool zeros = true;  // only zeros came after the end mark so far
  auto splice = layout.splices.begin();
  for (;;) {
    if (splice != layout.splices.end() && at == splice->from) {
      out.put(splice->headers);
      written += splice->headers.size();
      put_source(out, *splice->data, written);
      put_fill(out, tar_block, written);
      for (std::uint64_t left = splice->to - splice->from; left > 0;) {
        const std::size_t piece = stream->next(static_cast<std::size_t>(left)).size();
        if (piece == 0)
          throw Error(ErrorKind::io, "became shorter while it was read", file->name());
        left -= piece;
      }
      at = splice->to;
      ++splice;
      continue;
    }
    const std::uint64_t stop = splice != layout.splices.end() ? splice->from
                               : at < layout.end_mark         ? layout.end_mark
                                                              : UINT64_MAX;
    const auto piece =
        stream->next(static_cast<std::size_t>(std::min<std::uint64_t>(stop - at, piece_size)));
    if (piece.empty()) break;
    if (at >= layout.end_mark) {
      zeros = zeros && std::all_of(piece.begin(), piece.end(), [](auto b) { return b == 0; });
    }
    out.put(piece);
    at += piece.size();
    written += piece.size();
  }
  if (splice != layout.splices.end() || at < layout.end_mark) {
    throw Error(ErrorKind::io, "became shorter while it was read", file->name());
  }
  if (zeros && at % tar_record == 0) put_fill(out, tar_record, written);
  out.finish();
}

}  // namespace

std::shared_ptr<const ByteSource> edited_member(const ArchiveFile& archive, const FileEdit& edit) {
  std::shared_ptr<const ByteSource> old = archive.tree->open(edit.path);
  const std::string name = old->name();
  auto edited = std::make_shared<OverlaySource>(std::move(old), name);
  edited->grow(edit.new_size);
  for (const auto& [offset, data] : edit.writes) edited->write(offset, data);
  return edited;
}

HostChange change_tar(const ArchiveFile& archive, const std::vector<FileEdit>& edits) {
  const std::string packing = packing_of(*archive.source);
  Repacker::check(*archive.source);
  auto layout = std::make_shared<Layout>(find_entries(archive, packing, edits));
  HostChange change;
  const bool grows =
      std::any_of(layout->splices.begin(), layout->splices.end(),
                  [](const Splice& splice) { return splice.data->size() != splice.old_size; });
  if (packing.empty() && !grows) {
    for (const Splice& splice : layout->splices) {
      for (const auto& [offset, data] : edits[splice.edit].writes) {
        change.edits.push_back({archive.path, 0, {splice.data_at + offset, data}});
      }
    }
    change.sizes.emplace_back(archive.path, archive.source->size());
    return change;
  }
  std::uint64_t limit = archive.source->size() + archive.source->size() / 4 + (1 << 20);
  for (const Splice& splice : layout->splices) limit += splice.data->size();
  change.rewrite = HostRewrite{archive.path, limit,
                               [layout, packing, file = archive.source](const Repacker::Put& put) {
                                 write_anew(file, packing, *layout, put);
                               }};
  return change;
}

}  // namespace goldhive
