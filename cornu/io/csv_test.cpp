#include "cornu/io/csv.h"

#include <cmath>

#include "tests/golden_io.h"

namespace cornu::io {
namespace {

std::vector<float> values_of(const std::string& text, const Shape& shape) {
  const HostArray array = read_csv(bytes_of(text)).values;
  EXPECT_EQ(array.shape, shape);
  const auto values = array.values<float>();
  return {values.begin(), values.end()};
}

TEST(Csv, ReadsNumbers) {
  EXPECT_EQ(values_of("1,2\n3,4\n", {2, 2}), (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(values_of("1,2\r\n\r\n3,4", {2, 2}), (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(values_of(" -1.5e2 , +.25\n", {1, 2}), (std::vector<float>{-150, .25f}));
  EXPECT_EQ(values_of("\"1\",1e-60\n", {1, 2}), (std::vector<float>{1, 0}));
  EXPECT_EQ(values_of("1e-999\n", {1, 1}), (std::vector<float>{0}));
  EXPECT_TRUE(std::isnan(values_of("nan\n", {1, 1})[0]));
}

TEST(Csv, TakesALineOfNamesAsHeader) {
  const CsvTable table = read_csv(bytes_of("\xEF\xBB\xBFheight,\"width\"\n1,2\n"));
  EXPECT_EQ(table.columns, (std::vector<std::string>{"height", "width"}));
  EXPECT_EQ(table.values.shape, Shape({1, 2}));
  EXPECT_TRUE(read_csv(bytes_of("1,2\n")).columns.empty());
}

TEST(Csv, ErrorsNameLineAndColumn) {
  const auto text_of = [](const std::string& text) { return file_error_of([&] { read_csv(bytes_of(text, "x.csv")); }); };
  EXPECT_EQ(text_of("1,2\n3,x\n"), "Cannot read 'x.csv': line 2, column 2 is not a number: 'x'.");
  EXPECT_EQ(text_of("1,2\n\n3,\n"), "Cannot read 'x.csv': line 3, column 2 is empty: ''.");
  EXPECT_EQ(text_of("1\n1e39\n"), "Cannot read 'x.csv': line 2, column 1 is too large: '1e39'.");
  EXPECT_EQ(text_of("1e999\n"), "Cannot read 'x.csv': line 1, column 1 is too large: '1e999'.");
  EXPECT_EQ(text_of("1,2\n3\n"), "Cannot read 'x.csv': line 2 has 1 fields where 2 are expected.");
  EXPECT_EQ(text_of("1\n1 2\n"), "Cannot read 'x.csv': line 2, column 1 is not a number: '1 2'.");
  EXPECT_EQ(text_of("\n \n"), "Cannot read 'x.csv': it is empty.");
  EXPECT_EQ(text_of("a,b\n"), "Cannot read 'x.csv': it has no line of numbers.");
}

}  // namespace
}  // namespace cornu::io
