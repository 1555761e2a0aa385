// What a user of the installed library writes: devices looked up and configured, the seed network trained on MNIST, saved and loaded
// again. Each part that goes wrong has its own exit status.
#include <cornu/cornu.h>

#include <iostream>

namespace tf = cornu;
namespace keras = cornu::keras;
using namespace cornu::keras::layers;

bool custom_layer_comes_back_from_a_file();

namespace {

constexpr double kLeastAccuracy = 0.9;  // after three epochs on the sample; 0.965 on all of MNIST

tf::Tensor rows(const tf::Tensor& images) {
  return tf::cast(tf::reshape(images, {images.shape()[0], 784}), tf::float32) / 255.0f;
}

}  // namespace

int main() {
  const auto gpus = tf::config::list_physical_devices("GPU");
  try {
    for (const auto& gpu : gpus) tf::config::experimental::set_memory_growth(gpu, true);
    std::cout << gpus.size() << " GPUs, " << tf::config::list_logical_devices().size() << " logical devices\n";
  } catch (const std::runtime_error& e) {
    std::cout << e.what() << '\n';
    return 2;
  }

  const auto data = keras::datasets::mnist::load_data();
  const auto x_train = rows(data.x_train), x_test = rows(data.x_test);
  const auto y_train = keras::utils::to_categorical(data.y_train, 10), y_test = keras::utils::to_categorical(data.y_test, 10);
  const auto model = keras::Sequential({
      Dense(128, {.activation = "relu", .input_shape = {784}}),
      Dense(10, {.activation = "softmax"}),
  });
  model.compile({.optimizer = "adam", .loss = "categorical_crossentropy", .metrics = {"accuracy"}});
  auto history = model.fit(x_train, y_train, {.epochs = 3, .verbose = 2});
  auto result = model.evaluate(x_test, y_test, {.verbose = 0, .return_dict = true});
  std::cout << "test accuracy " << result["accuracy"] << '\n';
  if (history.history["loss"].size() != 3 || result["accuracy"] < kLeastAccuracy) return 3;

  model.save("mnist.keras");
  const auto again = keras::models::load_model("mnist.keras");
  if (again.predict(x_test, {.verbose = 0}).to_vector<float>() != model.predict(x_test, {.verbose = 0}).to_vector<float>())
    return 4;

  if (!custom_layer_comes_back_from_a_file()) return 8;

  // Errors are caught by the standard's types: devices can no longer be changed, and data must fit.
  try {
    if (gpus.empty()) tf::config::set_visible_devices({}, "CPU");
    else tf::config::set_memory_growth(gpus[0], false);
    return 5;
  } catch (const std::runtime_error& e) {
    std::cout << e.what() << '\n';
  }
  try {
    model.fit(x_test, y_train);
    return 6;
  } catch (const std::invalid_argument& e) {
    std::cout << e.what() << '\n';
  }
  return 0;
}
