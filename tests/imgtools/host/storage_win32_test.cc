// What only Windows has: drive letters, paths beyond 260 characters, sharing modes, the read-only
// attribute, and names whose case does not count.
#include <catch2/catch.hpp>

#include <algorithm>

#include "imgtools/bytes/error.h"
#include "imgtools/change/transact.h"
#include "imgtools/change/undo.h"
#include "imgtools/host/host_win32.h"
#include "imgtools/host/path.h"
#include "tests/support/error_of.h"
#include "tests/support/temp_dir.h"

using namespace goldhive;
using goldhive::testing::error_of;
using goldhive::testing::TempDir;

namespace {

void put(Storage& storage, const std::string& path, const Bytes& data) {
  storage.create(path)->write(0, data);
}

/// A handle of another program, as far as sharing goes.
class Holder {
 public:
  Holder(const std::string& path, DWORD access, DWORD share)
      : handle_(::CreateFileW(win32::wide_path(path).c_str(), access, share, nullptr, OPEN_EXISTING,
                              0, nullptr)) {
    REQUIRE(handle_ != INVALID_HANDLE_VALUE);
  }
  ~Holder() { ::CloseHandle(handle_); }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

 private:
  HANDLE handle_;
};

}  // namespace

TEST_CASE("paths become absolute wide ones whatever they look like") {
  CHECK(win32::wide_path("C:/a/../b") == L"\\\\?\\C:\\b");
  CHECK(win32::wide_path("C:\\a/b") == L"\\\\?\\C:\\a\\b");
  CHECK(win32::wide_path("//server/share/x") == L"\\\\?\\UNC\\server\\share\\x");
  CHECK(win32::wide_path("\\\\?\\C:\\a") == L"\\\\?\\C:\\a");
  CHECK(win32::wide_path("C:") == L"\\\\?\\C:\\");
  CHECK(win32::wide_path("NUL") == L"\\\\.\\NUL");
  CHECK(error_of([] { win32::wide_path(std::string("a\0b", 3)); }).kind() == ErrorKind::usage);
}

TEST_CASE("names of any script and paths of any length can be made and listed and read") {
  const TempDir dir;
  const auto storage = host_storage();
  std::string folder = dir / "long";
  while (folder.size() < 400) folder += "/" + std::string(50, 'x');
  storage->make_directories(folder);
  std::vector<std::string> names = {"\u041e\u0431\u0440\u0430\u0437", "\u30a4\u30e1\u30fc\u30b8",
                                    "\U0001F41D hive", "Gr\u00fc\u00dfe"};
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) put(*storage, join_path(folder, name), Bytes(3, 'x'));
  std::vector<std::string> listed;
  for (const DirectoryEntry& entry : storage->list(folder)) listed.push_back(entry.name);
  CHECK(listed == names);
  for (const std::string& name : names) {
    const std::string path = join_path(folder, name);
    CHECK(storage->open(path)->size() == 3);
    storage->rename(path, path + ".new");
    CHECK_FALSE(storage->stat(path));
    storage->remove(path + ".new");
  }
}

TEST_CASE("a file that another program keeps to itself is in use and said to be") {
  const TempDir dir;
  const std::string hive = dir.write("SYSTEM", "regf");
  const auto storage = host_storage();
  {
    const Holder loaded(hive, GENERIC_READ | GENERIC_WRITE, 0);
    const Error reading = error_of([&] { storage->open(hive); });
    CHECK(reading.kind() == ErrorKind::io);
    CHECK_THAT(reading.what(), Catch::Contains("Windows has loaded this hive"));
    const Error writing = error_of([&] { storage->open_write(hive); });
    CHECK(writing.kind() == ErrorKind::refused);
    CHECK_THAT(writing.what(), Catch::Contains("is in use"));
    CHECK(storage->stat(hive)->size == 4);
  }
  {
    const Holder writer(hive, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE);
    CHECK(storage->open(hive)->size() == 4);
    CHECK(error_of([&] { storage->open_write(hive); }).kind() == ErrorKind::refused);
  }
  CHECK_NOTHROW(storage->open_write(hive));
}

TEST_CASE("a file with the read-only attribute is refused and keeps it") {
  const TempDir dir;
  const std::string path = dir.write("SYSTEM", "regf");
  const std::wstring wide = win32::wide_path(path);
  REQUIRE(::SetFileAttributesW(wide.c_str(), FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN) != 0);
  const Error e = error_of([&] { host_storage()->open_write(path); });
  CHECK(e.kind() == ErrorKind::refused);
  CHECK_THAT(e.what(), Catch::Contains("read-only"));
  CHECK((::GetFileAttributesW(wide.c_str()) & FILE_ATTRIBUTE_READONLY) != 0);
  ::SetFileAttributesW(wide.c_str(), FILE_ATTRIBUTE_NORMAL);
}

TEST_CASE("an undo file of a target spelled in another case is found and never replaced") {
  const TempDir dir;
  const std::string path = dir.write("Image.vhd", Bytes(4096, 'o'));
  const auto storage = host_storage();
  const auto patch = [&](const std::string& target, char mark) {
    const Bytes data{static_cast<std::uint8_t>(mark)};
    return transact(*storage, place_of(*storage, target, target, {}), {{{path, 0, {0, data}}}, {}},
                    "", nullptr);
  };
  patch(dir / "Image.vhd", '1');
  CHECK(patch(dir / "IMAGE.VHD", '2') == dir / "IMAGE.VHD.goldhive-undo.2");
  for (const char before : {'1', 'o'}) {
    const std::string target = dir / "image.vhd";
    const JournalPlace place = place_of(*storage, target, target, {});
    const auto newest = newest_undo_file(*storage, place);
    REQUIRE(newest);
    undo(*storage, place, *newest, false);
    CHECK(dir.read("Image.vhd")[0] == static_cast<std::uint8_t>(before));
  }
}

TEST_CASE("the undo file of a whole drive goes where undo files of no folder go") {
  const auto storage = host_read_storage();
  const UndoOptions options{true, "", "X:/state", ""};
  const auto undo_path = [&](const std::string& target) {
    const JournalPlace place = place_of(*storage, target, target, options);
    REQUIRE(place.undo_paths.size() == 1);
    return place.undo_paths.front();
  };
  const std::string path = undo_path("C:\\");
  CHECK(path.starts_with("X:/state/root-"));
  for (const char* other : {"c:", "C:/", "c:\\"}) CHECK(undo_path(other) == path);
}
