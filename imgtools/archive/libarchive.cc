// What is odd about libarchive, as used here (3.6; its wiki and its source):
//
// - It is C and calls functions of ours. No exception may leave such a callback: the exception is
//   kept, the callback fails, and the caller throws the kept exception.
// - A packed tar is read by two readers in a row: one unpacks, the other knows tar. So the unpacked
//   bytes pass through our hands: they are counted against the budget, and the end of the tar can
//   be checked. libarchive itself accepts a tar without an end. If a copy was cut off, its missing
//   files would look as if they had never been in the tar.
// - libarchive verifies nothing of gzip, so gzip is unpacked elsewhere (gunzip.h). In bzip2 it
//   takes the first bytes that begin no stream for the end, so a stream with a damaged head, and
//   all after it, would be lost without an error. So the rest of a packed file is checked here.
// - Asked for tar, cpio and a file that is merely packed, it takes whatever begins with zeros for a
//   tar without members, and thus a packed disk or ISO for nothing. So what a packed file holds is
//   told here by its first bytes, and libarchive is asked for that alone.
// - Names are converted to the charset of the locale, and lost if it lacks their characters. No
//   library may set the locale of the process, so names are read under a locale of this thread
//   alone.
// - It keeps a whole header in memory, and accepts a cpio that claims a name of 4 GB. So the bytes
//   that it reads for one header are counted, too.
// - ARCHIVE_WARN while data is read means a wrong checksum or size of this one member;
//   ARCHIVE_RETRY for a header means a damaged tar.
#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <utility>

#include "imgtools/archive/archive_reader.h"
#include "imgtools/archive/packing.h"
#include "imgtools/archive/unpack_input.h"
#include "imgtools/archive/utf8_locale.h"
#include "imgtools/bytes/text.h"
#include "imgtools/host/late_library.h"
#include "imgtools/host/path.h"

namespace goldhive {

namespace {

GOLDHIVE_LATE_LIBRARY(libarchive, "libarchive.so.13", "libarchive13");
GOLDHIVE_LATE_FUNCTION(libarchive, archive_entry_filetype);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_entry_free);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_entry_hardlink);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_entry_hardlink_utf8);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_entry_is_encrypted);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_entry_new);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_entry_pathname);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_entry_pathname_utf8);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_entry_set_filetype);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_entry_size);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_entry_symlink);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_entry_symlink_utf8);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_error_string);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_filter_bytes);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_filter_count);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_format);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_read_data_block);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_read_data_skip);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_read_free);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_read_new);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_read_next_header);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_read_open1);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_read_set_callback_data);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_read_set_read_callback);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_read_set_seek_callback);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_read_set_skip_callback);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_read_support_filter_bzip2);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_read_support_filter_xz);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_read_support_filter_zstd);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_read_support_format_7zip);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_read_support_format_cpio);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_read_support_format_empty);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_read_support_format_raw);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_read_support_format_tar);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_read_support_format_zip_seekable);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_set_error);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_write_add_filter_bzip2);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_write_add_filter_gzip);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_write_add_filter_xz);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_write_add_filter_zstd);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_write_close);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_write_data);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_write_free);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_write_header);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_write_new);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_write_open);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_write_set_bytes_per_block);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_write_set_format_raw);
GOLDHIVE_LATE_FUNCTION(libarchive, archive_write_set_options);

template <class Result, class Action>
Result guarded(archive* a, void* input, Result failed, const Action& action) {
  try {
    return action(*static_cast<UnpackInput*>(input));
  } catch (...) {
    static_cast<UnpackInput*>(input)->failure = std::current_exception();
    archive_set_error(a, EIO, "reading failed");
    return failed;
  }
}

la_ssize_t on_read(archive* a, void* input, const void** out) {
  return guarded<la_ssize_t>(a, input, ARCHIVE_FATAL, [&](UnpackInput& from) {
    const std::span<const std::uint8_t> data = from.next();
    *out = data.data();
    return static_cast<la_ssize_t>(data.size());
  });
}

