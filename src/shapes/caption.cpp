#include "shapes/caption.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/strings.h"

namespace vidbench::shapes {
namespace {

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text) {
    if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  if (!word.empty()) words.push_back(word);
  return words;
}

// Reads the grammar from left to right; each `take` consumes words only when they match.
class Reader {
 public:
  explicit Reader(std::vector<std::string> words) : words_(std::move(words)) {}

  bool take(std::string_view phrase) {
    const auto wanted = words_of(phrase);
    if (position_ + wanted.size() > words_.size()) return false;
    if (!std::equal(wanted.begin(), wanted.end(), words_.begin() + static_cast<long>(position_)))
      return false;
    position_ += wanted.size();
    return true;
  }
  template <typename Enum, size_t N>
  bool take_one(const std::array<std::string_view, N>& names, Enum& value) {
    for (size_t i = 0; i < N; ++i) {
      if (take(names[i])) {
        value = static_cast<Enum>(i);
        return true;
      }
    }
    return false;
  }
  bool take_object(ObjectSpec& object) {
    return take("a") && take_one(kSizeNames, object.size) && take_one(kColorNames, object.color) &&
           take_one(kShapeNames, object.shape) && take_one(kMotionNames, object.motion);
  }
  [[nodiscard]] bool at_end() const { return position_ == words_.size(); }

 private:
  std::vector<std::string> words_;
  size_t position_ = 0;
};

std::string phrase_of(const ObjectSpec& object) {
  std::string text = "a ";
  text += kSizeNames[index(object.size)];
  text.append(" ").append(kColorNames[index(object.color)]);
  text.append(" ").append(kShapeNames[index(object.shape)]);
  text.append(" ").append(kMotionNames[index(object.motion)]);
  return text;
}

uint64_t fnv1a(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

template <typename Enum, size_t N>
Enum pick(const std::array<std::string_view, N>&, Random& random) {
  return static_cast<Enum>(random.below(N));
}

ObjectSpec sample_object(Random& random) {
  ObjectSpec object;
  object.size = pick<Size>(kSizeNames, random);
  object.color = pick<Color>(kColorNames, random);
  object.shape = pick<Shape>(kShapeNames, random);
  object.motion = pick<Motion>(kMotionNames, random);
  return object;
}

// The n-th of all one-object scenes, counting like an odometer.
SceneSpec scene_number(size_t n) {
  const auto digit = [&n](size_t base) { return std::exchange(n, n / base) % base; };
  ObjectSpec object;
  object.size = static_cast<Size>(digit(kSizeNames.size()));
  object.color = static_cast<Color>(digit(kColorNames.size()));
  object.shape = static_cast<Shape>(digit(kShapeNames.size()));
  object.motion = static_cast<Motion>(digit(kMotionNames.size()));
  return {{object}, static_cast<Background>(digit(kBackgroundNames.size()))};
}

std::vector<std::string> make_vocabulary() {
  std::vector<std::string> words = {"<pad>"};
  const auto add = [&words](std::string_view phrase) {
    for (const auto& word : words_of(phrase)) {
      if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
    }
  };
  add("a and on background");
  for (const auto name : kSizeNames) add(name);
  for (const auto name : kColorNames) add(name);
  for (const auto name : kShapeNames) add(name);
  for (const auto name : kMotionNames) add(name);
  for (const auto name : kBackgroundNames) add(name);
  return words;
}

}  // namespace

std::string caption_of(const SceneSpec& scene) {
  std::vector<std::string> phrases;
  for (const auto& object : scene.objects) phrases.push_back(phrase_of(object));
  std::string text = join(phrases, " and ");
  return text.append(" on a ").append(kBackgroundNames[index(scene.background)]).append(" background");
}

std::optional<SceneSpec> parse_caption(std::string_view caption) {
  Reader reader(words_of(caption));
  SceneSpec scene;
  scene.objects.resize(1);
  if (!reader.take_object(scene.objects[0])) return std::nullopt;
  if (reader.take("and")) {
    scene.objects.resize(2);
    if (!reader.take_object(scene.objects[1])) return std::nullopt;
  }
  const bool rest = reader.take("on") && reader.take("a") &&
                    reader.take_one(kBackgroundNames, scene.background) && reader.take("background") &&
                    reader.at_end();
  return rest ? std::optional(scene) : std::nullopt;
}

bool is_held_out(std::string_view caption) {
  const auto scene = parse_caption(caption);
  return scene && scene->objects.size() == 1 && fnv1a(caption_of(*scene)) % 10 == 0;
}

std::vector<SceneSpec> one_object_scenes(bool held_out) {
  const size_t total = kSizeNames.size() * kColorNames.size() * kShapeNames.size() * kMotionNames.size() *
                       kBackgroundNames.size();
  std::vector<SceneSpec> scenes;
  for (size_t n = 0; n < total; ++n) {
    SceneSpec scene = scene_number(n);
    if (is_held_out(caption_of(scene)) == held_out) scenes.push_back(std::move(scene));
  }
  Random random(20240611);
  for (size_t i = scenes.size(); i > 1; --i) std::swap(scenes[i - 1], scenes[random.below(i)]);
  return scenes;
}

SceneSpec sample_training_scene(Random& random, double two_objects) {
  while (true) {
    SceneSpec scene;
    const size_t objects = random.uniform() < two_objects ? 2 : 1;
    for (size_t i = 0; i < objects; ++i) scene.objects.push_back(sample_object(random));
    scene.background = pick<Background>(kBackgroundNames, random);
    if (objects == 2 || !is_held_out(caption_of(scene))) return scene;
  }
}

std::span<const std::string> vocabulary() {
  static const std::vector<std::string> words = make_vocabulary();
  return words;
}

std::vector<int64_t> tokenize(std::string_view caption) {
  std::vector<int64_t> tokens;
  const auto words = vocabulary();
  for (const auto& word : words_of(caption)) {
    const auto found = std::find(words.begin() + 1, words.end(), word);
    if (found != words.end()) tokens.push_back(found - words.begin());
  }
  tokens.resize(kMaxTokens, kPadToken);
  return tokens;
}

}  // namespace vidbench::shapes
