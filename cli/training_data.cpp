#include "cli/training_data.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "cli/compile_options.h"

namespace cornu::cli {

TrainingData mnist(const keras::Model& model, const std::string& path) {
  const auto layers = model.layers();
  const auto input = layers.empty() ? std::nullopt : layers[0].impl()->build_shape();
  const bool as_images = input && input->is_leaf() && input->leaf().rank() > 2;
  auto images = [&](const Tensor& x) {
    Shape shape{x.shape()[0], 784};
    if (as_images) shape = input->leaf().rank() == 3 ? Shape{x.shape()[0], 28, 28} : Shape{x.shape()[0], 28, 28, 1};
    return cast(reshape(x, shape), float32) / 255.0;
  };
  const bool numbered = model.get_compile_config()["loss"].dump().find("sparse") != std::string::npos;
  auto labels = [&](const Tensor& y) { return numbered ? cast(y, int32) : keras::utils::to_categorical(y, 10); };
  const auto data = keras::datasets::mnist::load_data({.path = path});
  return {images(data.x_train), labels(data.y_train), keras::ValidationData{images(data.x_test), labels(data.y_test), {}}};
}

std::map<int, double> class_weights(const std::string& text) {
  const Json json = parse_json(text, "--class-weight");
  std::map<int, double> weights;
  for (const auto& [label, weight] : json.items()) {
    int number = 0;
    const auto [end, failure] = std::from_chars(label.data(), label.data() + label.size(), number);
    if (!json.is_object() || failure != std::errc() || *end != '\0' || !weight.is_number())
      throw UsageError(R"(--class-weight maps class numbers to weights, as in {"0": 1.0, "1": 5.0}. Received: )" + text);
    weights[number] = weight.get<double>();
  }
  return weights;
}

}  // namespace cornu::cli
