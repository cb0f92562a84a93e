#include "src/target/collection.h"

#include <fmt/format.h>

#include <vector>

#include "imgtools/bytes/text.h"
#include "imgtools/host/path.h"

namespace goldhive::target {
namespace {

/// The drive as it is called on the machine ("C:", "\\.\C:") of a path that leads through
/// uploads/<how it was read>/<drive>; "" if it leads through none.
std::string drive_in(const std::vector<std::string>& parts) {
  for (std::size_t i = 0; i + 2 < parts.size(); ++i) {
    if (!nt_equal(parts[i], "uploads")) continue;
    const std::string& name = parts[i + 2];
    const std::string drive = decoded_name(name);
    if (drive != name && drive.ends_with(':')) return drive;
  }
  return "";
}

/// What "Collection-<machine>-<time>", with or without ".zip", says: "PC1, 2024-10-15T17_12_07Z".
std::string machine_in(const std::vector<std::string>& parts) {
  static const std::string prefix = "Collection-";
  static const std::string time_like = "0000-00-00T00_00_00Z";
  for (std::string name : parts) {
    if (name.ends_with(".zip")) name.resize(name.size() - 4);
    if (!name.starts_with(prefix) || name.size() < prefix.size() + 2 + time_like.size()) continue;
    const std::string time = name.substr(name.size() - time_like.size());
    bool fits = name[name.size() - time_like.size() - 1] == '-';
    for (std::size_t i = 0; i < time.size(); ++i) {
      const bool number = time[i] >= '0' && time[i] <= '9';
      fits = fits && (time_like[i] == '0' ? number : time[i] == time_like[i]);
    }
    if (!fits) continue;
    const std::size_t length = name.size() - prefix.size() - time_like.size() - 1;
    return name.substr(prefix.size(), length) + ", " + time;
  }
  return "";
}

}  // namespace

std::string decoded_name(const std::string& name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool encoded = name[i] == '%' && i + 2 < name.size() && hex_digit(name[i + 1]) >= 0 &&
                         hex_digit(name[i + 2]) >= 0;
    if (!encoded) {
      out += name[i];
      continue;
    }
    out += static_cast<char>(hex_digit(name[i + 1]) * 16 + hex_digit(name[i + 2]));
    i += 2;
  }
  return out;
}

void note_collection(const std::string& absolute_path, report::TargetReport& target) {
  for (const report::InstallationReport& row : target.installations) {
    // The id of a lone installation is the target's, so its root may not be in it.
    const std::vector<std::string> parts = path_parts(absolute_path + "/" + row.facts.root, "/\\");
    const std::string drive = drive_in(parts);
    if (drive.empty()) continue;
    const std::string machine = machine_in(parts);
    std::string folder = row.facts.id;
    const bool root_is_named = row.facts.root == "/" || folder.ends_with(":" + row.facts.root);
    if (!root_is_named) folder += ":" + row.facts.root;
    target.notes.push_back(fmt::format("{} is the drive {}{} in a collection of Velociraptor",
                                       folder, drive,
                                       machine.empty() ? "" : " of " + machine + ","));
  }
}

}  // namespace goldhive::target
