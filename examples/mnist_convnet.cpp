// A convolutional network on MNIST.   mnist_convnet [EPOCHS] [DTYPE_POLICY]
#include <cornu/cornu.h>

#include <cstdlib>
#include <iostream>
namespace tf = cornu;
namespace keras = cornu::keras;
using namespace cornu::keras::layers;

int main(int argc, char** argv) {
  if (argc > 2) keras::config::set_dtype_policy(argv[2]);  // "mixed_bfloat16": half of the memory between the layers
  const auto data = keras::datasets::mnist::load_data();
  auto images = [](const tf::Tensor& x) { return tf::cast(tf::expand_dims(x, -1), tf::float32) / 255.0f; };

  auto model = keras::Sequential({
      Conv2D(16, 3, {.use_bias = false, .input_shape = {28, 28, 1}}),
      BatchNormalization(),
      ReLU(),
      MaxPooling2D(),
      Conv2D(32, 3, {.activation = "relu"}),
      MaxPooling2D(),
      Flatten(),
      Dropout(0.5),
      Dense(10, {.activation = "softmax"}),
  });
  model.summary();
  model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  model.fit(images(data.x_train), data.y_train,
            {.batch_size = 64, .epochs = argc > 1 ? std::atoi(argv[1]) : 3, .validation_split = 0.1});

  const auto result = model.evaluate(images(data.x_test), data.y_test, {.verbose = 0});
  model.save("mnist_convnet.keras");
  std::cout << "test accuracy " << result["accuracy"] << ", saved mnist_convnet.keras\n";
}
