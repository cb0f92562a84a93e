#include "src/cli/output.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "imgtools/bytes/text.h"
#include "imgtools/change/own_names.h"
#include "imgtools/change/undo.h"
#include "imgtools/disk/relatives.h"
#include "imgtools/formats.h"
#include "imgtools/hive_logs.h"
#include "imgtools/host/path.h"
#include "imgtools/host/storage_steps.h"
#include "src/cli/targets.h"
#include "src/cli/version.h"
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
    name = unfinished_report(path, n);
    if (!storage.stat(name)) return name;
  }
  throw Error(ErrorKind::refused, "too many files like " + name + " lie beside it", path);
}

/// In a folder that all may write to, anybody can put a link where a report is going to be.
void refuse_link_of_others(const Storage& storage, const std::string& path) {
  if (!storage.read_link(path)) return;
  const std::optional<OwnFile> link = storage.open_own(path, folder_of(path));
  if (!link || link->known_owner) return;
  throw Error(ErrorKind::refused, "is a symbolic link of another user: not written through", path);
}

/// The entry of `folder` that is called `name` in any case, with the folder; "" if there is none.
std::string found_in(const ReadStorage& storage, const std::string& folder, std::string_view name) {
  for (const DirectoryEntry& entry : storage.list(folder.empty() ? "." : folder)) {
    if (nt_equal(entry.name, name)) return join_path(folder, entry.name);
  }
  return "";
}

/// True of the name that a log of a hive beside it has, whether that log is there or not.
bool is_log_beside_hive(const ReadStorage& storage, const std::string& path) {
  const std::string name = base_name(path);
  return std::any_of(hive_log_suffixes.begin(), hive_log_suffixes.end(), [&](std::string_view end) {
    if (!nt_has_end(name, end)) return false;
    const std::string hive =
        found_in(storage, parent_of(path), name.substr(0, name.size() - end.size()));
    const auto info = hive.empty() ? std::nullopt : storage.stat(hive);
    return info && info->type == FileType::file && is_hive(storage, hive);
  });
}

/// Where a new file, or a missing one that comes back, can change what Windows does or a scan says.
bool is_inside_windows(const std::string& path) {
  const std::vector<std::string> folders = path_parts(with_slashes(parent_of(path)));
  return std::any_of(folders.begin(), folders.end(), [](const std::string& name) {
    return nt_equal(name, "System32") || nt_equal(name, "SysWOW64") || nt_equal(name, "WinSxS");
  });
}

/// Of Windows, whose versions a scan looks at, and of the systems that goldhive runs on.
bool is_program(const ReadStorage& storage, const std::string& path) {
  constexpr std::uint64_t longest = 4;
  const auto marks = {"MZ", "\177ELF", "#!", "\xcf\xfa\xed\xfe", "\xca\xfe\xba\xbe"};
  const std::unique_ptr<ByteSource> file = storage.open(path);
  const Bytes head = file->read(0, std::min(file->size(), longest));
  const ByteView view(head, 0, path);
  return std::any_of(marks.begin(), marks.end(),
                     [&](const char* mark) { return view.starts_with(mark); });
}

/// Of files that are there: one under two names; else by their names.
bool would_be_one(const Host& host, const std::string& a, const std::string& b) {
  const auto first = host.input.stat(a);
  const auto second = host.input.stat(b);
  if (first && second && first->inode != 0) {
    return first->type == FileType::file && is_same_file(*first, *second);
  }
  return comparable(make_absolute(a, host.folders.working)) ==
         comparable(make_absolute(b, host.folders.working));
}

