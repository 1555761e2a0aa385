#include "cornu/keras/datasets/mnist.h"

#include <filesystem>
#include <optional>

#include "cornu/base/log.h"
#include "cornu/base/python_names.h"
#include "cornu/io/data_folder.h"
#include "cornu/io/idx.h"
#include "cornu/io/npz.h"
#include "cornu/keras/utils/get_file.h"

namespace cornu::keras::datasets::mnist {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUrl = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz";
constexpr const char* kSha256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1";
constexpr int64_t kSampleTrain = 8000;

Tensor tensor_of(const io::HostArray& array) { return Tensor::from_memory(array.data, array.dtype, array.shape); }

Data from_npz(const std::string& path) {
  auto arrays = io::read_npz(path);
  auto take = [&](const char* name) {
    const auto found = arrays.find(name);
    if (found == arrays.end()) throw error<FileError>("'{}' is not MNIST: it has no array '{}'.", path, name);
    return tensor_of(found->second);
  };
  return {take("x_train"), take("y_train"), take("x_test"), take("y_test")};
}

std::optional<std::string> idx_file(const fs::path& folder, const std::string& name) {
  for (const std::string& candidate : {name, name + ".gz"})
    if (fs::exists(folder / candidate)) return (folder / candidate).string();
  return std::nullopt;
}

Data from_folder(const fs::path& folder) {
  if (fs::exists(folder / "mnist.npz")) return from_npz((folder / "mnist.npz").string());
  auto read = [&](const char* name) {
    const auto file = idx_file(folder, name);
    if (!file)
      throw error<FileError>(
          "'{}' does not hold MNIST: expected {}(.gz) in it. Give an .npz, or a folder with the four IDX files.", folder.string(),
          name);
    return tensor_of(io::read_idx(*file));
  };
  return {read("train-images-idx3-ubyte"), read("train-labels-idx1-ubyte"), read("t10k-images-idx3-ubyte"),
          read("t10k-labels-idx1-ubyte")};
}

Tensor rows(const io::HostArray& array, int64_t first, int64_t count) {
  Shape shape = array.shape;
  const std::size_t row = array.bytes() / static_cast<std::size_t>(shape[0]);
  shape[0] = count;
  return Tensor::from_memory({array.data, array.data.get() + row * static_cast<std::size_t>(first)}, array.dtype, shape);
}

Data from_sample() {
  const fs::path folder = io::data_folder() / "mnist";
  const auto images = io::read_idx(idx_file(folder, "t10k-images-idx3-ubyte").value_or(folder.string()));
  const auto labels = io::read_idx(idx_file(folder, "t10k-labels-idx1-ubyte").value_or(folder.string()));
  const int64_t all = images.shape.rank() ? images.shape[0] : 0;
  if (all <= kSampleTrain || labels.shape != Shape{all})
    throw error<FileError>(
        "The sample of MNIST in '{}' needs more than {} images and as many labels. Received: images of shape {}, "
        "labels of shape {}.",
        folder.string(), kSampleTrain, to_string(images.shape), to_string(labels.shape));
  return {rows(images, 0, kSampleTrain), rows(labels, 0, kSampleTrain), rows(images, kSampleTrain, all - kSampleTrain),
          rows(labels, kSampleTrain, all - kSampleTrain)};
}

}  // namespace

PYTHON_NAMES("keras.datasets.mnist.load_data");
Data load_data(LoadDataArgs args) {
  if (!args.path.empty()) return fs::is_directory(args.path) ? from_folder(args.path) : from_npz(args.path);
  try {
    return from_npz(utils::get_file("mnist.npz", kUrl, {.sha256 = kSha256}));
  } catch (const FileError& e) {
    log::notice_once("MNIST is not here ({}). Using the bundled sample of 10,000 images.", e.what());
    return from_sample();
  }
}

}  // namespace cornu::keras::datasets::mnist
