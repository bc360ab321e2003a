// What a video of the shapes world shows: one or two coloured moving shapes on a grey background.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

namespace vidbench::shapes {

inline constexpr int kFrames = 16;
inline constexpr int kSide = 32;     // pixels, height and width
inline constexpr double kFps = 8.0;  // frames per second

enum class Size { kSmall, kMedium, kLarge };
enum class Color { kRed, kOrange, kYellow, kGreen, kCyan, kBlue, kPurple, kPink };
enum class Shape { kCircle, kSquare, kTriangle, kCross, kRing };
enum class Motion { kLeft, kRight, kUp, kDown, kStill, kCircling, kBouncing, kSwinging };
enum class Background { kBlack, kWhite, kStriped, kCheckered };

inline constexpr std::array<std::string_view, 3> kSizeNames = {"small", "medium", "large"};
inline constexpr std::array<std::string_view, 8> kColorNames = {"red",  "orange", "yellow", "green",
                                                                "cyan", "blue",   "purple", "pink"};
inline constexpr std::array<std::string_view, 5> kShapeNames = {"circle", "square", "triangle", "cross",
                                                                "ring"};
inline constexpr std::array<std::string_view, 8> kMotionNames = {
    "moving left",          "moving right",         "moving up", "moving down", "standing still", "circling",
    "bouncing up and down", "swinging side to side"};
inline constexpr std::array<std::string_view, 4> kBackgroundNames = {"black", "white", "striped",
                                                                     "checkered"};

struct ObjectSpec {
  Size size = Size::kSmall;
  Color color = Color::kRed;
  Shape shape = Shape::kCircle;
  Motion motion = Motion::kStill;
  bool operator==(const ObjectSpec&) const = default;
};

// One object uses the whole picture; of two, the first stays in the left half and the second in the right.
struct SceneSpec {
  std::vector<ObjectSpec> objects;
  Background background = Background::kBlack;
  bool operator==(const SceneSpec&) const = default;
};

template <typename Enum>
[[nodiscard]] constexpr size_t index(Enum value) {
  return static_cast<size_t>(value);
}

}  // namespace vidbench::shapes
