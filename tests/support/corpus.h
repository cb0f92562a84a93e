// Hives of other makers, which the project does not carry: a folder named by GOLDHIVE_CORPUS. A
// test that needs one starts with
//     if (!has_corpus()) return;
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "imgtools/bytes/byte_source.h"

namespace goldhive::testing {

/// If not, the test is marked as skipped.
bool has_corpus();
std::string corpus_path(const std::string& path);
/// A file of the corpus, in memory, named by its file name; throws std::runtime_error if it is not
/// there.
std::shared_ptr<const MemorySource> corpus_file(const std::string& path);

/// The files below a folder of the corpus ("" is the corpus itself), as paths in it, sorted.
std::vector<std::string> corpus_files(const std::string& folder);

}  // namespace goldhive::testing
