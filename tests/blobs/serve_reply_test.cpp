#include "blobs/serve_reply.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "blobs/serve.h"

namespace vidbench::blobs {
namespace {

class ServeReplyTest : public testing::Test {
 protected:
  ServeReplyTest() { write_file_atomic(store_.blob(digest_), "0123456789"); }
  [[nodiscard]] ServeReply get(const std::string& range, const std::string& if_range = "") const {
    return reply_to(store_, {"GET", "/blobs/sha256-" + digest_, range, if_range, ""});
  }

  TemporaryDirectory home_;
  Store store_{home_.path()};
  std::string digest_ = sha256_hex("0123456789");
};

TEST_F(ServeReplyTest, Ranges) {
  struct Case {
    const char* range;
    int status;
    uint64_t offset, length;
  };
  for (const Case& c : std::vector<Case>{{"", 200, 0, 10},
                                         {"bytes=0-", 206, 0, 10},
                                         {"bytes=3-5", 206, 3, 3},
                                         {"bytes=3-99", 206, 3, 7},
                                         {"bytes=-4", 206, 6, 4},
                                         {"bytes=-99", 206, 0, 10},
                                         {"bytes=9-9", 206, 9, 1},
                                         {"bytes=1-2,4-5", 200, 0, 10},
                                         {"bytes=5-3", 200, 0, 10},
                                         {"bytes=x-y", 200, 0, 10},
                                         {"lines=1-2", 200, 0, 10},
                                         {"bytes=", 200, 0, 10},
                                         {"bytes=-", 200, 0, 10},
                                         {"bytes=1-2x", 200, 0, 10},
                                         {"bytes=18446744073709551616-", 200, 0, 10}}) {
    const ServeReply reply = get(c.range);
    EXPECT_EQ(reply.status, c.status) << c.range;
    EXPECT_EQ(reply.offset, c.offset) << c.range;
    EXPECT_EQ(reply.length, c.length) << c.range;
  }
  for (const char* range : {"bytes=10-", "bytes=99-100", "bytes=-0"})
    EXPECT_EQ(get(range).status, 416) << range;
  EXPECT_EQ(get("bytes=1-2", "\"other\"").status, 200);
  EXPECT_EQ(get("bytes=1-2", "\"" + digest_ + "\"").status, 206);
}

TEST_F(ServeReplyTest, LinksLeadNowhere) {
  std::filesystem::create_symlink("/etc/passwd", store_.blob(std::string(64, '0')));
  EXPECT_EQ(reply_to(store_, {"GET", "/blobs/sha256-" + std::string(64, '0')}).status, 404);
}

TEST(ReadListen, Addresses) {
  ServeOptions options;
  read_listen("8420", options);
  EXPECT_EQ(options.address + "|" + std::to_string(options.port), "127.0.0.1|8420");
  read_listen(":1", options);
  EXPECT_EQ(options.address + "|" + std::to_string(options.port), "0.0.0.0|1");
  read_listen("[::1]:2", options);
  EXPECT_EQ(options.address + "|" + std::to_string(options.port), "::1|2");
  for (const char* text : {"", ":", "a:b", "1.2.3.4:", "1.2.3.4:99999", "1.2.3.4:-1", "::1"})
    EXPECT_THROW(read_listen(text, options), Error) << text;
}

}  // namespace
}  // namespace vidbench::blobs
