// What is odd about tar: a header can be preceded by other headers. A long name (GNU types L and K)
// or a list of attributes (pax types x and g) is an entry of its own, and its data describes the
// entry after it. A pax record can even hold the true size of that entry's data.
//
// A number is octal text, ended by a space, a zero or nothing. If it is too large for that, it is
// binary with the top bit set. The checksum is that of the header with eight spaces in place of the
// checksum itself; some old programs added signed bytes.
//
// Whether a hard link has data behind it has changed over time. A hard link with a size other than
// 0 is an error here.
#include "imgtools/archive/tar_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "imgtools/bytes/error.h"

namespace goldhive {

namespace {

constexpr std::size_t name_field = 0, name_length = 100, size_field = 124, size_length = 12,
                      checksum_field = 148, checksum_length = 8, type_field = 156,
                      magic_field = 257, prefix_field = 345, prefix_length = 155,
                      gnu_extended = 482, gnu_extended_more = 504;
/// Limit for the names and attributes of one entry; no real tar needs more.
constexpr std::uint64_t extension_limit = 16 << 20;

std::string text_field(std::span<const std::uint8_t> block, std::size_t at, std::size_t length) {
  const auto field = block.subspan(at, length);
  return {field.begin(), std::find(field.begin(), field.end(), std::uint8_t{0})};
}

std::optional<std::uint64_t> number_field(std::span<const std::uint8_t> block, std::size_t at,
                                          std::size_t length) {
  std::uint64_t value = 0;
  if (block[at] == 0x80) {
    for (std::size_t i = 1; i < length; ++i) {
      if (value >> 56 != 0) return std::nullopt;
      value = value << 8 | block[at + i];
    }
    return value;
  }
  std::size_t i = at;
  while (i < at + length && block[i] == ' ') ++i;
  for (; i < at + length && block[i] >= '0' && block[i] <= '7'; ++i) {
    value = value * 8 + (block[i] - '0');
  }
  if (i < at + length && block[i] != ' ' && block[i] != 0) return std::nullopt;
  return value;
}

std::int64_t checksum(std::span<const std::uint8_t> block, bool as_signed) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < tar_block; ++i) {
    const bool own = i >= checksum_field && i < checksum_field + checksum_length;
    const std::uint8_t byte = own ? std::uint8_t{' '} : block[i];
    sum += as_signed ? static_cast<std::int8_t>(byte) : std::int64_t{byte};
  }
  return sum;
}

/// Whether the block states its own checksum, in one of the two ways in which programs count it.
bool checksum_fits(std::span<const std::uint8_t> block) {
  const auto stored = number_field(block, checksum_field, checksum_length);
  if (!stored) return false;
  const auto sum = static_cast<std::int64_t>(*stored);
  return sum == checksum(block, false) || sum == checksum(block, true);
}

/// Writes `value` in the form that the field has: with its leading spaces or zeros, and its end.
void put_number(std::span<std::uint8_t> field, std::uint64_t value) {
  if (field[0] == 0x80) {
    for (std::size_t i = field.size(); --i > 0; value >>= 8) {
      field[i] = static_cast<std::uint8_t>(value);
    }
    return;
  }
  std::size_t end = field.size();
  while (end > 1 && (field[end - 1] == ' ' || field[end - 1] == 0)) --end;
  const std::uint8_t lead = field[0] == ' ' ? ' ' : '0';
  std::string digits = fmt::format("{:o}", value);
  if (digits.size() > end && digits.size() < field.size()) end = digits.size();
  if (digits.size() > end) {
    throw Error(ErrorKind::unsupported,
                fmt::format("the new size of {} bytes does not fit into the size field of its tar "
                            "header",
                            value));
  }
  for (std::size_t i = 0; i < end; ++i) {
    const std::size_t from_end = end - i;
    field[i] = from_end <= digits.size()
                   ? static_cast<std::uint8_t>(digits[digits.size() - from_end])
                   : lead;
  }
}

void put_size(std::span<std::uint8_t> block, std::uint64_t size) {
  const std::int64_t stored =
      static_cast<std::int64_t>(number_field(block, checksum_field, checksum_length).value_or(0));
  const bool as_signed = stored != checksum(block, false);
  put_number(block.subspan(size_field, size_length), size);
  put_number(block.subspan(checksum_field, checksum_length),
             static_cast<std::uint64_t>(checksum(block, as_signed)));
}

