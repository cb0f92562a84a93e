// The error of a structure of an NTFS volume that is not what it should be.
#pragma once

#include <string>
#include <utility>

#include "imgtools/bytes/bytes.h"
#include "imgtools/bytes/error.h"

namespace goldhive::ntfs {

/// At `at` of `view`. Where the bytes of a structure lie in several places, the offset counts from
/// the first one.
inline Error corrupt(const ByteView& view, std::size_t at, std::string message,
                     std::string expected = {}, std::string actual = {}) {
  return Error::corrupt(std::string(view.name()), view.origin() + at, std::move(message),
                        std::move(expected), std::move(actual));
}

}  // namespace goldhive::ntfs
