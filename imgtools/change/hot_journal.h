// A hot journal: that of a transaction in place which runs, or was cut off. How it is made, how it
// is found, and the old state that it keeps.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "imgtools/bytes/error.h"
#include "imgtools/change/journal_format.h"
#include "imgtools/change/own_names.h"
#include "imgtools/host/storage.h"

namespace goldhive {

struct HotJournal {
  std::string path;
  std::string folder;  ///< where the journal and its targets lie
  Journal journal;
  /// The targets' names today: as in the journal, but for a lone target that was renamed together
  /// with its journal.
  std::vector<std::string> names;
  std::uint32_t target = 0;  ///< which of them was asked for
  bool of_folder = false;    ///< not of one file alone
  bool vouched_for = false;  ///< as OwnFile::vouched_for
};

/// The journals that were decoded, or could not be, so that each is read whole only once, however
/// many files lie beside it. Not for several threads.
/// An error of reading that may pass is among them: who looks again makes a new one of these.
class DecodedJournals {
 public:
  /// The journal at `path`, by `decode` if it is another file than the last time.
  Journal get(const std::string& path, const FileInfo& info,
              const std::function<Journal()>& decode);

 private:
  struct One {
    FileInfo info;
    std::variant<Journal, Error> journal;
  };
  std::map<std::string, One> journals_;  // by path
};

/// The hot journal that concerns `host_file` (symbolic links to it are followed), if there is one.
/// Error(corrupt) for a damaged journal, Error(unsupported) for one of a newer version,
/// Error(refused) for one that is not to be believed (own_files.h) or names what it must not: the
/// journal of one file has that file as its only target, a journal of several only hives of its
/// folder (hive_targets.h).
std::optional<HotJournal> find_hot_journal(const ReadStorage& storage, const std::string& host_file,
                                           DecodedJournals& decoded);
/// The same for who is going to write: no link is followed from `file` to another one.
std::optional<HotJournal> find_hot_journal_of(const ReadStorage& storage, const std::string& file);

/// `current`, which is the file `hot` was found for as it lies, with the old bytes laid over it and
/// the old size. Error(refused) if the journal belongs to another file or to another state of it.
std::unique_ptr<ByteSource> old_state(const HotJournal& hot,
                                      std::shared_ptr<const ByteSource> current);

/// Makes `path` a hot journal: writes it by `fill` under the name "<path>.new", syncs it, decodes
/// it again, renames it and syncs the folder. "<path>.new", created exclusively and locked, also
/// keeps two processes from making the same journal. Error(refused) if there is a journal; if it
/// throws, there is none.
Journal make_hot(Storage& storage, const std::string& path,
                 const std::function<void(WritableFile& file)>& fill);

}  // namespace goldhive
