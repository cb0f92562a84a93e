#include "imgtools/host/storage_steps.h"

#include "imgtools/bytes/error.h"
#include "imgtools/host/path.h"

namespace goldhive {

void WritableFile::mark_change(const std::string&) {
  throw Error(ErrorKind::io, "this file system keeps no marks of changes with its files");
}

std::optional<OwnFile> open_own_by_name(const ReadStorage& storage, const std::string& path) {
  OwnFile file;
  if (storage.read_link(path)) {
    file.info.type = FileType::symlink;
    return file;
  }
  const std::optional<FileInfo> info = storage.stat(path);
  if (!info) return std::nullopt;
  file.info = *info;
  if (info->type != FileType::file) return file;
  try {
    file.content = storage.open(path);
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::not_found) return std::nullopt;  // it has just gone
    throw;
  }
  return file;
}

HeldTarget hold_target(Storage& storage, const std::string& target) {
  const std::optional<FileInfo> info = storage.stat(target);
  if (!info) return {target, nullptr};
  if (info->type == FileType::directory) return {target, storage.hold_folder(target, Reach::below)};
  const std::string file = follow_links(storage, target);
  return {file, storage.hold_folder(parent_of(file), Reach::names)};
}

void remove_if_there(Storage& storage, const std::string& path) {
  if (storage.stat(path)) storage.remove(path);
}

void write_whole_file(Storage& storage, const WholeFile& whole) {
  const std::string folder = parent_of(whole.path).empty() ? "." : parent_of(whole.path);
  const std::unique_ptr<WritableFile> file = storage.create(whole.beside);
  std::string made = whole.beside;
  try {
    whole.fill(*file);
    file->sync();
    if (whole.check) whole.check();
    if (whole.replaces) {
      storage.rename(whole.beside, whole.path);
    } else {
      storage.rename_new(whole.beside, whole.path);
    }
    made = whole.path;
    storage.sync_directory(folder);
  } catch (...) {
    try_to([&] {
      if (made == whole.path && whole.replaces) return;
      storage.remove(made);
      storage.sync_directory(folder);
    });
    throw;
  }
}

void fill_from(const ByteSource& source, WritableFile& file) {
  each_piece(source,
             [&](std::uint64_t at, std::span<const std::uint8_t> piece) { file.write(at, piece); });
}

}  // namespace goldhive