struct PaxRecord {
  std::string key, value;
};

/// "27 path=some/name\n" and so on.
std::vector<PaxRecord> pax_records(const std::string& text, const std::string& name) {
  std::vector<PaxRecord> records;
  for (std::size_t at = 0; at < text.size() && text[at] != 0;) {
    std::size_t length = 0;
    std::size_t i = at;
    for (; i < text.size() && text[i] >= '0' && text[i] <= '9' && length < extension_limit; ++i) {
      length = length * 10 + static_cast<std::size_t>(text[i] - '0');
    }
    const std::size_t end = at + length;
    const std::size_t equals = text.find('=', i);
    if (length == 0 || end > text.size() || text[i] != ' ' || equals >= end ||
        text[end - 1] != '\n') {
      throw Error(ErrorKind::corrupt,
                  "damaged: a pax header is not made of lines \"LENGTH KEY=VALUE\"", name);
    }
    records.push_back(
        {text.substr(i + 1, equals - i - 1), text.substr(equals + 1, end - equals - 2)});
    at = end;
  }
  return records;
}

std::uint64_t pax_number(const std::string& text, const std::string& name) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw Error(ErrorKind::corrupt,
                fmt::format("damaged: a pax header has the size '{}': expected a number", text),
                name);
  }
  return value;
}

void refuse_global(const std::vector<PaxRecord>& records, const std::string& name) {
  for (const PaxRecord& record : records) {
    if (record.key != "path" && record.key != "size") continue;
    throw Error(ErrorKind::unsupported,
                "has a global pax header that sets the path or the size of all entries, which is "
                "not supported: extract it and give the folder",
                name);
  }
}

std::string pax_text(const std::vector<PaxRecord>& records) {
  std::string text;
  for (const PaxRecord& record : records) {
    const std::string rest = " " + record.key + "=" + record.value + "\n";
    std::size_t length = rest.size() + 1;
    while (length != rest.size() + std::to_string(length).size()) {
      length = rest.size() + std::to_string(length).size();
    }
    text += std::to_string(length) + rest;
  }
  return text;
}

std::uint64_t filled(std::uint64_t size) { return (size + tar_block - 1) / tar_block * tar_block; }

bool has_data(char type) { return type < '1' || type > '6'; }

}  // namespace

void GlobalPaxWatch::skip(std::uint64_t bytes) {
  if (stopped_ || bytes == 0) return;
  if (doubtful_ && collected_.empty()) left_ = filled(*std::exchange(doubtful_, std::nullopt));
  // Nobody passes over headers. Whoever does has lost the way, or we have.
  if (wanted_ > 0 || !collected_.empty() || bytes > left_) return stop();
  left_ -= bytes;
}

void GlobalPaxWatch::take(std::span<const std::uint8_t> data) {
  while (!stopped_ && !data.empty()) {
    if (left_ > 0) {
      const auto passed = static_cast<std::size_t>(std::min<std::uint64_t>(left_, data.size()));
      left_ -= passed;
      data = data.subspan(passed);
      continue;
    }
    const std::uint64_t whole = wanted_ > 0 ? wanted_ : tar_block;
    const auto piece = data.first(
        static_cast<std::size_t>(std::min<std::uint64_t>(whole - collected_.size(), data.size())));
    collected_.insert(collected_.end(), piece.begin(), piece.end());
    data = data.subspan(piece.size());
    if (collected_.size() < whole) return;
    if (wanted_ > 0) {
      end_attributes();
    } else {
      block();
    }
    collected_.clear();
  }
}

void GlobalPaxWatch::end_attributes() {
  wanted_ = 0;
  const std::string text(collected_.begin(),
                         collected_.begin() + static_cast<std::ptrdiff_t>(attributes_size_));
  std::vector<PaxRecord> records;
  try {
    records = pax_records(text, name_);
    for (const PaxRecord& record : records) {
      if (type_ != 'g' && record.key == "size") pax_size_ = pax_number(record.value, name_);
    }
  } catch (const Error&) {
    return stop();  // libarchive, which reads the same, says what it makes of it
  }
  if (type_ == 'g') refuse_global(records, name_);
}