la_int64_t on_skip(archive* a, void* input, la_int64_t bytes) {
  return guarded<la_int64_t>(a, input, ARCHIVE_FATAL, [&](UnpackInput& from) {
    return static_cast<la_int64_t>(
        from.skip(static_cast<std::uint64_t>(std::max<la_int64_t>(0, bytes))));
  });
}

la_int64_t on_seek(archive* a, void* input, la_int64_t offset, int whence) {
  return guarded<la_int64_t>(a, input, ARCHIVE_FATAL, [&](UnpackInput& from) {
    return static_cast<la_int64_t>(from.seek(offset, whence));
  });
}

/// An open struct archive for reading.
class Reader {
 public:
  Reader(std::unique_ptr<UnpackInput> input, std::string name)
      : handle_(archive_read_new()), input_(std::move(input)), name_(std::move(name)) {
    if (handle_ == nullptr) throw Error(ErrorKind::io, "out of memory", name_);
  }
  ~Reader() { archive_read_free(handle_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  archive* handle() const { return handle_; }
  const std::string& name() const { return name_; }

  void open() {
    archive_read_set_callback_data(handle_, input_.get());
    archive_read_set_read_callback(handle_, on_read);
    archive_read_set_skip_callback(handle_, on_skip);
    if (input_->can_seek()) archive_read_set_seek_callback(handle_, on_seek);
    if (archive_read_open1(handle_) != ARCHIVE_OK) fail("");
  }

  Error error(const std::string& member) const {
    const char* message = archive_error_string(handle_);
    const std::string text = message != nullptr ? message : "cannot be read";
    const std::string where = member.empty() ? name_ : name_ + ": " + member;
    const auto says = [&text](std::initializer_list<const char*> words) {
      return std::any_of(words.begin(), words.end(), [&text](const char* word) {
        return text.find(word) != std::string::npos;
      });
    };
    if (says({"ncrypt", "assphrase", "Crypto codec"})) {
      return Error(ErrorKind::unsupported, std::string(encrypted_member) + " (" + text + ")",
                   where);
    }
    // The words of zip (Deflate64, zstd) and of 7z (filters and methods of later versions).
    if (says({"nsupported", "not supported", "nknown codec", "nexpected codec"})) {
      return Error(ErrorKind::unsupported,
                   "is packed by a method that is not read here (" + text +
                       "): unpack it by another program, and give what comes out",
                   where);
    }
    const std::int64_t at = archive_filter_bytes(handle_, -1);
    return Error::corrupt(where, static_cast<std::uint64_t>(std::max<std::int64_t>(0, at)),
                          "cut off or damaged: " + text);
  }

  [[noreturn]] void fail(const std::string& member) const {
    if (input_->failure) std::rethrow_exception(std::exchange(input_->failure, nullptr));
    throw error(member);
  }

 private:
  archive* handle_;
  std::unique_ptr<UnpackInput> input_;
  std::string name_;
};

/// The unpacked bytes of a file that libarchive unpacks.
class UnpackedInput final : public UnpackInput {
 public:
  explicit UnpackedInput(const std::shared_ptr<const ByteSource>& file)
      : file_(file), reader_(std::make_unique<PackedFileInput>(file), file->name()) {
    archive* a = reader_.handle();
    archive_read_support_filter_bzip2(a);
    archive_read_support_filter_xz(a);
    archive_read_support_filter_zstd(a);
    archive_read_support_format_empty(a);
    archive_read_support_format_raw(a);
    reader_.open();
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(a, &entry);
    empty_ = result == ARCHIVE_EOF;
    if (!empty_ && result != ARCHIVE_OK) reader_.fail("");
    // The file itself counts as the last filter.
    if (archive_filter_count(a) > 2) refuse_packed_twice(file->name());
  }

  std::span<const std::uint8_t> next() override {
    const void* data = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    do {
      const int result =
          empty_ ? ARCHIVE_EOF : archive_read_data_block(reader_.handle(), &data, &size, &offset);
      if (result == ARCHIVE_EOF) {
        check_rest();
        return {};
      }
      if (result != ARCHIVE_OK) reader_.fail("");
    } while (size == 0);
    return {static_cast<const std::uint8_t*>(data), size};
  }
  std::uint64_t skip(std::uint64_t) override { return 0; }

 private:
  /// Only zeros (which some tapes add) may follow the packed bytes.
  void check_rest() const {
    const std::int64_t used = archive_filter_bytes(reader_.handle(), -1);
    const std::uint64_t from = std::min(file_->size(), static_cast<std::uint64_t>(used));
    const std::uint64_t rest = file_->size() - from;
    each_piece(*file_, from, std::min(rest, longest_fill),
               [&](std::uint64_t at, std::span<const std::uint8_t> piece) {
                 if (std::all_of(piece.begin(), piece.end(), [](auto byte) { return byte == 0; })) {
                   return;
                 }
                 throw Error::corrupt(file_->name(), at,
                                      "cut off or damaged: other data follow the compressed data");
               });
    if (rest > longest_fill) throw Error::corrupt(file_->name(), from, too_much_fill);
  }

  std::shared_ptr<const ByteSource> file_;
  Reader reader_;
  bool empty_ = false;  ///< nothing was packed
};

/// The unpacked bytes of a packed file.
std::unique_ptr<UnpackInput> open_packed(const std::shared_ptr<const ByteSource>& file,
                                         ParseBudget& budget) {
  std::unique_ptr<UnpackInput> input;
  if (packing_of(*file) == "gz") {
    input = std::make_unique<GzipInput>(file);
  } else {
    input = std::make_unique<UnpackedInput>(file);
  }
  return std::make_unique<BudgetedInput>(std::move(input), budget, file->name());
}

std::string text_of(const char* raw, const char* utf8) {
  const char* text = raw != nullptr ? raw : utf8;
  if (text == nullptr) return "";
  return to_utf8(to_utf16(text));  // always valid UTF-8
}

/// The name of the only file in "folder/disk.vhd.gz": "disk.vhd".
std::string unpacked_name(const std::string& packed) {
  const std::string name = base_name(packed);
  const std::size_t dot = name.rfind('.');
  return dot == std::string::npos || dot == 0 ? "content" : name.substr(0, dot);
}

Member::Kind kind_of(archive_entry* entry) {
  if (archive_entry_hardlink(entry) != nullptr || archive_entry_hardlink_utf8(entry) != nullptr) {
    return Member::Kind::hard_link;
  }
  switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
      return Member::Kind::file;
    case AE_IFDIR:
      return Member::Kind::directory;
    case AE_IFLNK:
      return Member::Kind::symbolic_link;
    default:
      return Member::Kind::other;
  }
}

}  // namespace

