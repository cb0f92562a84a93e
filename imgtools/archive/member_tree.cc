#include "imgtools/archive/member_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "imgtools/archive/member_names.h"
#include "imgtools/bytes/budgeted_source.h"
#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "imgtools/host/path.h"

namespace goldhive {

namespace {

// More members than any Windows has (half a million), and a limit for the memory that a hostile
// archive can take.
constexpr std::size_t member_limit = 4'000'000;
constexpr std::uint64_t name_limit = 512 << 20;
constexpr std::ptrdiff_t depth_limit = 255;
/// What an entry takes of memory beside its name and the target of its link.
constexpr std::uint64_t entry_bytes = 256;
/// What of a member decides whether it is an image: the mark of an ISO is the farthest.
constexpr std::size_t peek_bytes = 36 << 10;
/// How many members are named of those that were not looked at for one reason.
constexpr std::size_t named_unread = 8;
/// From here on a disk that qemu reads is put where open_file() needs it, not copied there.
constexpr std::uint64_t large_disk = 16 << 20;

/// Counts entries for a note, which gives their number and the name of the first one.
struct Tally {
  std::uint64_t count = 0;
  std::string first;
  void add(const std::string& name) {
    if (count++ == 0) first = name;
  }
};

}  // namespace

/// The pass that builds the tree.
class MemberTree::Scan {
 public:
  explicit Scan(MemberTree& tree) : tree_(tree) {}

  void run() {
    tree_.folders_[""];
    ArchiveReader reader(tree_.file_, tree_.options_.format, *tree_.budget_);
    Member member;
    for (std::uint64_t ordinal = 0; reader.next(member); ++ordinal) {
      if (ordinal >= member_limit || names_ > name_limit) {
        throw Error(ErrorKind::refused,
                    fmt::format("holds more than {} entries, or more than {} MiB of names: "
                                "extract it and give the folder",
                                member_limit, name_limit >> 20),
                    tree_.file_->name());
      }
      take(reader, member, ordinal);
    }
    tree_.is_tar_ = reader.is_tar();
    for (auto* list : {&tree_.hives_, &tree_.images_}) {
      std::sort(list->begin(), list->end());
      list->erase(std::unique(list->begin(), list->end()), list->end());
    }
    tell();
  }

 private:
  void take(ArchiveReader& reader, const Member& member, std::uint64_t ordinal) {
    const bool by_windows = tree_.options_.format == "zip" || tree_.options_.format == "7z";
    const CleanName name = clean_name(member.name, by_windows);
    if (name.leads_out) return leading_out_.add(member.name);
    if (name.absolute) absolute_.add(member.name);
    if (name.path.empty() || member.kind == Member::Kind::other) return;
    if (std::count(name.path.begin(), name.path.end(), '/') > depth_limit) {
      return too_deep_.add(member.name);
    }
    add_folders(parent_of(name.path));
    Node node;
    node.kind = member.kind;
    node.size = member.kind == Member::Kind::file ? member.size : 0;
    node.ordinal = ordinal;
    node.encrypted = member.encrypted;
    node.link = member.link;
    if (member.kind == Member::Kind::directory) {
      add_folders(name.path);
      return;
    }
    if (member.kind == Member::Kind::file) read_data(reader, name.path, node);
    put(name.path, std::move(node));
  }

  /// Makes a folder and those above it.
  void add_folders(const std::string& path) {
    if (path.empty() || tree_.folders_.count(path) > 0) return;
    const std::string parent = parent_of(path);
    add_folders(parent);
    count_entry(2 * path.size());  // as a folder, and in the one above
    Node node;
    const auto [at, added] = tree_.folders_[parent].try_emplace(base_name(path), node);
    if (!added) {  // a file or link becomes a folder, as it does when unpacked
      twice_.add(path);
      at->second = node;
    }
    tree_.folders_[path];
  }

