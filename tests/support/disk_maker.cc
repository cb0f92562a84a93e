#include "tests/support/disk_maker.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "imgtools/host/storage.h"
#include "tests/support/tools.h"

namespace goldhive::testing {

namespace {

constexpr std::uint64_t mib = 1 << 20;

std::string make_sparse(const TempDir& dir, const std::string& name, std::uint64_t size) {
  const std::string path = dir.write(name, std::string());
  std::filesystem::resize_file(path, size);
  return path;
}

/// Copies a file into another, but for its zeros.
void embed(const std::string& from, const std::string& to, std::uint64_t offset) {
  const auto source = host_read_storage()->open(from);
  std::fstream out(to, std::ios::binary | std::ios::in | std::ios::out);
  Bytes piece(65536);
  for (std::uint64_t at = 0; at < source->size(); at += piece.size()) {
    const auto length =
        static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), source->size() - at));
    source->read(at, std::span(piece).first(length));
    if (std::all_of(piece.begin(), piece.end(), [](std::uint8_t b) { return b == 0; })) continue;
    out.seekp(static_cast<std::streamoff>(offset + at));
    out.write(reinterpret_cast<const char*>(piece.data()), static_cast<std::streamsize>(length));
  }
}

}  // namespace

bool have_disk_tools() {
  for (const char* tool : {"mkntfs", "sfdisk", "qemu-img"}) {
    if (!have_tool(tool)) return false;
  }
  return true;
}

std::string make_ntfs(const TempDir& dir, const std::string& name, std::uint64_t size,
                      const std::vector<fixtures::NtfsFile>& files,
                      const std::vector<std::string>& mkntfs_options) {
  const std::string path = make_sparse(dir, name, size);
  std::vector<std::string> command = {"mkntfs", "-F", "-Q", "-q"};
  command.insert(command.end(), mkntfs_options.begin(), mkntfs_options.end());
  command.push_back(path);
  must_run(command);
  if (!files.empty()) fixtures::add_ntfs_files(path, files);
  return path;
}

const char* to_string(Layout layout) {
  return layout == Layout::bare ? "bare" : layout == Layout::mbr ? "MBR" : "GPT";
}

std::string make_raw_disk(const TempDir& dir, const std::string& name, Layout layout,
                          const std::vector<std::string>& volumes) {
  if (layout == Layout::bare) {
    const std::string path = make_sparse(dir, name, std::filesystem::file_size(volumes.at(0)));
    embed(volumes[0], path, 0);
    return path;
  }
  std::uint64_t at = mib;
  std::string script = layout == Layout::mbr ? "label: dos\n" : "label: gpt\n";
  std::vector<std::uint64_t> starts;
  for (const std::string& volume : volumes) {
    const std::uint64_t sectors = std::filesystem::file_size(volume) / 512;
    starts.push_back(at);
    script +=
        "start=" + std::to_string(at / 512) + ", size=" + std::to_string(sectors) +
        (layout == Layout::mbr ? ", type=7\n" : ", type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7\n");
    at += (sectors * 512 + mib - 1) / mib * mib;
  }
  const std::string path = make_sparse(dir, name, at + mib);
  must_run({"sfdisk", "-q", path}, script);
  for (std::size_t i = 0; i < volumes.size(); ++i) embed(volumes[i], path, starts[i]);
  return path;
}

const std::vector<ContainerKind>& container_kinds() {
  static const std::vector<ContainerKind> kinds = {
      {"raw", "raw", "raw", ""},
      {"vhd-fixed", "vhd", "vpc", "subformat=fixed,force_size=on"},
      {"vhd-dynamic", "vhd", "vpc", "subformat=dynamic,force_size=on"},
      {"vhdx-fixed", "vhdx", "vhdx", "subformat=fixed,block_size=1M"},
      {"vhdx-dynamic", "vhdx", "vhdx", "subformat=dynamic,block_size=1M"},
      {"vmdk-sparse", "vmdk", "vmdk", "subformat=monolithicSparse"},
      {"vmdk-flat", "vmdk", "vmdk", "subformat=monolithicFlat"},
      {"vmdk-split", "vmdk", "vmdk", "subformat=twoGbMaxExtentSparse"},
      {"vmdk-stream", "vmdk", "vmdk", "subformat=streamOptimized"},
      {"qcow2", "qcow2", "qcow2", ""},
      {"vdi", "vdi", "vdi", ""},
  };
  return kinds;
}

std::string convert_disk(const std::string& raw, const ContainerKind& kind) {
  const std::string path = raw + "." + kind.name;
  std::vector<std::string> command = {"qemu-img", "convert", "-f", "raw", "-O", kind.qemu_format};
  if (kind.options[0] != '\0') command.insert(command.end(), {"-o", kind.options});
  command.insert(command.end(), {raw, path});
  must_run(command);
  return path;
}

void write_at(const std::string& path, std::uint64_t offset, const Bytes& data) {
  std::fstream out(path, std::ios::binary | std::ios::in | std::ios::out);
  out.seekp(static_cast<std::streamoff>(offset));
  out.write(reinterpret_cast<const char*>(data.data()), static_cast<std::streamsize>(data.size()));
}

}  // namespace goldhive::testing
