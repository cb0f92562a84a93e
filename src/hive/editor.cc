#include "src/hive/editor.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "src/hive/base_block.h"
#include "src/hive/big_data.h"
#include "src/hive/cell_name.h"
#include "src/hive/cell_writer.h"
#include "src/hive/log_file.h"
#include "src/hive/security.h"
#include "src/hive/subkey_list_editor.h"
#include "src/hive/value_node.h"

namespace goldhive::hive {

namespace {

constexpr std::size_t longest_key_name = 255;      // characters; the limit of RegCreateKeyEx
constexpr std::size_t longest_value_name = 16383;  // characters; the limit of RegSetValueEx

// Fields of the base block (base_block.h).
constexpr std::uint64_t sequence1_at = 4, sequence2_at = 8, last_written_at = 12, bins_size_at = 40,
                        checksum_at = 508;

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('\\'), path.size());
    if (end > 0) parts.push_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return parts;
}

}  // namespace

struct Editor::Impl {
  Impl(std::shared_ptr<const ByteSource> primary, const OpenedHive& opened, FileTime when)
      : old_size(primary->size()),
        buffer(std::make_shared<EditBuffer>(std::move(primary))),
        base(opened.hive->base_block()),
        cells(lay_recovery(opened), base.bins_size),
        writer(*buffer, cells),
        now(when),
        highest_sequence(opened.highest_sequence) {}

  EditBuffer& lay_recovery(const OpenedHive& opened) {
    if (opened.contents->size() > buffer->size()) buffer->resize(opened.contents->size());
    for (const auto& [offset, bytes] : opened.recovered_pages) buffer->write(offset, bytes);
    if (opened.state == HiveState::recovered) {
      buffer->write(0, opened.contents->read(0, std::size_t{base_block_head}));
    }
    return *buffer;
  }

  Hive view() {
    seal();
    return Hive::open(buffer);
  }

  /// Updates the base block to the bins, so that the hive can be read at any time.
  void seal() {
    buffer->write_u32(bins_size_at, cells.bins_size());
    const Bytes head = buffer->read(0, std::size_t{base_block_head});
    buffer->write_u32(checksum_at, base_block_checksum(head));
  }

  /// The key of a path; nullopt if a part is missing. A link on the way is refused: it may point
  /// into another hive.
  std::optional<Key> find(std::string_view path) {
    std::optional<Key> key = view().root();
    refuse_special(*key);
    for (const std::string_view part : split(path)) {
      key = key->find(part);
      if (!key) return std::nullopt;
      refuse_special(*key);
    }
    return key;
  }

  void refuse_special(const Key& key) const {
    if (key.is_link()) {
      throw Error(
          ErrorKind::refused,
          fmt::format("key \"{}\" is a symbolic link; it is not edited through", key.name_utf8()),
          buffer->name());
    }
    if ((key.flags() & key_predef_handle) != 0) {
      throw Error(ErrorKind::refused,
                  fmt::format("key \"{}\" stands for a predefined handle; it is not edited",
                              key.name_utf8()),
                  buffer->name());
    }
  }

  void touch(CellOffset key) {
    writer.set_u64(key, nk::last_written, now);
    changed = true;
  }

  /// Raises one of the "largest so far" fields of a key node. They are never lowered: Windows does
  /// not lower them either, and readers only need them to be large enough.
  void raise(CellOffset key, std::size_t field, std::uint32_t held, std::size_t needed) {
    if (held < needed) writer.set_u32(key, field, static_cast<std::uint32_t>(needed));
  }

  CellOffset create_child(CellOffset above, std::string_view name);
  CellOffset require_key(std::string_view path);
  void add_value(CellOffset key, std::u16string_view name, ValueType type,
                 std::span<const std::uint8_t> data);
  void change_value(CellOffset key, const Value& old, ValueType type,
                    std::span<const std::uint8_t> data);
  void put_data(CellOffset value, std::span<const std::uint8_t> data);
  void free_data(const ValueNode& value);
  void free_value(CellOffset value);
  void release_security(CellOffset cell);
  HiveChange finish();

