// A file of known size that is fetched in chunks, several at once, and digested behind them.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/hash.h"

namespace vidbench::blobs {

// What is missing of a chunk: the bytes [begin, end) of the file.
struct Chunk {
  size_t index = 0;
  uint64_t begin = 0, end = 0;
  std::vector<char> block = {};  // what came last and is not in the file yet; `begin` is behind it
};

// NAME.ranges holds the chunks where they belong, NAME.ranges.json which of them are complete; both survive
// the process. Members are thread-safe but for the constructor, discard() and sha256(). One object a file at
// a time (file_lock.h). Throws Error(kEnvironment) when the disk refuses.
class RangedPart {
 public:
  // `total_bytes` > 0.
  RangedPart(std::filesystem::path part, uint64_t total_bytes);
  ~RangedPart();
  RangedPart(const RangedPart&) = delete;
  RangedPart& operator=(const RangedPart&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return part_; }
  [[nodiscard]] uint64_t total() const { return total_; }
  [[nodiscard]] uint64_t bytes() const;

  // For whoever leads: the first chunk that nobody has, from then on the caller's. Waits for chunks that
  // others may give back: nullopt means that all are complete, or that a stop was requested.
  [[nodiscard]] std::optional<Chunk> claim_or_wait(const std::stop_token& stop);
  // Also for whoever leads: the chunk around `offset` when nobody has it.
  [[nodiscard]] std::optional<Chunk> claim_at(uint64_t offset);
  // For helpers: a chunk that nobody has, a little ahead of who leads, so that a helper who fails at once is
  // not in its way; nullopt when there is none.
  [[nodiscard]] std::optional<Chunk> claim();
  // Where the chunk around `offset` ends.
  [[nodiscard]] uint64_t chunk_end(uint64_t offset) const;

  // The next bytes of the caller's chunk; moves its `begin`. The last of them complete the chunk.
  void write(Chunk& chunk, std::span<const char> content);
  // For somebody else to go on with. What of it cannot be written comes again.
  void give_back(Chunk& chunk) noexcept;

  // Of the whole, when all chunks are complete; nullopt after a stop request. Call once.
  [[nodiscard]] std::optional<std::string> sha256(const std::stop_token& stop);
  // Empties it, so that it can be begun anew.
  void discard();
  // Removes the record alone: the part got its final name.
  void forget() noexcept;

 private:
  enum class State : char { kFree, kTaken, kDone };
  struct Slot {
    State state = State::kFree;
    uint64_t got = 0;  // bytes from its start on
  };

  void open();
  void read_record();
  void write_record();  // call with the lock held
  void start_hashing();
  void stop_hashing();
  void hash(const std::stop_token& stop);
  void flush(Chunk& chunk);
  [[nodiscard]] std::vector<char> empty_block();
  void keep_for_hashing(uint64_t begin, std::vector<char>&& block);  // call with the lock held
  void reuse(std::vector<char>&& block);                             // call with the lock held
  // The block that begins where hashing is, when it is kept; else empty.
  [[nodiscard]] std::vector<char> next_kept();
  [[nodiscard]] uint64_t prefix() const;  // bytes from the start without a gap; call with the lock held
  [[nodiscard]] Chunk take(size_t index);
  [[nodiscard]] size_t end_of(size_t index) const;
  [[nodiscard]] std::filesystem::path record() const { return part_.string() + ".json"; }

  const std::filesystem::path part_;
  const uint64_t total_, chunk_bytes_;
  int fd_ = -1;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<Slot> slots_;
  size_t lead_slot_ = 0;    // where who leads is
  size_t prefix_slot_ = 0;  // all before it are complete
  uint64_t hashed_ = 0;
  bool hash_failed_ = false;
  std::vector<std::vector<char>> spare_;        // blocks to be filled again
  std::map<uint64_t, std::vector<char>> kept_;  // blocks by their place that need not be read again
  std::unique_ptr<Sha256> hash_;
  std::jthread hasher_;
};

}  // namespace vidbench::blobs
