#include "src/cli/report_file.h"

namespace goldhive::cli {

std::unique_ptr<ByteSource> open_report(const ReadStorage& storage, const std::string& path) {
  const std::optional<FileInfo> info = storage.stat(path);
  if (info && info->type == FileType::directory) {
    throw Error(ErrorKind::usage, "is a folder; name the report files in it", path);
  }
  return storage.open(path);
}

}  // namespace goldhive::cli
