#include "weights/folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"

namespace vidbench::weights {
namespace {

class FolderTest : public testing::Test {
 protected:
  FolderTest() { ::setenv("XDG_CACHE_HOME", (home_.path() / "cache").c_str(), 1); }
  void write(const std::string& name, const std::string& content) {
    write_file_atomic(folder_.file(name), content, Durability::kCrash);
  }

  TemporaryDirectory home_;
  Folder folder_{home_.path() / "weights"};
  OfficialFile unknown_{.name = "a.pt"};
  OfficialFile known_{.name = "a.pt", .sha256 = sha256_hex("good")};
};

TEST_F(FolderTest, TellsTheFourStates) {
  EXPECT_EQ(folder_.status(known_, false).state, FileState::kMissing);
  write("a.pt.part", "go");
  EXPECT_EQ(folder_.status(known_, false).state, FileState::kPartial);
  EXPECT_EQ(folder_.status(known_, false).bytes, 2U);
  write("a.pt", "good");
  EXPECT_EQ(folder_.status(known_, true).state, FileState::kPresent);
  write("a.pt", "gooD");
  for (const bool fresh : {false, true}) {
    const FileStatus status = folder_.status(known_, fresh);
    EXPECT_EQ(status.state, FileState::kDamaged);
    EXPECT_NE(status.problem.find(known_.sha256), std::string::npos) << status.problem;
  }
  std::filesystem::remove(folder_.file("a.pt"));
  std::filesystem::create_directory(folder_.file("a.pt"));
  EXPECT_EQ(folder_.status(known_, false).state, FileState::kDamaged);
}

TEST_F(FolderTest, HoldsAFileAgainstWhatIsKnown) {
  EXPECT_EQ(folder_.evidence(unknown_), Evidence::kNone);
  EXPECT_EQ(folder_.objection(unknown_, sha256_hex("x"), 1), "");
  OfficialFile sized = unknown_;
  sized.bytes = 2;
  EXPECT_NE(folder_.objection(sized, sha256_hex("x"), 1), "");
  OfficialFile prefixed = unknown_;
  prefixed.sha256_prefix = sha256_hex("good").substr(0, 8);
  EXPECT_EQ(folder_.evidence(prefixed), Evidence::kPrefix);
  EXPECT_EQ(folder_.objection(prefixed, sha256_hex("good"), 4), "");
  EXPECT_NE(folder_.objection(prefixed, sha256_hex("bad"), 4), "");
}

TEST_F(FolderTest, TheFirstPinStays) {
  write("a.pt", "good");
  folder_.keep_pin(unknown_, {sha256_hex("good"), 4, "2026-01-01T00:00:00Z", "https://example.org"});
  folder_.keep_pin(unknown_, {sha256_hex("evil"), 4, "2026-01-02T00:00:00Z", "https://example.org"});
  ASSERT_TRUE(folder_.pin("a.pt"));
  EXPECT_EQ(folder_.pin("a.pt")->sha256, sha256_hex("good"));
  EXPECT_EQ(folder_.pin("a.pt")->source, "https://example.org");
  EXPECT_EQ(folder_.evidence(unknown_), Evidence::kPin);
  write("a.pt", "evil");
  EXPECT_EQ(folder_.status(unknown_, true).state, FileState::kDamaged);
  // A digest that the makers state needs no pin, and is not overruled by one.
  EXPECT_EQ(folder_.evidence(known_), Evidence::kManifest);
}

TEST_F(FolderTest, ADamagedListOfPinsIsAnErrorAndNeverAnEmptyList) {
  for (const char* content :
       {"", "{", "[]", "{\"schema\":\"other\"}", "{\"schema\":\"vidbench.weights-pins/1\",\"files\":[]}",
        "{\"schema\":\"vidbench.weights-pins/1\",\"files\":{\"a.pt\":{\"sha256\":\"ab\"}}}"}) {
    write("pins.json", content);
    try {
      (void)folder_.pin("a.pt");
      ADD_FAILURE() << "accepted: " << content;
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find("pins.json"), std::string::npos) << e.what();
    }
  }
}

}  // namespace
}  // namespace vidbench::weights
