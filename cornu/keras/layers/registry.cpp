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
#define FROM_CONFIG(Class, ...) +[](const Json& config) -> Layer { return Class(__VA_ARGS__ from_json<Class##Args>(config)); }
#define ROW(Class, ...) \
  { #Class, FROM_CONFIG(Class, __VA_ARGS__) }
#define PRIVATE_ROW(Class, ...) \
  { #Class, FROM_CONFIG(Class, __VA_ARGS__), false }
  static const LayerRow rows[] = {
      {"InputLayer", input_layer},
      ROW(Dense, required<int64_t>(config, "units"), ),
      ROW(EinsumDense, required<std::string>(config, "equation"), required<Shape>(config, "output_shape"), ),
      ROW(Embedding, required<int64_t>(config, "input_dim"), required<int64_t>(config, "output_dim"), ),
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
      ROW(UpSampling1D),
      ROW(UpSampling2D),
      ROW(UpSampling3D),
      ROW(Cropping1D),
      ROW(Cropping2D),
      ROW(Cropping3D),
      ROW(Conv1D, required<int64_t>(config, "filters"), required<IntOrList>(config, "kernel_size"), ),
      ROW(Conv2D, required<int64_t>(config, "filters"), required<IntOrList>(config, "kernel_size"), ),
      ROW(Conv3D, required<int64_t>(config, "filters"), required<IntOrList>(config, "kernel_size"), ),
      ROW(Conv1DTranspose, required<int64_t>(config, "filters"), required<IntOrList>(config, "kernel_size"), ),
      ROW(Conv2DTranspose, required<int64_t>(config, "filters"), required<IntOrList>(config, "kernel_size"), ),
      ROW(Conv3DTranspose, required<int64_t>(config, "filters"), required<IntOrList>(config, "kernel_size"), ),
      ROW(SeparableConv1D, required<int64_t>(config, "filters"), required<IntOrList>(config, "kernel_size"), ),
      ROW(SeparableConv2D, required<int64_t>(config, "filters"), required<IntOrList>(config, "kernel_size"), ),
      ROW(DepthwiseConv1D, required<IntOrList>(config, "kernel_size"), ),
      ROW(DepthwiseConv2D, required<IntOrList>(config, "kernel_size"), ),
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
      ROW(GroupNormalization),
      ROW(RMSNormalization),
      ROW(UnitNormalization),
      ROW(Normalization),
      ROW(Rescaling, required<Numbers>(config, "scale"), ),
      ROW(Add),
      ROW(Subtract),
      ROW(Multiply),
      ROW(Average),
      ROW(Maximum),
      ROW(Minimum),
      ROW(Concatenate),
      ROW(Dot, required<IntOrList>(config, "axes"), ),
      PRIVATE_ROW(LayerScale, required<double>(config, "init_values"), required<int64_t>(config, "projection_dim"), ),
      PRIVATE_ROW(StochasticDepth, required<double>(config, "drop_path_rate"), ),
  };
#undef PRIVATE_ROW
#undef ROW
#undef FROM_CONFIG
  return rows;
}

}  // namespace cornu::keras::layers
