#include "cornu/io/idx.h"

#include "cornu/io/file.h"
#include "cornu/io/inflate.h"
#include "tests/golden_io.h"

namespace cornu::io {
namespace {

TEST(Idx, ReadsPlainAndGzipped) {
  expect_golden_values(read_idx(golden("images.idx3-ubyte")), "idx", uint8, {2, 3, 4});
  expect_golden_values(read_idx(golden("images.idx3-ubyte.gz")), "idx", uint8, {2, 3, 4});
  expect_golden_values(read_idx(golden("floats.idx")), "idx", float32, {6});
}

TEST(Idx, RefusesASizeThatIsNotTheHeaders) {
  const std::string whole = text_of(map_file(golden("images.idx3-ubyte")));
  EXPECT_THROW(read_idx(bytes_of(whole + "x")), FileError);
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_THROW(read_idx(bytes_of(whole.substr(0, size))), FileError) << size;
  EXPECT_THROW(read_idx(bytes_of(std::string("\0\0\x07\x01\0\0\0\0", 8))), FileError);
}

TEST(Gunzip, RefusesDamageAndCutFiles) {
  const std::string whole = text_of(map_file(golden("images.idx3-ubyte.gz")));
  EXPECT_EQ(text_of(gunzip(bytes_of(whole + whole))).size(), 2u * 40);  // members follow one another
  EXPECT_EQ(text_of(gunzip(bytes_of(whole + std::string(5, '\0')))).size(), 40u);
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_THROW(gunzip(bytes_of(whole.substr(0, size))), FileError) << size;
  std::string damaged = whole;
  damaged[whole.size() - 6] ^= 1;  // the check sum
  EXPECT_NE(file_error_of([&] { gunzip(bytes_of(damaged)); }).find("damaged"), std::string::npos);
}

TEST(Gunzip, HoldsItsLimit) {
  const FileBytes file = map_file(golden("images.idx3-ubyte.gz"));
  EXPECT_EQ(gunzip(file, 40).size, 40u);
  EXPECT_NE(file_error_of([&] { gunzip(file, 39); }).find("more than 39 bytes"), std::string::npos);
}

}  // namespace
}  // namespace cornu::io