/// The disk that reads the file at `path`, or would if it were there, as its parent or as a part of
/// itself: one beside it, a target, or a parent of one. "" if there is none.
std::string disk_over(const Host& host, const std::string& path,
                      const std::vector<std::string>& targets) {
  std::vector<std::string> disks;
  for (const std::string& target : targets) {
    disks.push_back(target::split_target(host.input, target).path);
  }
  const std::string folder = parent_of(path);
  for (const DirectoryEntry& entry : host.input.list(folder_of(path))) {
    if (entry.type == FileType::file) disks.push_back(join_path(folder, entry.name));
  }
  std::set<std::string> seen;
  while (!disks.empty()) {
    const std::string disk = disks.back();
    disks.pop_back();
    if (!seen.insert(disk).second) continue;
    const std::vector<std::string> named = files_of_disk(host, disk);
    if (is_named(host.input, named, path)) return disk;
    disks.insert(disks.end(), named.begin(), named.end());
  }
  return "";
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
  const std::string place = follow_links(host.input, path);
  if (is_log_beside_hive(host.input, place)) {
    throw Error(ErrorKind::usage, "is the log of a hive beside it: a report must not overwrite it",
                path);
  }
  if (is_inside_windows(make_absolute(place, host.folders.working))) {
    throw Error(
        ErrorKind::usage,
        "lies in a system folder of a Windows, where no report may be: choose another folder",
        path);
  }
  if (is_hot_name(place) || base_name(place).find(undo_suffix) != std::string::npos) {
    throw Error(ErrorKind::usage,
                "has the name of a journal, a record or an undo file: choose another one", path);
  }
  if (info && info->type != FileType::file) return;
  const auto guard_disks = [&] {
    const std::string disk = disk_over(host, place, targets);
    if (disk.empty()) return;
    throw Error(ErrorKind::usage,
                "is a parent or a part of the disk " + disk + ": a report must not overwrite it",
                path);
  };
  if (!info) return guard_disks();
  for (const std::string& target : targets) {
    const auto other = host.input.stat(target::split_target(host.input, target).path);
    if (other && is_same_file(*other, *info)) {
      throw Error(ErrorKind::usage, "is a target: a report must not overwrite it", path);
    }
  }
  if (const auto file = host.input.open(path); is_undo_file(*file)) {
    throw Error(ErrorKind::usage, "is an undo file: a report must not overwrite it", path);
  }
  if (is_hive(host.input, path)) {
    throw Error(ErrorKind::usage, "is a registry hive: a report must not overwrite it", path);
  }
  if (is_program(host.input, path)) {
    throw Error(ErrorKind::usage, "is a program: a report must not overwrite it", path);
  }
  if (is_opened_with_another(host.input, path)) {
    throw Error(ErrorKind::usage, "is a part of an image beside it: a report must not overwrite it",
                path);
  }
  const std::string format = detect_format(host.input, path);
  if (format.empty()) return guard_disks();
  throw Error(ErrorKind::usage, "is an image (" + format + "): a report must not overwrite it",
              path);
}

}  // namespace

namespace {

using EachPiece = std::function<void(const TakePiece& take)>;

void write_pieces(Storage& storage, const std::string& path, const EachPiece& each_piece) {
  refuse_link_of_others(storage, path);
  const auto info = storage.stat(path);
  if (info && info->type == FileType::directory) {
    throw Error(ErrorKind::usage, "is a directory", path);
  }
  if (info &&
      info->type != FileType::file) {  // whose reader would take a second opening for the end
    Bytes all;
    each_piece([&all](std::uint64_t, std::span<const std::uint8_t> piece) {
      all.insert(all.end(), piece.begin(), piece.end());
    });
    storage.send(path, all);
    return;
  }
  const std::string target = follow_links(storage, path);
  const std::unique_ptr<HeldFolder> held = storage.hold_folder(folder_of(target), Reach::names);
  const auto fill = [&](WritableFile& file) {
    each_piece(
        [&file](std::uint64_t at, std::span<const std::uint8_t> piece) { file.write(at, piece); });
    if (!info) return file.let_others_read();
    // An older report keeps its mode where it belongs to this user; else nobody else may read.
    try_to([&] { file.copy_attributes(*storage.open(target)); });
  };
  write_whole_file(storage, {target, free_name_beside(storage, target), fill, nullptr, true});
}

}  // namespace

void write_text_file(Storage& storage, const std::string& path, std::string_view text) {
  write_pieces(storage, path, [text](const TakePiece& take) { take(0, text_bytes(text)); });
}

void write_text_file(Storage& storage, const std::string& path, const Spool& text) {
  write_pieces(storage, path, [&text](const TakePiece& take) { text.each_piece(take); });
}

report::Head own_head(const Host& host) {
  return {tool_version(), "", "", host.config.path, host.config.sha256};
}

report::Head head_of(const Host& host, const policy::Policy& policy) {
  report::Head head = own_head(host);
  head.policy = policy.name;
  head.policy_sha256 = policy.sha256;
  return head;
}

