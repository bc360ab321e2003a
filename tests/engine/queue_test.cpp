#include "engine/queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace vidbench::engine {
namespace {

TEST(BoundedQueue, HoldsTheProducerBack) {
  BoundedQueue<int> queue(2);
  std::atomic<int> pushed{0};
  std::jthread producer([&] {
    for (int i = 0; i < 5; ++i)
      if (queue.push(i)) ++pushed;
    queue.close();
  });
  while (pushed < 2) std::this_thread::yield();
  EXPECT_EQ(pushed, 2);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(queue.pop(), i);
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(BoundedQueue, CloseReleasesAWaitingProducerAndKeepsWhatIsThere) {
  BoundedQueue<int> queue(1);
  ASSERT_TRUE(queue.push(1));
  bool accepted = true;
  {
    std::jthread producer([&] { accepted = queue.push(2); });
    queue.close();
  }
  EXPECT_FALSE(accepted);
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), std::nullopt);
}

}  // namespace
}  // namespace vidbench::engine
