// Trains the seed network on MNIST, evaluates it and saves it.   mnist_mlp [EPOCHS]
#include <cornu/cornu.h>

#include <cstdlib>
#include <iostream>
namespace tf = cornu;
namespace keras = cornu::keras;
using namespace cornu::keras::layers;

int main(int argc, char** argv) {
  const auto data = keras::datasets::mnist::load_data();
  auto rows = [](const tf::Tensor& images) { return tf::cast(tf::reshape(images, {-1, 784}), tf::float32) / 255.0f; };
  auto model = keras::Sequential({
      Dense(128, {.activation = "relu", .input_shape = {784}}),
      Dense(10, {.activation = "softmax"}),
  });
  model.compile({.optimizer = "adam", .loss = "categorical_crossentropy", .metrics = {"accuracy"}});
  model.fit(rows(data.x_train), keras::utils::to_categorical(data.y_train, 10), {.epochs = argc > 1 ? std::atoi(argv[1]) : 5});
  const auto result = model.evaluate(rows(data.x_test), keras::utils::to_categorical(data.y_test, 10), {.verbose = 0});
  model.save("mnist.keras");
  std::cout << "test accuracy " << result["accuracy"] << ", saved mnist.keras\n";
}
