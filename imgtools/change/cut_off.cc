#include "imgtools/change/cut_off.h"

#include "imgtools/bytes/error.h"
#include "imgtools/change/hot_journal.h"
#include "imgtools/change/replacement_record.h"

namespace goldhive {

void refuse_cut_off(const ReadStorage& storage, const std::string& file) {
  std::string path;
  if (const auto hot = find_hot_journal_of(storage, file)) path = hot->path;
  if (const auto hot = find_hot_replacement_of(storage, file)) path = hot->names.record;
  if (path.empty()) return;
  throw Error(ErrorKind::refused, "an earlier patch was cut off: run goldhive recover first", path);
}

}  // namespace goldhive
