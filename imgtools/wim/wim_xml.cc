#include "imgtools/wim/wim_xml.h"

#include <fmt/format.h>

#include <pugixml.hpp>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"

namespace goldhive {

namespace {

/// PROCESSOR_ARCHITECTURE_*, as the reports name them.
std::string architecture_name(const std::string& number) {
  if (number == "0") return "x86";
  if (number == "5") return "arm";
  if (number == "6") return "ia64";
  if (number == "9") return "x64";
  if (number == "12") return "arm64";
  return {};
}

std::string text_at(const pugi::xml_node& node, const char* path) {
  return node.first_element_by_path(path).text().get();
}

std::string version_of(const pugi::xml_node& windows) {
  const pugi::xml_node version = windows.child("VERSION");
  const std::string major = text_at(version, "MAJOR");
  if (major.empty()) return {};
  return fmt::format("{}.{}.{}", major, text_at(version, "MINOR"), text_at(version, "BUILD"));
}

}  // namespace

WimXml parse_wim_xml(const Bytes& xml, const std::string& name) {
  std::u16string wide = utf16_from_bytes(xml);
  if (!wide.empty() && wide.front() == u'\ufeff') wide.erase(0, 1);
  const std::string text = to_utf8(wide);
  pugi::xml_document document;
  const pugi::xml_parse_result parsed =
      document.load_buffer(text.data(), text.size(), pugi::parse_default, pugi::encoding_utf8);
  const pugi::xml_node root = document.child("WIM");
  if (!parsed || !root) {
    throw Error(ErrorKind::corrupt,
                fmt::format("the XML of the WIM cannot be read: {}",
                            parsed ? "it has no element WIM" : parsed.description()),
                name);
  }
  WimXml out;
  out.encrypted = !root.child("ESD").child("ENCRYPTED").empty();
  for (const pugi::xml_node& node : root.children("IMAGE")) {
    WimImageInfo image;
    image.name = text_at(node, "NAME");
    if (image.name.empty()) image.name = text_at(node, "DISPLAYNAME");
    image.bytes = node.child("TOTALBYTES").text().as_ullong();
    const pugi::xml_node windows = node.child("WINDOWS");
    image.edition = text_at(windows, "EDITIONID");
    image.installation = text_at(windows, "INSTALLATIONTYPE");
    image.architecture = architecture_name(text_at(windows, "ARCH"));
    image.version = version_of(windows);
    out.images.emplace(node.attribute("INDEX").as_uint(), std::move(image));
  }
  return out;
}

std::string describe(const WimImageInfo& image) {
  std::string text;
  for (const std::string* part :
       {&image.edition, &image.installation, &image.architecture, &image.version}) {
    if (!part->empty()) text += (text.empty() ? "" : ", ") + *part;
  }
  return text;
}

}  // namespace goldhive
