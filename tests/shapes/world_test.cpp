#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iostream>

#include "base/error.h"
#include "shapes/caption.h"
#include "shapes/checker.h"
#include "shapes/renderer.h"

namespace vidbench::shapes {
namespace {

TEST(Caption, RoundTripsEveryOneObjectScene) {
  for (const bool held_out : {false, true}) {
    for (const auto& scene : one_object_scenes(held_out)) {
      ASSERT_EQ(parse_caption(caption_of(scene)), scene) << caption_of(scene);
    }
  }
}

TEST(Caption, RoundTripsTwoObjects) {
  const SceneSpec scene{{{Size::kSmall, Color::kRed, Shape::kCircle, Motion::kBouncing},
                         {Size::kLarge, Color::kOrange, Shape::kRing, Motion::kUp}},
                        Background::kStriped};
  EXPECT_EQ(
      caption_of(scene),
      "a small red circle bouncing up and down and a large orange ring moving up on a striped background");
  EXPECT_EQ(parse_caption(caption_of(scene)), scene);
}

TEST(Caption, RefusesTextOutsideTheGrammar) {
  EXPECT_FALSE(parse_caption(""));
  EXPECT_FALSE(parse_caption("a small red circle"));
  EXPECT_FALSE(parse_caption("a small red circle moving left on a black background today"));
  EXPECT_FALSE(parse_caption("a small mauve circle moving left on a black background"));
}

TEST(Caption, HoldsOutATenthAndNeverTrainsOnIt) {
  const auto held_out = one_object_scenes(true);
  EXPECT_NEAR(static_cast<double>(held_out.size()), 384, 60);
  EXPECT_EQ(held_out.size() + one_object_scenes(false).size(), 3840U);
  Random random(1);
  for (int i = 0; i < 3000; ++i) EXPECT_FALSE(is_held_out(caption_of(sample_training_scene(random, 0.2))));
}

TEST(Caption, TokensFitAndDropUnknownWords) {
  EXPECT_EQ(tokenize("a RED circle, please"), tokenize("a red circle"));
  const SceneSpec longest{{{Size::kSmall, Color::kRed, Shape::kCircle, Motion::kSwinging},
                           {Size::kLarge, Color::kBlue, Shape::kCross, Motion::kBouncing}},
                          Background::kCheckered};
  const auto tokens = tokenize(caption_of(longest));
  ASSERT_EQ(tokens.size(), static_cast<size_t>(kMaxTokens));
  EXPECT_EQ(tokens.back(), kPadToken);
}

TEST(Renderer, IsSeededAndStaysInFrame) {
  Random random(3);
  for (int i = 0; i < 200; ++i) {
    const auto scene = sample_training_scene(random, 0.3);
    const Video video = render(scene, static_cast<uint64_t>(i));
    EXPECT_EQ(video.pixels, render(scene, static_cast<uint64_t>(i)).pixels);
    for (const auto& object : scene.objects) {
      const double radius = radius_of(object.size, 1);
      for (const auto& p : trajectory(object.motion, radius, {}, random)) {
        EXPECT_GE(p.x - radius, 0);
        EXPECT_LE(p.x + radius, kSide);
        EXPECT_GE(p.y - radius, 0);
        EXPECT_LE(p.y + radius, kSide);
      }
    }
  }
  EXPECT_NE(render(one_object_scenes(true)[0], 1).pixels, render(one_object_scenes(true)[0], 2).pixels);
}

TEST(Renderer, RefusesAnEmptyScene) { EXPECT_THROW((void)render({}, 1), Error); }

Video blurred(const Video& video) {
  Video result = video;
  for (int i = 0; i < kFrames; ++i) {
    for (int y = 0; y < kSide; ++y) {
      for (int x = 0; x < kSide; ++x) {
        for (int c = 0; c < 3; ++c) {
          double sum = 0;
          for (int dy = -1; dy <= 1; ++dy) {
            for (int dx = -1; dx <= 1; ++dx) {
              const int yy = std::clamp(y + dy, 0, kSide - 1);
              const int xx = std::clamp(x + dx, 0, kSide - 1);
              sum += video.pixels[video.offset(i, yy, xx) + static_cast<size_t>(c)];
            }
          }
          result.pixels[video.offset(i, y, x) + static_cast<size_t>(c)] =
              static_cast<uint8_t>(std::lround(sum / 9));
        }
      }
    }
  }
  return result;
}

void add_noise(Video& video, double sigma, uint64_t seed) {
  Random random(seed);
  for (auto& value : video.pixels) {
    value = static_cast<uint8_t>(std::lround(std::clamp(value + sigma * random.normal(), 0.0, 255.0)));
  }
}

struct Rates {
  double color = 0, shape = 0, size = 0, motion = 0, background = 0;
};

// Share of right attributes over `count` renders of random scenes.
Rates measure(double two_objects, bool blur, double noise) {
  constexpr int kCount = 300;
  Rates rates;
  double objects = 0;
  Random random(11);
  for (int i = 0; i < kCount; ++i) {
    const auto scene = sample_training_scene(random, two_objects);
    Video video = render(scene, 1000 + static_cast<uint64_t>(i));
    if (blur) video = blurred(video);
    if (noise > 0) add_noise(video, noise, static_cast<uint64_t>(i));
    const Verdict verdict = check(video, scene);
    rates.background += verdict.background / static_cast<double>(kCount);
    for (const auto& object : verdict.objects) {
      objects += 1;
      rates.color += object.color;
      rates.shape += object.shape;
      rates.size += object.size;
      rates.motion += object.motion;
    }
  }
  for (double* rate : {&rates.color, &rates.shape, &rates.size, &rates.motion}) *rate /= objects;
  std::cout << "two_objects=" << two_objects << " blur=" << blur << " noise=" << noise << ": color "
            << rates.color << " shape " << rates.shape << " size " << rates.size << " motion " << rates.motion
            << " background " << rates.background << '\n';
  return rates;
}

void expect_at_least(const Rates& rates, double color, double shape, double size, double motion) {
  EXPECT_GE(rates.color, color);
  EXPECT_GE(rates.shape, shape);
  EXPECT_GE(rates.size, size);
  EXPECT_GE(rates.motion, motion);
  EXPECT_GE(rates.background, 0.99);
}

TEST(Checker, ReadsTrueRenders) { expect_at_least(measure(0, false, 0), 1, 0.99, 0.99, 0.99); }
TEST(Checker, ReadsNoisyRenders) { expect_at_least(measure(0, false, 15), 0.99, 0.9, 0.93, 0.98); }
TEST(Checker, ReadsBlurredRenders) { expect_at_least(measure(0, true, 0), 0.99, 0.85, 0.95, 0.98); }
TEST(Checker, ReadsBlurredNoisyRenders) { expect_at_least(measure(0, true, 10), 0.99, 0.85, 0.95, 0.98); }
TEST(Checker, ReadsTwoObjects) { expect_at_least(measure(1, false, 0), 0.99, 0.97, 0.97, 0.97); }

TEST(Checker, SeesNothingInAGreyVideo) {
  Video video;
  video.pixels.assign(static_cast<size_t>(kFrames) * kSide * kSide * 3, 120);
  const auto seen = observe(video);
  EXPECT_FALSE(seen.color);
  EXPECT_FALSE(seen.shape);
  EXPECT_FALSE(seen.motion);
}

TEST(Checker, AWrongCaptionIsWrong) {
  const SceneSpec scene{{{Size::kMedium, Color::kRed, Shape::kCircle, Motion::kLeft}}, Background::kBlack};
  SceneSpec other = scene;
  other.objects[0] = {Size::kLarge, Color::kBlue, Shape::kCross, Motion::kRight};
  other.background = Background::kWhite;
  const auto verdict = check(render(scene, 5), other);
  EXPECT_FALSE(verdict.objects[0].color || verdict.objects[0].shape || verdict.objects[0].size ||
               verdict.objects[0].motion || verdict.background);
}

TEST(Checker, ErraticPathHasNoMotion) {
  std::vector<Point> path;
  Random random(2);
  for (int i = 0; i < kFrames; ++i) path.push_back({random.uniform(0, 32), random.uniform(0, 32)});
  EXPECT_FALSE(classify_motion(path));
}

TEST(Checker, RefusesAnotherFormat) {
  Video video;
  video.frames = 8;
  EXPECT_THROW((void)observe(video), Error);
}

}  // namespace
}  // namespace vidbench::shapes
