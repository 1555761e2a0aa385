#include "cornu/io/csv.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include "cornu/io/file.h"

namespace cornu::io {
namespace {

enum class Field { number, empty, no_number, too_large };

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  return text;
}

Field parse(std::string_view text, float& value) {
  text = trimmed(text);
  if (text.empty()) return Field::empty;
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  const char* end = text.data() + text.size();
  auto result = std::from_chars(text.data(), end, value);
  if (result.ec == std::errc::result_out_of_range) {
    // Too small a number is 0, too large a one an error; double tells which, and text that even it cannot hold is
    // decided by the sign of its exponent.
    double wide = 0;
    result = std::from_chars(text.data(), end, wide);
    if (result.ec == std::errc::result_out_of_range && text.find("e-") == text.npos && text.find("E-") == text.npos)
      return Field::too_large;
    value = static_cast<float>(wide);
    if (std::isinf(value)) return Field::too_large;
    if (result.ec == std::errc::result_out_of_range) value = 0, result.ec = {};
  }
  return result.ec == std::errc() && result.ptr == end ? Field::number : Field::no_number;
}

class Reader {
 public:
  explicit Reader(const FileBytes& file) : file_(file), rest_(reinterpret_cast<const char*>(file.data.get()), file.size) {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
  }

  CsvTable read() {
    read_header();
    for (std::string_view line; next_line(line);) read_row(line);
    if (rows_ == 0) throw file_error(file_.name, "it has no line of numbers");
    auto all = std::make_shared<std::vector<float>>(std::move(values_));
    HostArray array{float32, {rows_, columns_}, {all, reinterpret_cast<const std::byte*>(all->data())}};
    return {std::move(names_), std::move(array)};
  }

 private:
  bool next_line(std::string_view& line) {
    while (!rest_.empty()) {
      const size_t end = rest_.find('\n');
      line = rest_.substr(0, end);
      rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 1);
      ++line_;
      if (!trimmed(line).empty()) return true;
    }
    return false;
  }

  // The first line decides the number of columns, and whether it is itself a row.
  void read_header() {
    std::string_view line;
    if (!next_line(line)) throw file_error(file_.name, "it is empty");
    bool numbers = true;
    for (std::string_view left = line; left.data();) {
      float value;
      const std::string_view field = next_field(left);
      const Field kind = parse(field, value);
      numbers &= kind == Field::number || kind == Field::too_large;
      names_.emplace_back(trimmed(field));
    }
    columns_ = static_cast<int64_t>(names_.size());
    if (!numbers) return;
    names_.clear();
    read_row(line);
    // The other rows are about as long as the first; every number takes two characters at least.
    values_.reserve(std::min(file_.size / 2 + 1, (file_.size / (line.size() + 1) + 1) * values_.size()));
  }

  static std::string_view next_field(std::string_view& left) {
    const size_t comma = left.find(',');
    const std::string_view field = left.substr(0, comma);
    left = comma == left.npos ? std::string_view() : left.substr(comma + 1);
    return field;
  }

  void read_row(std::string_view line) {
    int64_t column = 0;
    for (std::string_view left = line; left.data(); ++column) {
      const std::string_view field = next_field(left);
      float value = 0;
      if (const Field kind = parse(field, value); kind != Field::number) fail(kind, field, column);
      values_.push_back(value);
    }
    if (column != columns_) throw file_error(file_.name, "line {} has {} fields where {} are expected", line_, column, columns_);
    ++rows_;
  }

  [[noreturn]] void fail(Field kind, std::string_view field, int64_t column) const {
    const char* what = kind == Field::empty ? "is empty" : kind == Field::too_large ? "is too large" : "is not a number";
    throw file_error(file_.name, "line {}, column {} {}: '{}'", line_, column + 1, what, field.substr(0, 40));
  }

  const FileBytes& file_;
  std::string_view rest_;
  int64_t line_ = 0, rows_ = 0, columns_ = 0;
  std::vector<std::string> names_;
  std::vector<float> values_;
};

}  // namespace

CsvTable read_csv(const FileBytes& file) { return Reader(file).read(); }
CsvTable read_csv(const std::string& path) { return read_csv(map_file(path)); }

}  // namespace cornu::io
