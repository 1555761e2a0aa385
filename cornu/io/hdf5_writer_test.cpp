#include "cornu/io/hdf5_writer.h"

#include <algorithm>
#include <thread>

#include "cornu/io/file.h"
#include "cornu/io/hdf5_reader.h"
#include "tests/golden_io.h"

namespace cornu::io {
namespace {

HostArray golden_array(const std::string& name, DType dtype, const Shape& shape) {
  const auto data = allocate_host(static_cast<size_t>(shape.elements() * dtype.size()));
  dispatch(dtype, [&]<class T>(T) {
    for (size_t i = 0; i < static_cast<size_t>(shape.elements()); ++i) {
      const auto rule = static_cast<float>((i * 7 + name.size()) % 50 % (dtype == bool_ ? 2 : 50));
      reinterpret_cast<T*>(data.get())[i] = static_cast<T>(rule);
    }
  });
  return {dtype, shape, data};
}

TEST(Hdf5Writer, WhatItWritesIsRead) {
  Hdf5Writer writer;
  for (DType dtype : all_dtypes()) {
    const std::string name(dtype.name());
    writer.write("some/group/" + name, golden_array(name, dtype, {3, 4}));
  }
  writer.write("scalar", golden_array("scalar", float32, {}));
  writer.write("empty", golden_array("empty", int32, {0, 4}));
  const Hdf5Group root = Hdf5File::open(writer.finish()).root();
  for (DType dtype : all_dtypes()) {
    const std::string name(dtype.name());
    expect_golden_values(root.dataset("some/group/" + name).read(), name, dtype, {3, 4});
  }
  expect_golden_values(root.dataset("scalar").read(), "scalar", float32, {});
  expect_golden_values(root.dataset("empty").read(), "empty", int32, {0, 4});
}

TEST(Hdf5Writer, Attributes) {
  Hdf5Writer writer;
  writer.create_group("a/b");
  writer.create_group("a/b");
  writer.set_attribute("", "root", "yes");
  writer.set_attribute("a/b", "name", "before");
  writer.set_attribute("a/b", "name", "κέρας");
  writer.set_attribute("a/b", "names", std::vector<std::string>{"kernel", "", "bias"});
  writer.set_attribute("a/b", "none", std::vector<std::string>{});
  writer.set_attribute("a/b", "number", golden_array("number", float64, {2}));
  const Hdf5Group root = Hdf5File::open(writer.finish()).root();
  const Hdf5Attributes attributes = root.group("a/b").attributes();
  EXPECT_EQ(root.attributes().at("root").text(), "yes");
  EXPECT_EQ(attributes.at("name").text(), "κέρας");
  EXPECT_EQ(attributes.at("names").texts(), (std::vector<std::string>{"kernel", "", "bias"}));
  EXPECT_TRUE(attributes.at("none").texts().empty());
  expect_golden_values(attributes.at("number").array(), "number", float64, {2});
}

TEST(Hdf5Writer, ErrorsNameThePathAndNothingIsPrinted) {
  Hdf5Writer writer;
  writer.write("x", golden_array("x", float32, {2}));
  testing::internal::CaptureStderr();
  EXPECT_NE(file_error_of([&] { writer.write("x", golden_array("x", float32, {2})); }).find("'x'"), std::string::npos);
  EXPECT_NE(file_error_of([&] { writer.set_attribute("nothing", "a", "b"); }).find("'nothing@a'"), std::string::npos);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Hdf5Writer, TwoFilesAtATime) {
  Hdf5Writer one, two;
  one.write("x", golden_array("one", float32, {2}));
  two.write("x", golden_array("second", float32, {2}));
  expect_golden_values(Hdf5File::open(one.finish()).root().dataset("x").read(), "one", float32, {2});
  expect_golden_values(Hdf5File::open(two.finish()).root().dataset("x").read(), "second", float32, {2});
}

TEST(Hdf5Writer, ManyThreadsMayWrite) {
  std::vector<FileBytes> files(4);
  std::vector<std::thread> threads;
  for (FileBytes& file : files)
    threads.emplace_back([&file] {
      Hdf5Writer writer;
      for (int i = 0; i < 50; ++i) writer.write(fmt::format("g/{}", i), golden_array("x", float32, {10}));
      file = writer.finish();
    });
  for (auto& thread : threads) thread.join();
  for (const FileBytes& file : files) EXPECT_TRUE(std::ranges::equal(file.span(), files[0].span()));
}

}  // namespace
}  // namespace cornu::io