void GlobalPaxWatch::block() {
  if (std::exchange(map_follows_, false)) {
    map_follows_ = collected_[gnu_extended_more] != 0;
    if (!map_follows_) left_ = filled(entry_size_);
    return;
  }
  const bool header = checksum_fits(collected_);
  // Programs do not agree on whether data follow a hard link that has a size: see what does.
  if (const auto data = std::exchange(doubtful_, std::nullopt); data && !header) {
    left_ = filled(*data) - tar_block;
    return;
  }
  const auto size = number_field(collected_, size_field, size_length);
  if (!header || !size) return stop();
  type_ = static_cast<char>(collected_[type_field]);
  if (type_ == 'x' || type_ == 'X' || type_ == 'g') {
    if (*size > extension_limit) return stop();
    attributes_size_ = *size;
    wanted_ = filled(*size);
    return;
  }
  if (type_ == 'L' || type_ == 'K') {
    left_ = filled(*size);
    return;
  }
  entry_size_ = std::exchange(pax_size_, std::nullopt).value_or(*size);
  map_follows_ = type_ == 'S' && collected_[gnu_extended] != 0;
  if (type_ == '1' && entry_size_ > 0) doubtful_ = entry_size_;
  if (has_data(type_) && type_ != 'V' && !map_follows_) left_ = filled(entry_size_);
}

bool starts_like_tar(std::span<const std::uint8_t> head) {
  if (head.size() < tar_block || head[0] == 0) return false;
  const auto block = head.first(tar_block);
  const auto field = block.subspan(checksum_field, checksum_length);
  if (std::none_of(field.begin(), field.end(), [](auto c) { return c >= '0' && c <= '7'; })) {
    return false;
  }
  return checksum_fits(block);
}

void TarWalker::fail_at_end(std::uint64_t missing) const {
  throw Error::corrupt(name_, at_, "cut off or damaged: the tar ends without its end mark",
                       fmt::format("at least {} more bytes", missing), "the end of the file");
}

Bytes TarWalker::read(std::uint64_t length) {
  Bytes out;
  while (out.size() < length) {
    const auto piece = stream_.next(static_cast<std::size_t>(length - out.size()));
    if (piece.empty()) fail_at_end(length - out.size());
    out.insert(out.end(), piece.begin(), piece.end());
    at_ += piece.size();
  }
  return out;
}

void TarWalker::pass_over(std::uint64_t length,
                          const std::function<void(std::span<const std::uint8_t>)>* take) {
  if (take == nullptr && stream_.skip(length)) {
    at_ += length;
    return;
  }
  while (length > 0) {
    const auto piece =
        stream_.next(static_cast<std::size_t>(std::min<std::uint64_t>(length, 1 << 20)));
    if (piece.empty()) fail_at_end(length);
    if (take != nullptr) (*take)(piece);
    length -= piece.size();
    at_ += piece.size();
  }
}

void TarWalker::read_data(const std::function<void(std::span<const std::uint8_t>)>& take) {
  pass_over(std::exchange(entry_data_, 0), &take);
}

std::uint64_t TarWalker::checked_size(const Bytes& block, std::uint64_t at) const {
  if (!checksum_fits(block)) {
    throw Error::corrupt(name_, at, "damaged: a tar header has a wrong checksum");
  }
  const auto size = number_field(block, size_field, size_length);
  if (!size) {
    throw Error::corrupt(name_, at + size_field, "damaged: the size in a tar header is no number");
  }
  return *size;
}

void TarWalker::read_attributes(const Header& header, TarEntry& entry, Attributes& found) {
  const auto [type, size, at] = header;
  if (size > extension_limit || entry.headers.size() > extension_limit) {
    throw Error(ErrorKind::unsupported,
                fmt::format("has an entry with more than {} bytes of extended headers at {:#x}",
                            extension_limit, at),
                name_);
  }
  const Bytes data = read(filled(size));
  entry.headers.insert(entry.headers.end(), data.begin(), data.end());
  const std::string text(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(size));
  if (type == 'L') found.name = text.substr(0, text.find('\0'));
  if (type == 'K' || type == 'L') return;
  const std::vector<PaxRecord> records = pax_records(text, name_);
  if (type == 'g') return refuse_global(records, name_);
  for (const PaxRecord& record : records) {
    if (record.key == "path") found.name = record.value;
    if (record.key == "size") found.size = pax_number(record.value, name_);
    if (record.key.starts_with("GNU.sparse.")) entry.sparse = true;
  }
}

