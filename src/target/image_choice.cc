#include "src/target/image_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "src/target/target_name.h"

namespace goldhive::target {
namespace {

constexpr const char* list_characters = "0123456789,- ";
constexpr const char* expected_images =
    "expected numbers and ranges, as in 1,3-5, or the name of one";

struct NumberRange {
  std::uint64_t first;
  std::uint64_t last;
};

std::string_view without_blanks(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

/// Chooses among the images of one file.
class ImageChoice {
 public:
  ImageChoice(const std::vector<Volume>& volumes, const std::string& path) : path_(path) {
    for (const Volume& volume : volumes) {
      if (image_number(volume.id)) images_.push_back(&volume);
    }
    if (images_.empty()) refuse("has no images to choose from with --image");
  }

  void add(const std::string& wanted) {
    const std::vector<const Volume*> named = with_name(wanted);
    if (named.size() > 1) refuse(fmt::format("has several images '{}'{}", wanted, known()));
    if (named.size() == 1) {
      chosen_.insert(named.front()->id);
    } else if (wanted.find_first_not_of(list_characters) == std::string::npos) {
      add_list(wanted);
    } else {
      refuse_missing(wanted);
    }
  }

  std::vector<std::string> ids() const {
    std::vector<std::string> ids;
    for (const Volume* image : images_) {
      if (chosen_.count(image->id) != 0) ids.push_back(image->id);
    }
    return ids;
  }

 private:
  /// Numbers and ranges never mean a name: whoever made the image could give one that does.
  std::vector<const Volume*> with_name(const std::string& wanted) const {
    const bool is_list = wanted.find_first_not_of(list_characters) == std::string::npos;
    std::vector<const Volume*> named;
    std::copy_if(images_.begin(), images_.end(), std::back_inserter(named),
                 [&](const Volume* image) { return !is_list && nt_equal(image->label, wanted); });
    return named;
  }

  void add_list(const std::string& list) {
    std::string_view rest = list;
    for (bool more = true; more;) {
      const std::size_t comma = rest.find(',');
      more = comma != std::string_view::npos;
      add_range(range_of(without_blanks(rest.substr(0, comma)), list));
      rest.remove_prefix(more ? comma + 1 : rest.size());
    }
  }

  NumberRange range_of(std::string_view text, const std::string& list) const {
    const std::size_t dash = text.find('-');
    const std::uint64_t first = number_of(without_blanks(text.substr(0, dash)), list);
    if (dash == std::string_view::npos) return {first, first};
    const std::uint64_t last = number_of(without_blanks(text.substr(dash + 1)), list);
    if (first <= last) return {first, last};
    refuse(
        fmt::format("the images '{}' of --image run backwards; expected {}-{}", text, last, first));
  }

  std::uint64_t number_of(std::string_view text, const std::string& list) const {
    std::uint64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (stop != end || text.empty()) {
      refuse(fmt::format("'{}' of --image is no list of images; {}", list, expected_images));
    }
    if (error != std::errc()) refuse_missing(std::string(text));
    if (number == 0) {
      refuse(fmt::format("there is no image 0: '{}' of --image; the first one is 1", list));
    }
    return number;
  }

  void add_range(const NumberRange& range) {
    for (std::uint64_t number = range.first; number <= range.last; ++number) {
      add_number(std::to_string(number));  // one that is missing ends it, however long the range is
    }
  }

  void add_number(const std::string& number) {
    std::vector<const Volume*> found;
    std::copy_if(images_.begin(), images_.end(), std::back_inserter(found),
                 [&](const Volume* image) { return image_number(image->id) == number; });
    if (found.empty()) refuse_missing(number);
    if (found.size() > 1) refuse(fmt::format("has several images '{}'{}", number, known()));
    chosen_.insert(found.front()->id);
  }

  std::string known() const {
    std::string text;
    for (const Volume* image : images_) {
      text += (text.empty() ? "; there are " : ", ") + image->id +
              (image->label.empty() ? "" : " \"" + image->label + "\"");
    }
    return text;
  }

  [[noreturn]] void refuse(const std::string& reason) const {
    throw Error(ErrorKind::usage, reason, path_);
  }
  [[noreturn]] void refuse_missing(const std::string& image) const {
    throw Error(ErrorKind::not_found, fmt::format("has no image '{}'{}", image, known()), path_);
  }

  const std::string& path_;
  std::vector<const Volume*> images_;
  std::set<std::string> chosen_;
};

}  // namespace

std::vector<std::string> chosen_images(const std::vector<Volume>& volumes,
                                       const std::vector<std::string>& wanted,
                                       const std::string& path) {
  if (wanted.empty() || std::find(wanted.begin(), wanted.end(), "all") != wanted.end()) return {};
  ImageChoice choice(volumes, path);
  for (const std::string& each : wanted) choice.add(each);
  return choice.ids();
}

}  // namespace goldhive::target
