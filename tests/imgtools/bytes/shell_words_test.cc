// Names in commands that are to be pasted, for each kind of shell. tests/cli has sh read its own
// back; cmd and PowerShell are here by what their manuals say.
#include "imgtools/bytes/shell_words.h"

#include <catch2/catch.hpp>

namespace goldhive {
namespace {

struct Spelling {
  const char* name;
  const char* posix;    ///< null: not spelled at all
  const char* windows;  ///< likewise
};

const std::vector<Spelling> spellings = {
    {"install.wim@2", "install.wim@2", "\"install.wim@2\""},
    {"disk.vhd:p2", "disk.vhd:p2", "disk.vhd:p2"},
    {"C:\\images\\win7", "'C:\\images\\win7'", "C:\\images\\win7"},
    {"C:\\", "'C:\\'", "C:\\"},
    {"C:\\images\\", "'C:\\images\\'", "C:\\images\\"},
    {"C:\\my images\\", "'C:\\my images\\'", "\"C:\\my images\""},
    {"\\\\server\\share", "'\\\\server\\share'", "\\\\server\\share"},
    {"\\\\server\\C$\\images", "'\\\\server\\C$\\images'", "\"\\\\server\\C$\\images\""},
    {"\\\\?\\Volume{1-2}\\", "'\\\\?\\Volume{1-2}\\'", nullptr},
    {"my images", "'my images'", "\"my images\""},
    {" lead", "' lead'", "\" lead\""},
    {"trail ", "'trail '", "\"trail \""},
    {"it's", "'it'\\''s'", "\"it's\""},
    {"a\"b", "'a\"b'", nullptr},
    {"", "''", nullptr},
    {"$HOME", "'$HOME'", nullptr},
    {"cost$", "'cost$'", "\"cost$\""},
    {"a$ b", "'a$ b'", "\"a$ b\""},
    {"a$(x)", "'a$(x)'", nullptr},
    {"a`b", "'a`b'", nullptr},
    {"100%", "100%", "\"100%\""},
    {"%TEMP%", "%TEMP%", nullptr},
    {"wow!", "'wow!'", "\"wow!\""},
    {"a&b", "'a&b'", "\"a&b\""},
    {"a|b", "'a|b'", "\"a|b\""},
    {"a>b", "'a>b'", "\"a>b\""},
    {"a;b", "'a;b'", "\"a;b\""},
    {"a,b", "a,b", "\"a,b\""},
    {"a^b", "'a^b'", "\"a^b\""},
    {"(x86)", "'(x86)'", "\"(x86)\""},
    {"{1}", "'{1}'", "\"{1}\""},
    {"#1", "'#1'", "\"#1\""},
    {"~", "'~'", "\"~\""},
    {"*.wim", "'*.wim'", "\"*.wim\""},
    {"a[1]?", "'a[1]?'", "\"a[1]?\""},
    {"a=b", "a=b", "a=b"},
    {"=ls", "'=ls'", "=ls"},
    {"--policy=own.toml", "--policy=own.toml", "\"--policy=own.toml\""},
    {"--no-logs", "--no-logs", "--no-logs"},
    {"\u00dcbung \u65e5\u672c", "'\u00dcbung \u65e5\u672c'", "\"\u00dcbung \u65e5\u672c\""},
    {"\u2018a\u2019", "'\u2018a\u2019'", "\"\u2018a\u2019\""},
    {"\u201ca\u201d", "'\u201ca\u201d'", nullptr},
    // What cannot be shown cannot be pasted.
    {"a\nb", nullptr, nullptr},
    {"a\x1b[31mb", nullptr, nullptr},
    {"a\u202eb", nullptr, nullptr},
    {"a\xff", nullptr, nullptr},
};

std::optional<std::string> expected(const char* text) {
  return text == nullptr ? std::nullopt : std::optional<std::string>(text);
}

TEST_CASE("A name is written so that a shell reads it back, or not at all") {
  for (const Spelling& each : spellings) {
    INFO(each.name);
    CHECK(command_line({each.name}, Shell::posix) == expected(each.posix));
    CHECK(command_line({each.name}, Shell::windows) == expected(each.windows));
  }
}

TEST_CASE("One word that cannot be written is no command at all") {
  CHECK(command_line({"goldhive", "plan", "a b"}, Shell::posix) == "goldhive plan 'a b'");
  CHECK(command_line({"goldhive", "plan", "a\nb", "c"}, Shell::posix) == std::nullopt);
  CHECK(command_line({"goldhive", "plan", "50%", "60"}, Shell::windows) ==
        "goldhive plan \"50%\" 60");
  // Between the two signs stands what cmd takes for the name of a variable.
  CHECK(command_line({"goldhive", "plan", "50%", "60%"}, Shell::windows) == std::nullopt);
}

TEST_CASE("For sh any text has a spelling") {
  CHECK(quoted_for_sh("a\nb") == "'a\nb'");
  CHECK(quoted_for_sh("") == "''");
}

TEST_CASE("A name that begins like an option or a list is one of the folder") {
  for (const char* name : {"-x", "--help", "@list", " "}) {
    INFO(name);
    CHECK(plain_argument(name, Shell::posix) == std::string("./") + name);
    CHECK(plain_argument(name, Shell::windows) == std::string(".\\") + name);
  }
  for (const char* name : {"", "x", "./-x", "/x", "x@2", "a b"}) {
    CHECK(plain_argument(name, Shell::posix) == name);
  }
}

}  // namespace
}  // namespace goldhive
