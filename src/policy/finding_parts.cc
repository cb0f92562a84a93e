#include "src/policy/finding_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "imgtools/bytes/text.h"

namespace goldhive::policy {

using hive::ValueType;
using windows::Family;
using windows::HiveName;
using windows::Presence;
using windows::View;

std::string hex(std::uint32_t number) { return fmt::format("{:#x}", number); }

std::string show_data(ValueType type, const Bytes& data) {
  const ByteView view(data, 0, "value");
  switch (type) {
    case ValueType::dword:
      if (data.size() == 4) return hex(view.u32(0));
      break;
    case ValueType::qword:
      if (data.size() == 8) return fmt::format("{:#x}", view.u64(0));
      break;
    case ValueType::dword_big_endian:
      if (data.size() == 4) {
        return fmt::format("0x{:x}", (std::uint32_t{data[0]} << 24) |
                                         (std::uint32_t{data[1]} << 16) |
                                         (std::uint32_t{data[2]} << 8) | std::uint32_t{data[3]});
      }
      break;
    case ValueType::sz:
    case ValueType::expand_sz:
    case ValueType::multi_sz: {
      std::u16string text = utf16_from_bytes(data);
      while (!text.empty() && text.back() == u'\0') text.pop_back();
      if (type == ValueType::multi_sz) std::replace(text.begin(), text.end(), u'\0', u',');
      constexpr std::size_t longest = 200;
      const bool cut = text.size() > longest;
      return to_utf8(std::u16string_view(text).substr(0, longest)) + (cut ? "..." : "");
    }
    default:
      break;
  }
  constexpr std::size_t longest = 32;
  std::string text;
  for (std::size_t i = 0; i < data.size() && i < longest; ++i) {
    text += fmt::format("{}{:02x}", i == 0 ? "" : " ", data[i]);
  }
  if (data.size() > longest) text += fmt::format(" ... ({} bytes)", data.size());
  return data.empty() ? "(no data)" : text;
}

std::string os_name(const windows::OsFacts& os) {
  const char* name = "this Windows";
  switch (os.family) {
    case Family::nt_4:
      name = "Windows NT 4.0";
      break;
    case Family::windows_2000:
      name = "Windows 2000";
      break;
    case Family::xp:
      name = "Windows XP or Server 2003";
      break;
    case Family::vista:
      name = "Windows Vista or Server 2008";
      break;
    case Family::windows_7:
      name = "Windows 7 or Server 2008 R2";
      break;
    case Family::windows_8:
      name = "Windows 8 or Server 2012";
      break;
    case Family::windows_8_1:
      name = "Windows 8.1 or Server 2012 R2";
      break;
    case Family::windows_10:
      name = os.build >= 22000 ? "Windows 11 or a server of its time"
                               : "Windows 10 or a server of its time";
      break;
    case Family::winpe:
      name = "WinPE";
      break;
    case Family::unknown:
      break;
  }
  return name;
}

std::string build_name(const windows::OsFacts& os) {
  return os.build == 0 ? "an unknown build" : fmt::format("build {}", os.build);
}

std::optional<std::string> out_of_scope(const windows::Installation& installation) {
  if (installation.winpe || installation.os.family == Family::winpe) {
    return "WinPE: it boots from memory and keeps no settings; judge the Windows it installs";
  }
  switch (installation.os.family) {
    case Family::nt_4:
    case Family::windows_2000:
      return fmt::format("{}: WinHTTP and Schannel end at TLS 1.0 here, and no update brought more",
                         os_name(installation.os));
    case Family::xp:
      return "Windows XP or Server 2003: WinHTTP and Schannel end at TLS 1.0 here; only the "
             "POSReady 2009 line has updates of its own (KB4019276, KB4467770)";
    case Family::vista:
      return "Windows Vista or Server 2008: WinHTTP has no TLS 1.1 or 1.2 here, and Schannel only "
             "with KB4019276 on Server 2008 SP2";
    default:
      return std::nullopt;
  }
}

std::optional<std::string> hive_trouble(const windows::Installation& installation, HiveName name) {
  for (const windows::HiveFact& hive : installation.hives) {
    if (hive.name != name) continue;
    if (!hive.missing && hive.state != hive::HiveState::damaged) return std::nullopt;
    return trouble_of(hive);
  }
  return fmt::format("{} is missing", to_string(name));
}

std::optional<std::string> unknown_os(const windows::Installation& installation) {
  if (installation.os.family != Family::unknown) return std::nullopt;
  if (!installation.os.hives_contradict.empty()) {
    return fmt::format("{}; the hives of one and the same Windows would settle it",
                       installation.os.hives_contradict);
  }
  std::string why;
  if (!installation.os.conflicts.empty()) {
    why = ": " + installation.os.conflicts.front();
  } else if (auto trouble = hive_trouble(installation, HiveName::software)) {
    why = ": " + *trouble;
  } else if (!installation.os.why_unknown.empty()) {
    why = ": " + installation.os.why_unknown;
  }
  return fmt::format(
      "which Windows this is cannot be told{}; the SOFTWARE that belongs to it (its key "
      "Microsoft\\Windows NT\\CurrentVersion) would settle it",
      why);
}

std::optional<std::string> unknown_sp1(const windows::OsFacts& os) {
  if (os.sp1.presence != Presence::unknown) return std::nullopt;
  if (!os.sp1.conflict.empty()) {
    return fmt::format(
        "sources contradict each other: {}; the hives and files of one and the same Windows would "
        "settle it",
        os.sp1.conflict);
  }
  if (os.unlisted_build) {
    return fmt::format(
        "build {} is in no list of Windows 7 and Server 2008 R2, and nothing else says whether "
        "Service Pack 1 is there; ntoskrnl.exe would settle it",
        os.build);
  }
  return "Windows 7 or Server 2008 R2, but the build is not known; CurrentBuildNumber in SOFTWARE "
         "would settle it";
}

std::string needs_hive(const windows::Installation& installation, HiveName name,
                       std::string_view otherwise) {
  const auto trouble = hive_trouble(installation, name);
  if (!trouble) return std::string(otherwise);
  return fmt::format("{}; a readable {} would settle it", *trouble, to_string(name));
}

std::optional<std::string> unreadable(const windows::ValueFact& fact) {
  if (fact.key_is_link) {
    return fmt::format(
        "{}; where it leads at run time cannot be told offline, and a plain key in its place would "
        "settle it",
        fact.why_unknown.empty() ? fact.key + " is a symbolic link" : fact.why_unknown);
  }
  if (fact.presence != Presence::unknown) return std::nullopt;
  const auto where = split_key(fact.key);
  return fmt::format(
      "{}; a readable {} would settle it",
      fact.why_unknown.empty() ? fmt::format("{} could not be read", fact.value) : fact.why_unknown,
      where ? to_string(where->hive) : "hive");
}

Finding make_row(Verdict verdict, std::string message) {
  Finding row;
  row.verdict = verdict;
  row.message = std::move(message);
  return row;
}

bool appended_scope_row(const windows::Installation& installation, std::vector<Finding>& rows) {
  if (auto reason = out_of_scope(installation)) {
    rows.push_back(make_row(Verdict::not_applicable, std::move(*reason)));
    return true;
  }
  if (auto reason = unknown_os(installation)) {
    rows.push_back(make_row(Verdict::undetermined, std::move(*reason)));
    return true;
  }
  return false;
}

std::vector<View> views_with_row(const windows::OsFacts& os) {
  std::vector<View> views;
  for (const View view : windows::all_views) {
    // On 32-bit Windows a Wow6432Node is read by nothing: registry.stray-key names it. On 64-bit
    // Windows people look for the row.
    const bool looked_for = view == View::wow64 && windows::is_64_bit(os.architecture);
    if (looked_for || has_view(os, view) != Presence::absent) views.push_back(view);
  }
  return views;
}

void set_view(const windows::OsFacts& os, View view, Finding& row) {
  row.view = view;
  const Presence presence = has_view(os, view);
  if (presence == Presence::present) return;
  row.edits.clear();
  if (presence == Presence::absent) {
    row.verdict = Verdict::not_applicable;
    row.message =
        "this Windows has no WoW64 (no Windows\\SysWOW64, no Wow6432Node in use), so it runs no "
        "32-bit programs";
    return;
  }
  row.verdict = Verdict::undetermined;
  row.message = fmt::format(
      "{} ({})",
      os.architecture == windows::Architecture::unknown
          ? "whether this Windows is 64-bit is not known, only then is there a 32-bit view; SYSTEM "
            "or a program file would settle it"
          : "whether this Windows runs 32-bit programs is not known, since SOFTWARE has no "
            "Wow6432Node in use; the folder Windows\\SysWOW64 would settle it",
      row.message);
}

void set_control_set(const windows::ControlSetFacts& sets, std::uint32_t set, Finding& row) {
  row.control_set = set;
  if (sets.boots) return;
  row.verdict = Verdict::undetermined;
  row.message += fmt::format("; whether this control set boots is not known: {}", sets.error);
}

void inform_of_other_sets(const windows::ControlSetFacts& sets, std::span<Finding> rows) {
  if (!sets.boots) return;
  const bool boots_fails = std::any_of(rows.begin(), rows.end(), [&](const Finding& row) {
    return row.control_set == sets.boots && row.verdict == Verdict::fail;
  });
  for (Finding& row : rows) {
    row.only_informs =
        row.control_set != sets.boots && !(boots_fails && row.verdict == Verdict::fail);
  }
}

void show_value(Finding& row, const windows::ValueFact& fact) {
  row.key = fact.key;
  row.value = fact.value;
  row.key_last_written = fact.key_last_written;
  if (fact.presence == Presence::present) {
    row.actual = show_data(fact.type, fact.data);
    row.actual_type = hive::to_string(fact.type);
  }
}

std::string describe_value(const windows::ValueFact& fact) {
  switch (fact.presence) {
    case Presence::absent:
      return fmt::format("{}: absent", fact.value);
    case Presence::unknown:
      return fmt::format("{}: unknown ({})", fact.value, fact.why_unknown);
    case Presence::present:
      break;
  }
  return fmt::format("{}: {} {}", fact.value, hive::to_string(fact.type),
                     show_data(fact.type, fact.data));
}

bool wrong_type(const windows::ValueFact& fact) {
  return fact.presence == Presence::present && !fact.dword();
}

Edit::Data dword_data(std::uint32_t number) {
  Edit::Data data{ValueType::dword, Bytes(4)};
  put_u32(data.data, 0, number);
  return data;
}

namespace {

/// From what is there to `after`; nullopt if that is the same, or if nobody knows what is there.
std::optional<Edit> edit_to(const windows::ValueFact& fact, std::optional<Edit::Data> after) {
  const auto where = split_key(fact.key);
  if (!where || unreadable(fact)) return std::nullopt;
  Edit edit;
  edit.hive = where->hive;
  edit.key = where->path;
  edit.value = fact.value;
  if (fact.presence == Presence::present) edit.before = Edit::Data{fact.type, fact.data};
  edit.after = std::move(after);
  if (edit.before == edit.after) return std::nullopt;
  return edit;
}

}  // namespace

std::optional<Edit> dword_edit(const windows::ValueFact& fact, std::uint32_t number) {
  return edit_to(fact, dword_data(number));
}

std::optional<Edit> delete_edit(const windows::ValueFact& fact) {
  return edit_to(fact, std::nullopt);
}

std::optional<HivePath> split_key(std::string_view full) {
  for (const HiveName name : {HiveName::software, HiveName::system}) {
    const std::string prefix = fmt::format("HKLM\\{}\\", to_string(name));
    if (full.size() > prefix.size() && nt_equal(full.substr(0, prefix.size()), prefix)) {
      return HivePath{name, std::string(full.substr(prefix.size()))};
    }
  }
  return std::nullopt;
}

}  // namespace goldhive::policy
