#include "engine/video_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/strings.h"
#include "engine/plan.h"
#include "media/names.h"
#include "suites/vbench_import.h"

namespace vidbench::engine {
namespace {

namespace fs = std::filesystem;

void collect(const fs::path& folder, const fs::path& root, std::vector<store::VideoMeasurements>& into) {
  std::vector<fs::path> entries;
  for (const auto& entry : fs::directory_iterator(folder))
    if (!entry.path().filename().string().starts_with('.')) entries.push_back(entry.path());
  std::sort(entries.begin(), entries.end());
  for (const fs::path& entry : entries) {
    if (media::looks_like_video(entry))
      into.push_back({.file = entry.lexically_relative(root).string(), .path = entry.string()});
    else if (fs::is_directory(entry))
      collect(entry, root, into);
  }
}

// The records of a CSV text, each with the line it begins on.
struct CsvRecord {
  size_t line = 1;
  std::vector<std::string> fields;
};

std::vector<CsvRecord> parse_csv(const std::string& text, const std::string& name) {
  std::vector<CsvRecord> records;
  size_t line = 1;
  size_t at = 0;
  while (at < text.size()) {
    CsvRecord record{line, {}};
    for (bool more = true; more;) {
      std::string field;
      if (text[at] == '"') {
        const size_t opened = line;
        for (++at;; ++at) {
          if (at >= text.size()) throw_input(fmt::format("{}:{}: a quote is not closed", name, opened));
          if (text[at] == '\n') ++line;
          if (text[at] != '"') {
            field += text[at];
          } else if (at + 1 < text.size() && text[at + 1] == '"') {
            field += text[++at];
          } else {
            break;
          }
        }
        ++at;
      } else {
        while (at < text.size() && text[at] != ',' && text[at] != '\n') field += text[at++];
        if (!field.empty() && field.back() == '\r') field.pop_back();
      }
      if (at < text.size() && text[at] == '\r') ++at;
      if (at < text.size() && text[at] != ',' && text[at] != '\n')
        throw_input(fmt::format("{}:{}: text after a closing quote", name, line));
      more = at < text.size() && text[at] == ',';
      record.fields.push_back(std::move(field));
      ++at;
      if (more && at == text.size()) {
        record.fields.emplace_back();
        more = false;
      }
    }
    ++line;
    if (record.fields.size() > 1 || !record.fields.front().empty()) records.push_back(std::move(record));
  }
  return records;
}

struct PromptLine {
  size_t line = 0;
  std::string file;
  store::Asked asked;
};

std::vector<PromptLine> prompts_from_csv(const std::string& text, const std::string& name) {
  const std::vector<CsvRecord> records = parse_csv(text, name);
  if (records.empty()) throw_input(name + ": the file is empty", "its first line is: file,prompt");
  const auto column = [&](const char* title) {
    const auto& header = records.front().fields;
    const auto found = std::find(header.begin(), header.end(), title);
    if (found == header.end())
      throw_input(fmt::format("{}:1: there is no column '{}'", name, title),
                  "the first line is: file,prompt");
    return static_cast<size_t>(found - header.begin());
  };
  const size_t file = column("file");
  const size_t prompt = column("prompt");
  std::vector<PromptLine> lines;
  for (size_t i = 1; i < records.size(); ++i) {
    const auto& fields = records[i].fields;
    if (fields.size() != records.front().fields.size())
      throw_input(fmt::format("{}:{}: {} columns where the first line has {}", name, records[i].line,
                              fields.size(), records.front().fields.size()),
                  "a prompt with a comma stands in quotes");
    lines.push_back({records[i].line, fields[file], {fields[prompt], Json::object(), {}}});
  }
  return lines;
}

std::vector<PromptLine> prompts_from_jsonl(const std::string& text, const std::string& name) {
  std::vector<PromptLine> lines;
  size_t number = 0;
  for (const std::string& line : split(text, '\n')) {
    ++number;
    if (trim(line).empty()) continue;
    const Json record = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!record.is_object() || !record.contains("file") || !record["file"].is_string() ||
        !record.contains("prompt") || !record["prompt"].is_string())
      throw_input(fmt::format("{}:{}: not an object with the texts 'file' and 'prompt'", name, number));
    lines.push_back({number, record["file"], {record["prompt"], Json::object(), {}}});
    store::Asked& asked = lines.back().asked;
    if (record.contains("auxiliary")) {
      if (!record["auxiliary"].is_object())
        throw_input(fmt::format("{}:{}: 'auxiliary' is not an object", name, number));
      asked.auxiliary = record["auxiliary"];
    }
    if (record.contains("dimensions")) {
      const Json& list = record["dimensions"];
      if (!list.is_array() ||
          !std::all_of(list.begin(), list.end(), [](const Json& item) { return item.is_string(); }))
        throw_input(fmt::format("{}:{}: 'dimensions' is not a list of texts", name, number));
      asked.dimensions = list.get<std::vector<std::string>>();
    }
  }
  return lines;
}

// "a cat-3.mp4" -> "a cat"; "" for a name that does not end in a number.
std::string vbench_prompt(const fs::path& file) {
  const std::string stem = file.stem().string();
  const size_t dash = stem.rfind('-');
  if (dash == std::string::npos || dash + 1 == stem.size() ||
      stem.find_first_not_of("0123456789", dash + 1) != std::string::npos)
    return "";
  return stem.substr(0, dash);
}

void read_vbench_prompts(const Json& list, const std::string& name,
                         std::vector<store::VideoMeasurements>& videos) {
  std::map<std::string, suites::Prompt> prompts;
  for (auto& prompt : suites::read_vbench_list(list, name)) prompts.emplace(prompt.text, prompt);
  size_t known = 0;
  for (auto& video : videos) {
    const auto found = prompts.find(vbench_prompt(video.file));
    video.asked.dimensions.emplace();  // a video that is not VBench's is none of its dimensions'
    if (found == prompts.end()) continue;
    video.asked = engine::asked(found->second);
    ++known;
  }
  if (known == 0)
    throw_input(fmt::format("{}: none of {} videos is named after one of its prompts", name, videos.size()),
                fmt::format("VBench names them \"{}-0.mp4\"", prompts.begin()->first));
}

std::string without_ending(const std::string& file) { return fs::path(file).replace_extension().string(); }

std::map<std::string, size_t> count_by_stem(const std::vector<store::VideoMeasurements>& videos) {
  std::map<std::string, size_t> counts;
  for (const auto& video : videos) ++counts[without_ending(video.file)];
  return counts;
}

}  // namespace

