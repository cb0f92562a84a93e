#include "imgtools/change/transact.h"

#include <utility>

#include "imgtools/change/journal.h"
#include "imgtools/change/replacement.h"

namespace goldhive {

std::string transact(Storage& storage, const JournalPlace& place, HostChange change,
                     const std::string& metadata, const Verify& verify) {
  if (change.rewrite) return replace_file(storage, place, *change.rewrite, metadata, verify);
  return change_in_place(storage, place, std::move(change), metadata, verify);
}

void require_possible(const ReadStorage& storage, const JournalPlace& place, HostChange change,
                      const std::string& metadata) {
  if (change.rewrite) return require_possible_replacement(storage, place, *change.rewrite);
  require_possible_in_place(storage, place, std::move(change), metadata);
}

}  // namespace goldhive
