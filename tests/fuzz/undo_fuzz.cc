// Undo files, hot journals and records of replacements that came with a target: whatever they hold,
// readers, recover and undo end with or without an Error, and no file outside of the target's
// folder changes.
//
// Input: byte 0 says what the file is (a row of `kinds`), bytes 1 and 2 how long the target is;
// then comes the file, whose length field and checksum are made right.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "imgtools/bytes/digest.h"
#include "imgtools/bytes/error.h"
#include "imgtools/change/read_through.h"
#include "imgtools/change/recover.h"
#include "imgtools/change/undo.h"
#include "tests/fuzz/attempt.h"
#include "tests/support/faulty_storage.h"

using namespace goldhive;

namespace {

struct Kind {
  const char* path;    ///< where the file lies
  const char* target;  ///< what is undone and recovered
  const char* beside;  ///< where the old file lies that a replacement needs; "" for a journal
};

constexpr Kind kinds[] = {
    {"/d/t.goldhive-journal", "/d/t", ""},
    {"/d/goldhive-journal", "/d/t", ""},
    {"/d/t.goldhive-undo", "/d/t", ""},
    {"/d.goldhive-undo", "/d", ""},
    {"/d/t.goldhive-replacing", "/d/t", "/d/t.goldhive-old"},
    {"/d/t.goldhive-undo", "/d/t", "/d/t.goldhive-undo.original"},
    {"/d.goldhive-undo", "/d", "/d.goldhive-undo.original"},
};

const std::string bystander = "/e/t";

Bytes sealed(const Kind& kind, Bytes bytes) {
  const bool journal = *kind.beside == '\0';
  if (journal && bytes.size() >= 64) put_u64(bytes, 16, bytes.size() + 32);
  const Digest digest = sha256(MemorySource(bytes, "sealed"));
  bytes.insert(bytes.end(), digest.begin(), digest.end());
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const Kind& kind = kinds[data[0] % std::size(kinds)];
  const Bytes target(data[1] + std::size_t{data[2]} * 256, 0x55);
  testing::FaultyStorage base;
  base.make_directories("/d");
  base.put("/d/t", target);
  base.put("/d/other", target);
  base.put(bystander, target);
  base.put(kind.path, sealed(kind, Bytes(data + 3, data + size)));
  if (*kind.beside != '\0') base.put(kind.beside, Bytes(100, 0x66));

  for (const bool force : {false, true}) {
    testing::FaultyStorage storage = base;
    fuzz::attempt([&] {
      const auto file = ReadThroughStorage(storage).open("/d/t");
      file->read(0, static_cast<std::size_t>(file->size()));
    });
    fuzz::attempt([&] { recover(storage, "/d/t", force); });
    fuzz::attempt([&] {
      const JournalPlace place = place_of(storage, kind.target, kind.target, {});
      const auto newest = newest_undo_file(storage, place);
      if (newest) undo(storage, place, *newest, force);
    });
    if (storage.contents(bystander) != target) std::abort();
  }
  return 0;
}