void TarWalker::read_sparse_map(const Bytes& block, std::uint64_t at, TarEntry& entry) {
  bool more = block[gnu_extended] != 0;
  while (more) {
    if (entry.headers.size() > extension_limit) {
      throw Error(ErrorKind::unsupported,
                  fmt::format("has a sparse file at {:#x} whose map has more than {} bytes", at,
                              extension_limit),
                  name_);
    }
    const Bytes map = read(tar_block);
    entry.headers.insert(entry.headers.end(), map.begin(), map.end());
    more = map[gnu_extended_more] != 0;
  }
}

std::string TarWalker::name_in(const Bytes& block, std::uint64_t at) const {
  const std::string prefix = text_field(block, prefix_field, prefix_length);
  const std::string name = text_field(block, name_field, name_length);
  const bool posix = ByteView(block, at, name_).from(magic_field).starts_with("ustar");
  const bool has_prefix = posix && block[magic_field + 5] == 0 && !prefix.empty();
  return has_prefix ? prefix + "/" + name : name;
}

bool TarWalker::next(TarEntry& entry) {
  pass_over(std::exchange(entry_data_, 0) + std::exchange(entry_fill_, 0), nullptr);
  entry = TarEntry();
  entry.start_at = at_;
  Attributes attributes;
  for (;;) {
    const std::uint64_t here = at_;
    const Bytes block = read(tar_block);
    if (std::all_of(block.begin(), block.end(), [](std::uint8_t b) { return b == 0; })) {
      return false;
    }
    const std::uint64_t size = checked_size(block, here);
    entry.headers.insert(entry.headers.end(), block.begin(), block.end());
    const char type = static_cast<char>(block[type_field]);
    if (type == 'L' || type == 'K' || type == 'x' || type == 'X' || type == 'g') {
      read_attributes({type, size, here}, entry, attributes);
      continue;
    }
    entry.type = type;
    entry.size = has_data(type) && type != 'V' ? attributes.size.value_or(size) : 0;
    if (type == '1' && size != 0) {
      throw Error(
          ErrorKind::unsupported,
          fmt::format("has a hard link with a size at {:#x}, which may have data of its own "
                      "and is not supported",
                      here),
          name_);
    }
    if (type == 'M') {
      throw Error(ErrorKind::unsupported, "is a part of a multi-volume tar, which is not supported",
                  name_);
    }
    entry.name = attributes.name.empty() ? name_in(block, here) : attributes.name;
    if (type == 'S') {
      entry.sparse = true;
      read_sparse_map(block, here, entry);
    }
    entry.data_at = at_;
    entry_data_ = entry.size;
    entry_fill_ = filled(entry.size) - entry.size;
    return true;
  }
}

Bytes tar_headers_with_size(const TarEntry& entry, std::uint64_t size) {
  Bytes out;
  const std::span<const std::uint8_t> in(entry.headers);
  std::size_t at = 0;
  while (at < in.size()) {
    Bytes block(in.begin() + static_cast<std::ptrdiff_t>(at),
                in.begin() + static_cast<std::ptrdiff_t>(at + tar_block));
    const char type = static_cast<char>(block[type_field]);
    if (type != 'L' && type != 'K' && type != 'x' && type != 'X' && type != 'g') {
      put_size(block, size);
      out.insert(out.end(), block.begin(), block.end());
      return out;
    }
    const auto length =
        static_cast<std::size_t>(number_field(block, size_field, size_length).value());
    const auto data = in.subspan(at + tar_block, static_cast<std::size_t>(filled(length)));
    at += tar_block + data.size();
    Bytes text(data.begin(), data.end());
    if (type == 'x' || type == 'X') {
      auto records = pax_records({data.begin(), data.begin() + static_cast<std::ptrdiff_t>(length)},
                                 entry.name);
      bool changed = false;
      for (PaxRecord& record : records) {
        if (record.key != "size") continue;
        record.value = std::to_string(size);
        changed = true;
      }
      if (changed) {
        const std::string now = pax_text(records);
        put_size(block, now.size());
        text.assign(now.begin(), now.end());
        text.resize(static_cast<std::size_t>(filled(now.size())));
      }
    }
    out.insert(out.end(), block.begin(), block.end());
    out.insert(out.end(), text.begin(), text.end());
  }
  throw Error(ErrorKind::corrupt, "has extended headers that no tar header follows", entry.name);
}

}  // namespace goldhive
