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
      ROW(Identity),
      ROW(Activation, required<ActivationFunction>(config, "activation"), ),
      ROW(ReLU),
      ROW(LeakyReLU),
      ROW(PReLU),
      ROW(ELU),
      ROW(Softmax),
      ROW(Dropout, required<double>(config, "rate"), ),
      ROW(SpatialDropout1D, required<double>(config, "rate"), ),
      ROW(SpatialDropout2D, required<double>(config, "rate"), ),
      ROW(SpatialDropout3D, required<double>(config, "rate"), ),
      ROW(GaussianNoise, required<double>(config, "stddev"), ),
      ROW(GaussianDropout, required<double>(config, "rate"), ),
      ROW(ActivityRegularization),
      ROW(Flatten),
      ROW(Reshape, required<std::vector<int64_t>>(config, "target_shape"), ),
      ROW(Permute, required<std::vector<int64_t>>(config, "dims"), ),
      ROW(RepeatVector, required<int64_t>(config, "n"), ),
      ROW(ZeroPadding1D),
      ROW(ZeroPadding2D),
      ROW(ZeroPadding3D),
      ROW(Cropping1D),
      ROW(Cropping2D),
      ROW(Cropping3D),
      ROW(Conv2D, required<int64_t>(config, "filters"), required<IntOrList>(config, "kernel_size"), ),
      ROW(MaxPooling1D),
      ROW(MaxPooling2D),
      ROW(MaxPooling3D),
      ROW(AveragePooling1D),
      ROW(AveragePooling2D),
      ROW(AveragePooling3D),
      ROW(GlobalMaxPooling1D),
      ROW(GlobalMaxPooling2D),
      ROW(GlobalMaxPooling3D),
      ROW(GlobalAveragePooling1D),
      ROW(GlobalAveragePooling2D),
      ROW(GlobalAveragePooling3D),
      ROW(BatchNormalization),
      ROW(LayerNormalization),
      ROW(Add),
      ROW(Subtract),
      ROW(Multiply),
      ROW(Average),
      ROW(Maximum),
      ROW(Minimum),
      ROW(Concatenate),
  };
#undef ROW
  return rows;
}

}  // namespace cornu::keras::layers
