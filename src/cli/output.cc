#include "src/cli/output.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "imgtools/change/journal_format.h"
#include "imgtools/change/replacement_record.h"
#include "imgtools/formats.h"
#include "imgtools/host/path.h"
#include "imgtools/host/storage_steps.h"
#include "src/target/inspect_target.h"

namespace goldhive::cli {
namespace {

std::string folder_of(const std::string& path) {
  const std::string folder = parent_of(path);
  return folder.empty() ? "." : folder;
}

/// A name may be taken by a file that a killed run left. No file that is not ours is overwritten.
std::string free_name_beside(const Storage& storage, const std::string& path) {
  constexpr int tries = 100;
  std::string name;
  for (int n = 0; n < tries; ++n) {
    name = fmt::format("{}.{}.new", path, n);
    if (!storage.stat(name)) return name;
  }
  throw Error(ErrorKind::refused, "too many files like " + name + " lie beside it", path);
}

/// Error(usage) where a file written to `path` would overwrite one of the targets, any hive, image
/// or undo file, or where its folder is not there.
void guard_output_file(const Host& host, const std::string& path,
                       const std::vector<std::string>& targets) {
  const auto folder = host.input.stat(folder_of(path));
  if (!folder || folder->type != FileType::directory) {
    throw Error(ErrorKind::usage, "cannot be written: its folder does not exist", path);
  }
  const auto info = host.input.stat(path);
  if (!info || info->type != FileType::file) return;
  for (const std::string& target : targets) {
    const auto other = host.input.stat(target::split_target(host.input, target).path);
    if (other && other->device == info->device && other->inode == info->inode) {
      throw Error(ErrorKind::usage, "is a target: a report must not overwrite it", path);
    }
  }
  if (const auto file = host.input.open(path); is_journal(*file) || is_replacement_record(*file)) {
    throw Error(ErrorKind::usage, "is an undo file: a report must not overwrite it", path);
  }
  if (is_hive(host.input, path)) {
    throw Error(ErrorKind::usage, "is a registry hive: a report must not overwrite it", path);
  }
  const std::string format = detect_format(host.input, path);
  if (format.empty()) return;
  throw Error(ErrorKind::usage, "is an image (" + format + "): a report must not overwrite it",
              path);
}

}  // namespace

void write_text_file(Storage& storage, const std::string& path, std::string_view text) {
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  const auto info = storage.stat(path);
  if (info && info->type == FileType::directory) {
    throw Error(ErrorKind::usage, "is a directory", path);
  }
  if (info && info->type != FileType::file) {
    storage.send(path, bytes);
    return;
  }
  const std::string target = follow_links(storage, path);
  write_whole_file(storage, {target, free_name_beside(storage, target),
                             [&](WritableFile& file) { file.write(0, bytes); }, nullptr, true});
}

Output::Output(Host& host, report::Command command, const OutputFlags& flags, bool verbose)
    : host_(host), format_(flags.format), file_(flags.file) {
  for (const std::string& text : flags.reports) {
    const std::size_t equals = text.find('=');
    reports_.emplace_back(report::find_format(text.substr(0, equals), command),
                          text.substr(equals + 1));
  }
  options_.verbose = verbose;
  const Terminal& terminal = host.terminal;
  options_.width = to_stdout() && terminal.out_is_terminal ? terminal.width : 0;
  options_.reasons_shown = to_stdout() && terminal.out_is_terminal && terminal.err_is_terminal;
  options_.color =
      flags.color == ColorWhen::always || (flags.color == ColorWhen::automatic && to_stdout() &&
                                           terminal.out_is_terminal && terminal.wants_color);
}

void Output::guard(const std::vector<std::string>& targets) const {
  if (!to_stdout()) guard_output_file(host_, file_, targets);
  for (const auto& [format, path] : reports_) guard_output_file(host_, path, targets);
  for (const std::string& path : own_files_) guard_output_file(host_, path, targets);
}

report::WriteOptions Output::file_options() const {
  report::WriteOptions options;
  options.verbose = options_.verbose;
  return options;
}

void Output::target_done(const report::TargetReport& target) {
  if (!to_stdout() || format_->write_target == nullptr) return;
  format_->write_target(target, options_, host_.out);
  host_.out.flush();
}

bool Output::needs_targets() const {
  return !own_files_.empty() || !reports_.empty() || !to_stdout() ||
         format_->write_target == nullptr;
}

const report::Format* Output::one_installation_format() const {
  if (format_->one_installation) return format_;
  for (const auto& [format, path] : reports_) {
    if (format->one_installation) return format;
  }
  return nullptr;
}

void Output::finish(const report::Report& report) {
  for (const auto& [format, path] : reports_) {
    std::ostringstream text;
    format->write(report, file_options(), text);
    write_text_file(host_.output, path, text.str());
  }
  if (!to_stdout()) {
    std::ostringstream text;
    format_->write(report, options_, text);
    write_text_file(host_.output, file_, text.str());
  } else if (format_->write_target == nullptr) {
    format_->write(report, options_, host_.out);
  }
}

}  // namespace goldhive::cli
