#include "cornu/keras/utils/text_table.h"

#include <algorithm>
#include <cmath>

#include "cornu/base/errors.h"

namespace cornu::keras::utils {
namespace {

constexpr int kPadding = 2;  // a space on either side of a cell

// How many columns UTF-8 text takes, one a character.
int width_of(const std::string& text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string first_columns(const std::string& text, int count) {
  std::size_t end = 0;
  for (; end < text.size(); ++end)
    if ((text[end] & 0xc0) != 0x80 && count-- == 0) break;
  return text.substr(0, end);
}

std::string without_trailing_spaces(std::string text) {
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

// The words of a text, each with the spaces after it (and before it, for the first).
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t word = std::min(text.find_first_not_of(' ', at), text.size());
    const std::size_t end = std::min(text.find_first_not_of(' ', std::min(text.find(' ', word), text.size())), text.size());
    out.push_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}

std::vector<std::string> wrapped(const std::string& text, int width) {
  std::vector<std::string> lines{""};
  for (const std::string& word : words_of(text)) {
    const bool fits = width_of(lines.back()) + width_of(without_trailing_spaces(word)) <= width;
    if (!fits && !lines.back().empty()) lines.emplace_back();
    lines.back() += word;
  }
  for (std::string& line : lines) {
    line = without_trailing_spaces(line);
    if (width_of(line) > width) line = first_columns(line, width - 1) + "…";
  }
  return lines;
}

std::string justified(const std::string& text, const TextColumn& column) {
  const int room = column.width - width_of(text);
  const int before = column.justify == Justify::left ? 0 : column.justify == Justify::right ? room : room / 2;
  std::string out(static_cast<std::size_t>(before), ' ');
  out += text;
  out.append(static_cast<std::size_t>(room - before), ' ');
  return out;
}

}  // namespace

TextTable::TextTable(std::vector<TextColumn> columns, int line_length) : columns_(std::move(columns)) {
  const int bars = static_cast<int>(columns_.size()) + 1;
  int excess = bars - line_length, left = static_cast<int>(columns_.size());
  for (const TextColumn& column : columns_) excess += column.width + kPadding;
  for (TextColumn& column : columns_) {
    // Halves go to the even number.
    const int taken = excess > 0 ? std::min(column.width, static_cast<int>(std::nearbyint(double(excess) / left))) : 0;
    column.width -= taken;
    excess -= taken;
    --left;
  }
}

std::string TextTable::rule(const char* left, const char* fill, const char* between, const char* right) const {
  std::string out;
  for (const TextColumn& column : columns_) {
    out += out.empty() ? left : between;
    for (int i = 0; i < column.width + kPadding; ++i) out += fill;
  }
  return out + right + "\n";
}

std::string TextTable::row(const std::vector<std::string>& cells, const char* bar, bool at_bottom) const {
  std::vector<std::vector<std::string>> lines;
  std::size_t height = 0;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    lines.push_back(wrapped(cells[i], columns_[i].width));
    height = std::max(height, lines.back().size());
  }
  for (auto& cell : lines) cell.insert(at_bottom ? cell.begin() : cell.end(), height - cell.size(), "");
  std::string out;
  for (std::size_t line = 0; line < height; ++line) {
    for (std::size_t i = 0; i < columns_.size(); ++i) out += fmt::format("{} {} ", bar, justified(lines[i][line], columns_[i]));
    out += fmt::format("{}\n", bar);
  }
  return out;
}

std::string TextTable::text() const {
  std::vector<std::string> headers;
  for (const TextColumn& column : columns_) headers.push_back(column.header);
  std::string out = rule("┏", "━", "┳", "┓") + row(headers, "┃", true) + rule("┡", "━", "╇", "┩");
  for (std::size_t i = 0; i < rows_.size(); ++i) out += (i ? rule("├", "─", "┼", "┤") : "") + row(rows_[i], "│", false);
  return out + rule("└", "─", "┴", "┘");
}

}  // namespace cornu::keras::utils
