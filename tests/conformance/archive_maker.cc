#include "tests/conformance/archive_maker.h"

#include <filesystem>
#include <stdexcept>

#include "fixtures/recipe.h"

namespace goldhive::testing {

const std::vector<ArchiveKind>& archive_kinds() {
  static const std::vector<ArchiveKind> kinds = {
      {"gnu.tar", "tar", "tar", "tar --format=gnu -cf \"$1\" ."},
      {"ustar.tar", "tar", "tar", "tar --format=ustar -cf \"$1\" *"},
      {"pax.tar", "tar", "tar", "tar --format=pax -cf \"$1\" ."},
      {"oldgnu.tar", "tar", "tar", "tar --format=oldgnu -cf \"$1\" *"},
      {"bsd.tar", "tar", "bsdtar", "bsdtar --format=pax -cf \"$1\" ."},
      {"tar.gz", "tar", "gzip", "tar -czf \"$1\" ."},
      {"tar.bz2", "tar", "bzip2", "tar -cjf \"$1\" ."},
      {"tar.xz", "tar", "xz", "tar -cJf \"$1\" ."},
      {"tar.zst", "tar", "zstd", "tar --zstd -cf \"$1\" ."},
      {"deflated.zip", "zip", "zip", "zip -qr \"$1\" ."},
      {"stored.zip", "zip", "zip", "zip -q0r \"$1\" ."},
      {"streamed.zip", "zip", "bsdtar", "bsdtar --format=zip -cf - . | cat > \"$1\""},
      {"streamed-stored.zip", "zip", "zip", "zip -q0r - . | cat > \"$1\""},
      {"zip64.zip", "zip", "zip", "zip -q -fz -r \"$1\" ."},
      {"7z", "7z", "7z", "7z a -bd -bso0 \"$1\" ."},
      {"bsd.7z", "7z", "bsdtar", "bsdtar --format=7zip -cf \"$1\" ."},
      {"newc.cpio", "cpio", "cpio", "find . | cpio -o -H newc --quiet > \"$1\""},
      {"odc.cpio", "cpio", "cpio", "find . | cpio -o -H odc --quiet > \"$1\""},
      {"cpio.gz", "tar", "cpio", "find . | cpio -o -H newc --quiet | gzip > \"$1\""},
  };
  return kinds;
}

const ArchiveKind& archive_kind(const std::string& name) {
  for (const ArchiveKind& kind : archive_kinds()) {
    if (name == kind.name) return kind;
  }
  throw std::logic_error("no kind of archive: " + name);
}

std::string shell(const TempDir& dir, const std::string& folder, const std::string& command,
                  const std::string& path) {
  const std::string here = folder.empty() ? dir.path() : dir / folder;
  return must_run({"sh", "-ec", "cd \"$0\"; " + command, here, path});
}

std::string make_archive(const TempDir& dir, const std::string& tree, const ArchiveKind& kind) {
  if (!have_tool(kind.tool)) return "";
  const std::string path = dir / (tree + "." + kind.name);
  std::filesystem::remove(path);
  shell(dir, tree, kind.command, path);
  return path;
}

std::string make_archive(const TempDir& dir, const std::string& tree, const std::string& kind) {
  return make_archive(dir, tree, archive_kind(kind));
}

void put_tree(const TempDir& dir, const std::string& recipe, const std::string& name) {
  dir.make_directory(name);
  fixtures::write_tree(fixtures::load_recipe(recipe), dir / name);
}

}  // namespace goldhive::testing
