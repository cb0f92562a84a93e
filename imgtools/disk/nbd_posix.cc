#include <fcntl.h>
#include <fmt/format.h>
#include <libnbd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/json.h"
#include "imgtools/disk/nbd.h"
#include "imgtools/host/late_library.h"
#include "imgtools/host/names_posix.h"

namespace goldhive {

namespace {

GOLDHIVE_LATE_LIBRARY(libnbd, "libnbd.so.0", "libnbd0");
GOLDHIVE_LATE_FUNCTION(libnbd, nbd_close);
GOLDHIVE_LATE_FUNCTION(libnbd, nbd_connect_socket);
GOLDHIVE_LATE_FUNCTION(libnbd, nbd_create);
GOLDHIVE_LATE_FUNCTION(libnbd, nbd_flush);
GOLDHIVE_LATE_FUNCTION(libnbd, nbd_get_block_size);
GOLDHIVE_LATE_FUNCTION(libnbd, nbd_get_error);
GOLDHIVE_LATE_FUNCTION(libnbd, nbd_get_size);
GOLDHIVE_LATE_FUNCTION(libnbd, nbd_pread);
GOLDHIVE_LATE_FUNCTION(libnbd, nbd_pwrite);

constexpr std::uint64_t max_request = 32U << 20;  // every server must accept this

[[noreturn]] void fail_to(const char* action) {
  throw Error(ErrorKind::io,
              fmt::format("cannot {}: {}", action, std::generic_category().message(errno)));
}

/// A descriptor that no child inherits. Its number is never below 10: a child gets its descriptors
/// there.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd < 0 ? fd : ::fcntl(fd, F_DUPFD_CLOEXEC, 10)) {
    if (fd >= 0) ::close(fd);
  }
  ~Descriptor() { close(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  bool valid() const { return fd_ >= 0; }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

/// Both ends of a connection that nobody else can make.
struct Connection {
  Descriptor listener;  ///< one connection waits in it: the other end
  Descriptor client;
};

/// The kernel gives the listener a name of its own choice outside the file system, so no file is
/// left, however we end. Other processes of this host could connect to that name, but the queue of
/// the listener has room for one connection only: once our client has connected without waiting,
/// the one in the queue is ours.
Connection make_connection() {
  Connection made{Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)),
                  Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))};
  if (!made.listener.valid() || !made.client.valid()) fail_to("make a socket for qemu-nbd");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socklen_t length = sizeof address.sun_family;  // "autobind", unix(7)
  auto* const name = reinterpret_cast<sockaddr*>(&address);
  const int listener = made.listener.get();
  if (::bind(listener, name, length) != 0 ||
      ::getsockname(listener, name, &(length = sizeof address)) != 0 ||
      ::listen(listener, 0) != 0) {
    fail_to("name a socket for qemu-nbd");
  }
  const int flags = ::fcntl(made.client.get(), F_GETFL);
  if (::fcntl(made.client.get(), F_SETFL, flags | O_NONBLOCK) != 0 ||
      ::connect(made.client.get(), name, length) != 0 ||
      ::fcntl(made.client.get(), F_SETFL, flags) != 0) {
    fail_to("connect to a socket for qemu-nbd");
  }
  return made;
}

