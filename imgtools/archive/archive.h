// Archives as targets: tar (plain, gzip, bzip2, xz, zstd), zip, 7z, cpio.
#pragma once

#include <memory>

#include "imgtools/candidate.h"

namespace goldhive {

bool is_tar_archive(const Candidate& candidate);
bool is_zip_archive(const Candidate& candidate);
bool is_7z_archive(const Candidate& candidate);
bool is_cpio_archive(const Candidate& candidate);

/// True of a zip that is a document or a program by the name of its first member: Office (OPC),
/// OpenDocument and EPUB, Java and Android.
bool is_document(const Candidate& candidate);

std::unique_ptr<Image> open_tar_archive(const Candidate& candidate);
std::unique_ptr<Image> open_zip_archive(const Candidate& candidate);
std::unique_ptr<Image> open_7z_archive(const Candidate& candidate);
std::unique_ptr<Image> open_cpio_archive(const Candidate& candidate);

}  // namespace goldhive
