#include "imgtools/wim/wim_metadata.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"

namespace goldhive {

namespace {

constexpr std::size_t dentry_size = 102;
constexpr std::size_t stream_size = 38;
constexpr std::uint64_t no_dentry = 8;          // a length up to this ends a directory
constexpr std::size_t max_entries = 1 << 20;    // of one directory
constexpr std::size_t max_dentries = 10 << 20;  // of an image
constexpr std::size_t max_depth = 1024;
/// A limit for all walks together: directories can share their entries, so a few bytes can look
/// like a tree of any size.
constexpr std::size_t max_reads = 40 << 20;
constexpr std::size_t window_size = 4096;

constexpr std::uint64_t aligned(std::uint64_t value) { return (value + 7) & ~std::uint64_t{7}; }

WimHash hash_at(const ByteView& view, std::size_t at) {
  WimHash hash;
  const ByteView bytes = view.slice(at, hash.size());
  std::copy(bytes.span().begin(), bytes.span().end(), hash.begin());
  return hash;
}

}  // namespace

WimMetadata::WimMetadata(std::shared_ptr<const ByteSource> metadata)
    : source_(std::move(metadata)), budget_(source_->budget()) {
  const std::uint64_t security = bytes(0, 8).u32(0);
  if (!read(aligned(std::max<std::uint64_t>(security, 8)), root_) || !root_.is_directory()) {
    throw Error::corrupt(source_->name(), aligned(security), "the image has no root directory");
  }
}

ByteView WimMetadata::bytes(std::uint64_t at, std::size_t length) const {
  if (at < window_at_ || at - window_at_ > window_.size() ||
      length > window_.size() - (at - window_at_)) {
    const std::uint64_t room = at < source_->size() ? source_->size() - at : 0;
    const std::size_t wanted =
        std::max(length, static_cast<std::size_t>(std::min<std::uint64_t>(room, window_size)));
    window_at_ = ~std::uint64_t{0};  // so that it holds nothing if the read fails
    window_.resize(wanted);
    source_->read(at, window_);
    window_at_ = at;
  }
  return ByteView(window_, window_at_, source_->name())
      .slice(static_cast<std::size_t>(at - window_at_), length);
}

bool WimMetadata::read(std::uint64_t at, WimDentry& dentry) const {
  const std::uint64_t room = at < source_->size() ? source_->size() - at : 0;
  if (++reads_ > max_reads) {
    throw Error::corrupt(
        source_->name(), at,
        fmt::format("directories of the image seem to contain each other: more than "
                    "{} entries were read",
                    max_reads));
  }
  if (budget_) budget_->walk(1, source_->name());
  const std::uint64_t length = bytes(at, 8).u64(0);
  if (length <= no_dentry) return false;
  if (length < dentry_size || length > room) {
    throw Error::corrupt(source_->name(), at, "bad length of a directory entry",
                         fmt::format("{} to {}", dentry_size, room), fmt::format("{}", length));
  }
  const ByteView view = bytes(at, dentry_size);
  dentry.at = at;
  dentry.attributes = view.u32(8);
  dentry.children = view.u64(16);
  dentry.hash = hash_at(view, 64);
  dentry.hash_at = at + 64;
  dentry.hard_link = dentry.is_reparse_point() ? 0 : view.u64(88);
  const std::size_t name_bytes = view.u16(100);
  const std::uint64_t short_bytes = view.u16(98);
  if (name_bytes % 2 != 0 || dentry_size + name_bytes + short_bytes > length) {
    throw Error::corrupt(source_->name(), at + 100, "bad length of the name in a directory entry",
                         fmt::format("an even number that fits into {}", length),
                         fmt::format("{}, and {} of the short name", name_bytes, short_bytes));
  }
  const unsigned streams = view.u16(96);
  utf16_from_bytes(bytes(at + dentry_size, name_bytes).span(), dentry.name);
  dentry.next = at + aligned(length);
  if (streams != 0) read_streams(dentry, streams);
  return true;
}

void WimMetadata::read_streams(WimDentry& dentry, unsigned count) const {
  // A zero hash in the dentry means: not here, but perhaps in a stream behind it.
  bool reparse_data_due = dentry.is_reparse_point() && is_zero(dentry.hash);
  bool content_due = is_zero(dentry.hash);
  if (dentry.is_reparse_point() && !is_zero(dentry.hash)) {
    dentry.hash = {};
    content_due = true;
  }
  if (budget_) budget_->walk(count, source_->name());
  for (unsigned i = 0; i < count; ++i) {
    const ByteView view = bytes(dentry.next, stream_size);
    const std::uint64_t length = view.u64(0);
    const std::uint64_t room = source_->size() - dentry.next;
    if (length < stream_size || length > room || length < stream_size + view.u16(36)) {
      throw Error::corrupt(source_->name(), dentry.next, "bad length of a stream entry",
                           fmt::format("{} to {}", stream_size, room), fmt::format("{}", length));
    }
    if (view.u16(36) == 0) {
      if (reparse_data_due) {
        reparse_data_due = false;
      } else if (content_due) {
        content_due = false;
        dentry.hash = hash_at(view, 16);
        dentry.hash_at = dentry.next + 16;
      }
    }
    dentry.next += aligned(length);
  }
}

bool WimMetadata::entry(std::uint64_t at, std::uint64_t start, std::size_t before,
                        WimDentry& out) const {
  if (before < max_entries) return read(at, out);
  throw Error::corrupt(source_->name(), start,
                       fmt::format("a directory of more than {} entries", max_entries));
}

void WimMetadata::walk(const WimDentry& directory,
                       const std::function<bool(const WimDentry&)>& visit) const {
  if (!directory.holds_entries()) return;
  const std::uint64_t start = directory.children;
  WimDentry dentry;
  std::uint64_t at = start;
  for (std::size_t i = 0; entry(at, start, i, dentry) && visit(dentry); ++i) at = dentry.next;
}

void WimMetadata::walk_all(const std::function<void(const WimDentry&)>& visit) const {
  struct Pending {
    WimDentry directory;
    std::size_t depth;
  };
  std::vector<Pending> pending{{root_, 0}};
  std::size_t seen = 0;
  while (!pending.empty()) {
    const Pending here = std::move(pending.back());
    pending.pop_back();
    if (here.depth > max_depth) {
      throw Error::corrupt(
          source_->name(), here.directory.at,
          fmt::format("a directory lies more than {} directories deep", max_depth));
    }
    walk(here.directory, [&](const WimDentry& dentry) {
      if (++seen > max_dentries) {
        throw Error::corrupt(source_->name(), dentry.at,
                             fmt::format("an image of more than {} files", max_dentries));
      }
      visit(dentry);
      if (dentry.is_directory()) pending.push_back({dentry, here.depth + 1});
      return true;
    });
  }
}

}  // namespace goldhive