std::vector<store::VideoMeasurements> find_videos(const fs::path& path) {
  std::vector<store::VideoMeasurements> videos;
  try {
    if (!fs::exists(path)) throw_input(path.string() + " is not there");
    if (!fs::is_directory(path) || media::looks_like_video(path))
      videos.push_back({.file = path.filename().string(), .path = path.string()});
    else
      collect(path, path, videos);
  } catch (const fs::filesystem_error& e) {
    throw_input(fmt::format("{} cannot be read: {}", path.string(), e.code().message()));
  }
  if (videos.empty())
    throw_input("there are no videos in " + path.string(),
                "files ending in .mp4, .webm, .mov, .gif, .npy, …");
  return videos;
}

void read_prompts(const fs::path& prompts, std::vector<store::VideoMeasurements>& videos) {
  const std::string name = prompts.string();
  const std::string text = read_file(prompts);
  if (prompts.extension() == ".json") return read_vbench_prompts(parse_json(text, name), name, videos);
  const bool jsonl = prompts.extension() == ".jsonl";
  if (!jsonl && prompts.extension() != ".csv")
    throw_input(name + ": prompts are read from a .csv, a .jsonl or VBench's .json file");
  std::map<std::string, store::VideoMeasurements*> by_file;
  std::vector<std::string> files;
  for (auto& video : videos) {
    by_file[video.file] = &video;
    files.push_back(video.file);
  }
  std::map<std::string, size_t> seen;
  for (auto& [line, file, asked] : jsonl ? prompts_from_jsonl(text, name) : prompts_from_csv(text, name)) {
    const auto found = by_file.find(file);
    if (found == by_file.end())
      throw_input(fmt::format("{}:{}: '{}' is not among the videos", name, line, one_line(file)),
                  suggestion(file, files));
    if (const auto [earlier, is_new] = seen.emplace(file, line); !is_new)
      throw_input(fmt::format("{}:{}: '{}' was already given on line {}", name, line, file, earlier->second));
    asked.prompt = trim(asked.prompt);
    found->second->asked = std::move(asked);
  }
}

void pair_videos(const std::vector<store::VideoMeasurements>& others,
                 std::vector<store::VideoMeasurements>& videos) {
  if (videos.size() == 1 && others.size() == 1) {
    videos.front().paired = others.front().path;
    return;
  }
  std::map<std::string, const store::VideoMeasurements*> by_file, by_stem;
  for (const auto& other : others) {
    by_file[other.file] = &other;
    by_stem[without_ending(other.file)] = &other;
  }
  const auto here = count_by_stem(videos);
  const auto there = count_by_stem(others);
  size_t pairs = 0;
  for (auto& video : videos) {
    const std::string stem = without_ending(video.file);
    const auto same = by_file.find(video.file);
    const auto alike = by_stem.find(stem);
    if (same != by_file.end())
      video.paired = same->second->path;
    else if (alike == by_stem.end())
      video.unpaired = "no paired video has its name";
    else if (here.at(stem) > 1 || there.at(stem) > 1)
      video.unpaired = "several videos have its name with other endings";
    else
      video.paired = alike->second->path;
    pairs += !video.paired.empty();
  }
  if (pairs == 0)
    throw_input(fmt::format("none of {} videos has the name of one of the {} paired videos", videos.size(),
                            others.size()),
                fmt::format("names are relative to the folders that are given: '{}' here, '{}' there",
                            one_line(videos.front().file), one_line(others.front().file)));
}

}  // namespace vidbench::engine
