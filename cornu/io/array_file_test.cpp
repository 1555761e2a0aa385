#include "cornu/io/array_file.h"

#include <filesystem>

#include "cornu/io/file.h"
#include "tests/golden_io.h"

namespace cornu::io {
namespace {

TEST(Npz, ReadsWhatNumPyWrote) {
  for (const char* name : {"stored.npz", "deflated.npz"}) {
    const NamedArrays arrays = read_npz(golden(name));
    ASSERT_EQ(arrays.size(), 2u);
    expect_golden_values(arrays.at("x"), "x", float32, {2, 3});
    expect_golden_values(arrays.at("labels"), "labels", int64, {4});
  }
  EXPECT_TRUE(read_npz(golden("unnamed.npz")).contains("arr_1"));
}

TEST(Npz, RoundTrip) {
  const std::string path = std::filesystem::path(testing::TempDir()) / "cornu_round_trip.npz";
  const NamedArrays arrays = read_npz(golden("stored.npz"));
  write_npz(path, arrays);
  const NamedArrays again = read_npz(path);
  std::filesystem::remove(path);
  expect_golden_values(again.at("x"), "x", float32, {2, 3});
  expect_golden_values(again.at("labels"), "labels", int64, {4});
}

TEST(ArrayFile, GoesByTheContent) {
  expect_golden_values(read_array_file(golden("float32.npy")).at("0"), "float32", float32, {3, 4});
  expect_golden_values(read_array_file(golden("stored.npz")).at("x"), "x", float32, {2, 3});
  expect_golden_values(read_array_file(golden("images.idx3-ubyte")).at("0"), "idx", uint8, {2, 3, 4});
  expect_golden_values(read_array_file(golden("images.idx3-ubyte.gz")).at("0"), "idx", uint8, {2, 3, 4});
  const std::string path = std::filesystem::path(testing::TempDir()) / "cornu_table.csv";
  write_file_atomically(path, [](AtomicFile& file) { file.write("a,b\n1,2\n"); });
  EXPECT_EQ(read_array_file(path).at("0").shape, Shape({1, 2}));
  std::filesystem::remove(path);
}

TEST(ArrayFile, NamesTheFormatsItKnows) {
  const std::string text = file_error_of([] { read_array_file(golden("default.h5")); });
  EXPECT_NE(text.find("default.h5': its format is not known. Accepted are .npy, .npz, IDX"), std::string::npos) << text;
}

}  // namespace
}  // namespace cornu::io
