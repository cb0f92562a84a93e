#include "imgtools/disk/qemu_files.h"

#include "imgtools/disk/vmdk_descriptor.h"

namespace goldhive {

namespace {

const char* format_of(QemuFile::Map map) {
  switch (map) {
    case QemuFile::Map::qcow2:
      return "qcow2";
    case QemuFile::Map::vdi:
      return "vdi";
    case QemuFile::Map::vmdk:
    case QemuFile::Map::descriptor:
      return "vmdk";
    case QemuFile::Map::none:
      break;
  }
  return "raw";
}

}  // namespace

std::unique_ptr<ByteSource> FilesForQemu::open(const std::string& path) const {
  std::shared_ptr<const ByteSource>& file = files_[path];
  if (!file) file = open_(path);
  return std::make_unique<SliceSource>(file, 0, file->size(), path);
}

std::vector<NbdLayer> layers_of(const QemuImage& image, const FilesForQemu& files) {
  std::vector<NbdLayer> layers;
  for (auto file = image.files.begin(); file != image.files.end(); ++file) {
    const auto source = files.open(file->path);
    NbdLayer layer{format_of(file->map), source->open_path()};
    if (file->map == QemuFile::Map::descriptor) {
      // qemu finds the parts of a VMDK by the names in its descriptor alone.
      VmdkDescriptor descriptor = read_vmdk_descriptor(*source);
      for (VmdkExtent& part : descriptor.extents) {
        part.file = files.open((++file)->path)->open_path();
        layer.parts.push_back(part.file);
      }
      layer.descriptor = vmdk_descriptor_text(descriptor, source->name());
    }
    layers.push_back(std::move(layer));
  }
  return layers;
}

}  // namespace goldhive
