// A small seeded generator whose numbers are the same on every machine and compiler (std distributions are
// not).
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace vidbench {

// SplitMix64 (Steele, Lea, Flood 2014): 64 bits of state, passes BigCrush.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  [[nodiscard]] uint64_t next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  // [0, 1)
  [[nodiscard]] double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  [[nodiscard]] double uniform(double low, double high) { return low + (high - low) * uniform(); }
  // [0, n); n > 0. The bias is below 2^-32 for n < 2^32.
  [[nodiscard]] uint64_t below(uint64_t n) { return next() % n; }
  // Standard normal (Box–Muller, one of the pair).
  [[nodiscard]] double normal() {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(2.0 * std::numbers::pi * uniform());
  }

 private:
  uint64_t state_;
};

}  // namespace vidbench
