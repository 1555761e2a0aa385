#include "cornu/keras/layers/registry.h"

#include <nlohmann/json.hpp>

#include "cornu/keras/layers/config.h"
#include "cornu/keras/layers/layers.h"

namespace cornu::keras::layers {
namespace {

using saving::from_json;

Layer input_layer(const Json& config) {
  // Keras 3 says batch_shape, Keras 2 batch_input_shape.
  const auto shape = required<Shape>(config, config.contains("batch_shape") ? "batch_shape" : "batch_input_shape");
  const auto fields = from_json<InputArgs>(config);
  return make<InputLayerImpl>(shape, fields.dtype, fields.name);
}

}  // namespace

std::span<const LayerRow> registry() {
#define ROW(Class, ...)                                                                                    \
  {                                                                                                        \
#Class, +[](const Json& config) -> Layer { return Class(__VA_ARGS__ from_json<Class##Args>(config)); } \
  }
  static const LayerRow rows[] = {
      {"InputLayer", input_layer},
      ROW(Dense, required<int64_t>(config, "units"), ),
      ROW(Activation, required<ActivationFunction>(config, "activation"), ),
      ROW(ReLU),
      ROW(Softmax),
      ROW(Dropout, required<double>(config, "rate"), ),
      ROW(Flatten),
      ROW(Reshape, required<std::vector<int64_t>>(config, "target_shape"), ),
      ROW(Conv2D, required<int64_t>(config, "filters"), required<IntOrList>(config, "kernel_size"), ),
      ROW(MaxPooling2D),
      ROW(GlobalAveragePooling2D),
      ROW(BatchNormalization),
      ROW(Add),
      ROW(Concatenate),
  };
#undef ROW
  return rows;
}

}  // namespace cornu::keras::layers
