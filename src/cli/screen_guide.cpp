#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "cli/guide.h"
#include "cli/terminal.h"

namespace vidbench::cli {
namespace {

bool leaves(const Key& key) { return key.kind == Key::Kind::kEscape || key.kind == Key::Kind::kInterrupt; }

// Takes the last character off, not the last byte.
void drop_character(std::string& text) {
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.back());
    text.pop_back();
    if ((byte & 0xc0) != 0x80) return;
  }
}

// Lines no wider than the screen, cut at spaces where there are some.
std::vector<std::string> wrapped(const std::string& text, int columns) {
  std::vector<std::string> lines(1);
  for (const std::string& word : split(text, ' ')) {
    std::string& line = lines.back();
    const std::string longer = line.empty() ? word : line + " " + word;
    if (line.empty() || display_width(longer) <= columns)
      line = longer;
    else
      lines.push_back("  " + word);
  }
  return lines;
}

// A cursor in a list of which a part is shown.
struct Position {
  size_t at = 0, first = 0;

  void move(const Key& key, size_t count, size_t page) {
    const size_t last = count == 0 ? 0 : count - 1;
    if (key.kind == Key::Kind::kUp && at > 0) --at;
    if (key.kind == Key::Kind::kDown) ++at;
    if (key.kind == Key::Kind::kPageUp) at = at > page ? at - page : 0;
    if (key.kind == Key::Kind::kPageDown) at += page;
    if (key.kind == Key::Kind::kHome) at = 0;
    if (key.kind == Key::Kind::kEnd) at = last;
    at = std::min(at, last);
  }
  void keep_visible(size_t page) {
    if (at < first) first = at;
    if (page > 0 && at >= first + page) first = at - page + 1;
  }
};

// Searching, filtering and marking in one list.
class Picker {
 public:
  Picker(Screen& screen, const Choices& choices)
      : screen_(screen), choices_(choices), filters_(choices.filters()) {
    if (choices_.rows("", 0).empty() && filters_.size() > 1) filter_ = 1;
    search();
  }

  std::optional<std::vector<std::string>> run() {
    while (true) {
      draw();
      const Key key = screen_.read();
      if (leaves(key)) return std::nullopt;
      if (key.kind == Key::Kind::kEnter) {
        if (auto ids = taken(); !ids.empty()) return ids;
      } else {
        press(key);
      }
    }
  }

 private:
  void search() {
    rows_ = choices_.rows(query_, filter_);
    position_ = {};
  }

  void press(const Key& key) {
    if (key.kind == Key::Kind::kText && key.text == " " && choices_.several() && !rows_.empty()) {
      toggle(rows_[position_.at].id);
      position_.move({Key::Kind::kDown, ""}, rows_.size(), page());
    } else if (key.kind == Key::Kind::kText) {
      query_ += key.text;
      search();
    } else if (key.kind == Key::Kind::kBackspace) {
      drop_character(query_);
      search();
    } else if (key.kind == Key::Kind::kTab || key.kind == Key::Kind::kBackTab) {
      const size_t step = key.kind == Key::Kind::kTab ? 1 : filters_.size() - 1;
      filter_ = (filter_ + step) % filters_.size();
      search();
    } else {
      position_.move(key, rows_.size(), page());
    }
  }

  void toggle(const std::string& id) {
    const auto found = std::find(marked_.begin(), marked_.end(), id);
    if (found == marked_.end())
      marked_.push_back(id);
    else
      marked_.erase(found);
  }

  // What is marked, else what the cursor is on.
  [[nodiscard]] std::vector<std::string> taken() const {
    if (!marked_.empty()) return marked_;
    return rows_.empty() ? std::vector<std::string>() : std::vector<std::string>{rows_[position_.at].id};
  }

  // Above the list: question, search, heading. Below: detail, keys.
  [[nodiscard]] size_t page() const { return static_cast<size_t>(std::max(1, screen_.rows() - 6)); }

