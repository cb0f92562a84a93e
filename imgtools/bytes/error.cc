#include "imgtools/bytes/error.h"

#include <fmt/format.h>

#include <utility>

namespace goldhive {

const char* to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::not_found:
      return "not-found";
    case ErrorKind::corrupt:
      return "corrupt";
    case ErrorKind::unsupported:
      return "unsupported";
    case ErrorKind::io:
      return "io";
    case ErrorKind::refused:
      return "refused";
    case ErrorKind::usage:
      return "usage";
  }
  return "io";
}

Error::Error(ErrorKind kind, std::string message, std::string where)
    : kind_(kind), message_(std::move(message)), where_(std::move(where)) {
  compose();
}

Error Error::corrupt(std::string where, std::uint64_t offset, std::string message,
                     std::string expected, std::string actual) {
  Error e(ErrorKind::corrupt, std::move(message), std::move(where));
  e.offset_ = offset;
  e.expected_ = std::move(expected);
  e.actual_ = std::move(actual);
  e.compose();
  return e;
}

Error Error::at(std::string where) const {
  Error copy = *this;
  if (copy.where_.empty()) {
    copy.where_ = std::move(where);
    copy.compose();
  }
  return copy;
}

void Error::compose() {
  line_.clear();
  if (!where_.empty()) line_ += where_ + ": ";
  line_ += message_;
  if (offset_) line_ += fmt::format(" at {:#x}", *offset_);
  if (!expected_.empty()) line_ += ": expected " + expected_;
  if (!actual_.empty()) line_ += (expected_.empty() ? ": found " : ", found ") + actual_;
}

}  // namespace goldhive