/// For a shell, which gets the program and its arguments.
///
/// systemd's rule: LISTEN_PID names the process that the socket is for. The shell sets it to its
/// own number and then becomes the program. It looks for that in the absolute folders of PATH
/// alone: any other entry, an empty one and an empty PATH too, means the current folder, and
/// whoever put an image there could put a program beside it.
constexpr const char* start_with_socket = R"(
  program=$1
  shift
  LISTEN_PID=$$ LISTEN_FDS=1
  export LISTEN_PID LISTEN_FDS
  set -f
  IFS=:
  for folder in $PATH; do
    case $folder in /*)
      [ -f "$folder/$program" ] && [ -x "$folder/$program" ] && exec "$folder/$program" "$@" ;;
    esac
  done
  echo "$program: not found" >&2
  exit 127)";

/// A child process. It gets a socket by the rules of systemd, and its stderr is kept.
class Child {
 public:
  /// `words`: the program, which is looked for as start_with_socket says, and its arguments.
  Child(const std::vector<std::string>& words, const Descriptor& listener) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) fail_to("make a pipe");
    complaints_ = Descriptor(ends[0]);
    const Descriptor write_end(ends[1]);
    if (!complaints_.valid() || !write_end.valid()) fail_to("make a pipe");
    ::fcntl(complaints_.get(), F_SETFL, O_NONBLOCK);

    std::vector<std::string> all = {"/bin/sh", "-c", start_with_socket, words.front()};
    all.insert(all.end(), words.begin(), words.end());
    std::vector<char*> arguments;
    for (std::string& word : all) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) fail_to("start a process");
    if (pid_ == 0) become(arguments.data(), parent, listener.get(), write_end.get());
  }
  ~Child() { kill(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t id() const { return pid_; }

  /// To be called when the connection is closed, since the child then ends by itself.
  void wait() {
    if (pid_ < 0) return;
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
  }

  /// For a child whose connection was never greeted: it would wait for the next client, and may
  /// ignore a SIGTERM (qemu 7.2).
  void kill() {
    if (pid_ >= 0) ::kill(pid_, SIGKILL);
    wait();
  }

  /// What the child has written to stderr so far, as one line.
  std::string complaints() const {
    std::string all;
    std::array<char, 4096> piece{};
    for (;;) {
      const ssize_t n = ::read(complaints_.get(), piece.data(), piece.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      all.append(piece.data(), static_cast<std::size_t>(n));
    }
    while (!all.empty() && all.back() == '\n') all.pop_back();
    std::replace(all.begin(), all.end(), '\n', ' ');
    return all;
  }

 private:
  /// What whoever started us left open is not for the child.
  static void close_from(int first) {
#ifdef SYS_close_range
    if (::syscall(SYS_close_range, static_cast<unsigned>(first), ~0U, 0U) == 0) return;
#endif
    constexpr int usual_limit = 1024;
    for (int fd = first; fd < usual_limit; ++fd) ::close(fd);
  }

  /// Runs in the child, and calls only functions that are allowed after fork().
  [[noreturn]] static void become(char* const* arguments, pid_t parent, int socket, int said) {
    // Signals of the terminal go to a whole group: Ctrl-C must not end it in the middle of a write.
    ::setpgid(0, 0);
    constexpr int first_passed = 3;  // sd_listen_fds(3)
    const int nothing = ::open("/dev/null", O_RDONLY);
    ::dup2(nothing, 0);
    ::dup2(said, 1);
    ::dup2(said, 2);
    ::dup2(socket, first_passed);
    close_from(first_passed + 1);
    // qemu-nbd ends with its connection, but not if the connection broke before it was greeted: see
    // kill(). This signal loses nothing of a patch: the journal still holds what was not flushed.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() == parent) ::execv(arguments[0], arguments);
    ::_exit(127);
  }

  Descriptor complaints_;
  pid_t pid_ = -1;
};

/// A file in memory with a descriptor of a VMDK.
Descriptor descriptor_file(const std::string& text) {
  Descriptor file(::memfd_create("goldhive", MFD_CLOEXEC));
  if (!file.valid()) fail_to("make a file in memory for qemu-nbd");
  const auto written = ::pwrite(file.get(), text.data(), text.size(), 0);
  if (written != static_cast<ssize_t>(text.size())) fail_to("write a file in memory");
  return file;
}

/// Which files a process has open: device and inode of each.
using Files = std::set<std::pair<dev_t, ino_t>>;

void add_file(const std::string& path, Files& files) {
  struct stat s {};
  if (::stat(path.c_str(), &s) == 0 && (S_ISREG(s.st_mode) || S_ISBLK(s.st_mode))) {
    files.emplace(s.st_dev, s.st_ino);
  }
}

Files files_of(pid_t process) {
  Files files;
  for (const auto& entry :
       std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", process))) {
    add_file(entry.path(), files);
  }
  return files;
}

/// What qemu is told of an image: which file has which format, and whose parent it is.
class Graph {
 public:
  Graph(const std::vector<NbdLayer>& layers, const std::string& name) : json_(nullptr) {
    for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
      std::string path = layer->path;
      if (!layer->descriptor.empty()) {
        descriptors_.push_back(descriptor_file(layer->descriptor));
        path = posix::path_of_open(descriptors_.back().get());
      }
      if (path.empty()) {
        throw Error(ErrorKind::unsupported,
                    "is read by qemu-nbd, which opens the files of this program by /proc, and that "
                    "is not there",
                    name);
      }
      add(path);
      for (const std::string& part : layer->parts) add(part);
      // Without a parent "backing" is null: then there is none, whatever the file says.
      json_ = Json{{"driver", layer->format},
                   {"backing", json_},
                   {"file", Json{{"driver", "file"}, {"filename", path}}}};
    }
  }

  std::string text() const { return "json:" + json_.write(-1); }
  bool has(const Files& files) const {
    return std::includes(files_.begin(), files_.end(), files.begin(), files.end());
  }
  /// What qemu says, with the names that people know. `name` is that of the disk.
  std::string readable(std::string said, const std::string& name) const {
    const auto replace = [&](const std::string& from, const std::string& to) {
      std::size_t at = 0;
      while ((at = said.find(from, at)) != std::string::npos) {
        said.replace(at, from.size(), to);
        at += to.size();
      }
    };
    replace(text(), name);
    for (const auto& [path, file] : names_) replace("'" + path + "'", "'" + file + "'");
    for (const auto& [path, file] : names_) replace("[" + path + "]", "[" + file + "]");
    return said;
  }

 private:
  void add(const std::string& path) {
    add_file(path, files_);
    std::error_code ignored;
    const std::string file = std::filesystem::read_symlink(path, ignored);
    if (!file.empty()) names_.emplace_back(path, file);
  }

  std::vector<Descriptor> descriptors_;
  Json json_;
  Files files_;
  std::vector<std::pair<std::string, std::string>> names_;  ///< by the paths that qemu is told
};

class QemuNbd final : public NbdServer {
 public:
  QemuNbd(const std::vector<NbdLayer>& layers, const std::string& name, bool writable)
      : path_(name), graph_(layers, name) {
    handle_ = nbd_create();
    if (handle_ == nullptr) throw Error(ErrorKind::io, "cannot start a client of qemu-nbd", path_);
    // The description tells people who look at the list of processes what this one is for.
    std::vector<std::string> words = {"qemu-nbd", "--description=" + name.substr(0, 1024)};
    if (!writable) words.emplace_back("--read-only");
    words.push_back(graph_.text());
    try {
      Connection connection = make_connection();
      child_.emplace(words, connection.listener);
      connection.listener.close();  // else a child that ends would leave us waiting
      // This call takes the descriptor over, whether it succeeds or not.
      if (nbd_connect_socket(handle_, connection.client.release()) != 0) {
        fail_start(nbd_get_error() == nullptr ? "" : nbd_get_error());
      }
      greeted_ = true;
      require_no_other_file();
      ask_for_sizes();
    } catch (...) {
      close();
      throw;
    }
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
      if (nbd_pwrite(handle_, whole.data(), whole.size(), start, 0U) != 0) fail("write", start);
      offset += length;
      data = data.subspan(length);
    }
  }

  void flush() override {
    if (nbd_flush(handle_, 0U) != 0) fail("flush", 0);
  }

 private:
  // The size of an export is a multiple of its block size, but no request may go beyond it.
  std::uint64_t round_up(std::uint64_t offset) const {
    return std::min(size_, (offset + block_ - 1) / block_ * block_);
  }

  void request_read(std::uint64_t offset, std::span<std::uint8_t> out) {
    if (nbd_pread(handle_, out.data(), out.size(), offset, 0U) != 0) fail("read", offset);
  }

  void ask_for_sizes() {
    const std::int64_t size = nbd_get_size(handle_);
    const std::int64_t block = nbd_get_block_size(handle_, LIBNBD_SIZE_MINIMUM);
    if (size < 0) fail_start("it does not tell the size of the disk");
    size_ = static_cast<std::uint64_t>(size);
    block_ = std::max<std::uint64_t>(1, block > 0 ? static_cast<std::uint64_t>(block) : 1);
  }

  /// qemu opens all files before it greets us, and none later.
  void require_no_other_file() const {
    try {
      if (graph_.has(files_of(child_->id()))) return;
    } catch (const std::filesystem::filesystem_error& e) {
      throw Error(ErrorKind::io, std::string("cannot see what qemu-nbd has open: ") + e.what(),
                  path_);
    }
    throw Error(ErrorKind::refused,
                "was changed by another program while it was opened: it names a file now that it "
                "did not name before",
                path_);
  }

  void close() {
    nbd_close(handle_);
    handle_ = nullptr;
    if (!child_) return;
    if (greeted_) {
      child_->wait();
    } else {
      child_->kill();
    }
  }

  [[noreturn]] void fail(const char* action, std::uint64_t offset) const {
    std::string said = graph_.readable(child_->complaints(), path_);
    if (said.empty() && nbd_get_error() != nullptr) said = nbd_get_error();
    throw Error(ErrorKind::io,
                fmt::format("cannot {} at {:#x} through qemu-nbd: {}", action, offset, said),
                path_);
  }

  [[noreturn]] void fail_start(const std::string& reason) {
    close();  // so that the child has written all its messages
    const std::string said = graph_.readable(child_->complaints(), path_);
    if (said.find("qemu-nbd: not found") != std::string::npos) {
      throw Error(ErrorKind::unsupported,
                  "is read by qemu-nbd, which is not installed (Debian package qemu-utils)", path_);
    }
    if (said.find("Is another process using the image") != std::string::npos) {
      throw Error(ErrorKind::refused, "is in use: another process holds a lock (qemu's) on it",
                  path_);
    }
    throw Error(ErrorKind::corrupt, "qemu-nbd cannot open it: " + (said.empty() ? reason : said),
                path_);
  }

  std::string path_;
  Graph graph_;
  nbd_handle* handle_ = nullptr;
  std::optional<Child> child_;
  bool greeted_ = false;
  std::uint64_t size_ = 0;
  std::uint64_t block_ = 1;
};

}  // namespace

std::unique_ptr<NbdServer> start_nbd_server(const std::vector<NbdLayer>& layers,
                                            const std::string& name, bool writable) {
  return std::make_unique<QemuNbd>(layers, name, writable);
}

}  // namespace goldhive
