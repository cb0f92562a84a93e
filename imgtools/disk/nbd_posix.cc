#include <fcntl.h>
#include <fmt/format.h>
#include <libnbd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "imgtools/disk/nbd.h"
#include "imgtools/error.h"

namespace goldhive {

namespace {

constexpr std::uint64_t max_request = 32U << 20;  // what every server must accept

/// A pipe for what the child says on stderr. It can write to it and nobody else can.
class Complaints {
 public:
  Complaints() {
    int ends[2];
    if (::pipe(ends) != 0) {
      throw Error(ErrorKind::io, "cannot make a pipe: " + std::generic_category().message(errno));
    }
    read_ = ends[0];
    write_ = ends[1];
    ::fcntl(read_, F_SETFD, FD_CLOEXEC);
    ::fcntl(read_, F_SETFL, O_NONBLOCK);
  }
  ~Complaints() {
    close_writing();
    ::close(read_);
  }
  Complaints(const Complaints&) = delete;
  Complaints& operator=(const Complaints&) = delete;

  int write_end() const { return write_; }
  /// To be called once the child has its copy, so that later children get none.
  void close_writing() {
    if (write_ >= 0) ::close(write_);
    write_ = -1;
  }
  /// What has been said so far, as one line.
  std::string text() const {
    std::string all;
    std::array<char, 4096> piece{};
    for (;;) {
      const ssize_t n = ::read(read_, piece.data(), piece.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      all.append(piece.data(), static_cast<std::size_t>(n));
    }
    while (!all.empty() && all.back() == '\n') all.pop_back();
    std::replace(all.begin(), all.end(), '\n', ' ');
    return all;
  }

 private:
  int read_ = -1;
  int write_ = -1;
};

/// For -o style options of qemu: a comma is written twice.
std::string with_commas_doubled(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == ',' ? std::string(",,") : std::string(1, c);
  return out;
}

class QemuNbd final : public NbdServer {
 public:
  QemuNbd(const std::string& path, const std::string& format, bool writable) : path_(path) {
    handle_ = nbd_create();
    if (handle_ == nullptr) throw Error(ErrorKind::io, "cannot start a client of qemu-nbd", path);
    const std::string image = fmt::format("driver={},file.driver=file,file.filename={}", format,
                                          with_commas_doubled(path));
    // The shell only moves stderr to the pipe, and becomes qemu-nbd.
    std::string script =
        fmt::format("exec 2>/dev/fd/{}; exec qemu-nbd \"$@\"", complaints_.write_end());
    std::vector<std::string> words = {"/bin/sh", "-c", script, "qemu-nbd", "--image-opts"};
    if (!writable) words.emplace_back("--read-only");
    words.push_back(image);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const int connected = nbd_connect_systemd_socket_activation(handle_, arguments.data());
    complaints_.close_writing();
    if (connected != 0) {
      const std::string reason = nbd_get_error() == nullptr ? "" : nbd_get_error();
      close();
      fail_start(reason);
    }
    const std::int64_t size = nbd_get_size(handle_);
    const std::int64_t block = nbd_get_block_size(handle_, LIBNBD_SIZE_MINIMUM);
    if (size < 0) {
      close();
      fail_start("it does not tell the size of the disk");
    }
    size_ = static_cast<std::uint64_t>(size);
    block_ = std::max<std::uint64_t>(1, block > 0 ? static_cast<std::uint64_t>(block) : 1);
  }
  ~QemuNbd() override { close(); }
  QemuNbd(const QemuNbd&) = delete;
  QemuNbd& operator=(const QemuNbd&) = delete;

  std::uint64_t size() const override { return size_; }

  void read(std::uint64_t offset, std::span<std::uint8_t> out) override {
    while (!out.empty()) {
      const std::uint64_t start = offset / block_ * block_;
      const std::uint64_t inside = offset - start;
      const auto length =
          static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), max_request - inside));
      const std::uint64_t end = round_up(offset + length);
      if (inside == 0 && end == offset + length) {
        request_read(start, out.first(length));
      } else {
        Bytes whole(static_cast<std::size_t>(end - start));
        request_read(start, whole);
        std::copy_n(whole.begin() + static_cast<std::ptrdiff_t>(inside), length, out.begin());
      }
      offset += length;
      out = out.subspan(length);
    }
  }

  void write(std::uint64_t offset, std::span<const std::uint8_t> data) override {
    while (!data.empty()) {
      const std::uint64_t start = offset / block_ * block_;
      const std::uint64_t inside = offset - start;
      const auto length =
          static_cast<std::size_t>(std::min<std::uint64_t>(data.size(), max_request - inside));
      const std::uint64_t end = round_up(offset + length);
      Bytes whole(static_cast<std::size_t>(end - start));
      if (inside != 0 || end != offset + length) request_read(start, whole);
      std::copy_n(data.begin(), length, whole.begin() + static_cast<std::ptrdiff_t>(inside));
      if (nbd_pwrite(handle_, whole.data(), whole.size(), start, 0) != 0) fail("write", start);
      offset += length;
      data = data.subspan(length);
    }
  }

  void flush() override {
    if (nbd_flush(handle_, 0) != 0) fail("flush", 0);
  }

 private:
  // The size of an export is a multiple of its block size, but a request must not pass it.
  std::uint64_t round_up(std::uint64_t offset) const {
    return std::min(size_, (offset + block_ - 1) / block_ * block_);
  }

  void request_read(std::uint64_t offset, std::span<std::uint8_t> out) {
    if (nbd_pread(handle_, out.data(), out.size(), offset, 0) != 0) fail("read", offset);
  }

  void close() {
    nbd_close(handle_);  // ends the child and waits for it
    handle_ = nullptr;
  }

  [[noreturn]] void fail(const char* action, std::uint64_t offset) const {
    std::string said = complaints_.text();
    if (said.empty() && nbd_get_error() != nullptr) said = nbd_get_error();
    throw Error(ErrorKind::io,
                fmt::format("cannot {} at {:#x} through qemu-nbd: {}", action, offset, said),
                path_);
  }

  [[noreturn]] void fail_start(const std::string& reason) const {
    const std::string said = complaints_.text();
    if (said.find("not found") != std::string::npos && said.find("exec") != std::string::npos) {
      throw Error(ErrorKind::unsupported,
                  "is read by qemu-nbd, which is not installed (Debian package qemu-utils)", path_);
    }
    if (said.find("lock") != std::string::npos) {
      throw Error(ErrorKind::refused, "is in use: " + said, path_);
    }
    throw Error(ErrorKind::corrupt, "qemu-nbd cannot open it: " + (said.empty() ? reason : said),
                path_);
  }

  std::string path_;
  Complaints complaints_;
  nbd_handle* handle_ = nullptr;
  std::uint64_t size_ = 0;
  std::uint64_t block_ = 1;
};

}  // namespace

std::unique_ptr<NbdServer> start_nbd_server(const std::string& path, const std::string& format,
                                            bool writable) {
  return std::make_unique<QemuNbd>(path, format, writable);
}

}  // namespace goldhive
