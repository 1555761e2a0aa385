#pragma once

#include <string>
#include <vector>

namespace cornu::keras::utils {

enum class Justify { left, right, center };

struct TextColumn {
  std::string header;
  Justify justify = Justify::left;
  int width = 0;  // as asked; the table takes the same from each column until it fits its line
};

// A table with lines between its rows, on `line_length` columns. Cells wrap at spaces; a word longer than its column ends in "…".
class TextTable {
 public:
  TextTable(std::vector<TextColumn> columns, int line_length);
  void add_row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  std::string text() const;

 private:
  std::string rule(const char* left, const char* fill, const char* between, const char* right) const;
  // Cells of fewer lines than others stand at the top of the row, or at its bottom.
  std::string row(const std::vector<std::string>& cells, const char* bar, bool at_bottom) const;

  std::vector<TextColumn> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace cornu::keras::utils
