#include "base/hash.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "base/files.h"

namespace vidbench {
namespace {

// The example messages of FIPS 180-4 and the empty message.
const std::string kEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const std::string kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const std::string kTwoBlocks = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";
const std::string kMillionA = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

TEST(Sha256, StandardVectors) {
  EXPECT_EQ(sha256_hex(""), kEmpty);
  EXPECT_EQ(sha256_hex("abc"), kAbc);
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), kTwoBlocks);
  EXPECT_EQ(sha256_hex(std::string(1000000, 'a')), kMillionA);
}

TEST(Sha256, PiecesGiveTheSameAsTheWhole) {
  const std::string text(1000000, 'a');
  Sha256 hash;
  for (size_t start = 0, size = 1; start < text.size(); start += size, size = size % 977 + 1)
    hash.update(std::string_view(text).substr(start, size));
  EXPECT_EQ(hash.hex(), kMillionA);
}

TEST(Sha256, ReadsFilesOfSeveralBlocks) {
  const TemporaryDirectory folder;
  const std::string content(size_t{3} << 20 | 17, 'q');
  write_file_atomic(folder.path() / "big", content);
  write_file_atomic(folder.path() / "empty", "");
  EXPECT_EQ(sha256_file(folder.path() / "big"), sha256_hex(content));
  EXPECT_EQ(sha256_file(folder.path() / "empty"), kEmpty);
}

TEST(Sha256, NamesTheFileItCannotRead) {
  EXPECT_THROW((void)sha256_file("/tmp"), Error);  // a directory is not the empty file
  try {
    (void)sha256_file("/nowhere/weights.safetensors");
    ADD_FAILURE() << "hashed a missing file";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInput);
    EXPECT_NE(std::string(e.what()).find("/nowhere/weights.safetensors"), std::string::npos);
  }
}

}  // namespace
}  // namespace vidbench
