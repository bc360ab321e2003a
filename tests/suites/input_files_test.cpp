// Prompts that start from a picture or a video: what is accepted, what identifies it, what each mistake says.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "suites/suite.h"

namespace vidbench::suites {
namespace {

namespace fs = std::filesystem;

class InputFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    write("a cat.PNG", "picture a");
    write("b.png", "picture b");
    write("clip.mp4", "video");
    write("empty.png", "");
    fs::create_directory(folder() / "folder.png");
  }
  [[nodiscard]] const fs::path& folder() const { return temporary_.path(); }
  void write(const std::string& name, const std::string& content) const {
    write_file_atomic(folder() / name, content);
  }
  [[nodiscard]] Suite parse(const std::string& prompts, const fs::path& from) const {
    return parse_suite("id: s\nversion: 1\ntitle: t\nseeds: [1]\nmetrics: []\nprompts:\n" + prompts, "s.yaml",
                       from);
  }
  [[nodiscard]] std::string error_of(const std::string& prompts) const {
    try {
      (void)parse(prompts, folder());
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kInput);
      return std::string(e.what()) + "|" + e.hint();
    }
    return "";
  }

 private:
  TemporaryDirectory temporary_;
};

TEST_F(InputFiles, AreFoundFromTheSuitesFolder) {
  const Suite suite = parse("  - {text: x, image: a cat.PNG, video: ./clip.mp4}\n", folder());
  EXPECT_EQ(suite.prompts[0].image.path, folder() / "a cat.PNG");
  EXPECT_EQ(suite.prompts[0].image.sha256, sha256_hex("picture a"));
  EXPECT_EQ(suite.prompts[0].video.path, folder() / "clip.mp4");
  EXPECT_EQ(to_json(suite)["prompts"][0]["image_file"], (folder() / "a cat.PNG").string());
}

TEST_F(InputFiles, ContentAndNotTheNameIdentifiesASuite) {
  const std::string digest = parse("  - {text: x, image: b.png}\n", folder()).digest;
  EXPECT_NE(digest, parse("  - {text: x}\n", folder()).digest);
  EXPECT_NE(digest, parse("  - {text: x, image: a cat.PNG}\n", folder()).digest);
  write("c.png", "picture b");
  EXPECT_EQ(digest, parse("  - {text: x, image: c.png}\n", folder()).digest);
  write("b.png", "picture B");
  EXPECT_NE(digest, parse("  - {text: x, image: b.png}\n", folder()).digest);
}

TEST_F(InputFiles, OneTextMayStandWithSeveralPictures) {
  const Suite suite =
      parse("  - {text: x}\n  - {text: x, image: b.png}\n  - {text: x, image: a cat.PNG}\n", folder());
  EXPECT_EQ(suite.prompts.size(), 3U);
  EXPECT_NE(error_of("  - {text: x, image: b.png}\n  - {text: x, image: b.png}\n")
                .find("prompts[1] has the same text and files as prompts[0]"),
            std::string::npos);
}

TEST_F(InputFiles, MistakesNameThePlaceAndTheWayOut) {
  const auto says = [&](const std::string& keys, const std::string& text) {
    const std::string error = error_of(fmt::format("  - {{text: x, {}}}\n", keys));
    EXPECT_NE(error.find(text), std::string::npos) << keys << " → " << error;
    EXPECT_EQ(error.substr(0, 9), "s.yaml:7:") << error;
  };
  says("image: none.png", "none.png' is not there|a path starts at the folder of the suite's file");
  says("image: folder.png", "is not a regular file");
  says("image: empty.png", "is empty");
  says("image: clip.mp4", "one of: .png, .jpg");
  says("video: b.png", "one of: .mp4");
  says("image: ''", "name a file");
  says("image: [b.png]", "'image'");
  says("imag: b.png", "did you mean 'image'?");
  EXPECT_THROW((void)parse("  - {text: x, image: b.png}\n", ""), Error) << "no folder to find it from";
}

}  // namespace
}  // namespace vidbench::suites
