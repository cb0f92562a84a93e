// Stands in for libarchive.cc in a build without libarchive.
#include "imgtools/archive/archive_reader.h"

namespace goldhive {

struct ArchiveReader::Impl {};
struct UnpackedStream::Impl {};
struct Packer::Impl {};

namespace {

[[noreturn]] void refuse(const std::string& name) {
  throw Error(ErrorKind::unsupported,
              "this build cannot read archives: it was made without libarchive", name);
}

}  // namespace

ArchiveReader::ArchiveReader(std::shared_ptr<const ByteSource> file, const std::string&,
                             ParseBudget&) {
  refuse(file->name());
}
ArchiveReader::~ArchiveReader() = default;
bool ArchiveReader::next(Member&) { return false; }
bool ArchiveReader::read(MemberPiece&, std::optional<Error>&) { return false; }
bool ArchiveReader::is_tar() const { return false; }
void ArchiveReader::check_end() {}

UnpackedStream::UnpackedStream(const std::shared_ptr<const ByteSource>& file, ParseBudget&) {
  refuse(file->name());
}
UnpackedStream::~UnpackedStream() = default;
std::span<const std::uint8_t> UnpackedStream::next() { return {}; }

Packer::Packer(const std::string&, std::optional<int>, Out) { refuse(""); }
Packer::~Packer() = default;
void Packer::put(std::span<const std::uint8_t>) {}
void Packer::finish() {}

}  // namespace goldhive