  void put(const std::string& path, Node node) {
    count_entry(path.size() + node.link.size());
    Folder& folder = tree_.folders_[parent_of(path)];
    const auto [at, added] = folder.try_emplace(base_name(path), node);
    if (added) return;
    // tar writes such an entry if one file is packed twice: the data came with the first one.
    if (node.kind == Member::Kind::hard_link && clean_name(node.link, false).path == path) return;
    twice_.add(path);
    if (at->second.kind == Member::Kind::directory) return;
    tree_.forget_memory(at->second.data.get());
    node.occurrences = at->second.occurrences + 1;
    if (ambiguous()) {
      node.data.reset();
      node.error = std::make_shared<const Error>(
          ErrorKind::unsupported,
          "occurs more than once in the archive, and which of them counts cannot be told",
          tree_.file_->name() + ": " + path);
    }
    at->second = std::move(node);
  }

  void count_entry(std::uint64_t text) {
    names_ += text;
    tree_.held_.add(entry_bytes + text, tree_.file_->name());
  }

  /// Of equal names in a tar the last one counts: that is how tar updates. A zip has no such rule.
  bool ambiguous() const { return tree_.options_.format == "zip" || tree_.options_.format == "7z"; }

  /// What a member turned out to be by its first bytes.
  enum class Content { other, hive, image };

  Content content_of(std::span<const std::uint8_t> head, std::uint64_t size) const {
    if (starts_like_hive(head)) return Content::hive;
    return tree_.options_.is_image(head, size) ? Content::image : Content::other;
  }

  /// Keeps the data if it will probably be asked for.
  void read_data(ArchiveReader& reader, const std::string& path, Node& node) {
    const Interest interest = interest_in(path, node.size);
    if (interest == Interest::none) return;
    if (node.encrypted) {
      if (interest == Interest::keep || is_document_name(path)) return;
      return add_unread(path, Error(ErrorKind::unsupported, encrypted_member));
    }
    const std::string name = tree_.file_->name() + ": " + path;
    MemberSpill own{tree_.options_.scratch_directory};
    const bool may_be_large = node.size == 0 || node.size >= large_disk;  // 0 may mean unknown
    const bool alone = may_be_large && is_read_by_qemu(path);
    MemberData data(name, alone ? own : tree_.spill_, alone ? 0 : tree_.room());
    Content content = Content::other;
    const auto wanted = [&](std::span<const std::uint8_t> head) {
      content = content_of(head, node.size);
      if (content == Content::image && !tree_.options_.images) {
        add_unread(path, Error(ErrorKind::unsupported,
                               "is an image or an archive, and lies in more archives than --depth "
                               "opens: allow more with --depth N"));
        return false;
      }
      return content != Content::other || interest == Interest::keep ||
             (interest == Interest::image && tree_.options_.images);
    };
    std::optional<Error> error;
    MemberPiece piece;
    Bytes head;
    bool decided = false;
    while (reader.read(piece, error)) {
      if (!decided && piece.offset < peek_bytes) {
        head.resize(static_cast<std::size_t>(piece.offset) + piece.data.size());
        std::copy(piece.data.begin(), piece.data.end(),
                  head.begin() + static_cast<std::ptrdiff_t>(piece.offset));
        if (head.size() < peek_bytes) continue;
        if (!wanted(head)) return;
        decided = true;
        data.add({0, std::exchange(head, {})});
        continue;
      }
      if (!decided) {
        if (!wanted(head)) return;
        decided = true;
        data.add({0, std::exchange(head, {})});
      }
      data.add(piece);
    }
    if (error) {
      const bool known = decided || !head.empty();
      if (interest != Interest::keep && !is_document_name(path) &&
          (!known || decided || wanted(head))) {
        add_unread(path, *error);
      }
      node.error = std::make_shared<const Error>(std::move(*error));
      return;
    }
    if (!decided) {
      if (!wanted(head)) return;
      data.add({0, head});
    }
    const std::uint64_t kept = data.in_memory();
    node.data = data.finish(node.size);
    if (own.file) node.data = own.file;
    tree_.keep_in_memory(kept);
    node.size = node.data->size();
    if (content == Content::hive) {
      tree_.hives_.push_back(path);
    } else if (interest != Interest::keep && node.size > 0) {
      tree_.images_.push_back(path);
    }
  }

