// A full-screen terminal: keys in, styled text out. The only place that knows curses.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace vidbench::cli {

struct Key {
  enum class Kind {
    kText,  // `text` is one character, UTF-8
    kUp,
    kDown,
    kPageUp,
    kPageDown,
    kHome,
    kEnd,
    kEnter,
    kTab,
    kBackTab,
    kBackspace,
    kEscape,
    kInterrupt,  // Ctrl-C, or the terminal is gone
    kResize,
    kOther,
  };
  Kind kind = Kind::kOther;
  std::string text;
};

enum class TextStyle { kPlain, kBold, kDim, kSelected };

// Whether somebody is there to answer: stdin and stderr are a terminal.
[[nodiscard]] bool can_ask();
// Whether `Screen` can work: stdin and stderr are a terminal that can move its cursor, in a UTF-8 locale.
// Sets the locale of characters.
[[nodiscard]] bool screen_is_possible();

// Takes the terminal (stdin and stderr) while it lives; it is given back on destruction, so also by an
// exception, and by SIGTERM. One at a time.
class Screen {
 public:
  Screen();  // Error(kEnvironment) when the terminal is not known
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  [[nodiscard]] int rows() const;
  [[nodiscard]] int columns() const;
  void clear();
  // Cut at the right edge; control characters and broken UTF-8 as '?'. Outside the screen: nothing.
  void put(int row, int column, std::string_view text, TextStyle style = TextStyle::kPlain);
  // Makes visible what was put, with the cursor there.
  void show(int row, int column);
  // Waits for a key.
  [[nodiscard]] Key read();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Columns that the text takes on a terminal.
[[nodiscard]] int display_width(std::string_view text);
// The beginning that fits into that many columns, with "…" when something is left out.
[[nodiscard]] std::string cut_to_width(std::string_view text, int columns);

}  // namespace vidbench::cli