struct ArchiveReader::Impl {
  ParseBudget& budget;
  bool packed = false;
  bool empty = false;              // packed, and nothing is in it
  TarInput* tar = nullptr;         // owned by `reader`
  HeaderInput* headers = nullptr;  // owned by `reader`; null if headers are read by seeking
  std::unique_ptr<Reader> reader{};
  std::string member{};  // the name of the current one
  bool data_ended = false;
  bool in_member = false;
  std::uint64_t member_size = 0;  // as the header says
  std::uint64_t given = 0;        // of its data, with the holes between

  /// What lies between what was given and `offset` is a hole. It is made by us, byte by byte.
  void count_hole(std::uint64_t offset) {
    if (offset <= given) return;
    budget.unpack(offset - given, reader->name() + ": " + member);
    given = offset;
  }

  int next_header(archive_entry** entry);
};

/// archive_read_next_header(). First skips the rest of the last member, which is no header and may
/// have any length.
int ArchiveReader::Impl::next_header(archive_entry** entry) {
  archive* a = reader->handle();
  if (headers == nullptr) return archive_read_next_header(a, entry);
  const int skipped = in_member ? archive_read_data_skip(a) : ARCHIVE_OK;
  if (skipped == ARCHIVE_EOF || skipped == ARCHIVE_FATAL) return ARCHIVE_FATAL;
  in_member = true;
  headers->header_begins(static_cast<std::uint64_t>(archive_filter_bytes(a, 0)));
  const int result = archive_read_next_header(a, entry);
  headers->header_ends();
  return result == ARCHIVE_EOF ? result : std::min(result, skipped);
}

