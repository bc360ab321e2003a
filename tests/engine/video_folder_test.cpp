#include "engine/video_folder.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"

namespace vidbench::engine {
namespace {

namespace fs = std::filesystem;

class VideoFolderTest : public ::testing::Test {
 protected:
  void touch(const std::string& name) {
    fs::create_directories((folder_.path() / name).parent_path());
    write_file_atomic(folder_.path() / name, "x");
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> files;
    for (const auto& video : find_videos(folder_.path())) files.push_back(video.file);
    return files;
  }
  // What read_prompts says of `text`, given the videos a.mp4 and b,"c.mp4; "" when it takes it.
  std::string fault(const std::string& file, const std::string& text) {
    try {
      (void)prompts(file, text);
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kInput);
      return e.what();
    }
    return "";
  }
  std::vector<std::string> prompts(const std::string& file, const std::string& text) {
    write_file_atomic(folder_.path() / file, text);
    std::vector<store::VideoMeasurements> videos = {{.file = "a.mp4"}, {.file = "b,\"c.mp4"}};
    read_prompts(folder_.path() / file, videos);
    return {videos[0].asked.prompt, videos[1].asked.prompt};
  }

  TemporaryDirectory folder_;
};

TEST_F(VideoFolderTest, FindsVideosByTheirNamesInOrder) {
  for (const char* name : {"b.MP4", "a.webm", "notes.txt", ".hidden.mp4", "deep/er/c.npy", "frames/0001.png",
                           "frames/0002.png", "prompts.csv"})
    touch(name);
  EXPECT_EQ(names(), (std::vector<std::string>{"a.webm", "b.MP4", "deep/er/c.npy", "frames"}));
}

TEST_F(VideoFolderTest, TakesOneFileWhateverItIsCalled) {
  touch("odd.name");
  const auto videos = find_videos(folder_.path() / "odd.name");
  ASSERT_EQ(videos.size(), 1U);
  EXPECT_EQ(videos[0].file, "odd.name");
}

TEST_F(VideoFolderTest, SaysWhatIsNotThere) {
  EXPECT_THROW((void)names(), Error);
  touch("notes.txt");
  EXPECT_THROW((void)names(), Error);
  EXPECT_THROW((void)find_videos(folder_.path() / "nowhere"), Error);
}

TEST_F(VideoFolderTest, ReadsCsvWithQuotes) {
  const auto found = prompts("p.csv",
                             "id,prompt,file\r\n1,\"a \"\"red\"\" ball,\nbouncing\",a.mp4\r\n\r\n"
                             "2, plain ,\"b,\"\"c.mp4\"\r\n");
  EXPECT_EQ(found[0], "a \"red\" ball,\nbouncing");
  EXPECT_EQ(found[1], "plain");
  EXPECT_EQ(prompts("p.csv", "file,prompt\na.mp4,\n")[0], "");
  EXPECT_EQ(prompts("p.csv", "file,prompt\na.mp4,")[0], "");
}

TEST_F(VideoFolderTest, ReadsJsonLines) {
  const auto found = prompts("p.jsonl", "{\"file\": \"a.mp4\", \"prompt\": \"ein Ball\", \"more\": 1}\n\n");
  EXPECT_EQ(found, (std::vector<std::string>{"ein Ball", ""}));
}

TEST_F(VideoFolderTest, NamesTheLineOfAFault) {
  const std::string csv = (folder_.path() / "p.csv").string();
  EXPECT_EQ(fault("p.csv", ""), csv + ": the file is empty");
  EXPECT_EQ(fault("p.csv", "file,text\n"), csv + ":1: there is no column 'prompt'");
  EXPECT_EQ(fault("p.csv", "file,prompt\na.mp4,a,b\n"), csv + ":2: 3 columns where the first line has 2");
  EXPECT_EQ(fault("p.csv", "file,prompt\n\na.mp4,\"x\n"), csv + ":3: a quote is not closed");
  EXPECT_EQ(fault("p.csv", "file,prompt\na.mp4,\"x\"y\n"), csv + ":2: text after a closing quote");
  EXPECT_EQ(fault("p.csv", "file,prompt\nz.mp4,x\n"), csv + ":2: 'z.mp4' is not among the videos");
  EXPECT_EQ(fault("p.csv", "file,prompt\na.mp4,x\na.mp4,y\n"),
            csv + ":3: 'a.mp4' was already given on line 2");
  const std::string jsonl = (folder_.path() / "p.jsonl").string();
  for (const char* line : {"nonsense", "[]", "{\"file\": \"a.mp4\"}", "{\"file\": 1, \"prompt\": \"x\"}"})
    EXPECT_EQ(fault("p.jsonl", "\n" + std::string(line)),
              jsonl + ":2: not an object with the texts 'file' and 'prompt'");
  EXPECT_NE(fault("p.txt", "a.mp4 x"), "");
}

// For each video: its partner, or why it has none.
std::vector<std::string> pairs(const std::vector<std::string>& others,
                               const std::vector<std::string>& names) {
  std::vector<store::VideoMeasurements> there, here;
  for (const auto& name : others) there.push_back({.file = name, .path = "/there/" + name});
  for (const auto& name : names) here.push_back({.file = name, .path = "/here/" + name});
  pair_videos(there, here);
  std::vector<std::string> result;
  for (const auto& video : here) {
    EXPECT_NE(video.paired.empty(), video.unpaired.empty()) << video.file;
    result.push_back(video.paired + video.unpaired);
  }
  return result;
}

TEST_F(VideoFolderTest, ReadsWhatIsToldBesideThePrompt) {
  write_file_atomic(
      folder_.path() / "p.jsonl",
      R"({"file": "a.mp4", "prompt": "a red car", "auxiliary": {"color": "red"}, "dimensions": ["color"]})"
      "\n"
      R"({"file": "b.mp4", "prompt": "a car"})");
  std::vector<store::VideoMeasurements> videos = {{.file = "a.mp4"}, {.file = "b.mp4"}};
  read_prompts(folder_.path() / "p.jsonl", videos);
  EXPECT_EQ(videos[0].asked,
            (store::Asked{"a red car", {{"color", "red"}}, std::vector<std::string>{"color"}}));
  EXPECT_EQ(videos[1].asked, store::Asked{"a car"});
  EXPECT_NE(fault("q.jsonl", R"({"file": "a.mp4", "prompt": "x", "auxiliary": 1})")
                .find("q.jsonl:1: 'auxiliary' is not an object"),
            std::string::npos);
  EXPECT_NE(fault("q.jsonl", R"({"file": "a.mp4", "prompt": "x", "dimensions": "color"})")
                .find("q.jsonl:1: 'dimensions' is not a list"),
            std::string::npos);
}

TEST_F(VideoFolderTest, FindsVbenchsPromptsInTheNames) {
  write_file_atomic(folder_.path() / "info.json", R"([
    {"prompt_en": "a red car", "dimension": ["color"], "auxiliary_info": {"color": {"color": "red"}}},
    {"prompt_en": "a bear - up close", "dimension": ["subject_consistency", "motion_smoothness"]}])");
  std::vector<store::VideoMeasurements> videos = {{.file = "deep/a red car-0.mp4"},
                                                  {.file = "a bear - up close-12.webm"},
                                                  {.file = "a bear - up close.webm"},
                                                  {.file = "other-1.mp4"}};
  read_prompts(folder_.path() / "info.json", videos);
  EXPECT_EQ(videos[0].asked,
            (store::Asked{"a red car", {{"color", {{"color", "red"}}}}, std::vector<std::string>{"color"}}));
  EXPECT_EQ(videos[1].asked.prompt, "a bear - up close");
  EXPECT_EQ(videos[2].asked, (store::Asked{"", Json::object(), std::vector<std::string>{}}));
  EXPECT_EQ(videos[3].asked, videos[2].asked);
  const store::MetricInfo smoothness{.id = "vbench/motion-smoothness"}, colour{.id = "vbench/color"},
      own{.id = "video/flicker"}, told{.id = "vbench/color", .needs = {"auxiliary"}};
  EXPECT_EQ(not_asked(smoothness, videos[0].asked), "its prompt is not one of this dimension");
  EXPECT_EQ(not_asked(smoothness, videos[1].asked), "");
  EXPECT_EQ(not_asked(colour, videos[0].asked), "");
  const store::Asked still{"a still frame", Json::object(), std::vector<std::string>{"temporal_flickering"}};
  EXPECT_EQ(not_asked({.id = "vbench/static"}, still), "");
  EXPECT_EQ(not_asked({.id = "vbench/static"}, videos[0].asked), "its prompt is not one of this dimension");
  EXPECT_EQ(not_asked(told, videos[0].asked), "");
  EXPECT_EQ(not_asked(own, videos[2].asked), "");
  EXPECT_EQ(not_asked(smoothness, videos[2].asked), "its prompt is not one of this dimension");
  EXPECT_EQ(not_asked(smoothness, {"any"}), "");
  EXPECT_EQ(not_asked(told, {"any"}), "nothing is told beside the prompt");
  std::vector<store::VideoMeasurements> strangers = {{.file = "x-1.mp4"}};
  try {
    read_prompts(folder_.path() / "info.json", strangers);
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("info.json: none of 1 videos is named after one of its prompts"),
              std::string::npos);
  }
}

