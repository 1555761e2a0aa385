#include "cornu/keras/datasets/mnist.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <utility>

#include "cornu/base/errors.h"
#include "cornu/io/npz.h"

namespace cornu::keras::datasets::mnist {
namespace {

namespace fs = std::filesystem;

class Mnist : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  static io::HostArray array(std::vector<uint8_t> elements, Shape shape) {
    auto owner = std::make_shared<std::vector<uint8_t>>(std::move(elements));
    return {uint8, std::move(shape), {owner, reinterpret_cast<const std::byte*>(owner->data())}};
  }
  static io::NamedArrays small() {
    return {{"x_train", array({1, 2, 3, 4}, {2, 1, 2})},
            {"y_train", array({5, 6}, {2})},
            {"x_test", array({7, 8}, {1, 1, 2})},
            {"y_test", array({9}, {1})}};
  }
  static void expect_small(const Data& data) {
    EXPECT_EQ(data.x_train.shape(), (Shape{2, 1, 2}));
    EXPECT_EQ(data.x_train.to_vector<int>(), (std::vector<int>{1, 2, 3, 4}));
    EXPECT_EQ(data.y_train.to_vector<int>(), (std::vector<int>{5, 6}));
    EXPECT_EQ(data.x_test.to_vector<int>(), (std::vector<int>{7, 8}));
    EXPECT_EQ(data.y_test.to_vector<int>(), (std::vector<int>{9}));
  }

  // While it lives: this KERAS_HOME, and no network.
  struct Offline {
    explicit Offline(const fs::path& home) {
      ::setenv("KERAS_HOME", home.c_str(), 1);
      ::setenv("https_proxy", "http://127.0.0.1:9", 1);  // nobody listens there
    }
    ~Offline() {
      ::unsetenv("KERAS_HOME");
      ::unsetenv("https_proxy");
    }
  };
  // What load_data gives then, and what it says.
  static std::pair<Data, std::string> load_offline(const fs::path& home) {
    const Offline offline(home);
    ::testing::internal::CaptureStderr();
    Data data = load_data();
    return {std::move(data), ::testing::internal::GetCapturedStderr()};
  }

  fs::path folder_ = fs::temp_directory_path() / fmt::format("cornu-mnist-{}", ::getpid());
};

TEST_F(Mnist, ReadsAnNpzAndAFolderThatHoldsOne) {
  const std::string path = (folder_ / "mnist.npz").string();
  io::write_npz(path, small());
  expect_small(load_data({.path = path}));
  expect_small(load_data({.path = folder_.string()}));
}

TEST_F(Mnist, AFolderOfIdxFilesMustHoldAllFour) {
  const fs::path sample = fs::path(CORNU_SOURCE_DIR) / "cornu/keras/datasets/mnist_sample";
  for (const char* part : {"images-idx3-ubyte.gz", "labels-idx1-ubyte.gz"}) {
    fs::copy(sample / fmt::format("t10k-{}", part), folder_ / fmt::format("t10k-{}", part));
    if (std::string(part).starts_with("images"))
      fs::copy(sample / fmt::format("t10k-{}", part), folder_ / fmt::format("train-{}", part));
  }
  try {
    load_data({.path = folder_.string()});
    FAIL();
  } catch (const FileError& e) {
    EXPECT_NE(std::string(e.what()).find("train-labels-idx1-ubyte"), std::string::npos) << e.what();
  }
  fs::copy(sample / "t10k-labels-idx1-ubyte.gz", folder_ / "train-labels-idx1-ubyte.gz");
  const Data data = load_data({.path = folder_.string()});
  EXPECT_EQ(data.x_train.shape(), (Shape{10000, 28, 28}));
  EXPECT_EQ(data.y_test.shape(), (Shape{10000}));
  EXPECT_EQ(data.y_test[0].item<int>(), 7);
}

TEST_F(Mnist, WithoutANetworkTheSampleIsTaken) {
  const auto [data, said] = load_offline(folder_);
  EXPECT_NE(said.find("sample of 10,000 images"), std::string::npos) << said;
  EXPECT_EQ(data.x_train.shape(), (Shape{8000, 28, 28}));
  EXPECT_EQ(data.y_train.shape(), (Shape{8000}));
  EXPECT_EQ(data.x_test.shape(), (Shape{2000, 28, 28}));
  EXPECT_EQ(data.y_test.shape(), (Shape{2000}));
  EXPECT_FALSE(fs::exists(folder_ / "datasets/mnist.npz"));
}

TEST_F(Mnist, ASampleThatIsTooSmallIsAnError) {
  fs::create_directories(folder_ / "mnist");
  const auto write = [&](const char* name, const std::string& bytes) { std::ofstream(folder_ / "mnist" / name) << bytes; };
  using namespace std::string_literals;
  write("t10k-images-idx3-ubyte",
        "\0\0\x08\x03\0\0\0\x02\0\0\0\x01\0\0\0\x01"
        "ab"s);
  write("t10k-labels-idx1-ubyte",
        "\0\0\x08\x01\0\0\0\x02"
        "ab"s);
  ::setenv("CORNU_DATA_DIR", folder_.c_str(), 1);
  const Offline offline(folder_);
  EXPECT_THROW(load_data(), FileError);
  ::unsetenv("CORNU_DATA_DIR");
}

TEST_F(Mnist, WithoutAFolderToKeepItInTheSampleIsTaken) {
  const fs::path file = folder_ / "file";
  std::ofstream(file) << "no folder";
  const auto [data, said] = load_offline(file / "keras");
  EXPECT_NE(said.find((file / "keras/datasets").string()), std::string::npos) << said;
  EXPECT_EQ(data.x_train.shape(), (Shape{8000, 28, 28}));
}

TEST_F(Mnist, APathThatIsNotThereIsAnError) { EXPECT_THROW(load_data({.path = (folder_ / "nowhere").string()}), FileError); }

}  // namespace
}  // namespace cornu::keras::datasets::mnist