  void add_unread(const std::string& path, const Error& reason) {
    auto group = std::find_if(tree_.unread_.begin(), tree_.unread_.end(), [&](const Unread& each) {
      return each.reason.message() == reason.message();
    });
    if (group == tree_.unread_.end()) {
      // Messages that quote numbers of the data must not make the list long.
      if (tree_.unread_.size() == named_unread) {
        ++tree_.unread_.back().count;
        return;
      }
      group = tree_.unread_.insert(group, Unread{reason, {}, 0});
    }
    ++group->count;
    if (group->first.size() < named_unread) group->first.push_back(path);
  }

  void tell() {
    const auto note = [&](const Tally& tally, const char* what) {
      if (tally.count == 0) return;
      tree_.name_notes_.push_back(fmt::format(
          "{} {} {} (the first: '{}')", tally.count,
          tally.count == 1 ? "entry of the archive" : "entries of the archive", what, tally.first));
    };
    note(absolute_, "with an absolute name: read as if below the archive's root");
    note(leading_out_, "with '..' in the name: passed over");
    note(too_deep_, "in more than 255 folders: passed over");
    note(twice_, ambiguous() ? "with the name of an earlier entry: neither is used"
                             : "with the name of an earlier entry: the last one counts");
  }

  MemberTree& tree_;
  Tally absolute_, leading_out_, too_deep_, twice_;
  std::uint64_t names_ = 0;
};

MemberTree::MemberTree(std::shared_ptr<const ByteSource> file, ArchiveOptions options)
    : file_(std::move(file)),
      options_(std::move(options)),
      budget_(budget_for(*file_, options_.max_unpacked)),
      spill_{options_.scratch_directory},
      held_(budget_) {
  Scan(*this).run();
}

MemberTree::~MemberTree() { budget_->let_go(in_memory_); }

const MemberTree::Folder& MemberTree::folder(const std::string& path) const {
  const auto found = folders_.find(path);
  if (found == folders_.end()) {
    throw Error(ErrorKind::not_found, "no such directory", file_->name() + ": " + path);
  }
  return found->second;
}

const MemberTree::Node* MemberTree::known(const std::string& path) const {
  const auto parent = folders_.find(parent_of(path));
  if (parent == folders_.end()) return nullptr;
  const auto found = parent->second.find(base_name(path));
  return found == parent->second.end() ? nullptr : &found->second;
}

const MemberTree::Node& MemberTree::node(const std::string& path) const {
  if (const Node* found = known(path)) return *found;
  throw Error(ErrorKind::not_found, "no such file", file_->name() + ": " + path);
}

std::vector<TreeEntry> MemberTree::list(const std::string& directory) const {
  std::vector<TreeEntry> entries;
  for (const auto& [name, node] : folder(directory)) {
    entries.push_back({name, node.kind == Member::Kind::directory, node.size});
  }
  return entries;
}

std::optional<std::string> MemberTree::find(const std::string& path) const {
  std::string found;
  for (const std::string& part : path_parts(path)) {
    const auto here = folders_.find(found);
    if (here == folders_.end()) {
      if (node(found).kind == Member::Kind::symbolic_link) {
        throw Error(ErrorKind::unsupported, "is a symbolic link in an archive: not followed",
                    file_->name() + ": " + found);
      }
      return std::nullopt;
    }
    auto entry = here->second.find(part);
    if (entry == here->second.end()) {
      entry = std::find_if(here->second.begin(), here->second.end(),
                           [&](const auto& each) { return nt_equal(each.first, part); });
    }
    if (entry == here->second.end()) return std::nullopt;
    found += (found.empty() ? "" : "/") + entry->first;
  }
  return found;
}

std::optional<Error> MemberTree::unread() const {
  if (unread_.empty()) return std::nullopt;
  std::string text;
  for (const Unread& each : unread_) {
    std::string names = fmt::format("'{}'", fmt::join(each.first, "', '"));
    if (each.count > each.first.size()) {
      names += fmt::format(" and {} more", each.count - each.first.size());
    }
    text += fmt::format("{}{}{} {}", text.empty() ? "" : "; ", each.count == 1 ? "" : "each of ",
                        names, each.reason.message());
  }
  return Error(
      unread_.front().reason.kind(),
      "what is in some files of the archive is not known, and a Windows may be there: " + text,
      file_->name());
}

MemberTree::Position MemberTree::position(const std::string& path) const {
  const Node& found = node(path);
  return {found.ordinal, found.occurrences};
}

std::uint64_t MemberTree::other_names(const std::string& path) const {
  if (node(path).kind != Member::Kind::file) return 0;
  std::uint64_t names = 0;
  for (const auto& [folder, entries] : folders_) {
    for (const auto& [name, entry] : entries) {
      const Node* next = &entry;
      for (int links = 0; next != nullptr && links < max_links; ++links) {
        if (next->kind != Member::Kind::hard_link) break;
        const std::string target = clean_name(next->link, false).path;
        if (target == path) {
          ++names;
          break;
        }
        next = known(target);
      }
    }
  }
  return names;
}

std::shared_ptr<const ByteSource>& MemberTree::data_of(const std::string& path, int links) const {
  const Node& found = node(path);
  const std::string name = file_->name() + ": " + path;
  switch (found.kind) {
    case Member::Kind::file:
      break;
    case Member::Kind::hard_link: {
      const CleanName target = clean_name(found.link, false);
      if (target.path.empty() || links >= max_links) {
        throw Error(
            ErrorKind::unsupported,
            fmt::format("is a hard link to '{}', where the archive holds no file", found.link),
            name);
      }
      return data_of(target.path, links + 1);
    }
    case Member::Kind::symbolic_link:
      throw Error(ErrorKind::unsupported, "is a symbolic link in an archive: not followed", name);
    default:
      throw Error(ErrorKind::not_found, "is not a file", name);
  }
  if (found.error) throw Error(*found.error);
  if (found.encrypted) throw Error(ErrorKind::unsupported, encrypted_member, name);
  if (found.data) return found.data;
  ArchiveReader reader(file_, options_.format, *budget_);
  Member member;
  for (std::uint64_t ordinal = 0; reader.next(member); ++ordinal) {
    if (ordinal != found.ordinal) continue;
    MemberData data(name, spill_, room());
    std::optional<Error> error;
    MemberPiece piece;
    while (reader.read(piece, error)) data.add(piece);
    if (error) {
      found.error = std::make_shared<const Error>(*error);
      throw Error(*error);
    }
    keep_in_memory(data.in_memory());
    found.data = data.finish(found.size);
    found.size = found.data->size();
    return found.data;
  }
  throw Error(ErrorKind::io, "changed while it was read", file_->name());
}

std::uint64_t MemberTree::room() const {
  // Half of it, so that there is room for what the images in the archive must hold.
  return std::min(member_memory_limit - std::min(member_memory_limit, in_memory_),
                  budget_->room() / 2);
}

void MemberTree::keep_in_memory(std::uint64_t bytes) const {
  budget_->hold(bytes, file_->name());
  in_memory_ += bytes;
}

/// What of kept data is in memory is free again.
void MemberTree::forget_memory(const ByteSource* data) const {
  if (const auto* kept = dynamic_cast<const MemorySource*>(data)) {
    const std::uint64_t bytes = std::min<std::uint64_t>(in_memory_, kept->size());
    in_memory_ -= bytes;
    budget_->let_go(bytes);
  }
}

std::shared_ptr<const SpillFile> MemberTree::open_file(const std::string& path) const {
  std::shared_ptr<const ByteSource>& data = data_of(path, 0);
  if (auto file = std::dynamic_pointer_cast<const SpillFile>(data)) return file;
  auto file = in_own_file(*data, options_.scratch_directory);
  forget_memory(data.get());
  data = file;
  return file;
}

std::unique_ptr<ByteSource> MemberTree::open(const std::string& path) const {
  const std::shared_ptr<const ByteSource> data = data_of(path, 0);
  if (opened_.insert(path).second) budget_->add_member(data->size());
  return std::make_unique<BudgetedSource>(
      std::make_unique<SliceSource>(data, 0, data->size(), data->name()), budget_);
}

}  // namespace goldhive
