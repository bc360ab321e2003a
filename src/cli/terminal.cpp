#include "cli/terminal.h"

#define NCURSES_NOMACROS 1
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <langinfo.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <clocale>
#include <cstdio>
#include <cwchar>

#include "base/error.h"
#include "base/variable.h"

namespace vidbench::cli {
namespace {

constexpr int kEscapeDelay_ms = 50;  // how long the rest of an arrow key's sequence may take
constexpr wint_t kCtrlC = 3, kTabulator = 9, kLineFeed = 10, kReturn = 13, kEscape = 27, kDelete = 127,
                 kBack = 8;

// Foreign text as wide characters that each take one or two columns.
std::wstring printable(std::string_view text) {
  std::wstring wide;
  std::mbstate_t state{};
  for (size_t at = 0; at < text.size();) {
    wchar_t c = 0;
    const size_t length = std::mbrtowc(&c, text.data() + at, text.size() - at, &state);
    const bool broken = length == static_cast<size_t>(-1) || length == static_cast<size_t>(-2) || length == 0;
    if (broken) state = std::mbstate_t{};
    wide += broken || ::wcwidth(c) < 0 ? L'?' : c;
    at += broken ? 1 : length;
  }
  return wide;
}

int width_of(wchar_t c) { return std::max(0, ::wcwidth(c)); }

// How many of the characters fit.
size_t fitting(const std::wstring& text, int columns) {
  size_t count = 0;
  for (int used = 0; count < text.size(); ++count) {
    used += width_of(text[count]);
    if (used > columns) break;
  }
  return count;
}

std::string utf8(const std::wstring& wide) {
  std::string text;
  for (const wchar_t c : wide) {
    std::mbstate_t state{};
    char bytes[MB_LEN_MAX];
    const size_t length = std::wcrtomb(bytes, c, &state);
    if (length != static_cast<size_t>(-1)) text.append(bytes, length);
  }
  return text;
}

Key special(wint_t code) {
  switch (code) {
    case KEY_UP:
      return {Key::Kind::kUp, ""};
    case KEY_DOWN:
      return {Key::Kind::kDown, ""};
    case KEY_PPAGE:
      return {Key::Kind::kPageUp, ""};
    case KEY_NPAGE:
      return {Key::Kind::kPageDown, ""};
    case KEY_HOME:
      return {Key::Kind::kHome, ""};
    case KEY_END:
      return {Key::Kind::kEnd, ""};
    case KEY_ENTER:
      return {Key::Kind::kEnter, ""};
    case KEY_BTAB:
      return {Key::Kind::kBackTab, ""};
    case KEY_BACKSPACE:
      return {Key::Kind::kBackspace, ""};
    case KEY_RESIZE:
      return {Key::Kind::kResize, ""};
    default:
      return {};
  }
}

Key character(wint_t code) {
  switch (code) {
    case kCtrlC:
      return {Key::Kind::kInterrupt, ""};
    case kTabulator:
      return {Key::Kind::kTab, ""};
    case kLineFeed:
    case kReturn:
      return {Key::Kind::kEnter, ""};
    case kEscape:
      return {Key::Kind::kEscape, ""};
    case kDelete:
    case kBack:
      return {Key::Kind::kBackspace, ""};
    default:
      break;
  }
  if (code < 32) return {};
  return {Key::Kind::kText, utf8(std::wstring(1, static_cast<wchar_t>(code)))};
}

attr_t attribute(TextStyle style) {
  switch (style) {
    case TextStyle::kBold:
      return A_BOLD;
    case TextStyle::kDim:
      return A_DIM;
    case TextStyle::kSelected:
      return A_REVERSE;
    case TextStyle::kPlain:
      break;
  }
  return A_NORMAL;
}

}  // namespace

struct Screen::State {
  SCREEN* screen = nullptr;
  WINDOW* window = nullptr;
};

bool can_ask() { return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1; }

bool screen_is_possible() {
  const std::string terminal = variable("TERM");
  if (!can_ask() || terminal.empty() || terminal == "dumb") return false;
  return std::setlocale(LC_CTYPE, "") != nullptr && std::string_view(nl_langinfo(CODESET)) == "UTF-8";
}

Screen::Screen() : state_(std::make_unique<State>()) {
  ::use_env(TRUE);
  state_->screen = ::newterm(nullptr, stderr, stdin);
  if (state_->screen == nullptr)
    throw_environment("the terminal '" + variable("TERM") + "' is not known", "vidbench run --plain");
  state_->window = ::stdscr;
  ::set_escdelay(kEscapeDelay_ms);
  ::raw();  // Ctrl-C is a key
  ::noecho();
  ::keypad(state_->window, TRUE);
}

Screen::~Screen() {
  ::endwin();
  ::delscreen(state_->screen);
}

int Screen::rows() const { return ::getmaxy(state_->window); }
int Screen::columns() const { return ::getmaxx(state_->window); }
void Screen::clear() { ::werase(state_->window); }

void Screen::put(int row, int column, std::string_view text, TextStyle style) {
  if (row < 0 || row >= rows() || column < 0 || column >= columns()) return;
  const std::wstring wide = printable(text);
  const size_t count = fitting(wide, columns() - column);
  ::wattrset(state_->window, static_cast<int>(attribute(style)));
  ::mvwaddnwstr(state_->window, row, column, wide.c_str(), static_cast<int>(count));
  ::wattrset(state_->window, A_NORMAL);
}

void Screen::show(int row, int column) {
  ::wmove(state_->window, std::clamp(row, 0, std::max(0, rows() - 1)),
          std::clamp(column, 0, std::max(0, columns() - 1)));
  ::wrefresh(state_->window);
}

Key Screen::read() {
  wint_t code = 0;
  const int kind = ::wget_wch(state_->window, &code);
  if (kind == ERR) return {Key::Kind::kInterrupt, ""};
  return kind == KEY_CODE_YES ? special(code) : character(code);
}

int display_width(std::string_view text) {
  int width = 0;
  for (const wchar_t c : printable(text)) width += width_of(c);
  return width;
}

std::string cut_to_width(std::string_view text, int columns) {
  const std::wstring wide = printable(text);
  if (fitting(wide, columns) == wide.size()) return utf8(wide);
  if (columns < 1) return "";
  return utf8(wide.substr(0, fitting(wide, columns - 1))) + "…";
}

}  // namespace vidbench::cli
