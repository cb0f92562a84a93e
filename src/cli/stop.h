// Ends the work on one target when the user wants to end the run, but never in the middle of a
// change.
//
// Whatever takes long reads files or writes new ones: a hash, an archive that is unpacked, an image
// that is written anew. So the storages of a target (counting_storage.h) ask before each read and
// each write. The answer is an Error: it rolls back and cleans up as any other does. From the first
// byte that is written into a file that was there, or from the moment a journal or the record of a
// replacement gets its name, until that name goes, nothing is thrown: the commit or the rollback is
// complete first.
#pragma once

#include <atomic>

namespace goldhive::cli {

class Stop {
 public:
  /// `asked` says whether the user wants to end the run; null: never.
  explicit Stop(bool (*asked)() = nullptr) : asked_(asked) {}

  /// Throws Error if the user wants to end the run and no change is under way. Any thread may ask.
  /// Once it has thrown, it always does, so that nobody who catches the error gets to a change.
  void check();
  /// A change begins: check() does not throw until it has ended. Call check() first.
  void hold() { held_ = true; }
  void release() { held_ = false; }

  /// Whether check() has thrown, so that the work is not done.
  bool stopped() const { return stopped_; }

 private:
  bool (*asked_)();
  std::atomic<bool> held_ = false;
  std::atomic<bool> stopped_ = false;
};

}  // namespace goldhive::cli