  void draw() {
    position_.keep_visible(page());
    screen_.clear();
    std::string title = choices_.question();
    if (!marked_.empty()) title += fmt::format("  {} marked", marked_.size());
    screen_.put(0, 0, title, TextStyle::kBold);
    std::string state = fmt::format("{} found", rows_.size());
    if (filters_.size() > 1) state = fmt::format("[{}] {}", filters_[filter_], state);
    const std::string search = cut_to_width("> " + query_, screen_.columns() - display_width(state) - 3);
    screen_.put(1, 0, search);
    screen_.put(1, std::max(display_width(search) + 2, screen_.columns() - display_width(state) - 1), state,
                TextStyle::kDim);
    draw_rows();
    const std::string detail = rows_.empty() ? "nothing fits" : rows_[position_.at].detail;
    screen_.put(screen_.rows() - 2, 0, cut_to_width(detail, screen_.columns()));
    draw_keys();
    screen_.show(1, display_width(search));
  }

  void draw_keys() {
    std::string keys = "type to search · ↑↓ · Enter takes · Esc leaves";
    if (choices_.several())
      keys = "type to search · ↑↓ · Space marks · Tab filters · Enter takes · Esc leaves";
    if (display_width(keys) > screen_.columns()) keys = "↑↓ · Space marks · Tab · Enter · Esc";
    screen_.put(screen_.rows() - 1, 0, cut_to_width(keys, screen_.columns()), TextStyle::kDim);
  }

  void draw_rows() {
    const size_t last = std::min(rows_.size(), position_.first + page());
    const auto widths = column_widths(last);
    draw_cells(2, choices_.columns(), widths, "    ", TextStyle::kDim);
    for (size_t i = position_.first; i < last; ++i) {
      const bool marked = std::find(marked_.begin(), marked_.end(), rows_[i].id) != marked_.end();
      const char* mark = !choices_.several() ? "    " : marked ? "[x] " : "[ ] ";
      draw_cells(3 + static_cast<int>(i - position_.first), rows_[i].cells, widths, mark,
                 i == position_.at ? TextStyle::kSelected : TextStyle::kPlain);
    }
  }

  // Widths of the columns that fit, for the rows that are shown.
  [[nodiscard]] std::vector<int> column_widths(size_t last) const {
    std::vector<int> widths;
    int used = 4;
    const auto headings = choices_.columns();
    for (size_t column = 0; column < headings.size(); ++column) {
      int width = display_width(headings[column]);
      for (size_t i = position_.first; i < last; ++i)
        width = std::max(width, display_width(rows_[i].cells[column]));
      const int room = screen_.columns() - used;
      if (column > 0 && width > room && room < 12) break;
      widths.push_back(std::min(width, std::max(1, room)));
      used += widths.back() + 2;
    }
    return widths;
  }

  void draw_cells(int row, const std::vector<std::string>& cells, const std::vector<int>& widths,
                  const std::string& before, TextStyle style) {
    std::string line = before;
    for (size_t column = 0; column < widths.size(); ++column) {
      const std::string text = cut_to_width(cells[column], widths[column]);
      line +=
          text + std::string(static_cast<size_t>(std::max(0, widths[column] - display_width(text) + 2)), ' ');
    }
    screen_.put(row, 0, line, style);
  }

  Screen& screen_;
  const Choices& choices_;
  std::vector<std::string> filters_;
  size_t filter_ = 0;
  std::string query_;
  std::vector<ChoiceRow> rows_;
  std::vector<std::string> marked_;  // in the order of marking
  Position position_;
};

class Form {
 public:
  Form(Screen& screen, std::string question, std::vector<Field> fields)
      : screen_(screen), question_(std::move(question)), fields_(std::move(fields)) {
    for (const Field& field : fields_) label_width_ = std::max(label_width_, display_width(field.label));
  }

  std::optional<std::vector<Field>> run() {
    while (true) {
      draw();
      const Key key = screen_.read();
      if (leaves(key)) return std::nullopt;
      if (key.kind == Key::Kind::kEnter) {
        if (all_right()) return fields_;
      } else {
        press(key);
      }
    }
  }

 private:
  void press(const Key& key) {
    std::string& text = fields_[position_.at].text;
    if (key.kind == Key::Kind::kText)
      text += key.text;
    else if (key.kind == Key::Kind::kBackspace)
      drop_character(text);
    else if (key.kind == Key::Kind::kTab)
      position_.at = (position_.at + 1) % fields_.size();
    else if (key.kind == Key::Kind::kBackTab)
      position_.at = (position_.at + fields_.size() - 1) % fields_.size();
    else
      position_.move(key, fields_.size(), page());
  }