TEST(PairVideosTest, ByRelativeNameThenWithoutTheEnding) {
  EXPECT_EQ(pairs({"a.mp4", "b/c.npy", "d.mp4", "d.webm"}, {"a.mp4", "b/c.mp4", "c.mp4", "d.gif", "d.mp4"}),
            (std::vector<std::string>{"/there/a.mp4", "/there/b/c.npy", "no paired video has its name",
                                      "several videos have its name with other endings", "/there/d.mp4"}));
  EXPECT_EQ(pairs({"e.npy", "f.npy"}, {"e.mp4", "e.webm", "f.mp4"}),
            (std::vector<std::string>{"several videos have its name with other endings",
                                      "several videos have its name with other endings", "/there/f.npy"}));
}

TEST(PairVideosTest, TwoFilesAreAPair) {
  EXPECT_EQ(pairs({"original.mp4"}, {"generated.mp4"}), std::vector<std::string>{"/there/original.mp4"});
}

TEST(PairVideosTest, NoPairAtAllIsAnError) {
  try {
    (void)pairs({"a.mp4", "b.mp4"}, {"c.mp4"});
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInput);
    EXPECT_STREQ(e.what(), "none of 1 videos has the name of one of the 2 paired videos");
  }
}

}  // namespace
}  // namespace vidbench::engine