  std::uint64_t old_size;
  std::shared_ptr<EditBuffer> buffer;
  BaseBlock base;
  CellAllocator cells;
  CellWriter writer;
  FileTime now;
  std::uint32_t highest_sequence;
  bool changed = false;
};

CellOffset Editor::Impl::create_child(CellOffset above, std::string_view name) {
  const std::u16string wide = to_utf16(name);
  if (wide.size() > longest_key_name) {
    throw Error(ErrorKind::usage,
                fmt::format("a key name of {} characters, at most {} are written", wide.size(),
                            longest_key_name),
                buffer->name());
  }
  const KeyNode parent = writer.key(above);
  const StoredName stored = encode_name(wide);
  Bytes node(nk::name + stored.bytes.size());
  node[0] = 'n';
  node[1] = 'k';
  put_u16(node, nk::flags, stored.compressed ? key_comp_name : std::uint16_t{0});
  put_u64(node, nk::last_written, now);
  put_u32(node, nk::parent, above);
  put_u32(node, nk::subkey_list, no_cell);
  put_u32(node, nk::volatile_subkey_list, no_cell);
  put_u32(node, nk::value_list, no_cell);
  put_u32(node, nk::security, parent.security);
  put_u32(node, nk::class_name, no_cell);
  put_u16(node, nk::name_length, static_cast<std::uint16_t>(stored.bytes.size()));
  std::copy(stored.bytes.begin(), stored.bytes.end(),
            node.begin() + static_cast<std::ptrdiff_t>(nk::name));
  const CellOffset child = writer.add(node, above);

  const KeySecurity security = parse_key_security(writer.content(parent.security).view());
  writer.set_u32(parent.security, sk::reference_count, security.reference_count + 1);

  const CellOffset list = parent.subkey_count == 0 ? no_cell : parent.subkey_list;
  const CellOffset new_list = insert_subkey(writer, list, base.minor_version, child);
  if (new_list != list) writer.set_u32(above, nk::subkey_list, new_list);
  writer.set_u32(above, nk::subkey_count, parent.subkey_count + 1);
  if (parent.max_subkey_name < 2 * wide.size()) {
    writer.set_u16(above, nk::max_subkey_name, static_cast<std::uint16_t>(2 * wide.size()));
  }
  touch(above);
  return child;
}

CellOffset Editor::Impl::require_key(std::string_view path) {
  std::string so_far;
  CellOffset cell = find("")->cell();
  for (const std::string_view part : split(path)) {
    so_far += (so_far.empty() ? "" : "\\") + std::string(part);
    const std::optional<Key> next = find(so_far);
    cell = next ? next->cell() : create_child(cell, part);
  }
  return cell;
}

void Editor::Impl::put_data(CellOffset value, std::span<const std::uint8_t> data) {
  const auto length = static_cast<std::uint32_t>(data.size());
  if (length <= max_inline_data) {
    Bytes field(max_inline_data);
    std::copy(data.begin(), data.end(), field.begin());
    writer.set_u32(value, vk::data_length, length | value_data_inline);
    writer.set_bytes(value, vk::data, field);
  } else {
    writer.set_u32(value, vk::data_length, length);
    writer.set_u32(value, vk::data, writer.add(data, value));
  }
}

void Editor::Impl::free_data(const ValueNode& value) {
  const CellOffset data = value.data_cell();
  if (data == no_cell) return;
  if (value.is_big(base.minor_version)) {
    const BigData big = parse_big_data(writer.content(data).view());
    const std::vector<CellOffset> segments =
        parse_cell_list(writer.content(big.segment_list).view(), big.segment_count, "segment list");
    for (const CellOffset segment : segments) writer.free(segment);
    writer.free(big.segment_list);
  }
  writer.free(data);
}