  // Goes to the first field that has a complaint.
  bool all_right() {
    for (size_t i = 0; i < fields_.size(); ++i)
      if (!fields_[i].complaint(fields_[i].text).empty()) {
        position_.at = i;
        return false;
      }
    return true;
  }

  [[nodiscard]] size_t page() const { return static_cast<size_t>(std::max(1, screen_.rows() - 4)); }

  void draw() {
    position_.keep_visible(page());
    screen_.clear();
    screen_.put(0, 0, cut_to_width(question_, screen_.columns()), TextStyle::kBold);
    const size_t last = std::min(fields_.size(), position_.first + page());
    int row = 2, cursor_row = 2, cursor_column = 0;
    for (size_t i = position_.first; i < last; ++i, ++row) {
      const bool current = i == position_.at;
      screen_.put(row, 0, fields_[i].label, current ? TextStyle::kSelected : TextStyle::kPlain);
      screen_.put(row, label_width_ + 2, fields_[i].text, current ? TextStyle::kBold : TextStyle::kPlain);
      if (!current) continue;
      cursor_row = row;
      cursor_column = label_width_ + 2 + display_width(fields_[i].text);
    }
    const Field& field = fields_[position_.at];
    screen_.put(screen_.rows() - 2, 0, cut_to_width(field.complaint(field.text), screen_.columns()));
    screen_.put(screen_.rows() - 1, 0,
                cut_to_width("↑↓ field · type · Enter goes on · Esc leaves", screen_.columns()),
                TextStyle::kDim);
    screen_.show(cursor_row, cursor_column);
  }

  Screen& screen_;
  std::string question_;
  std::vector<Field> fields_;
  int label_width_ = 0;
  Position position_;
};

class Decision {
 public:
  Decision(Screen& screen, const std::vector<std::string>& lines, const std::vector<std::string>& answers)
      : screen_(screen), lines_(lines), answers_(answers) {}

  std::optional<size_t> run() {
    while (true) {
      draw();
      const Key key = screen_.read();
      if (leaves(key)) return std::nullopt;
      if (key.kind == Key::Kind::kEnter) return position_.at;
      if (key.kind == Key::Kind::kTab)
        position_.at = (position_.at + 1) % answers_.size();
      else
        position_.move(key, answers_.size(), answers_.size());
    }
  }

 private:
  void draw() {
    screen_.clear();
    const int below = static_cast<int>(answers_.size()) + 2;
    int row = 0;
    for (const std::string& text : lines_)
      for (const std::string& line : wrapped(text, screen_.columns())) {
        if (row >= screen_.rows() - below) break;
        screen_.put(row, 0, cut_to_width(line, screen_.columns()),
                    row == 0 ? TextStyle::kBold : TextStyle::kPlain);
        ++row;
      }
    ++row;
    int cursor = row;
    for (size_t i = 0; i < answers_.size(); ++i, ++row) {
      if (i == position_.at) cursor = row;
      screen_.put(row, 0, "  " + answers_[i] + "  ",
                  i == position_.at ? TextStyle::kSelected : TextStyle::kPlain);
    }
    screen_.put(screen_.rows() - 1, 0, "↑↓ · Enter takes · Esc leaves", TextStyle::kDim);
    screen_.show(cursor, 0);
  }

  Screen& screen_;
  const std::vector<std::string>& lines_;
  const std::vector<std::string>& answers_;
  Position position_;
};

class ScreenGuide final : public Guide {
 public:
  std::optional<std::vector<std::string>> choose(const Choices& choices) override {
    return Picker(screen_, choices).run();
  }
  std::optional<std::vector<Field>> fill(const std::string& question, std::vector<Field> fields) override {
    return Form(screen_, question, std::move(fields)).run();
  }
  std::optional<size_t> decide(const std::vector<std::string>& lines,
                               const std::vector<std::string>& answers) override {
    return Decision(screen_, lines, answers).run();
  }

 private:
  Screen screen_;
};

}  // namespace

std::unique_ptr<Guide> make_screen_guide() { return std::make_unique<ScreenGuide>(); }

}  // namespace vidbench::cli
