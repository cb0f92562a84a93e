// UTF-16 as Windows stores it, UTF-8 as we print it, and the NT rule for names that differ only in
// case.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace goldhive {

/// The bytes of a text, which must outlive them.
std::span<const std::uint8_t> text_bytes(std::string_view text);

/// Lone surrogates become U+FFFD, so the result is always valid UTF-8.
std::string to_utf8(std::u16string_view text);
/// Invalid sequences become U+FFFD.
std::u16string to_utf16(std::string_view text);
/// Decodes one character of UTF-8 at `at` and moves past it. An invalid sequence gives U+FFFD and
/// moves past its longest valid start (at least one byte), as the Unicode standard recommends.
char32_t next_code_point(std::string_view text, std::size_t& at);
/// UTF-16LE bytes; an odd last byte is dropped.
std::u16string utf16_from_bytes(std::span<const std::uint8_t> bytes);
/// The same into `out`, whose memory is reused.
void utf16_from_bytes(std::span<const std::uint8_t> bytes, std::u16string& out);

/// "a, b": of more than a reader takes in the first, and the number of the others.
std::string first_of(const std::vector<std::string>& names);

/// Of a letter of ASCII in capitals the small one; anything else as it is.
constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// 0 to 15; -1 of what is no hexadecimal digit.
int hex_digit(char c);
/// "a00" as a number. Nullopt unless all of it is hexadecimal digits, 1 to 16.
std::optional<std::uint64_t> hex_number(std::string_view digits);
/// "00,0a": the bytes as pairs of digits in lower case.
std::string hex_list(std::span<const std::uint8_t> bytes);
/// The bytes of such a list. Nullopt if it is not one.
std::optional<std::vector<std::uint8_t>> bytes_of_hex_list(std::string_view list);

/// RtlUpcaseUnicodeChar: one code unit, no locale, no special casing, no surrogate pairs.
char16_t nt_upcase(char16_t c);
std::u16string nt_upcase(std::u16string_view text);
/// Order of names as the registry and NTFS sort them: by upcased code units. <0, 0, >0.
int nt_compare(std::u16string_view a, std::u16string_view b);
bool nt_equal(std::u16string_view a, std::u16string_view b);
/// The same for UTF-8.
bool nt_equal(std::string_view a, std::string_view b);
/// True of a name that ends with `end`, in any case, and is more than that.
bool nt_has_end(std::string_view name, std::string_view end);

}  // namespace goldhive
