// A lazy, read-only view of a registry hive ("regf" file). It reads only the cells a question
// needs, from any ByteSource, and never the whole file.
// Format: msuhanov/regf specification; each on-disk structure has a file of its own in this folder.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imgtools/bytes/byte_source.h"
#include "imgtools/bytes/error.h"

namespace goldhive::hive {

/// Offset of a cell from the start of the bins (file offset - 4096), as stored in the file.
using CellOffset = std::uint32_t;
inline constexpr CellOffset no_cell = 0xffffffff;

/// Windows FILETIME: 100 ns since 1601-01-01 UTC.
using FileTime = std::uint64_t;

/// REG_* types as numbers; any other number is kept as it is.
enum class ValueType : std::uint32_t {
  none = 0,
  sz = 1,
  expand_sz = 2,
  binary = 3,
  dword = 4,
  dword_big_endian = 5,
  link = 6,
  multi_sz = 7,
  resource_list = 8,
  full_resource_descriptor = 9,
  resource_requirements_list = 10,
  qword = 11,
};
/// "REG_DWORD", or "0x1f" for a number without a name.
std::string to_string(ValueType type);
/// The reverse; nullopt for another text, and for the number of a type that has a name.
std::optional<ValueType> value_type_of(std::string_view name);

class HiveFile;
struct BaseBlock;
struct KeyNode;
struct ValueNode;

/// Gets each Error(corrupt) of an entry that a listing leaves out.
using ErrorSink = std::function<void(const Error&)>;

/// One value. Keeps its hive open; cheap to copy.
class Value {
 public:
  const std::u16string& name() const;  ///< "" is the default value
  std::string name_utf8() const;
  ValueType type() const;
  std::uint32_t size() const;  ///< length of the data in bytes, as stated
  /// All of the data: inline, plain or big ("db"). Error(corrupt) if it cannot be read.
  Bytes data() const;
  CellOffset cell() const { return cell_; }
  /// The structure as stored (value_node.h).
  const ValueNode& node() const { return *node_; }

 private:
  friend class Key;
  Value(std::shared_ptr<const HiveFile> file, CellOffset cell, ValueNode node);

  std::shared_ptr<const HiveFile> file_;
  std::shared_ptr<const ValueNode> node_;
  CellOffset cell_;
};

/// One key. Keeps its hive open; cheap to copy.
///
/// A subkey that names another parent than the key that lists it is an error, not a subkey. So each
/// key has one place, and a walk down the tree always ends.
class Key {
 public:
  const std::u16string& name() const;
  std::string name_utf8() const;
  FileTime last_written() const;
  std::uint16_t flags() const;
  bool is_link() const;  ///< KEY_SYM_LINK; never followed
  /// True if find() found it although its list would not lead there: under a wrong hash or hint, or
  /// out of order. Windows searches by these, so it lists such a key and cannot open it.
  bool is_misfiled() const { return misfiled_; }
  std::uint32_t subkey_count() const;
  std::uint32_t value_count() const;
  Bytes class_name() const;  ///< raw bytes, usually UTF-16LE
  CellOffset cell() const { return cell_; }
  /// The structure as stored (key_node.h).
  const KeyNode& node() const { return *node_; }

  /// The subkey of that name by the NT case rule, by the hashes and the order of the lists. Without
  /// `on_error` the answer is certain, or Error(corrupt) says why it cannot be: a fault in a list
  /// on the way (subkey_search.h) or in the key's security record. With `on_error` the answer is
  /// what the bytes say: if hashes or order prove wrong, the lists are walked.
  std::optional<Key> find(std::string_view name, const ErrorSink& on_error = {}) const;
  /// Finds a key several levels down; parts of the path are divided by '\\'.
  std::optional<Key> find_path(std::string_view path, const ErrorSink& on_error = {}) const;
  /// Subkeys whose name begins with `prefix` (NT case rule), by binary search in the sorted lists;
  /// `on_error` as for find().
  std::vector<Key> find_prefix(std::string_view prefix, const ErrorSink& on_error = {}) const;
  /// All subkeys in stored order. `on_error` gets the errors of keys that cannot be read, and of
  /// the security of keys that can. Without `on_error`, the first error is thrown.
  std::vector<Key> subkeys(const ErrorSink& on_error = {}) const;

  /// The value of that name by the NT case rule. Error(corrupt) if there are two, or if an
  /// unreadable value might be the one: when no readable value has the name, or an unreadable one
  /// stands before it.
  std::optional<Value> value(std::string_view name) const;
  /// All values in stored order; `on_error` as above.
  std::vector<Value> values(const ErrorSink& on_error = {}) const;

 private:
  friend class Hive;
  Key(std::shared_ptr<const HiveFile> file, CellOffset cell, KeyNode node);
  /// Calls f(value) for each in stored order.
  template <typename F>
  void for_each_value(const ErrorSink& on_error, F f) const;

  std::shared_ptr<const HiveFile> file_;
  std::shared_ptr<const KeyNode> node_;
  CellOffset cell_;
  bool misfiled_ = false;
};

/// An open hive. Not thread-safe, nor are its keys and values: they share one source and one cache.
class Hive {
 public:
  /// Reads the base block and the root key with its security record. `source` is the primary file,
  /// or its recovered overlay (recovery.h). Throws Error: corrupt, unsupported.
  static Hive open(std::shared_ptr<const ByteSource> source);

  const Key& root() const { return root_; }
  const BaseBlock& base_block() const;
  const ByteSource& source() const;
  /// The cells of the hive (hive_file.h).
  const HiveFile& file() const { return *file_; }

 private:
  Hive(std::shared_ptr<const HiveFile> file, Key root);

  std::shared_ptr<const HiveFile> file_;
  Key root_;
};

}  // namespace goldhive::hive
