// What a build without libntfs-3g says of changes that it cannot make.
#include "fixtures/ntfs_volume.h"
#include "imgtools/ntfs/ntfs.h"
#include "imgtools/ntfs/ntfs_change.h"
#include "tests/support/error_of.h"

using namespace goldhive;
using namespace goldhive::testing;

TEST_CASE("a change that needs more than clusters is refused with the reason") {
  const auto source = std::make_shared<MemorySource>(fixtures::build_ntfs_volume(), "volume");
  const auto says = [&](const FileEdit& edit) {
    const Error e = error_of([&] { change_ntfs_files(source, {edit}); });
    CHECK(e.kind() == ErrorKind::unsupported);
    return std::string(e.what());
  };
  const std::uint64_t size = fixtures::ntfs_plain_content().size();
  CHECK_THAT(says({"Plain", size + 1, {}}), Catch::Contains("Plain has to change its size") &&
                                                Catch::Contains("attach or mount the disk"));
  for (const char* name : {"compressed", "sparse", "small"}) {
    const std::uint64_t whole = mount_ntfs(source)->open(name)->size();
    CHECK_THAT(says({name, whole, {{5, Bytes(1, 'x')}}}),
               Catch::Contains("no clusters of its own"));
  }
}
