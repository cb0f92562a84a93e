#include "src/cli/config.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/bytes/digest.h"
#include "imgtools/host/path.h"
#include "src/cli/cli.h"
#include "src/cli/flags.h"
#include "src/cli/text_file.h"
#include "src/policy/suggest.h"
#include "src/policy/toml_section.h"

namespace goldhive::cli {
namespace {

/// A page of text, as a policy is.
constexpr std::uint64_t config_size_limit = 1 << 20;
constexpr const char* options_section = "options";

/// A configuration file that was opened, and how a next command finds it.
struct Opened {
  std::string path = {};
  std::unique_ptr<ByteSource> content = {};  ///< null: none is in effect
  std::vector<std::string> again = {};
};

std::unique_ptr<ByteSource> open_named(const ReadStorage& storage, const std::string& path,
                                       const char* named_by) {
  if (storage.stat(path)) return storage.open(path);
  throw Error(ErrorKind::usage, fmt::format("no such configuration file (named by {})", named_by),
              path);
}

[[noreturn]] void refuse_usual(const std::string& path, const char* why) {
  throw Error(ErrorKind::refused,
              fmt::format("{}, so somebody else may have made this configuration: not read "
                          "(--config FILE reads it all the same, --no-config reads none)",
                          why),
              path);
}

/// Null if nothing is there. Options that somebody else has chosen must not become those of this
/// user, who may be root.
std::unique_ptr<ByteSource> open_usual(const ReadStorage& storage, const std::string& path) {
  const std::string root = root_of(path);
  std::string place = path;
  std::optional<OwnFile> file = storage.open_own(place, root);
  if (!file) return nullptr;
  if (file->info.type == FileType::symlink && file->known_owner) {
    place = follow_links(storage, path);
    file = storage.open_own(place, root);
    if (!file) return nullptr;
  }
  if (!file->known_owner) refuse_usual(place, "belongs to another user");
  if (!file->content) refuse_usual(place, "is no regular file");
  if (file->others_write) refuse_usual(place, "can be written by other users");
  return std::move(file->content);
}

Opened open_config(const Host& host, const ConfigFlags& flags) {
  const bool named = flags.file && !flags.file->empty();
  if (flags.none && named) {
    throw Error(ErrorKind::usage, "--config and --no-config contradict each other");
  }
  if (flags.none || flags.file == "") return {.again = {"--no-config"}};
  if (named) {
    const std::string& path = *flags.file;
    return {path, open_named(host.input, path, "--config"), {"--config", path}};
  }
  const HostFolders& folders = host.folders;
  if (const std::string& path = folders.named_config; !path.empty()) {
    return {path, open_named(host.input, path, "GOLDHIVE_CONFIG")};
  }
  if (folders.usual_config.empty()) return {};
  return {folders.usual_config, open_usual(host.input, folders.usual_config)};
}

/// What the file says of a flag, as the command line would say it.
std::optional<std::string> value_in(const policy::TomlSection& section, const Flag& flag) {
  const std::string name = standing_name(flag);
  if (std::holds_alternative<bool*>(flag.value)) {
    const std::optional<bool> value = section.boolean(name);
    if (!value) return std::nullopt;
    return *value ? "true" : "false";
  }
  const bool is_number =
      std::holds_alternative<Number>(flag.value) || std::holds_alternative<Size>(flag.value);
  return is_number ? section.text_or_number(name) : section.text(name);
}

bool is_builtin_policy(const std::string& name) {
  const std::vector<std::string> names = policy::builtin_policy_names();
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Adds what a section sets. `folder`: where paths of the file start.
void read_settings(const policy::TomlSection& section, const std::vector<const Flag*>& flags,
                   const std::string& folder, std::vector<Setting>& settings) {
  for (const Flag* flag : flags) {
    const std::string name = standing_name(*flag);
    std::optional<std::string> value = value_in(section, *flag);
    if (!value) continue;
    if (const std::string problem = problem_of(*flag, *value); !problem.empty()) {
      section.refuse_value(name, problem);
    }
    const bool is_path = flag->standing == Standing::path ||
                         (flag->standing == Standing::policy && !is_builtin_policy(*value));
    if (is_path) value = with_slashes(make_absolute(*value, folder));
    settings.push_back({name, std::move(*value), section.place_of(name)});
  }
}

std::vector<Setting> settings_in(std::string_view text, const std::string& path,
                                 const std::string& folder, const Command& program) {
  std::vector<const Flag*> at_the_top;
  std::vector<const Flag*> in_options;
  std::vector<std::string> names;
  for (const Flag* flag : standing_flags(program)) {
    const bool top = flag->standing == Standing::policy;
    (top ? at_the_top : in_options).push_back(flag);
    if (!top) names.push_back(standing_name(*flag));
  }
  const toml::table table = policy::parse_toml(text, path);
  const policy::TomlSection root(table, "", path, {"policy", options_section});
  std::vector<Setting> settings;
  read_settings(root, at_the_top, folder, settings);
  if (const toml::table* options = root.child(options_section)) {
    const policy::TomlSection section(*options, fmt::format("[{}]", options_section), path,
                                      {names.begin(), names.end()});
    read_settings(section, in_options, folder, settings);
  }
  return settings;
}

}  // namespace

void add_config_flags(Command& command, ConfigFlags& flags) {
  command.flags.push_back(
      {.names = {"--config"},
       .value_name = "FILE",
       .help = "take policy and options from this file where the command line does not say them "
               "(default: GOLDHIVE_CONFIG, else goldhive/config.toml below XDG_CONFIG_HOME)",
       .group = Group::general,
       .value = &flags.file});
  command.flags.push_back({.names = {"--no-config"},
                           .help = "read no configuration file",
                           .group = Group::general,
                           .value = &flags.none});
}

const Setting* Config::find(const std::string& name) const {
  const auto found = std::find_if(settings.begin(), settings.end(),
                                  [&](const Setting& each) { return each.name == name; });
  return found == settings.end() ? nullptr : &*found;
}

std::vector<const Flag*> standing_flags(const Command& program) {
  std::vector<const Flag*> flags;
  for (const Command& command : program.commands) {
    for (const Flag& flag : command.flags) {
      if (flag.standing == Standing::no) continue;
      const bool known = std::any_of(flags.begin(), flags.end(), [&](const Flag* other) {
        return other->names.back() == flag.names.back();
      });
      if (!known) flags.push_back(&flag);
    }
  }
  std::stable_partition(flags.begin(), flags.end(),
                        [](const Flag* flag) { return flag->standing == Standing::policy; });
  return flags;
}

std::string standing_name(const Flag& flag) { return flag.names.back().substr(2); }

Config load_config(const Host& host, const Command& program, const ConfigFlags& flags) {
  Opened file = open_config(host, flags);
  Config config;
  config.again = std::move(file.again);
  if (!file.content) return config;
  const Bytes bytes = read_bytes(*file.content, file.path, config_size_limit, "a configuration");
  config.path = file.path;
  Sha256 digest;
  digest.add(bytes);
  config.sha256 = to_hex(digest.finish());
  const std::string folder = make_absolute(parent_of(file.path), host.folders.working);
  config.settings = settings_in(text_of({bytes.begin(), bytes.end()}), file.path, folder, program);
  return config;
}

void apply(const Config& config, const Host& host, const Request& request) {
  for (const Flag& flag : request.command().flags) {
    if (flag.standing == Standing::no || request.is_given(flag)) continue;
    const Setting* setting = config.find(standing_name(flag));
    if (setting == nullptr) continue;
    if (flag.standing == Standing::policy && !is_builtin_policy(setting->value) &&
        !host.input.stat(setting->value)) {
      const std::vector<std::string> known = policy::builtin_policy_names();
      throw Error(ErrorKind::usage,
                  fmt::format("no policy '{}': neither built in nor a file{}", setting->value,
                              policy::did_you_mean(base_name(setting->value),
                                                   {known.begin(), known.end()})),
                  setting->place);
    }
    set_standing(flag, setting->value);
  }
}

}  // namespace goldhive::cli
