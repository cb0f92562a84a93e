// What a fuzz target calls on bytes that are likely broken.
#pragma once

#include "imgtools/bytes/error.h"

namespace goldhive::fuzz {

/// An Error is the right answer to a broken input; anything else that is thrown is a finding.
template <class Action>
void attempt(const Action& action) {
  try {
    action();
  } catch (const Error&) {
  }
}

}  // namespace goldhive::fuzz
