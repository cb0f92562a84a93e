// A tree on a Windows host, on any host: this program is linked with path_win32.cc in place of the
// path_*.cc of its own system, and the host is a fake one.
#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "imgtools/bytes/error.h"
#include "imgtools/formats.h"
#include "imgtools/host/path.h"
#include "imgtools/host/storage_steps.h"

using namespace goldhive;

namespace {

/// Files and links by their paths, which are compared as Windows compares them.
class WindowsHost final : public ReadStorage {
 public:
  void put(const std::string& path) { files_[comparable(path)] = path; }
  void link(const std::string& path, const std::string& target) {
    links_[comparable(path)] = {path, target};
  }

  std::optional<FileInfo> stat(const std::string& path) const override {
    const std::string known = comparable(normal(path));
    const auto file = files_.find(known);
    if (file != files_.end()) return FileInfo{FileType::file, 1, 1, number_of(known)};
    for (const auto& [name, as_put] : files_) {
      if (name.starts_with(known + "/"))
        return FileInfo{FileType::directory, 0, 1, number_of(known)};
    }
    return std::nullopt;
  }
  std::vector<DirectoryEntry> list(const std::string& directory) const override {
    std::map<std::string, FileType> found;
    const std::string prefix = comparable(normal(directory)) + "/";
    const auto add = [&](const std::string& known, const std::string& path, FileType type) {
      if (!known.starts_with(prefix)) return;
      const std::string rest = with_slashes(path).substr(prefix.size());
      const std::size_t slash = rest.find('/');
      found[rest.substr(0, slash)] = slash == std::string::npos ? type : FileType::directory;
    };
    for (const auto& [known, path] : files_) add(known, path, FileType::file);
    for (const auto& [known, link] : links_) add(known, link.first, FileType::symlink);
    std::vector<DirectoryEntry> entries;
    for (const auto& [name, type] : found) entries.push_back({name, type});
    return entries;
  }
  std::unique_ptr<ByteSource> open(const std::string& path) const override {
    opened.push_back(with_slashes(normal(path)));
    return std::make_unique<MemorySource>(Bytes{1}, path);
  }
  std::optional<std::string> read_link(const std::string& path) const override {
    const auto found = links_.find(comparable(normal(path)));
    if (found == links_.end()) return std::nullopt;
    return found->second.second;
  }

  std::optional<OwnFile> open_own(const std::string& path, const std::string&) const override {
    return open_own_by_name(*this, path);
  }

  mutable std::vector<std::string> opened;

 private:
  /// Windows resolves ".." itself, whichever separators stand around it.
  static std::string normal(const std::string& path) {
    std::vector<std::string> parts;
    for (std::string& part : path_parts(path, "/\\")) {
      if (part != "..") {
        parts.push_back(std::move(part));
      } else if (!parts.empty()) {
        parts.pop_back();
      }
    }
    std::string joined;
    for (const std::string& part : parts) joined = join_path(joined, part);
    return joined;
  }
  static std::uint64_t number_of(const std::string& path) { return std::hash<std::string>()(path); }

  std::map<std::string, std::string> files_;
  std::map<std::string, std::pair<std::string, std::string>> links_;
};

const std::string root = "D:\\images\\win7";
const std::string hive = "Windows/System32/config/SOFTWARE";

}  // namespace

TEST_CASE("a link is not followed out of a tree by a path with backslashes") {
  for (const char* target :
       {"..\\..\\..\\..\\other\\SOFTWARE", "..\\..\\..\\..\\..\\other\\SOFTWARE",
        "..\\../..\\../..\\../other/SOFTWARE", "D:\\images\\other\\SOFTWARE",
        "D:..\\other\\SOFTWARE", "\\images\\other\\SOFTWARE", "\\\\server\\share\\SOFTWARE",
        "/images/other/SOFTWARE"}) {
    INFO(target);
    WindowsHost host;
    host.put("D:\\images\\win7\\Windows\\explorer.exe");
    host.put("D:\\images\\other\\SOFTWARE");
    host.put("D:\\other\\SOFTWARE");
    host.put("D:\\images\\win7\\Windows\\System32\\config\\SYSTEM");
    host.link("D:\\images\\win7\\Windows\\System32\\config\\SOFTWARE", target);
    const auto image = open_image(host, root, {});
    const FileTree& tree = *image->volumes().front().tree;
    CHECK_FALSE(tree.find(hive));
    CHECK_THROWS_AS(tree.open(hive), Error);
    CHECK_THROWS_AS(image->host_change(0, {{hive, 1, {}, nullptr}}), Error);
    CHECK(host.opened.empty());
  }
}

TEST_CASE("a link with backslashes that stays in the tree is followed") {
  WindowsHost host;
  host.put("D:\\images\\win7\\Windows\\System32\\config\\RegBack\\SOFTWARE");
  host.link("D:\\images\\win7\\Windows\\System32\\config\\SOFTWARE",
            "..\\config\\RegBack\\SOFTWARE");
  const auto image = open_image(host, root, {});
  const FileTree& tree = *image->volumes().front().tree;
  CHECK(tree.find(hive) == hive);
  CHECK_NOTHROW(tree.open(hive));
  CHECK(host.opened ==
        std::vector<std::string>{"D:/images/win7/Windows/System32/config/RegBack/SOFTWARE"});
}

TEST_CASE("a name of Windows stays in its folder or is none") {
  for (const char* name : {"..\\x", "a\\b", "C:x", "x:stream", "..", "\\x"}) {
    INFO(name);
    CHECK_FALSE(is_plain_name(name));
    CHECK_FALSE(is_inner_folder(std::string("Windows/") + name));
  }
  CHECK(is_plain_name("x"));
  CHECK(comparable("D:\\Images\\\u00c4") == comparable("d:/images/\u00e4"));
  CHECK(parent_of("C:\\x") == "C:\\");
}
