#include "cli/bench_networks.h"

namespace cornu::cli {
namespace {

using namespace keras::layers;

keras::Model compiled(const keras::Model& model, const keras::Optimizer& optimizer = "adam") {
  model.compile({.optimizer = optimizer, .loss = "categorical_crossentropy", .metrics = {"accuracy"}});
  return model;
}
keras::Model mlp() {
  return compiled(
      keras::Sequential({Dense(128, {.activation = "relu", .input_shape = {784}}), Dense(10, {.activation = "softmax"})}));
}
keras::Model cnn() {
  return compiled(keras::Sequential({Conv2D(32, 3, {.activation = "relu", .input_shape = {28, 28, 1}}), MaxPooling2D(),
                                     Conv2D(64, 3, {.activation = "relu"}), MaxPooling2D(), Flatten(), Dropout(0.5),
                                     Dense(10, {.activation = "softmax"})}));
}
keras::Model lenet() {
  return compiled(
      keras::Sequential({Conv2D(6, 5, {.padding = "same", .activation = "tanh", .input_shape = {28, 28, 1}}), AveragePooling2D(),
                         Conv2D(16, 5, {.activation = "tanh"}), AveragePooling2D(), Flatten(), Dense(120, {.activation = "tanh"}),
                         Dense(84, {.activation = "tanh"}), Dense(10, {.activation = "softmax"})}));
}

// ResNet-50 as keras.applications has it.
Tensor convolved(const Tensor& x, int64_t filters, int64_t size, int64_t stride) {
  return BatchNormalization({.epsilon = 1.001e-5})(Conv2D(filters, size, {.strides = stride, .padding = "same"})(x));
}
Tensor residual(const Tensor& x, int64_t filters, int64_t stride, bool is_first) {
  const Tensor shortcut = is_first ? convolved(x, 4 * filters, 1, stride) : x;
  const Tensor narrow = ReLU()(convolved(x, filters, 1, stride)), middle = ReLU()(convolved(narrow, filters, 3, 1));
  const Tensor sum = Add()({shortcut, convolved(middle, 4 * filters, 1, 1)}).leaf();
  return ReLU()(sum);
}
keras::Model resnet50() {
  const Tensor image = keras::Input({224, 224, 3});
  Tensor x = Conv2D(64, 7, {.strides = 2})(ZeroPadding2D({.padding = 3})(image));
  x = ReLU()(BatchNormalization({.epsilon = 1.001e-5})(x));
  x = MaxPooling2D({.pool_size = 3, .strides = 2})(ZeroPadding2D({.padding = 1})(x));
  const struct { int64_t filters, blocks; } stages[] = {{64, 3}, {128, 4}, {256, 6}, {512, 3}};
  for (const auto& [filters, blocks] : stages)
    for (int64_t block = 0; block < blocks; ++block) x = residual(x, filters, block == 0 && filters > 64 ? 2 : 1, block == 0);
  x = Dense(1000, {.activation = "softmax"})(GlobalAveragePooling2D()(x));
  return compiled(keras::Model(image, x), keras::optimizers::SGD({.learning_rate = 0.01, .momentum = 0.9}));
}

const std::vector<std::pair<std::string, Network>>& networks() {
  static const std::vector<std::pair<std::string, Network>> all{{"mlp", {mlp, {784}, 10, 12000, 32}},
                                                                {"cnn", {cnn, {28, 28, 1}, 10, 4096, 64}},
                                                                {"lenet", {lenet, {28, 28, 1}, 10, 4096, 64}},
                                                                {"resnet50", {resnet50, {224, 224, 3}, 1000, 128, 32}}};
  return all;
}

}  // namespace

std::optional<Network> named_network(const std::string& name) {
  for (const auto& [known, network] : networks())
    if (name == known) return network;
  return std::nullopt;
}

std::vector<std::string> network_names() {
  std::vector<std::string> names;
  for (const auto& [name, network] : networks()) names.push_back(name);
  return names;
}

Network wide_network(int64_t width) {
  return {[width] {
            return compiled(keras::Sequential({Dense(width, {.activation = "relu", .input_shape = {784}}),
                                               Dense(width, {.activation = "relu"}), Dense(10, {.activation = "softmax"})}));
          },
          {784},
          10,
          4096,
          32};
}

}  // namespace cornu::cli
