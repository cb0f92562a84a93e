// Text that came out of a target and goes to a person, a terminal or a program that reads reports.
//
// Names in hives, archives and file systems are untrusted. Three kinds of characters do harm if
// they are shown as they are, and are escaped in every format:
// - Control characters drive a terminal: C0, DEL, and C1, which many terminals obey in UTF-8, too.
// - Marks of direction reorder what is shown, so that "exe.txt" reads as "txt.exe" (Unicode
//   Technical Report 36, "Bidirectional Text Spoofing").
// - Characters without width make two different names look the same (UTR 36, "Default Ignorable").
#pragma once

#include <string>
#include <string_view>

namespace goldhive {

/// True of the characters above: to be shown by their number.
bool must_be_escaped(char32_t c);

/// Valid UTF-8 without such characters: broken sequences become U+FFFD, C0, DEL and C1 become \xNN,
/// the others \u{NNNN}.
std::string printable(std::string_view text);

/// Writes such characters in a JSON text as \uNNNN, which means the same to every reader of JSON.
/// `json` is valid UTF-8 and valid JSON; line feeds between its tokens stay.
std::string escaped_in_json(std::string_view json);

}  // namespace goldhive
