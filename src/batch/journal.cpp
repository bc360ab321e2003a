#include "batch/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/files.h"
#include "base/strings.h"
#include "base/time.h"

namespace vidbench::batch {
namespace fs = std::filesystem;
namespace {

constexpr int64_t kBeat_ns = 1'000'000'000;
constexpr size_t kMaxJournalBytes = size_t{256} << 20;

int open_file(const fs::path& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) throw_write(path);
  return fd;
}

// What was added between two readings of a run's directory; a directory that was made anew begins at 0.
Costs difference(const Costs& now, const Costs& before) {
  Costs added;
  for (const auto& [currency, amount] : now) {
    const auto found = before.find(currency);
    const double earlier = found == before.end() ? 0 : found->second;
    if (amount > earlier) added[currency] = amount - earlier;
  }
  return added;
}

}  // namespace

Journal::Journal(fs::path folder) : folder_(std::move(folder)) {
  std::error_code ec;
  fs::create_directories(folder_, ec);
  if (ec)
    throw_environment(fmt::format("cannot create {}: {}", folder_.string(), ec.message()),
                      "check free space and permissions");
  lock_ = open_file(folder_ / "lock", O_RDWR);
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock_);
    throw_input("another process works on this batch (" + folder_.string() + ")", "wait for it, or stop it");
  }
  try {
    read();
    file_ = open_file(folder_ / "journal.jsonl", O_WRONLY | O_APPEND);
  } catch (...) {
    ::close(lock_);
    throw;
  }
}

Journal::~Journal() {
  ::close(file_);
  ::close(lock_);
}

void Journal::read() {
  const fs::path path = folder_ / "journal.jsonl";
  if (!fs::exists(path)) return;
  const std::string content = read_file(path, kMaxJournalBytes);
  const size_t whole = content.rfind('\n') == std::string::npos ? 0 : content.rfind('\n') + 1;
  // The next line must not continue one that a crash cut off.
  if (whole != content.size() && ::truncate(path.c_str(), static_cast<off_t>(whole)) != 0) throw_write(path);
  int number = 0;
  for (const std::string& line : split(std::string_view(content).substr(0, whole), '\n')) {
    ++number;
    if (line.empty()) continue;
    const std::string origin = fmt::format("{}:{}", path.string(), number);
    try {
      apply(parse_json(line, origin));
    } catch (const Json::exception&) {
      throw_input(origin + ": not an event of a batch", "move the folder away to begin anew");
    }
  }
  read_beat();
}

void Journal::read_beat() {
  const fs::path path = folder_ / "running.json";
  if (open_run_.empty() || !fs::exists(path)) return;
  try {
    const Json beat = parse_json(read_file(path, 4096), path.string());
    if (beat.at("run") == open_run_) beaten_s_ = beat.at("seconds").get<double>();
  } catch (const std::exception&) {  // written without syncing: after a power cut it may be anything
    beaten_s_ = 0;
  }
}

void Journal::apply(const Json& event) {
  const auto run = event.at("run").get<std::string>();
  const auto costs = event.at("cost").get<Costs>();
  if (event.at("event") == "started") {
    open_run_ = run;
    open_costs_ = costs;
    beaten_s_ = 0;
    return;
  }
  const double seconds = event.at("seconds").get<double>();
  seconds_ += seconds;
  seconds_by_run_[run] += seconds;
  for (const auto& [currency, amount] : costs) {
    costs_[currency] += amount;
    costs_by_run_[run][currency] += amount;
  }
  open_run_.clear();
}

void Journal::append(Json event) {
  event["at"] = now_rfc3339();
  const std::string line = document(event, -1) + "\n";
  if (::write(file_, line.data(), line.size()) != static_cast<ssize_t>(line.size()) ||
      ::fdatasync(file_) != 0)
    throw_write(folder_ / "journal.jsonl");
  apply(event);
}

void Journal::started(const std::string& run, const Costs& cost) {
  append({{"event", "started"}, {"run", run}, {"cost", cost}});
  last_beat_ns_ = 0;
}

void Journal::beat(double seconds) {
  if (monotonic_ns() - last_beat_ns_ < kBeat_ns) return;
  last_beat_ns_ = monotonic_ns();
  try {
    write_file_atomic(folder_ / "running.json", Json({{"run", open_run_}, {"seconds", seconds}}).dump(),
                      Durability::kCrash);
  } catch (const Error&) {  // a run must not end because its time cannot be told
  }
}

void Journal::ended(const std::string& run, double seconds, const Costs& cost, const Json& outcome) {
  Json event = outcome;
  event.update(
      {{"event", "ended"}, {"run", run}, {"seconds", seconds}, {"cost", difference(cost, open_costs_)}});
  append(std::move(event));
}

double Journal::seconds(const std::string& run) const {
  const auto found = seconds_by_run_.find(run);
  return found == seconds_by_run_.end() ? 0 : found->second;
}

const Costs& Journal::costs(const std::string& run) const {
  static const Costs kNone;
  const auto found = costs_by_run_.find(run);
  return found == costs_by_run_.end() ? kNone : found->second;
}

}  // namespace vidbench::batch
