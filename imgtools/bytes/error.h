// The one error type of the project. Every refusal, every broken structure and every failed system
// call is one of these; nothing below src/cli prints or exits.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>

namespace goldhive {

enum class ErrorKind {
  not_found,    ///< the thing asked for is not there
  corrupt,      ///< bytes that contradict their format
  unsupported,  ///< well-formed, but outside what this build reads or writes
  io,           ///< the system refused or failed a read or write
  refused,      ///< possible, but would risk harm: locked, dirty, changed since planned
  usage,        ///< the caller asked for something meaningless
};

/// The name used in reports: "not-found", "corrupt", "unsupported", "io", "refused", "usage".
const char* to_string(ErrorKind kind);

class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string message, std::string where = {});

  /// A structure that is not what its format says. `where` names the source (a file, "SOFTWARE"),
  /// `offset` is absolute in that source, in bytes.
  static Error corrupt(std::string where, std::uint64_t offset, std::string message,
                       std::string expected = {}, std::string actual = {});

  ErrorKind kind() const { return kind_; }
  const std::string& message() const { return message_; }
  const std::string& where() const { return where_; }
  std::optional<std::uint64_t> offset() const { return offset_; }
  const std::string& expected() const { return expected_; }
  const std::string& actual() const { return actual_; }

  /// A copy of this error that names `where`, unless this one names a place already.
  Error at(std::string where) const;

  /// One line: "SOFTWARE: bad cell size at 0x1020: expected a multiple of 8, found 0x7".
  const char* what() const noexcept override { return line_.c_str(); }

 private:
  void compose();

  ErrorKind kind_;
  std::string message_;
  std::string where_;
  std::optional<std::uint64_t> offset_;
  std::string expected_;
  std::string actual_;
  std::string line_;
};

}  // namespace goldhive