Output::Output(Host& host, report::Command command, const OutputFlags& flags, bool verbose,
               report::Again again, report::Head head)
    : host_(host), command_(command) {
  report::WriteOptions to_file;
  to_file.head = std::move(head);
  if (to_file.head.tool_version.empty()) to_file.head = own_head(host);
  to_file.again = std::move(again);
  for (std::vector<std::string>* flags_of : {&to_file.again.flags, &to_file.again.undo_flags}) {
    flags_of->insert(flags_of->end(), host.config.again.begin(), host.config.again.end());
  }
  if (!host.config.path.empty()) add_input(host.config.path);
  to_file.shell = host.terminal.shell;
  to_file.verbose = verbose;
  to_file.all = flags.all;
  to_file.summary_only = flags.summary;
  to_file.least = flags.severity;
  const bool to_stdout = flags.file.empty() || flags.file == "-";
  const Terminal& terminal = host.terminal;
  report::WriteOptions own = to_file;
  own.width = to_stdout && terminal.out_is_terminal ? terminal.width : 0;
  tells_reasons_ = to_stdout && !flags.quiet && flags.format->name == "text" &&
                   terminal.out_is_terminal && terminal.err_is_terminal;
  own.color =
      flags.color == ColorWhen::always || (flags.color == ColorWhen::automatic && to_stdout &&
                                           terminal.out_is_terminal && terminal.wants_color);
  for (const std::string& text : flags.reports) {
    const std::size_t equals = text.find('=');
    add_sink(report::find_format(text.substr(0, equals), command), text.substr(equals + 1),
             to_file);
  }
  if (!flags.quiet || !to_stdout) add_sink(flags.format, to_stdout ? "" : flags.file, own);
}

void Output::add_policy(const PolicyFlags& flags) {
  if (flags.is_chosen()) add_input(flags.name());
}

void Output::add_sink(const report::Format* format, const std::string& file,
                      const report::WriteOptions& options) {
  Sink sink{format, file, options, nullptr, nullptr};
  if (!file.empty()) sink.spool = std::make_unique<Spool>(host_.folders.scratch);
  if (format->make_writer != nullptr && command_ != report::Command::compare) {
    sink.writer = format->make_writer(command_, options, stream_of(sink));
  }
  sinks_.push_back(std::move(sink));
}

std::ostream& Output::stream_of(const Sink& sink) const {
  return sink.spool ? sink.spool->out() : host_.out;
}

void Output::guard(const std::vector<std::string>& targets) const {
  std::vector<std::string> files = own_files_;
  for (const Sink& sink : sinks_) {
    if (!sink.file.empty()) files.push_back(sink.file);
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    guard_output_file(host_, files[i], targets);
    for (const std::string& input : inputs_) {
      if (would_be_one(host_, files[i], input)) {
        throw Error(ErrorKind::usage, "is read by this command: its output must not overwrite it",
                    files[i]);
      }
    }
    for (std::size_t other = 0; other < i; ++other) {
      if (would_be_one(host_, files[i], files[other])) {
        throw Error(ErrorKind::usage, "is named for two outputs: each needs a file of its own",
                    files[i]);
      }
    }
  }
}

void Output::target_done(const report::TargetReport& target) {
  for (const Sink& sink : sinks_) {
    if (!sink.writer) continue;
    sink.writer->target(target);
    if (!sink.spool) host_.out.flush();
  }
}

bool Output::needs_targets() const {
  return !own_files_.empty() ||
         std::any_of(sinks_.begin(), sinks_.end(), [](const Sink& sink) { return !sink.writer; });
}

const report::Format* Output::one_installation_format() const {
  const auto found = std::find_if(sinks_.begin(), sinks_.end(),
                                  [](const Sink& sink) { return sink.format->one_installation; });
  return found == sinks_.end() ? nullptr : found->format;
}

void Output::finish(const report::Report& report) {
  for (const Sink& sink : sinks_) {
    if (sink.writer) {
      sink.writer->finish(report);
    } else {
      sink.format->write(report, sink.options, stream_of(sink));
    }
    if (sink.spool) write_text_file(host_.output, sink.file, *sink.spool);
  }
}

void Output::finish(const report::Comparison& comparison) {
  for (const Sink& sink : sinks_) {
    sink.format->write_comparison(comparison, sink.options, stream_of(sink));
    if (sink.spool) write_text_file(host_.output, sink.file, *sink.spool);
  }
}

}  // namespace goldhive::cli
