// The state of something that takes long, on stderr: one redrawn line on a terminal, a line now and then
// elsewhere.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace vidbench::cli {

class StatusLine {
 public:
  StatusLine(bool terminal, bool quiet) : terminal_(terminal), quiet_(quiet) {}
  ~StatusLine() { clear(); }
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  // Shows what `text` gives, which is asked only when it is time to draw again; on a terminal `now` does not
  // wait.
  void show(const std::function<std::string()>& text, bool now = false);
  // Begins the wait for the next drawing anew.
  void wait();
  // Takes the redrawn line away, so that another text can stand in its place.
  void clear();

 private:
  bool terminal_, quiet_, drawn_ = false;
  int64_t last_ns_ = 0;
};

}  // namespace vidbench::cli
