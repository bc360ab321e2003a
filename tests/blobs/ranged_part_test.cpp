#include "blobs/ranged_part.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/random.h"

namespace vidbench::blobs {
namespace {

std::string content(size_t size) {
  Random random(7);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random.next());
  return text;
}

void fill(RangedPart& part, const std::string& text, Chunk chunk) {
  while (chunk.begin < chunk.end)  // in uneven pieces
    part.write(chunk, {text.data() + chunk.begin, std::min<size_t>(50'001, chunk.end - chunk.begin)});
}

TEST(RangedPart, DigestsChunksThatComeInAnyOrder) {
  const TemporaryDirectory folder;
  const std::string text = content(1'000'000);
  RangedPart part(folder.path() / "a.ranges", text.size());
  std::vector<Chunk> chunks;
  while (const auto chunk = part.claim()) chunks.push_back(*chunk);
  ASSERT_GT(chunks.size(), 3U);
  for (auto chunk = chunks.rbegin(); chunk != chunks.rend(); ++chunk) fill(part, text, *chunk);
  EXPECT_EQ(part.sha256({}), sha256_hex(text));
  EXPECT_EQ(read_file(folder.path() / "a.ranges"), text);
}

TEST(RangedPart, GoesOnInAnotherProcess) {
  const TemporaryDirectory folder;
  const std::string text = content(700'001);
  {
    RangedPart part(folder.path() / "a.ranges", text.size());
    (void)part.claim();  // in work when the process ends
    fill(part, text, *part.claim());
  }
  RangedPart part(folder.path() / "a.ranges", text.size());
  EXPECT_EQ(part.bytes(), part.chunk_end(0));
  while (const auto chunk = part.claim()) fill(part, text, *chunk);
  EXPECT_EQ(part.sha256({}), sha256_hex(text));
}

TEST(RangedPart, AChunkThatIsGivenBackGoesOnWhereItWas) {
  const TemporaryDirectory folder;
  const std::string text = content(300'000);
  RangedPart part(folder.path() / "a.ranges", text.size());
  Chunk chunk = *part.claim_or_wait({});
  part.write(chunk, {text.data(), 1000});
  EXPECT_FALSE(part.claim_at(0));
  part.give_back(chunk);
  const auto again = part.claim_at(5);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->begin, 1000U);
  fill(part, text, *again);
  while (const auto next = part.claim()) fill(part, text, *next);
  EXPECT_EQ(part.sha256({}), sha256_hex(text));
}

TEST(RangedPart, HelpersKeepAheadOfWhoLeads) {
  const TemporaryDirectory folder;
  RangedPart part(folder.path() / "a.ranges", 500'000);
  EXPECT_EQ(part.claim_or_wait({})->index, 0U);
  EXPECT_EQ(part.claim()->index, 2U);
  EXPECT_EQ(part.claim_at(part.chunk_end(0))->index, 1U);
  EXPECT_FALSE(part.claim_at(part.chunk_end(part.chunk_end(0)))) << "a helper has it";
  EXPECT_EQ(part.claim()->index, 3U);
  while (part.claim()) continue;
}

TEST(RangedPart, WaitingEndsWithTheLastChunkOrAStop) {
  const TemporaryDirectory folder;
  const std::string text = content(10);
  RangedPart part(folder.path() / "a.ranges", text.size());
  const Chunk chunk = *part.claim();
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_FALSE(part.claim_or_wait(stop.get_token()));
  std::jthread writer([&] { fill(part, text, chunk); });
  EXPECT_FALSE(part.claim_or_wait({}));
  EXPECT_EQ(part.sha256({}), sha256_hex(text));
}

TEST(RangedPart, ADamagedRecordOrAnotherSizeIsAsGoodAsNone) {
  const TemporaryDirectory folder;
  const auto path = folder.path() / "a.ranges";
  for (const char* record : {"", "{", "[]", R"({"bytes": 100, "chunk_bytes": 65536, "done": "11"})",
                             R"({"bytes": 99, "chunk_bytes": 65536, "done": "1"})",
                             R"({"bytes": 100, "chunk_bytes": 65536, "done": 1})"}) {
    write_file_atomic(path, std::string(100, 'x'));
    write_file_atomic(folder.path() / "a.ranges.json", record);
    const RangedPart part(path, 100);
    EXPECT_EQ(part.bytes(), 0U) << record;
  }
  write_file_atomic(path, "short");
  write_file_atomic(folder.path() / "a.ranges.json", R"({"bytes": 100, "chunk_bytes": 65536, "done": "1"})");
  EXPECT_EQ(RangedPart(path, 100).bytes(), 0U);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << "nothing is left to go on with";
}

TEST(RangedPart, DiscardForgetsWhatWasThere) {
  const TemporaryDirectory folder;
  RangedPart part(folder.path() / "a.ranges", 5);
  fill(part, "wrong", *part.claim());
  EXPECT_EQ(part.sha256({}), sha256_hex("wrong"));
  part.discard();
  fill(part, "right", *part.claim());
  EXPECT_EQ(part.sha256({}), sha256_hex("right"));
}

}  // namespace
}  // namespace vidbench::blobs
