// Open files of a POSIX host, below the names by which they were found.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <string>

#include "imgtools/host/descriptor_posix.h"
#include "imgtools/host/storage.h"

namespace goldhive::posix {

/// Of a file or a block device, whose `stat` is at hand. Error(io).
std::uint64_t size_of(int fd, const struct stat& s, const std::string& path);
/// Of a file or a block device; Error(io) for anything else.
struct stat stat_fd(int fd, const std::string& path);

/// Takes the locks that a writer needs, without waiting: see the essay in file_posix.cc.
/// Error(refused) if somebody else holds one.
void lock(int fd, const std::string& path);

std::unique_ptr<ByteSource> source_of(Descriptor fd, std::uint64_t size, const std::string& path);
/// Of a descriptor that is open for both reading and writing, and locked.
std::unique_ptr<WritableFile> file_of(Descriptor fd, const std::string& path);

}  // namespace goldhive::posix
