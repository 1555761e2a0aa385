#include "cornu/io/hdf5_reader.h"

#include <algorithm>

#include "cornu/io/file.h"
#include "cornu/io/npz.h"
#include "cornu/io/zip.h"
#include "tests/golden_io.h"

namespace cornu::io {
namespace {

// The files that h5py writes by default, with the newest structures, and with tracked creation order.
class Hdf5Reader : public testing::TestWithParam<const char*> {
 protected:
  Hdf5Group open() const { return Hdf5File::open(golden(GetParam())).root(); }
};
INSTANTIATE_TEST_SUITE_P(H5py, Hdf5Reader, testing::Values("default.h5", "latest.h5", "tracked.h5"));

void expect_dataset(const Hdf5Group& group, const std::string& name, DType dtype, const Shape& shape) {
  const Hdf5Dataset dataset = group.dataset(name);
  const HostArray array = dataset.read();
  expect_golden_values(array, name, dtype, shape);
  std::vector<std::byte> bytes(array.bytes(), std::byte{0xab});
  dataset.read_into(bytes);
  EXPECT_TRUE(std::ranges::equal(bytes, array.as_bytes())) << name;
}

TEST_P(Hdf5Reader, ReadsEveryDtype) {
  const Hdf5Group group = open().group("datasets");
  for (DType dtype : all_dtypes()) expect_dataset(group, std::string(dtype.name()), dtype, {3, 4});
  expect_dataset(group, "big_float32", float32, {3, 4});
  expect_dataset(group, "big_float16", float16, {3, 4});
  expect_dataset(group, "big_int64", int64, {3, 4});
  expect_dataset(group, "big_uint16", uint16, {3, 4});
  expect_dataset(group, "scalar", float32, {});
  expect_dataset(group, "empty", float32, {0, 4});
}

TEST_P(Hdf5Reader, ReadsEveryKindOfChunk) {
  const Hdf5Group group = open().group("datasets");
  expect_dataset(group, "chunked", float32, {7, 10});
  expect_dataset(group, "shuffled", int32, {7, 10});
  expect_dataset(group, "checked", int16, {20});
  expect_dataset(group, "one_chunk", float64, {4, 4});
  expect_dataset(group, "many_chunks", uint8, {60, 50});
  expect_dataset(group, "growing", int32, {40, 5});
  expect_dataset(group, "growing_more", int16, {600, 3});
  expect_dataset(group, "growing_inner", int32, {4, 30});
  expect_dataset(group, "growing_both", int32, {10, 10});
}

TEST_P(Hdf5Reader, WhatWasNeverWrittenIsZero) {
  const HostArray array = open().dataset("datasets/never_written").read();
  for (float value : array.values<float>()) EXPECT_EQ(value, 0);
  EXPECT_EQ(array.shape, Shape({3}));
}

TEST_P(Hdf5Reader, RefusesByName) {
  const Hdf5Group root = open();
  const auto text_of = [&](const char* path) { return file_error_of([&] { root.dataset(path).read(); }); };
  EXPECT_NE(text_of("datasets/complex").find("'/datasets/complex' are compound of 8 bytes, not numbers"), std::string::npos);
  EXPECT_NE(text_of("datasets/none").find("group '/datasets' has no 'none'"), std::string::npos);
  EXPECT_NE(text_of("datasets/float32/x").find("'/datasets/float32' is not a group"), std::string::npos);
  EXPECT_NE(text_of("soft").find("soft or external link, which is not followed"), std::string::npos);
  EXPECT_NE(text_of("external").find("soft or external link, which is not followed"), std::string::npos);
  EXPECT_NE(text_of("layers").find("'/layers' is a group, not a dataset"), std::string::npos);
  EXPECT_NE(text_of("").find("has no ''"), std::string::npos);
}

TEST_P(Hdf5Reader, ListsAndFindsChildren) {
  const Hdf5Group root = open(), layers = root.group("layers");
  EXPECT_EQ(root.children(), (std::vector<std::string>{"attributes", "datasets", "external", "hard", "layers", "soft"}));
  EXPECT_EQ(layers.children().size(), 41u);
  EXPECT_TRUE(root.contains("layers/layer_39/0"));
  EXPECT_FALSE(root.contains("layers/layer_40"));
  EXPECT_FALSE(root.contains("soft"));
  EXPECT_TRUE(root.is_group("layers/layer_7"));
  EXPECT_FALSE(root.is_group("layers/layer_7/0"));
  EXPECT_FALSE(root.is_group("nothing"));
  for (int i = 0; i < 40; ++i)
    expect_golden_values(layers.dataset(fmt::format("layer_{}/0", i)).read(), std::to_string(i), float32, {2});
  EXPECT_EQ(layers.group("cycle").address(), layers.address());
  EXPECT_EQ(root.group("hard").path(), "/hard");
}

TEST_P(Hdf5Reader, ReadsAttributes) {
  const Hdf5Attributes attributes = open().group("attributes").attributes();
  EXPECT_EQ(attributes.at("text").text(), "horn \u03ba\u03ad\u03c1\u03b1\u03c2");
  EXPECT_EQ(attributes.at("bytes").text(), "jax");
  EXPECT_EQ(attributes.at("fixed").text(), "fixed");
  EXPECT_EQ(attributes.at("names").texts(), (std::vector<std::string>{"dense/kernel", "dense/bias", ""}));
  EXPECT_EQ(attributes.at("texts").texts(), (std::vector<std::string>{"a", "bcd", ""}));
  EXPECT_EQ(attributes.at("names").shape(), Shape({3}));
  EXPECT_EQ(attributes.at("number").array().values<int64_t>()[0], 42);
  EXPECT_EQ(attributes.at("rate").array().values<float>()[0], 0.5f);
  EXPECT_EQ(attributes.at("vector").array().values<int32_t>()[2], 2);
  EXPECT_TRUE(attributes.at("flag").array().values<bool>()[0]);
  EXPECT_TRUE(attributes.at("no_names").texts().empty());
  EXPECT_NE(file_error_of([&] { attributes.at("nothing").array(); }).find("'/attributes': numbers was expected"),
            std::string::npos);
  EXPECT_NE(file_error_of([&] { attributes.at("number").text(); }).find("it is numbers"), std::string::npos);
}

TEST_P(Hdf5Reader, ReadsManyAttributes) {
  const Hdf5Attributes attributes = open().group("layers").attributes();
  EXPECT_EQ(attributes.size(), 13u);
  EXPECT_EQ(attributes.at("note_11").array().values<int64_t>()[0], 11);
  EXPECT_EQ(attributes.at("weight_names").texts().back(), "layer_39/0");
}

TEST(Hdf5, ReadsKerassWeights) {
  const NamedArrays expected = read_npz(golden("model_weights.npz"));
  const Hdf5Group plain = Hdf5File::open(golden("model.weights.h5")).root();
  const Hdf5Group packed = Hdf5File::open(ZipReader(golden("model.keras")).read("model.weights.h5")).root();
  for (const Hdf5Group& root : {plain, packed}) {
    const HostArray kernel = root.dataset("layers/dense/vars/0").read();
    EXPECT_TRUE(std::ranges::equal(kernel.values<float>(), expected.at("0").values<float>()));
    EXPECT_EQ(kernel.shape, Shape({4, 3}));
    EXPECT_EQ(root.dataset("layers/batch_normalization/vars/3").shape(), Shape({3}));
  }
}

TEST(Hdf5, ReadsKerassLegacyFile) {
  const NamedArrays expected = read_npz(golden("model_weights.npz"));
  const Hdf5Group root = Hdf5File::open(golden("model.h5")).root();
  EXPECT_EQ(root.attributes().at("backend").text(), "jax");
  EXPECT_EQ(root.attributes().at("model_config").text().substr(0, 29), "{\"class_name\": \"Sequential\", ");
  const Hdf5Group weights = root.group("model_weights");
  EXPECT_EQ(weights.attributes().at("layer_names").texts()[0], "hidden");
  const auto names = weights.group("hidden").attributes().at("weight_names").texts();
  ASSERT_EQ(names.size(), 2u);
  const HostArray kernel = weights.group("hidden").dataset(names[0]).read();
  EXPECT_TRUE(std::ranges::equal(kernel.values<float>(), expected.at("0").values<float>()));
}

TEST(Hdf5, DoesNotCopyAlignedContiguousNumbers) {
  const FileBytes file = map_file(golden("model.weights.h5"));
  const HostArray kernel = Hdf5File::open(file).root().dataset("layers/dense/vars/0").read();
  EXPECT_GT(kernel.data.get(), file.data.get());
  EXPECT_LT(kernel.data.get(), file.data.get() + file.size);
}

TEST(Hdf5, ReadsBehindABlockOfTheUsers) {
  const FileBytes file = map_file(golden("default.h5"));
  std::string text(512, '\0');
  text.append(reinterpret_cast<const char*>(file.data.get()), file.size);
  expect_dataset(Hdf5File::open(bytes_of(text)).root().group("datasets"), "chunked", float32, {7, 10});
}

TEST(Hdf5, RefusesWhatIsNotHdf5) {
  EXPECT_NE(file_error_of([] { Hdf5File::open(golden("float32.npy")); }).find("it is not an HDF5 file"), std::string::npos);
  EXPECT_THROW(Hdf5File::open(bytes_of("")), FileError);
}

}  // namespace
}  // namespace cornu::io
