#include "imgtools/change/replacement_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "imgtools/bytes/error.h"
#include "imgtools/change/own_files.h"
#include "imgtools/host/path.h"

namespace goldhive {

namespace {

constexpr std::string_view magic = "goldrepl";
constexpr std::uint32_t version = 1;
constexpr std::size_t header_size = 104;
constexpr std::size_t digest_size = std::tuple_size_v<Digest>;
/// A path and a line of JSON; far below what could hurt.
constexpr std::uint64_t size_limit = 1 << 20;

Digest seal_of(std::span<const std::uint8_t> bytes) {
  Sha256 hash;
  hash.add(bytes);
  return hash.finish();
}

Digest digest_at(const ByteView& view, std::size_t at) {
  Digest digest{};
  const auto bytes = view.slice(at, digest.size()).span();
  std::copy(bytes.begin(), bytes.end(), digest.begin());
  return digest;
}

std::string text_at(const ByteView& view, std::size_t at, std::size_t length) {
  const auto bytes = view.slice(at, length).span();
  return {bytes.begin(), bytes.end()};
}

}  // namespace

Bytes encode(const ReplacementRecord& record) {
  Bytes out(header_size);
  std::copy(magic.begin(), magic.end(), out.begin());
  put_u32(out, 8, version);
  put_u32(out, 12, static_cast<std::uint32_t>(record.folder.size()));
  put_u32(out, 16, static_cast<std::uint32_t>(record.metadata.size()));
  put_u32(out, 20, static_cast<std::uint32_t>(record.name.size()));
  put_u64(out, 24, record.old_size);
  put_u64(out, 32, record.new_size);
  std::copy(record.old_digest.begin(), record.old_digest.end(), out.begin() + 40);
  std::copy(record.new_digest.begin(), record.new_digest.end(), out.begin() + 72);
  for (const std::string* text : {&record.folder, &record.metadata, &record.name}) {
    out.insert(out.end(), text->begin(), text->end());
  }
  const Digest seal = seal_of(out);
  out.insert(out.end(), seal.begin(), seal.end());
  return out;
}

ReplacementRecord decode_replacement(const ByteSource& source) {
  const std::string& name = source.name();
  if (source.size() < header_size + digest_size || source.size() > size_limit) {
    throw Error::corrupt(name, source.size(), "is not a record of a replacement",
                         fmt::format("{} to {} bytes", header_size + digest_size, size_limit),
                         fmt::format("{} bytes", source.size()));
  }
  const Bytes bytes = source.read(0, static_cast<std::size_t>(source.size()));
  const ByteView view(bytes, 0, name);
  if (!view.starts_with(magic)) {
    throw Error::corrupt(name, 0, "is not a record of a replacement");
  }
  if (view.u32(8) != version) {
    throw Error(ErrorKind::unsupported, "was written by a newer goldhive: use that one", name);
  }
  const std::size_t sealed = bytes.size() - digest_size;
  if (seal_of(std::span(bytes).first(sealed)) != digest_at(view, sealed)) {
    throw Error::corrupt(name, sealed, "is damaged: the checksum is wrong");
  }
  const ByteView body = view.slice(0, sealed);
  ReplacementRecord record;
  record.old_size = body.u64(24);
  record.new_size = body.u64(32);
  record.old_digest = digest_at(body, 40);
  record.new_digest = digest_at(body, 72);
  std::size_t at = header_size;
  std::size_t field = 12;
  for (std::string* text : {&record.folder, &record.metadata, &record.name}) {
    *text = text_at(body, at, body.u32(field));
    at += text->size();
    field += 4;
  }
  if (!is_plain_name(record.name) || !is_inner_folder(record.folder)) {
    throw Error::corrupt(name, header_size, "names a file outside of its target");
  }
  return record;
}

bool is_replacement_record(const ByteSource& source) {
  if (source.size() < magic.size()) return false;
  const Bytes head = source.read(0, magic.size());
  return ByteView(head, 0, source.name()).starts_with(magic);
}

std::optional<HotReplacement> find_hot_replacement(const ReadStorage& storage,
                                                   const std::string& host_file) {
  return find_hot_replacement_of(storage, follow_links(storage, host_file));
}

std::optional<HotReplacement> find_hot_replacement_of(const ReadStorage& storage,
                                                      const std::string& file) {
  const ReplacementNames names(file);
  const auto record = open_own_file(storage, names.record, file, OwnKind::written);
  if (!record) return std::nullopt;
  HotReplacement hot{names, file, decode_replacement(*record->content), nullptr};
  if (auto kept = open_own_file(storage, names.old, file, OwnKind::original)) {
    hot.kept = std::move(kept->content);
  }
  return hot;
}

bool is_original(const ReplacementRecord& record, const ByteSource& content) {
  return content.size() == record.old_size && sha256(content) == record.old_digest;
}

std::shared_ptr<const ByteSource> old_content(const ReadStorage& storage,
                                              const HotReplacement& hot) {
  std::shared_ptr<const ByteSource> content = hot.kept;
  if (!content) content = storage.open(hot.file);
  if (is_original(hot.record, *content)) return content;
  throw Error(ErrorKind::refused,
              hot.kept
                  ? fmt::format("does not hold the old content that {} records, so nothing is "
                                "read from it (if the file beside it is as it should be, "
                                "remove both)",
                                hot.names.record)
                  : fmt::format("was being replaced when a patch was cut off (recorded in {}), "
                                "and the old file {} is gone: take the file from a copy",
                                hot.names.record, hot.names.old),
              content->name());
}

}  // namespace goldhive