ArchiveReader::ArchiveReader(std::shared_ptr<const ByteSource> file, const std::string& format,
                             ParseBudget& budget)
    : impl_(new Impl{budget}) {
  const std::string name = file->name();
  impl_->packed = !packing_of(*file).empty();
  std::unique_ptr<UnpackInput> input;
  std::string inside = format;
  if (impl_->packed) {
    auto led = std::make_unique<LedInput>(open_packed(file, budget));
    inside = starts_like_tar(led->lead()) ? "tar" : starts_like_cpio(led->lead()) ? "cpio" : "raw";
    impl_->empty = led->lead().empty();
    input = std::move(led);
  } else {
    input = std::make_unique<FileInput>(std::move(file));
  }
  if (format == "tar") {
    auto tar = std::make_unique<TarInput>(std::move(input), name);
    impl_->tar = tar.get();
    input = std::move(tar);
  }
  if (format == "tar" || format == "cpio") {
    auto headers = std::make_unique<HeaderInput>(std::move(input), name);
    impl_->headers = headers.get();
    input = std::move(headers);
  }
  impl_->reader = std::make_unique<Reader>(std::move(input), name);
  archive* a = impl_->reader->handle();
  if (inside == "tar") archive_read_support_format_tar(a);
  if (inside == "raw") archive_read_support_format_raw(a);
  if (inside == "zip") archive_read_support_format_zip_seekable(a);
  if (inside == "7z") archive_read_support_format_7zip(a);
  if (inside == "cpio") archive_read_support_format_cpio(a);
  if (impl_->empty) return;
  const Utf8Locale locale;
  impl_->reader->open();
}

ArchiveReader::~ArchiveReader() = default;

