#include "blobs/ranged_part.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/strings.h"

namespace vidbench::blobs {
namespace {

constexpr uint64_t kChunksWanted = 64;
constexpr uint64_t kSmallestChunk = uint64_t{64} << 10, kLargestChunk = uint64_t{128} << 20;
constexpr size_t kBlock_bytes = size_t{1} << 20;  // written and hashed at once
constexpr size_t kMostKept = 48;                  // blocks
constexpr size_t kMaxRecordBytes = size_t{1} << 20;

uint64_t chunk_size(uint64_t total) {
  const uint64_t even = (total / kChunksWanted / kSmallestChunk + 1) * kSmallestChunk;
  return std::clamp(even, kSmallestChunk, kLargestChunk);
}

}  // namespace

RangedPart::RangedPart(std::filesystem::path part, uint64_t total_bytes)
    : part_(std::move(part)), total_(total_bytes), chunk_bytes_(chunk_size(total_bytes)) {
  open();
}

RangedPart::~RangedPart() {
  stop_hashing();
  if (fd_ < 0) return;
  ::close(fd_);
  if (bytes() > 0) return;  // something to go on with
  ::unlink(part_.c_str());
  forget();
}

void RangedPart::open() {
  slots_.assign((total_ + chunk_bytes_ - 1) / chunk_bytes_, Slot());
  lead_slot_ = prefix_slot_ = 0;
  fd_ = ::open(part_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  struct stat status {};
  if (fd_ < 0 || ::fstat(fd_, &status) != 0) throw_write(part_);
  if (static_cast<uint64_t>(status.st_size) == total_) read_record();
  if (bytes() == 0 && ::ftruncate(fd_, 0) != 0) throw_write(part_);
  // Reserved now, so that a disk that is full says so before the first byte comes.
  if (::fallocate(fd_, 0, 0, static_cast<off_t>(total_)) != 0) {
    if (errno != EOPNOTSUPP) throw_write(part_);
    if (::ftruncate(fd_, static_cast<off_t>(total_)) != 0) throw_write(part_);
  }
  start_hashing();
}

// A record that cannot be understood is as good as none: the part is then begun anew.
void RangedPart::read_record() {
  std::error_code ec;
  if (!std::filesystem::exists(record(), ec)) return;
  try {
    const Json json = parse_json(read_file(record(), kMaxRecordBytes), record().string());
    if (json.at("bytes").get<uint64_t>() != total_ || json.at("chunk_bytes").get<uint64_t>() != chunk_bytes_)
      return;
    const auto done = json.at("done").get<std::string>();
    if (done.size() != slots_.size()) return;
    for (size_t i = 0; i < slots_.size(); ++i)
      if (done[i] == '1') slots_[i] = {State::kDone, end_of(i) - i * chunk_bytes_};
  } catch (const std::exception&) {
    slots_.assign(slots_.size(), Slot());
  }
}

void RangedPart::write_record() {
  std::string done;
  for (const Slot& slot : slots_) done += slot.state == State::kDone ? '1' : '0';
  write_file_atomic(record(),
                    document({{"bytes", total_}, {"chunk_bytes", chunk_bytes_}, {"done", done}}, -1) + "\n",
                    Durability::kCrash);
}

size_t RangedPart::end_of(size_t index) const { return std::min((index + 1) * chunk_bytes_, total_); }

uint64_t RangedPart::chunk_end(uint64_t offset) const { return end_of(offset / chunk_bytes_); }

uint64_t RangedPart::bytes() const {
  const std::lock_guard lock(mutex_);
  uint64_t sum = 0;
  for (const Slot& slot : slots_) sum += slot.got;
  return sum;
}

Chunk RangedPart::take(size_t index) {
  slots_[index].state = State::kTaken;
  return {index, index * chunk_bytes_ + slots_[index].got, end_of(index)};
}

std::optional<Chunk> RangedPart::claim() {
  const std::lock_guard lock(mutex_);
  const auto free_from = [this](size_t first) {
    while (first < slots_.size() && slots_[first].state != State::kFree) ++first;
    return first;
  };
  size_t index = free_from(lead_slot_ + 2);
  if (index >= slots_.size()) index = free_from(0);
  if (index >= slots_.size()) return std::nullopt;
  return take(index);
}

std::optional<Chunk> RangedPart::claim_or_wait(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  size_t free = slots_.size();
  const auto decided = [&] {
    bool all_done = true;
    for (free = 0; free < slots_.size() && slots_[free].state != State::kFree; ++free)
      all_done = all_done && slots_[free].state == State::kDone;
    return free < slots_.size() || all_done;
  };
  if (!changed_.wait(lock, stop, decided) || free == slots_.size()) return std::nullopt;
  lead_slot_ = free;
  return take(free);
}

std::optional<Chunk> RangedPart::claim_at(uint64_t offset) {
  const std::lock_guard lock(mutex_);
  const size_t index = offset / chunk_bytes_;
  if (index >= slots_.size() || slots_[index].state != State::kFree) return std::nullopt;
  lead_slot_ = index;
  return take(index);
}

// libcurl hands on small pieces: each system call takes a large one.
void RangedPart::write(Chunk& chunk, std::span<const char> content) {
  while (!content.empty()) {
    if (chunk.block.capacity() == 0) chunk.block = empty_block();
    const auto piece = content.first(std::min(content.size(), kBlock_bytes - chunk.block.size()));
    chunk.block.insert(chunk.block.end(), piece.begin(), piece.end());
    chunk.begin += piece.size();
    content = content.subspan(piece.size());
    if (chunk.block.size() == kBlock_bytes || chunk.begin == chunk.end) flush(chunk);
  }
}

std::vector<char> RangedPart::empty_block() {
  std::vector<char> block;
  const std::lock_guard lock(mutex_);
  if (!spare_.empty()) {
    block = std::move(spare_.back());
    spare_.pop_back();
  }
  block.reserve(static_cast<size_t>(std::min<uint64_t>(kBlock_bytes, total_)));
  return block;
}

void RangedPart::flush(Chunk& chunk) {
  std::span<const char> left = chunk.block;
  const uint64_t begin = chunk.begin - left.size();
  uint64_t at = begin;
  while (!left.empty()) {
    const ssize_t written = ::pwrite(fd_, left.data(), left.size(), static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_write(part_);
    at += static_cast<uint64_t>(written);
    left = left.subspan(static_cast<size_t>(written));
  }
  const std::lock_guard lock(mutex_);
  slots_[chunk.index].got += chunk.block.size();
  keep_for_hashing(begin, std::move(chunk.block));
  chunk.block = {};
  if (chunk.begin == chunk.end) {
    slots_[chunk.index].state = State::kDone;
    write_record();
  }
  changed_.notify_all();
}

void RangedPart::give_back(Chunk& chunk) noexcept {
  try {
    flush(chunk);
  } catch (const std::exception&) {  // whoever goes on meets it, too
  }
  const std::lock_guard lock(mutex_);
  if (slots_[chunk.index].state == State::kTaken) slots_[chunk.index].state = State::kFree;
  changed_.notify_all();
}

// Of what is far ahead of the hash the file itself has to do.
void RangedPart::keep_for_hashing(uint64_t begin, std::vector<char>&& block) {
  const bool near = begin >= hashed_ && begin - hashed_ < kMostKept * kBlock_bytes;
  if (near && !block.empty())
    kept_.emplace(begin, std::move(block));
  else if (block.capacity() > 0)
    reuse(std::move(block));
}

void RangedPart::reuse(std::vector<char>&& block) {
  block.clear();
  if (spare_.size() < kMostKept) spare_.push_back(std::move(block));
}

std::vector<char> RangedPart::next_kept() {
  const std::lock_guard lock(mutex_);
  for (auto past = kept_.begin(); past != kept_.lower_bound(hashed_); past = kept_.erase(past))
    reuse(std::move(past->second));
  const auto found = kept_.find(hashed_);
  if (found == kept_.end()) return {};
  std::vector<char> block = std::move(found->second);
  kept_.erase(found);
  return block;
}

uint64_t RangedPart::prefix() const {
  size_t slot = prefix_slot_;
  while (slot < slots_.size() && slots_[slot].state == State::kDone) ++slot;
  return slot == slots_.size() ? total_ : slot * chunk_bytes_ + slots_[slot].got;
}

void RangedPart::start_hashing() {
  hash_ = std::make_unique<Sha256>();
  hashed_ = 0;
  hash_failed_ = false;
  kept_.clear();
  hasher_ = std::jthread([this](const std::stop_token& stop) { hash(stop); });
}

void RangedPart::stop_hashing() {
  hasher_.request_stop();
  if (hasher_.joinable()) hasher_.join();
}

// Follows the part as it grows; what is not kept was just written, and needs no disk to be read.
void RangedPart::hash(const std::stop_token& stop) {
  std::vector<char> read(kBlock_bytes);
  uint64_t ready = 0;
  while (hashed_ < total_ && !stop.stop_requested()) {
    if (hashed_ == ready) {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [&] { return prefix() > hashed_; })) return;
      ready = prefix();
      prefix_slot_ = std::min<size_t>(ready / chunk_bytes_, slots_.size() - 1);
    }
    std::span<const char> content;
    std::vector<char> kept = next_kept();
    if (!kept.empty()) {
      content = kept;
    } else {
      const size_t wanted = static_cast<size_t>(std::min<uint64_t>(read.size(), ready - hashed_));
      const ssize_t got = ::pread(fd_, read.data(), wanted, static_cast<off_t>(hashed_));
      if (got < 0 && errno == EINTR) continue;
      content = std::span(read).first(static_cast<size_t>(std::max<ssize_t>(got, 0)));
    }
    hash_->update(std::string_view(content.data(), content.size()));
    const std::lock_guard lock(mutex_);
    hash_failed_ = content.empty();
    hashed_ += content.size();
    if (!kept.empty()) reuse(std::move(kept));
    if (hash_failed_ || hashed_ == total_) changed_.notify_all();
    if (hash_failed_) return;
  }
}

std::optional<std::string> RangedPart::sha256(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait(lock, stop, [&] { return hashed_ == total_ || hash_failed_; })) return std::nullopt;
  if (hash_failed_) throw_environment("cannot read " + part_.string());
  return hash_->hex();
}

void RangedPart::discard() {
  stop_hashing();
  ::close(fd_);
  ::unlink(part_.c_str());
  forget();
  open();
}

void RangedPart::forget() noexcept { ::unlink(record().c_str()); }

}  // namespace vidbench::blobs
