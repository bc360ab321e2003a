// Archives made by hand, byte by byte; those that NumPy writes are read in checkpoint_test.cpp.
#include "nn/npz.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "base/error.h"

namespace vidbench::nn {
namespace {

using namespace std::string_literals;

std::string little(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}

// A .npy file of bytes.
std::string npy(const std::string& values, const std::string& shape) {
  const std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (" + shape + "), }\n";
  return "\x93NUMPY\x01\x00"s + little(header.size(), 2) + header + values;
}

struct File {
  std::string name, content;
  uint16_t method = 0, flags = 0;
  std::string packed = content;
  uint64_t size = content.size();
  uint32_t checksum =
      static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size()));
};

std::string deflated(const std::string& content) {
  std::string packed(content.size() + 100, '\0');
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string zip(const std::vector<File>& files, const std::string& comment = "") {
  std::string bytes, list;
  for (const File& file : files) {
    const std::string common = little(20, 2) + little(file.flags, 2) + little(file.method, 2) + little(0, 4) +
                               little(file.checksum, 4) + little(file.packed.size(), 4) +
                               little(file.size, 4) + little(file.name.size(), 2);
    list += "PK\x01\x02"s + little(20, 2) + common + little(0, 2) + little(0, 2) + little(0, 8) +
            little(bytes.size(), 4) + file.name;
    bytes += "PK\x03\x04"s + common + little(3, 2) + file.name + "abc" + file.packed;
  }
  return bytes + list + "PK\x05\x06"s + little(0, 4) + little(files.size(), 2) + little(files.size(), 2) +
         little(list.size(), 4) + little(bytes.size(), 4) + little(comment.size(), 2) + comment;
}

std::string error_of(const std::string& bytes, uint64_t limit = kMostNpzBytes) {
  try {
    (void)read_npz(bytes, "w.npz", limit);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInput);
    EXPECT_EQ(std::string(e.what()).find("w.npz: "), 0U) << e.what();
    return e.what();
  }
  return "no error";
}

TEST(Npz, ReadsStoredAndDeflatedArrays) {
  File second{"conv/W.npy", npy("abcdef", "2, 3")};
  second.method = 8;
  second.packed = deflated(second.content);
  const std::string bytes =
      zip({{"conv/b.npy", npy("xyz", "3,")}, second, {"notes.txt", "no array"}}, "a comment");
  EXPECT_TRUE(is_npz(bytes));
  const auto arrays = read_npz(bytes, "w.npz");
  ASSERT_EQ(arrays.size(), 2U);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(arrays.at("conv/b").elements()), 3), "xyz");
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(arrays.at("conv/W").elements()), 6), "abcdef");
  EXPECT_EQ(arrays.at("conv/W").header.shape, (std::vector<size_t>{2, 3}));
}

TEST(Npz, TellsArchivesOfOtherThings) {
  EXPECT_FALSE(is_npz(zip({{"archive/data.pkl", "x"}})));
  EXPECT_FALSE(is_npz("PK\x03\x04"));
  EXPECT_FALSE(is_npz("\x93NUMPY"));
}

TEST(Npz, RefusesWhatIsNoWholeArray) {
  const std::string good = npy("xyz", "3,");
  const File plain{"a.npy", good};
  EXPECT_NE(error_of("").find("cut off"), std::string::npos);
  EXPECT_NE(error_of(zip({plain, plain})).find("'a' is there twice"), std::string::npos);
  EXPECT_NE(error_of(zip({{"a.npy", npy("xy", "3,")}})).find("'a' has another length"), std::string::npos);
  EXPECT_NE(error_of(zip({{"a.npy", "text"}})).find("'a': not a .npy file"), std::string::npos);
  File changed = plain;
  changed.flags = 1;
  EXPECT_NE(error_of(zip({changed})).find("'a' is encrypted"), std::string::npos);
  changed = plain;
  changed.method = 12;
  EXPECT_NE(error_of(zip({changed})).find("'a' is packed in an unknown way"), std::string::npos);
  changed = plain;
  changed.checksum ^= 1;
  EXPECT_NE(error_of(zip({changed})).find("'a' has another checksum"), std::string::npos);
  changed.method = 8;
  EXPECT_NE(error_of(zip({changed})).find("'a' cannot be unpacked"), std::string::npos);
  changed = plain;
  changed.size = 0xffffffff;
  EXPECT_NE(error_of(zip({changed})).find("'a' is larger than 4 GiB"), std::string::npos);
}

TEST(Npz, TakesNoMemoryForClaims) {
  File bomb{"a.npy", npy("xyz", "3,")};
  bomb.size = 0xfffffffe;
  EXPECT_NE(error_of(zip({bomb})).find("claims more bytes than it has"), std::string::npos);
  bomb.method = 8;
  EXPECT_NE(error_of(zip({bomb})).find("claims more bytes than it has"), std::string::npos);
  File zeros{"a.npy", npy(std::string(10'000, '\0'), "10000,")};
  EXPECT_NE(error_of(zip({zeros}), 5000).find("'a' makes more than 5000 bytes"), std::string::npos);
}

TEST(Npz, DamageNeverCrashes) {
  File second{"b.npy", npy("abcdef", "2, 3")};
  second.method = 8;
  second.packed = deflated(second.content);
  const std::string whole = zip({{"a.npy", npy("xyz", "3,")}, second});
  for (size_t length = 0; length < whole.size(); ++length)
    EXPECT_NE(error_of(whole.substr(0, length)), "no error") << length;
  for (size_t i = 0; i < whole.size(); ++i) {
    for (const char flip : {'\x01', '\x41', '\xff'}) {
      std::string damaged = whole;
      damaged[i] = static_cast<char>(damaged[i] ^ flip);
      (void)error_of(damaged);
    }
  }
}

}  // namespace
}  // namespace vidbench::nn
