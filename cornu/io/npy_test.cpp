#include "cornu/io/npy.h"

#include <filesystem>

#include "cornu/io/file.h"
#include "tests/golden_io.h"

namespace cornu::io {
namespace {

TEST(Npy, ReadsWhatNumPyWrote) {
  for (DType dtype : all_dtypes()) {
    const std::string name(dtype.name());
    expect_golden_values(read_npy(golden(name + ".npy")), name, dtype, {3, 4});
  }
  expect_golden_values(read_npy(golden("big_endian.npy")), "big_endian", float32, {3, 4});
  expect_golden_values(read_npy(golden("fortran.npy")), "fortran", int32, {2, 3, 4});
  expect_golden_values(read_npy(golden("scalar.npy")), "scalar", float64, {});
  expect_golden_values(read_npy(golden("empty.npy")), "empty", float32, {0, 3});
  expect_golden_values(read_npy(golden("version2.npy")), "version", int16, {5});
  expect_golden_values(read_npy(golden("version3.npy")), "version", int16, {5});
}

TEST(Npy, DoesNotCopyAlignedNumbers) {
  const FileBytes file = map_file(golden("float32.npy"));
  EXPECT_EQ(read_npy(file).data.get(), file.data.get() + 128);
}

TEST(Npy, WritesTheBytesThatNumPyWrites) {
  const std::string path = std::filesystem::path(testing::TempDir()) / "cornu_written.npy";
  for (const char* name : {"float32", "bfloat16", "bool", "uint64", "scalar", "empty"}) {
    const FileBytes original = map_file(golden(std::string(name) + ".npy"));
    write_npy(path, read_npy(original));
    const FileBytes written = map_file(path);
    EXPECT_TRUE(std::ranges::equal(written.span(), original.span())) << name;
  }
  std::filesystem::remove(path);
}

TEST(Npy, RefusesByName) {
  const auto text_of = [](const char* name) { return file_error_of([&] { read_npy(golden(name)); }); };
  EXPECT_NE(text_of("object.npy").find("no pickled code is run"), std::string::npos);
  EXPECT_NE(text_of("text.npy").find("'<U2' is not supported"), std::string::npos);
  EXPECT_NE(text_of("complex.npy").find("'<c8' is not supported"), std::string::npos);
  EXPECT_NE(text_of("structured.npy").find("structured arrays"), std::string::npos);
  EXPECT_NE(text_of("images.idx3-ubyte").find("not a .npy file"), std::string::npos);
}

TEST(Npy, BelievesNoShapeThatTheBytesDoNotHold) {
  const auto npy = [](const std::string& shape) {
    const std::string dict = "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }\n";
    return bytes_of(std::string("\x93NUMPY\x01\x00", 8) + char(dict.size()) + '\0' + dict + std::string(8, 'x'));
  };
  EXPECT_EQ(read_npy(npy("(2,)")).shape, Shape({2}));
  for (const char* shape : {"(3,)", "(4611686018427387904, 4)", "(9223372036854775807,)", "(99999999999999999999,)", "(-1,)",
                            "(0, 9223372036854775807, 2)", "(2", "2", "(2,,)"})
    EXPECT_THROW(read_npy(npy(shape)), FileError) << shape;
}

TEST(Npy, BoolsAreZeroOrOne) {
  const std::string dict = "{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }\n";
  std::string file("\x93NUMPY\x01\x00", 8);
  file.append({char(dict.size()), '\0'}).append(dict).append("\0\2\1", 3);
  const HostArray array = read_npy(bytes_of(file));
  EXPECT_EQ(array.as_bytes()[1], std::byte{1});
  EXPECT_FALSE(array.values<bool>()[0]);
}

}  // namespace
}  // namespace cornu::io
