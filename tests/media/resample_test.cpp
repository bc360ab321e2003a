// What OpenCV 4.10 (cv2.resize, INTER_LINEAR) makes of a picture of 3 x 5 pixels. Pillow's resize is compared
// with Pillow itself in tests/parity.
#include "media/resample.h"

#include <gtest/gtest.h>

namespace vidbench::media {
namespace {

std::vector<uint8_t> picture() {
  std::vector<uint8_t> rgb;
  for (int i = 0; i < 3 * 5 * 3; ++i) rgb.push_back(static_cast<uint8_t>(i * i * 37 + i * 101 + 11));
  return rgb;
}

TEST(OpenCvBilinear, EqualsOpenCv) {
  EXPECT_EQ(opencv_bilinear(picture(), 3, 5, 2, 3),
            (std::vector<uint8_t>{81, 165, 131, 122, 214, 123, 113, 127, 172, 193, 86, 181, 112, 140, 179,
                                  108, 58, 40}));
  EXPECT_EQ(opencv_bilinear(picture(), 3, 5, 1, 1), (std::vector<uint8_t>{17, 173, 147}));
  EXPECT_EQ(opencv_bilinear(picture(), 3, 5, 5, 7),
            (std::vector<uint8_t>{11,  149, 105, 82,  200, 137, 141, 235, 148, 157, 227, 115, 100, 145, 192,
                                  109, 130, 225, 151, 153, 229, 56,  126, 116, 127, 178, 148, 158, 213, 160,
                                  101, 205, 128, 117, 124, 132, 112, 110, 137, 96,  133, 141, 123, 91,  133,
                                  195, 144, 166, 183, 180, 178, 17,  173, 147, 144, 93,  43,  118, 79,  4,
                                  15,  103, 9,   196, 62,  156, 181, 115, 189, 148, 153, 203, 93,  146, 172,
                                  111, 67,  69,  107, 54,  31,  93,  79,  37,  245, 43,  171, 172, 97,  205,
                                  124, 134, 219, 143, 129, 189, 89,  50,  86,  100, 38,  49,  145, 63,  55}));
}

TEST(OpenCvBilinear, LeavesAPictureOfThatSize) {
  EXPECT_EQ(opencv_bilinear(picture(), 3, 5, 3, 5), picture());
}

}  // namespace
}  // namespace vidbench::media