void Editor::Impl::add_value(CellOffset key, std::u16string_view name, ValueType type,
                             std::span<const std::uint8_t> data) {
  const StoredName stored = encode_name(name);
  Bytes node(vk::name + stored.bytes.size());
  node[0] = 'v';
  node[1] = 'k';
  put_u16(node, vk::name_length, static_cast<std::uint16_t>(stored.bytes.size()));
  put_u32(node, vk::type, static_cast<std::uint32_t>(type));
  put_u16(node, vk::flags, stored.compressed ? value_comp_name : std::uint16_t{0});
  std::copy(stored.bytes.begin(), stored.bytes.end(),
            node.begin() + static_cast<std::ptrdiff_t>(vk::name));
  const CellOffset value = writer.add(node, key);
  put_data(value, data);

  const KeyNode owner = writer.key(key);
  const std::size_t used = 4 * std::size_t{owner.value_count};
  const CellOffset list = owner.value_count == 0 ? writer.add(Bytes(4), value)
                                                 : writer.enlarge(owner.value_list, used, used + 4);
  writer.set_u32(list, used, value);
  if (list != owner.value_list) writer.set_u32(key, nk::value_list, list);
  writer.set_u32(key, nk::value_count, owner.value_count + 1);
  raise(key, nk::max_value_name, owner.max_value_name, 2 * name.size());
  raise(key, nk::max_value_data, owner.max_value_data, data.size());
}

void Editor::Impl::change_value(CellOffset key, const Value& old, ValueType type,
                                std::span<const std::uint8_t> data) {
  const CellOffset cell = old.cell();
  const ValueNode value = parse_value_node(writer.content(cell).view());
  const bool in_place = value.data_cell() != no_cell && value.data_length() == data.size() &&
                        !value.is_big(base.minor_version);
  if (in_place) {
    writer.set_bytes(value.data_cell(), 0, data);
  } else {
    free_data(value);
    put_data(cell, data);
  }
  if (value.type != type) writer.set_u32(cell, vk::type, static_cast<std::uint32_t>(type));
  raise(key, nk::max_value_data, writer.key(key).max_value_data, data.size());
}

void Editor::Impl::free_value(CellOffset value) {
  free_data(parse_value_node(writer.content(value).view()));
  writer.free(value);
}

void Editor::Impl::release_security(CellOffset cell) {
  const KeySecurity security = parse_key_security(writer.content(cell).view());
  if (security.reference_count > 1) {
    writer.set_u32(cell, sk::reference_count, security.reference_count - 1);
    return;
  }
  // No key uses it any more: take it out of the ring of all security cells.
  writer.set_u32(security.backward, sk::forward, security.forward);
  writer.set_u32(security.forward, sk::backward, security.backward);
  writer.free(cell);
}

HiveChange Editor::Impl::finish() {
  HiveChange result;
  result.old_size = old_size;
  result.new_size = old_size;
  result.sequence = base.sequence1;
  if (!changed) return result;

  std::uint32_t sequence = highest_sequence;  // the numbers wrap, so a later one may be smaller
  for (const std::uint32_t own : {base.sequence1, base.sequence2}) {
    if (sequence_distance(own, sequence) > 0) sequence = own;
  }
  sequence += 1;
  if (sequence == 0) sequence = 1;  // after 2^32 - 1; 0 would look older than all others
  buffer->write_u32(sequence1_at, sequence);
  buffer->write_u32(sequence2_at, sequence);
  buffer->write_u64(last_written_at, now);
  seal();

  result.new_size = buffer->size();
  result.writes = buffer->differences();
  result.sequence = sequence;
  return result;
}

Editor::Editor(std::shared_ptr<const ByteSource> primary, const OpenedHive& opened, FileTime now,
               std::span<const Write> repairs) {
  if (!opened.hive || opened.state == HiveState::damaged) {
    throw Error(ErrorKind::refused, "the hive is damaged and cannot be edited: " + opened.reason,
                primary->name());
  }
  impl_ = std::make_unique<Impl>(std::move(primary), opened, now);
  for (const Write& repair : repairs) impl_->buffer->write(repair.offset, repair.data);
}

