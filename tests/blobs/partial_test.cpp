#include "blobs/partial.h"

#include <gtest/gtest.h>

#include "base/files.h"

namespace vidbench::blobs {
namespace {

std::span<const char> bytes(std::string_view text) { return {text.data(), text.size()}; }

TEST(Partial, GoesOnInAnotherProcessWithTheDigestOfTheWhole) {
  const TemporaryDirectory folder;
  const auto path = folder.path() / "a.part";
  {
    Partial part(path);
    part.restart("https://example.org/a", "\"tag\"");
    part.append(bytes("one "));
    part.append(bytes("two "));
  }
  Partial part(path);
  EXPECT_EQ(part.bytes(), 8U);
  EXPECT_EQ(part.url(), "https://example.org/a");
  EXPECT_EQ(part.validator(), "\"tag\"");
  part.append(bytes("three"));
  EXPECT_EQ(part.sha256(), sha256_hex("one two three"));
  EXPECT_EQ(read_file(path), "one two three");
}

TEST(Partial, RestartForgetsWhatWasThere) {
  const TemporaryDirectory folder;
  Partial part(folder.path() / "a.part");
  part.restart("u", "v");
  part.append(bytes("wrong"));
  part.restart("u2", "");
  part.append(bytes("right"));
  EXPECT_EQ(part.sha256(), sha256_hex("right"));
  part.discard();
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  part.restart("u3", "");
  part.append(bytes("again"));
  EXPECT_EQ(part.sha256(), sha256_hex("again"));
}

TEST(Partial, ADamagedRecordIsAsGoodAsNone) {
  const TemporaryDirectory folder;
  for (const char* record : {"", "{", "[]", "{\"url\":1,\"validator\":2}", "{\"url\":\"u\"}"}) {
    write_file_atomic(folder.path() / "a.part", "content");
    write_file_atomic(folder.path() / "a.part.json", record);
    const Partial part(folder.path() / "a.part");
    EXPECT_EQ(part.bytes(), 7U);
    EXPECT_EQ(part.url() + part.validator(), "") << record;
  }
}

}  // namespace
}  // namespace vidbench::blobs