bool ArchiveReader::is_tar() const {
  return (archive_format(impl_->reader->handle()) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR;
}

void ArchiveReader::check_end() {
  if (impl_->tar == nullptr) return;
  archive* a = impl_->reader->handle();
  if (is_tar() && impl_->tar->cut_off()) {
    throw Error::corrupt(
        impl_->reader->name(), static_cast<std::uint64_t>(archive_filter_bytes(a, -1)),
        "cut off or damaged: the tar has no end mark", "blocks of zeros", "the end of the file");
  }
  if (impl_->packed) impl_->tar->drain();
}

bool ArchiveReader::next(Member& member) {
  if (impl_->empty) return false;
  const Utf8Locale locale;
  archive* a = impl_->reader->handle();
  archive_entry* entry = nullptr;
  const int result = impl_->next_header(&entry);
  impl_->data_ended = false;
  if (result == ARCHIVE_EOF) {
    check_end();
    return false;
  }
  if (result != ARCHIVE_OK && result != ARCHIVE_WARN) {
    impl_->reader->fail(impl_->member.empty() ? "" : "after " + impl_->member);
  }
  member.name = archive_format(a) == ARCHIVE_FORMAT_RAW
                    ? unpacked_name(impl_->reader->name())
                    : text_of(archive_entry_pathname(entry), archive_entry_pathname_utf8(entry));
  member.kind = kind_of(entry);
  member.encrypted = archive_entry_is_encrypted(entry) != 0;
  member.link.clear();
  if (member.kind == Member::Kind::hard_link) {
    member.link = text_of(archive_entry_hardlink(entry), archive_entry_hardlink_utf8(entry));
  } else if (member.kind == Member::Kind::symbolic_link) {
    member.link = text_of(archive_entry_symlink(entry), archive_entry_symlink_utf8(entry));
  }
  const la_int64_t size = archive_entry_size(entry);
  member.size = size > 0 ? static_cast<std::uint64_t>(size) : 0;
  impl_->member = member.name;
  impl_->member_size = member.size;
  impl_->given = 0;
  return true;
}

bool ArchiveReader::read(MemberPiece& piece, std::optional<Error>& member_error) {
  if (impl_->data_ended) return false;
  const void* data = nullptr;
  std::size_t size = 0;
  la_int64_t offset = 0;
  const int result = archive_read_data_block(impl_->reader->handle(), &data, &size, &offset);
  if (result == ARCHIVE_EOF) {
    impl_->data_ended = true;
    impl_->count_hole(impl_->member_size);
    return false;
  }
  if (result == ARCHIVE_WARN || result == ARCHIVE_FAILED) {
    impl_->data_ended = true;
    member_error = impl_->reader->error(impl_->member);
    return false;
  }
  if (result != ARCHIVE_OK) impl_->reader->fail(impl_->member);
  if (!impl_->packed) impl_->budget.unpack(size, impl_->reader->name());
  piece.offset = static_cast<std::uint64_t>(offset);
  impl_->count_hole(piece.offset);
  impl_->given = std::max(impl_->given, piece.offset + size);
  piece.data = {static_cast<const std::uint8_t*>(data), size};
  return true;
}

struct UnpackedStream::Impl {
  std::unique_ptr<UnpackInput> input;
};

UnpackedStream::UnpackedStream(const std::shared_ptr<const ByteSource>& file, ParseBudget& budget)
    : impl_(new Impl{open_packed(file, budget)}) {}

UnpackedStream::~UnpackedStream() = default;

std::span<const std::uint8_t> UnpackedStream::next() { return impl_->input->next(); }

struct Packer::Impl {
  Impl(const std::string& packing, std::optional<int> level, Out take)
      : out(std::move(take)), handle(archive_write_new()) {
    archive_write_set_format_raw(handle);
    if (packing == "gz") archive_write_add_filter_gzip(handle);
    if (packing == "bz2") archive_write_add_filter_bzip2(handle);
    if (packing == "xz") archive_write_add_filter_xz(handle);
    if (packing == "zst") archive_write_add_filter_zstd(handle);
    // The same bytes in must give the same bytes out, so no time of day in a gzip header.
    if (packing == "gz") check(archive_write_set_options(handle, "!timestamp"));
    if (level) {
      const std::string option = fmt::format("compression-level={}", *level);
      check(archive_write_set_options(handle, option.c_str()));
    }
    archive_write_set_bytes_per_block(handle, 0);
    check(archive_write_open(handle, this, nullptr, on_write, nullptr));
    archive_entry* entry = archive_entry_new();
    archive_entry_set_filetype(entry, AE_IFREG);
    const int result = archive_write_header(handle, entry);
    archive_entry_free(entry);
    check(result);
  }
  ~Impl() { archive_write_free(handle); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  static la_ssize_t on_write(archive* a, void* self, const void* data, std::size_t size) {
    auto& impl = *static_cast<Impl*>(self);
    if (impl.failure) return -1;  // the archive is closed after an error
    try {
      impl.out({static_cast<const std::uint8_t*>(data), size});
      return static_cast<la_ssize_t>(size);
    } catch (...) {
      impl.failure = std::current_exception();
      archive_set_error(a, EIO, "writing failed");
      return -1;
    }
  }

  void check(la_ssize_t result) {
    if (result >= 0 && !failure) return;
    if (failure) std::rethrow_exception(failure);
    const char* message = archive_error_string(handle);
    throw Error(ErrorKind::io, std::string("cannot be packed: ") + (message ? message : "?"));
  }

  Out out;
  archive* handle;
  std::exception_ptr failure;
};

Packer::Packer(const std::string& packing, std::optional<int> level, Out out)
    : impl_(std::make_unique<Impl>(packing, level, std::move(out))) {}

Packer::~Packer() = default;

void Packer::put(std::span<const std::uint8_t> data) {
  while (!data.empty()) {
    const la_ssize_t written = archive_write_data(impl_->handle, data.data(), data.size());
    impl_->check(written == 0 ? -1 : written);
    data = data.subspan(static_cast<std::size_t>(written));
  }
}

void Packer::finish() { impl_->check(archive_write_close(impl_->handle)); }

}  // namespace goldhive