Editor::~Editor() = default;

void Editor::create_key(std::string_view path) { impl_->require_key(path); }

void Editor::set_value(std::string_view path, std::string_view name, ValueType type,
                       std::span<const std::uint8_t> data) {
  Impl& m = *impl_;
  const std::u16string wide = to_utf16(name);
  if (data.size() > big_data_segment || wide.size() > longest_value_name) {
    throw Error(ErrorKind::unsupported,
                fmt::format("values above {} bytes or names above {} characters are not written",
                            big_data_segment, longest_value_name),
                m.buffer->name());
  }
  const CellOffset key = m.require_key(path);
  const std::optional<Value> old = m.find(path)->value(name);
  if (!old) {
    m.add_value(key, wide, type, data);
  } else {
    if (old->type() == type && old->size() == data.size()) {
      const Bytes held = old->data();
      if (std::equal(held.begin(), held.end(), data.begin(), data.end())) return;
    }
    m.change_value(key, *old, type, data);
  }
  m.touch(key);
}

void Editor::set_dword(std::string_view path, std::string_view name, std::uint32_t value) {
  Bytes data(4);
  put_u32(data, 0, value);
  set_value(path, name, ValueType::dword, data);
}

void Editor::delete_value(std::string_view path, std::string_view name) {
  Impl& m = *impl_;
  const std::optional<Key> key = m.find(path);
  const std::optional<Value> value = key ? key->value(name) : std::nullopt;
  if (!value) return;
  const KeyNode owner = m.writer.key(key->cell());
  std::vector<CellOffset> list =
      parse_cell_list(m.writer.content(owner.value_list).view(), owner.value_count, "value list");
  const auto position = std::find(list.begin(), list.end(), value->cell());
  Bytes behind;
  for (auto next = std::next(position); next != list.end(); ++next) {
    behind.resize(behind.size() + 4);
    put_u32(behind, behind.size() - 4, *next);
  }
  m.writer.set_bytes(owner.value_list, 4 * static_cast<std::size_t>(position - list.begin()),
                     behind);
  m.free_value(value->cell());
  m.writer.set_u32(key->cell(), nk::value_count, owner.value_count - 1);
  if (owner.value_count == 1) {
    m.writer.free(owner.value_list);
    m.writer.set_u32(key->cell(), nk::value_list, no_cell);
  }
  m.touch(key->cell());
}

void Editor::delete_key(std::string_view path) {
  Impl& m = *impl_;
  const std::optional<Key> key = m.find(path);
  if (!key) return;
  const CellOffset cell = key->cell();
  const KeyNode node = m.writer.key(cell);
  if ((node.flags & key_hive_entry) != 0 || cell == m.base.root_cell) {
    throw Error(ErrorKind::refused, "the root key cannot be deleted", m.buffer->name());
  }
  if (node.subkey_count != 0) {
    throw Error(ErrorKind::refused, fmt::format("key \"{}\" has subkeys and is not deleted", path),
                m.buffer->name());
  }
  for (const Value& value : key->values()) m.free_value(value.cell());
  if (node.value_count != 0) m.writer.free(node.value_list);
  if (node.class_length != 0) m.writer.free(node.class_name);
  m.release_security(node.security);

  const KeyNode parent = m.writer.key(node.parent);
  const CellOffset list = remove_subkey(m.writer, parent.subkey_list, cell);
  if (list != parent.subkey_list) m.writer.set_u32(node.parent, nk::subkey_list, list);
  m.writer.set_u32(node.parent, nk::subkey_count, parent.subkey_count - 1);
  m.writer.free(cell);
  m.touch(node.parent);
}

std::shared_ptr<const ByteSource> Editor::contents() const { return impl_->buffer; }

HiveChange Editor::finish() { return impl_->finish(); }

}  // namespace goldhive::hive
