// What a WIM says of its images, for people: the XML at its end, UTF-16LE with a byte order mark.
//
//   <WIM><TOTALBYTES>n</TOTALBYTES>
//     <IMAGE INDEX="1"><NAME>Windows 7 PROFESSIONAL</NAME> <DISPLAYNAME/> <DESCRIPTION/>
//       <DIRCOUNT/> <FILECOUNT/> <TOTALBYTES/>
//       <CREATIONTIME><HIGHPART>0x01CBE9B5</HIGHPART><LOWPART>0x5E0F1A2C</LOWPART></CREATIONTIME>
//       <LASTMODIFICATIONTIME>as above</LASTMODIFICATIONTIME>
//       <WINDOWS><ARCH>9</ARCH><EDITIONID>Professional</EDITIONID><INSTALLATIONTYPE/>
//         <VERSION><MAJOR>6</MAJOR><MINOR>1</MINOR><BUILD>7601</BUILD></VERSION></WINDOWS>
//     </IMAGE></WIM>
//
// What is odd about it: nothing in it is needed to read the images, and tools write what they like.
// So if something is missing or unreadable, it is simply not reported. <ESD><ENCRYPTED/></ESD> in
// the root marks an ESD of Windows Update whose blobs are encrypted; it is the only mark of that.
//
// Source: as for wim_header.h; ESD/ENCRYPTED from the documentation of wimlib.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "imgtools/bytes/bytes.h"

namespace goldhive {

struct WimImageInfo {
  std::string name;          ///< NAME, or DISPLAYNAME if there is no NAME
  std::string edition;       ///< "Professional"
  std::string installation;  ///< "Client", "Server Core", "WindowsPE"
  std::string architecture;  ///< "x86", "x64", "arm64", ...
  std::string version;       ///< "6.1.7601"
  std::uint64_t bytes = 0;   ///< of all files
};

struct WimXml {
  bool encrypted = false;
  std::map<std::uint32_t, WimImageInfo> images;  ///< by number, from 1
};

/// Throws Error(corrupt) if `xml` is no XML.
WimXml parse_wim_xml(const Bytes& xml, const std::string& name);

/// "Professional, x64, 6.1.7601"; without the parts that are not known.
std::string describe(const WimImageInfo& image);

}  // namespace goldhive
