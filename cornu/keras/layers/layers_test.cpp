#include <nlohmann/json.hpp>

#include "tests/layer_test.h"

namespace cornu::keras {
namespace {

using namespace layers;

TEST(Layers, Dense) {
  run_layer_test(Dense(5), {.input_shapes = {{3, 4}}, .output_shape = {3, 5}, .trainable_weights = 2, .supports_masking = true});
  run_layer_test(
      Dense(5, {.activation = "softmax", .use_bias = false, .kernel_regularizer = "l2"}),
      {.input_shapes = {{2, 3, 4}}, .output_shape = {2, 3, 5}, .trainable_weights = 1, .losses = 1, .supports_masking = true});
}
TEST(Layers, Activations) {
  run_layer_test(Activation("tanh"), {.input_shapes = {{3, 4}}, .output_shape = {3, 4}, .supports_masking = true});
  run_layer_test(ReLU({.max_value = 0.5, .negative_slope = 0.1}),
                 {.input_shapes = {{3, 4}}, .output_shape = {3, 4}, .supports_masking = true});
  run_layer_test(LeakyReLU(), {.input_shapes = {{3, 4}}, .output_shape = {3, 4}, .supports_masking = true});
  run_layer_test(ELU({.alpha = 0.5}), {.input_shapes = {{3, 4}}, .output_shape = {3, 4}, .supports_masking = true});
  run_layer_test(PReLU({.shared_axes = 1}),
                 {.input_shapes = {{2, 3, 4}}, .output_shape = {2, 3, 4}, .trainable_weights = 1, .supports_masking = true});
  EXPECT_THROW(LeakyReLU({.negative_slope = -1}), ValueError);
  run_layer_test(Softmax({.axis = 1}), {.input_shapes = {{3, 4, 2}}, .output_shape = {3, 4, 2}, .supports_masking = true});
}
TEST(Layers, Dropout) {
  run_layer_test(Dropout(0.5), {.input_shapes = {{3, 4}},
                                .output_shape = {3, 4},
                                .seed_generators = 1,
                                .supports_masking = true,
                                .same_in_training = false});
  run_layer_test(Dropout(0.0), {.input_shapes = {{3, 4}}, .output_shape = {3, 4}, .supports_masking = true});
  const keras::random::NoiseShape by_row{std::nullopt, 1};
  run_layer_test(Dropout(0.5, {.noise_shape = by_row}), {.input_shapes = {{3, 4}},
                                                         .output_shape = {3, 4},
                                                         .seed_generators = 1,
                                                         .supports_masking = true,
                                                         .same_in_training = false});
  EXPECT_EQ(Dropout(0.5, {.noise_shape = by_row}).get_config()["noise_shape"].dump(), "[null,1]");
  EXPECT_THROW(Dropout(0.5, {.noise_shape = keras::random::NoiseShape{-1, 1}}), ValueError);
}
TEST(Layers, Noise) {
  run_layer_test(SpatialDropout1D(0.5), {.input_shapes = {{3, 4, 5}},
                                         .output_shape = {3, 4, 5},
                                         .seed_generators = 1,
                                         .supports_masking = true,
                                         .same_in_training = false});
  run_layer_test(SpatialDropout2D(0.5, {.data_format = "channels_first"}), {.input_shapes = {{2, 3, 4, 5}},
                                                                            .output_shape = {2, 3, 4, 5},
                                                                            .seed_generators = 1,
                                                                            .supports_masking = true,
                                                                            .same_in_training = false});
  run_layer_test(SpatialDropout3D(0.5), {.input_shapes = {{2, 3, 2, 4, 5}},
                                         .output_shape = {2, 3, 2, 4, 5},
                                         .seed_generators = 1,
                                         .supports_masking = true,
                                         .same_in_training = false});
  run_layer_test(GaussianNoise(0.5), {.input_shapes = {{3, 4}},
                                      .output_shape = {3, 4},
                                      .seed_generators = 1,
                                      .supports_masking = true,
                                      .same_in_training = false});
  run_layer_test(GaussianDropout(0.5), {.input_shapes = {{3, 4}},
                                        .output_shape = {3, 4},
                                        .seed_generators = 1,
                                        .supports_masking = true,
                                        .same_in_training = false});
  run_layer_test(ActivityRegularization({.l2 = 0.1}),
                 {.input_shapes = {{3, 4}}, .output_shape = {3, 4}, .supports_masking = true});
  EXPECT_THROW(GaussianNoise(1.5), ValueError);
}
// A channel is dropped whole, or kept whole and doubled.
TEST(Layers, SpatialDropoutDropsWholeChannels) {
  const auto out = SpatialDropout1D(0.5, {.seed = 3})(ops::ones({4, 5, 8}), true).to_vector<float>();
  int dropped = 0;
  for (int example = 0; example < 4; ++example)
    for (int channel = 0; channel < 8; ++channel) {
      const float first = out[example * 40 + channel];
      EXPECT_TRUE(first == 0 || first == 2) << first;
      dropped += first == 0;
      for (int step = 1; step < 5; ++step) EXPECT_EQ(out[example * 40 + step * 8 + channel], first);
    }
  EXPECT_GT(dropped, 4);
  EXPECT_LT(dropped, 28);
}
TEST(Layers, GaussianNoiseHasItsMoments) {
  const Tensor x = ops::ones({100, 100});
  for (const Layer& layer : {Layer(GaussianNoise(0.5, {.seed = 3})), Layer(GaussianDropout(0.2, {.seed = 3}))}) {
    const Tensor out = layer(x, true);
    EXPECT_NEAR(ops::mean(out).item<float>(), 1, 0.02);
    EXPECT_NEAR(ops::mean(ops::square(out - 1.0)).item<float>(), 0.25, 0.01);
  }
}
TEST(Layers, Reshaping) {
  run_layer_test(Flatten(), {.input_shapes = {{2, 3, 4}}, .output_shape = {2, 12}});
  run_layer_test(Reshape({2, -1}), {.input_shapes = {{2, 3, 4}}, .output_shape = {2, 2, 6}});
  run_layer_test(Permute({2, 1}), {.input_shapes = {{2, 3, 4}}, .output_shape = {2, 4, 3}});
  run_layer_test(RepeatVector(3), {.input_shapes = {{2, 4}}, .output_shape = {2, 3, 4}});
  EXPECT_THROW(Permute({2, 2}), ValueError);
  EXPECT_THROW(RepeatVector(0), ValueError);
}
TEST(Layers, Margins) {
  run_layer_test(ZeroPadding1D({.padding = {1, 2}}), {.input_shapes = {{2, 4, 3}}, .output_shape = {2, 7, 3}});
  run_layer_test(ZeroPadding2D({.padding = {{1, 0}, {2, 3}}}), {.input_shapes = {{2, 3, 4, 2}}, .output_shape = {2, 4, 9, 2}});
  run_layer_test(ZeroPadding3D(), {.input_shapes = {{2, 3, 4, 2, 1}}, .output_shape = {2, 5, 6, 4, 1}});
  run_layer_test(Cropping1D(), {.input_shapes = {{2, 4, 3}}, .output_shape = {2, 2, 3}});
  run_layer_test(Cropping2D({.cropping = {1, 2}}), {.input_shapes = {{2, 5, 6, 2}}, .output_shape = {2, 3, 2, 2}});
  run_layer_test(Cropping3D(), {.input_shapes = {{2, 3, 4, 5, 1}}, .output_shape = {2, 1, 2, 3, 1}});
  EXPECT_EQ(ZeroPadding1D().get_config()["padding"].dump(), "[1,1]");
  EXPECT_EQ(ZeroPadding2D({.padding = {1, 2}}).get_config()["padding"].dump(), "[[1,1],[2,2]]");
  EXPECT_THROW(ZeroPadding1D({.padding = -1}), ValueError);
  EXPECT_THROW(ZeroPadding2D({.padding = {1, 2, 3}}), ValueError);
  EXPECT_THROW(Cropping1D({.cropping = 2})(ops::ones({1, 4, 1})), ValueError);
}
TEST(Layers, Convolutions) {
  run_layer_test(Conv1D(4, 3, {.padding = "causal"}),
                 {.input_shapes = {{2, 7, 3}}, .output_shape = {2, 7, 4}, .trainable_weights = 2});
  run_layer_test(Conv2D(4, 3, {.strides = 2, .padding = "same", .activation = "relu"}),
                 {.input_shapes = {{2, 7, 8, 3}}, .output_shape = {2, 4, 4, 4}, .trainable_weights = 2});
  run_layer_test(Conv3D(4, 2), {.input_shapes = {{2, 3, 4, 5, 2}}, .output_shape = {2, 2, 3, 4, 4}, .trainable_weights = 2});
  run_layer_test(DepthwiseConv1D(3, {.depth_multiplier = 2}),
                 {.input_shapes = {{2, 7, 3}}, .output_shape = {2, 5, 6}, .trainable_weights = 2});
  run_layer_test(DepthwiseConv2D({3, 2}, {.strides = 2, .padding = "same", .use_bias = false}),
                 {.input_shapes = {{2, 7, 8, 3}}, .output_shape = {2, 4, 4, 3}, .trainable_weights = 1});
  run_layer_test(SeparableConv1D(4, 3), {.input_shapes = {{2, 7, 3}}, .output_shape = {2, 5, 4}, .trainable_weights = 3});
  run_layer_test(SeparableConv2D(4, 3, {.padding = "same"}),
                 {.input_shapes = {{2, 7, 8, 3}}, .output_shape = {2, 7, 8, 4}, .trainable_weights = 3});
  run_layer_test(Conv1DTranspose(4, 3, {.strides = 2}),
                 {.input_shapes = {{2, 5, 3}}, .output_shape = {2, 11, 4}, .trainable_weights = 2});
  run_layer_test(Conv2DTranspose(4, 3, {.strides = {2, 3}, .padding = "same"}),
                 {.input_shapes = {{2, 5, 4, 3}}, .output_shape = {2, 10, 12, 4}, .trainable_weights = 2});
  run_layer_test(Conv3DTranspose(4, 2),
                 {.input_shapes = {{2, 2, 3, 2, 2}}, .output_shape = {2, 3, 4, 3, 4}, .trainable_weights = 2});
}
TEST(Layers, UpSampling) {
  run_layer_test(UpSampling1D({.size = 3}), {.input_shapes = {{2, 4, 3}}, .output_shape = {2, 12, 3}});
  run_layer_test(UpSampling2D({.size = {2, 3}, .interpolation = "bilinear"}),
                 {.input_shapes = {{2, 3, 4, 2}}, .output_shape = {2, 6, 12, 2}});
  run_layer_test(UpSampling3D(), {.input_shapes = {{2, 2, 3, 2, 1}}, .output_shape = {2, 4, 6, 4, 1}});
}
TEST(Layers, Pooling) {
  run_layer_test(MaxPooling2D(), {.input_shapes = {{2, 7, 8, 3}}, .output_shape = {2, 3, 4, 3}});
  run_layer_test(MaxPooling1D(), {.input_shapes = {{2, 7, 3}}, .output_shape = {2, 3, 3}});
  run_layer_test(MaxPooling3D(), {.input_shapes = {{2, 4, 5, 4, 2}}, .output_shape = {2, 2, 2, 2, 2}});
  run_layer_test(AveragePooling1D(), {.input_shapes = {{2, 7, 3}}, .output_shape = {2, 3, 3}});
  run_layer_test(AveragePooling2D(), {.input_shapes = {{2, 7, 8, 3}}, .output_shape = {2, 3, 4, 3}});
  run_layer_test(AveragePooling3D(), {.input_shapes = {{2, 4, 5, 4, 2}}, .output_shape = {2, 2, 2, 2, 2}});
  run_layer_test(GlobalMaxPooling1D(), {.input_shapes = {{2, 7, 3}}, .output_shape = {2, 3}});
  run_layer_test(GlobalMaxPooling2D(), {.input_shapes = {{2, 7, 8, 3}}, .output_shape = {2, 3}});
  run_layer_test(GlobalMaxPooling3D(), {.input_shapes = {{2, 4, 3, 2, 3}}, .output_shape = {2, 3}});
  run_layer_test(GlobalAveragePooling1D(), {.input_shapes = {{2, 7, 3}}, .output_shape = {2, 3}, .supports_masking = true});
  run_layer_test(GlobalAveragePooling3D(), {.input_shapes = {{2, 4, 3, 2, 3}}, .output_shape = {2, 3}});
  EXPECT_THROW(MaxPooling2D()(ops::ones({1, 4, 1})), ValueError);
  run_layer_test(GlobalAveragePooling2D(), {.input_shapes = {{2, 7, 8, 3}}, .output_shape = {2, 3}});
}
TEST(Layers, Identity) {
  run_layer_test(Identity(), {.input_shapes = {{2, 3}}, .output_shape = {2, 3}, .supports_masking = true});
}
TEST(Layers, LayerNormalization) {
  run_layer_test(LayerNormalization(),
                 {.input_shapes = {{2, 3, 4}}, .output_shape = {2, 3, 4}, .trainable_weights = 2, .supports_masking = true});
  run_layer_test(LayerNormalization({.axis = {1, 2}, .center = false}),
                 {.input_shapes = {{2, 3, 4}}, .output_shape = {2, 3, 4}, .trainable_weights = 1, .supports_masking = true});
}
TEST(Layers, GroupNormalization) {
  run_layer_test(GroupNormalization({.groups = 2}),
                 {.input_shapes = {{3, 5, 4}}, .output_shape = {3, 5, 4}, .trainable_weights = 2, .supports_masking = true});
}
TEST(Layers, RMSNormalization) {
  run_layer_test(RMSNormalization(), {.input_shapes = {{3, 4}}, .output_shape = {3, 4}, .trainable_weights = 1});
}
TEST(Layers, UnitNormalization) {
  run_layer_test(UnitNormalization(), {.input_shapes = {{3, 4}}, .output_shape = {3, 4}, .supports_masking = true});
}
TEST(Layers, Preprocessing) {
  run_layer_test(Rescaling(2.0, {.offset = {1.0, 2.0}}),
                 {.input_shapes = {{3, 2}}, .output_shape = {3, 2}, .supports_masking = true});
  run_layer_test(
      Rescaling(1.0 / 255),
      {.input_shapes = {{3, 2}}, .output_shape = {3, 2}, .supports_masking = true, .input_dtype = int32, .input_limit = 256});
  run_layer_test(Normalization(),
                 {.input_shapes = {{3, 2}}, .output_shape = {3, 2}, .non_trainable_weights = 3, .supports_masking = true});
  run_layer_test(Normalization({.axis = {}, .mean = 1.0, .variance = 4.0}),
                 {.input_shapes = {{3, 2}}, .output_shape = {3, 2}, .supports_masking = true});
}
TEST(Layers, Embedding) {
  run_layer_test(Embedding(5, 3, {.mask_zero = true}), {.input_shapes = {{2, 4}},
                                                        .output_shape = {2, 4, 3},
                                                        .trainable_weights = 1,
                                                        .supports_masking = true,
                                                        .input_dtype = int32,
                                                        .input_limit = 5});
}
TEST(Layers, EinsumDense) {
  run_layer_test(EinsumDense("...x,xy->...y", {5}, {.activation = "tanh", .bias_axes = "y"}),
                 {.input_shapes = {{2, 3, 4}}, .output_shape = {2, 3, 5}, .trainable_weights = 2});
}
TEST(Layers, ConvNeXt) {
  run_layer_test(LayerScale(0.5, 4), {.input_shapes = {{3, 4}}, .output_shape = {3, 4}, .trainable_weights = 1});
  run_layer_test(StochasticDepth(0.5), {.input_shapes = {{3, 4}}, .output_shape = {3, 4}, .same_in_training = false});
}
TEST(Layers, BatchNormalization) {
  run_layer_test(BatchNormalization(), {.input_shapes = {{4, 3}},
                                        .output_shape = {4, 3},
                                        .trainable_weights = 2,
                                        .non_trainable_weights = 2,
                                        .supports_masking = true,
                                        .same_in_training = false});
  run_layer_test(BatchNormalization({.renorm = true, .renorm_clipping = RenormClipping{.rmax = 3.0}}),
                 {.input_shapes = {{4, 3}},
                  .output_shape = {4, 3},
                  .trainable_weights = 2,
                  .non_trainable_weights = 5,
                  .supports_masking = true,
                  .same_in_training = false});
}
TEST(Layers, Merging) {
  run_layer_test(Add(), {.input_shapes = {{3, 4}, {3, 4}}, .output_shape = {3, 4}, .supports_masking = true});
  run_layer_test(Subtract(), {.input_shapes = {{3, 4}, {3, 4}}, .output_shape = {3, 4}, .supports_masking = true});
  run_layer_test(Multiply(), {.input_shapes = {{3, 4}, {3, 4}}, .output_shape = {3, 4}, .supports_masking = true});
  run_layer_test(Average(), {.input_shapes = {{3, 4}, {3, 4}}, .output_shape = {3, 4}, .supports_masking = true});
  run_layer_test(Maximum(), {.input_shapes = {{3, 4}, {3, 4}}, .output_shape = {3, 4}, .supports_masking = true});
  run_layer_test(Minimum(), {.input_shapes = {{3, 4}, {3, 4}}, .output_shape = {3, 4}, .supports_masking = true});
  run_layer_test(Concatenate({.axis = 1}),
                 {.input_shapes = {{3, 4, 2}, {3, 1, 2}}, .output_shape = {3, 5, 2}, .supports_masking = true});
}

TEST(Layers, Dot) {
  run_layer_test(Dot(2, {.normalize = true}),
                 {.input_shapes = {{2, 3, 4}, {2, 5, 4}}, .output_shape = {2, 3, 5}, .supports_masking = true});
  run_layer_test(Dot(1), {.input_shapes = {{2, 3}, {2, 3}}, .output_shape = {2, 1}, .supports_masking = true});
}
TEST(Layers, SerializeTellsALayerAndDeserializeMakesIt) {
  const Layer again = layers::deserialize(layers::serialize(Dense(3, {.activation = "relu", .name = "hidden"})));
  EXPECT_EQ(again.name(), "hidden");
  EXPECT_EQ(again(ops::ones({2, 4})).shape(), Shape({2, 3}));
  Json unknown = layers::serialize(Dense(3));
  unknown["class_name"] = "Dance";
  EXPECT_THROW(layers::deserialize(unknown), TypeError);
}
TEST(Normalization, AdaptsToDataWholeAndInBatches) {
  const Tensor data = random::normal({50, 3}, 2.0, 3.0);
  auto whole = Normalization(), batches = Normalization();
  whole->adapt(data);
  batches->adapt({ops::slice(data, {0, 0}, {20, 3}), ops::slice(data, {20, 0}, {30, 3})});
  expect_close(whole.get_weights(), batches.get_weights(), "weight");
  const Tensor out = whole(data);
  expect_close(ops::mean(out, 0) + 1.0, ops::ones({3}, float32), "mean", 1e-5);
  expect_close(ops::var(out, 0), ops::ones({3}, float32), "variance", 1e-5);
  EXPECT_THROW(whole->adapt(random::normal({4, 2})), ValueError);
  EXPECT_THROW(Normalization({.mean = 1.0, .variance = 2.0})->adapt(data), ValueError);
}
TEST(Embedding, RefusesAnIndexOutOfRange) {
  const auto layer = Embedding(5, 3);
  EXPECT_THROW(layer(Tensor(std::vector<int32_t>{1, 5})).to_vector<float>(), ValueError);
  EXPECT_THROW(layer(Tensor(std::vector<int32_t>{-1})).to_vector<float>(), ValueError);
}
// As Keras, which gives (None, None, None, 4) for each.
TEST(Layers, TransposedConvolutionsOfImagesOfAnySize) {
  for (const auto& layer : {Conv2DTranspose(4, 3, {.strides = 2, .padding = "same"}), Conv2DTranspose(4, 2, {.strides = 2}),
                            Conv2DTranspose(4, 3), Conv2DTranspose(4, 5, {.strides = 2, .output_padding = 1})}) {
    const auto x = Input({Shape::kUnknown, Shape::kUnknown, 3});
    EXPECT_EQ(to_string(layer(x).shape()), "(None, None, None, 4)");
  }
}
// Figures of this test and the next two are real Keras's.
TEST(Layers, IntegersAreNormalizedAsFloats) {
  const Tensor x(std::vector<int32_t>{3, -7, 200, 255}, {4, 1});
  const auto normalized = BatchNormalization()(x);
  EXPECT_EQ(normalized.dtype(), float32);
  expect_close(normalized, Tensor(std::vector<float>{2.9985f, -6.9965f, 199.9001f, 254.8726f}, {4, 1}), "output", 1e-5);
  EXPECT_EQ(LayerNormalization()(x).dtype(), float32);
  EXPECT_EQ(GroupNormalization({.groups = 1})(x).dtype(), float32);
}
TEST(Layers, WholeNumbersBetweenPixels) {
  const Tensor x(std::vector<uint8_t>{0, 1, 2, 3}, {1, 2, 2, 1});
  const auto got = UpSampling2D({.size = {1, 2}, .interpolation = "bilinear"})(x);
  EXPECT_EQ(got.to_vector<int>(), (std::vector<int>{0, 0, 1, 1, 2, 2, 3, 3}));
}
TEST(Layers, IndicesAreWholeUnderAMixedPolicy) {
  const auto embedding = Embedding(300, 2, {.dtype = "mixed_bfloat16"});
  const auto rows = embedding(Tensor(std::vector<float>{256, 257}));  // one number in bfloat16
  EXPECT_EQ(rows.dtype(), bfloat16);
  const auto values = rows.to_vector<float>();
  EXPECT_NE(values[0], values[2]);
  const Tensor x(std::vector<float>{2049, 2051, 2053, 2055}, {1, 4});
  const auto normalized = GroupNormalization({.groups = 1, .dtype = "mixed_float16"})(x);
  expect_close(normalized, ops::cast(Tensor(std::vector<float>{-1.342f, -0.447f, 0.447f, 1.342f}, {1, 4}), float16), "output",
               1e-3);
}
TEST(Layers, ImpossibleSizesAreRefused) {
  EXPECT_THROW(GroupNormalization({.groups = -1})(ops::ones({2, 3, 0})), ValueError);
  EXPECT_THROW(DepthwiseConv2D(2)(ops::ones({1, 4, 4, 0})), ValueError);
  EXPECT_THROW(ops::conv_transpose(ops::ones({1, 4, 4, 2}), ops::ones({2, 2, 3, 2}), 0), ValueError);
  EXPECT_THROW(Conv2D(3, 3, {.padding = "same", .dilation_rate = int64_t(1) << 40})(ops::ones({1, 8, 8, 2})), ValueError);
  EXPECT_THROW(UpSampling2D({.size = int64_t(1) << 40}), ValueError);
  EXPECT_THROW(Normalization({.mean = {1, 2, 3}, .variance = {1, 2, 3}})(ops::ones({2, 1})), ValueError);
  EXPECT_THROW(EinsumDense("ab,bc->ac", {3}, {.bias_axes = ""})(ops::ones({2, 4})), ValueError);
  EXPECT_THROW(ops::conv(ops::ones({3}), ops::ones({3})), ValueError);
}
TEST(Layers, InputsThatDoNotFitAreRefused) {
  EXPECT_THROW(Dense(2)(ops::ones({4})), ValueError);
  EXPECT_THROW(BatchNormalization({.axis = 3})(ops::ones({2, 4})), ValueError);
  EXPECT_THROW(Add()(TensorNest(TensorNest::List{})), ValueError);
  EXPECT_THROW(ops::concatenate({}), ValueError);
}

// Numbers of real Keras 3.15.
TEST(BatchNormalization, RenormalizesAsKerasDoes) {
  auto layer = BatchNormalization(
      {.momentum = 0.5, .renorm = true, .renorm_clipping = RenormClipping{1.5, 0.5, 0.4}, .renorm_momentum = 0.8});
  layer.build({Shape::kUnknown, 2});
  const std::vector<std::vector<float>> weights{{2, 3}, {0.5, -0.5}, {0.1, 0.2}, {1.2, 2}, {1.1, 1.4}, {0.3, 0.1}, {0.9, 2.5}};
  std::vector<Tensor> start;
  for (const auto& w : weights) start.emplace_back(w);
  const std::vector<const char*> names{"gamma",         "beta",        "moving_mean",  "moving_variance",
                                       "moving_stddev", "renorm_mean", "renorm_stddev"};
  for (std::size_t i = 0; i < names.size(); ++i) EXPECT_EQ(layer.weights()[i].name(), names[i]);
  const Tensor x(std::vector<float>{1, 2, 3, -1, 0.5, 4}, {3, 2}), cotangent(std::vector<float>{1, -2, 0.5, 1, 2, 3}, {3, 2});

  layer.set_weights(start);
  const auto results =
      jit([&](const TensorNest& in) {
        const Tensor out = layer(in.leaf(), true), total = ops::sum(out * cotangent);
        const auto by_weight = gradients(total, layer.trainable_weights());
        return TensorNest(std::vector<Tensor>{out, by_weight[0], by_weight[1], gradients(total, std::vector{in.leaf()})[0]});
      })(TensorNest(x))
          .flatten();
  auto near = [](const Tensor& got, std::vector<float> want, const char* what) {
    expect_close(got, Tensor(want, got.shape()), what);
  };
  near(results[0], {0.18888855f, 1.1f, 4.6333342f, -2.5f, -0.92222273f, 3.5f}, "output of training");
  near(results[1], {-0.5444448f, 2.2666667f}, "gradient of gamma");
  near(results[2], {3.5f, 2.0f}, "gradient of beta");
  near(results[3], {-0.92545056f, -3.3157625f, 0.18375778f, 1.3260965f, 0.74169207f, 1.9896657f}, "gradient of the input");
  const auto after = layer.get_weights();
  near(after[2], {0.8f, 0.9333334f}, "moving_mean");
  near(after[3], {1.1877391f, 2.9833393f}, "moving_variance");
  near(after[4], {1.0902932f, 1.727524f}, "moving_stddev");
  near(after[5], {0.54f, 0.41333336f}, "renorm_mean");
  near(after[6], {0.93611723f, 2.4110096f}, "renorm_stddev");
  near(layer(x, false), {0.86687374f, 1.3523619f, 4.5356116f, -3.8574064f, -0.05031079f, 4.8255405f}, "output");
  EXPECT_THROW(BatchNormalization({.renorm = true, .renorm_clipping = RenormClipping{.rmax = 0.5, .rmin = 1.0}}), ValueError);
}

TEST(BatchNormalization, AMaskSaysWhatCountsAsInKeras) {
  const auto layer = BatchNormalization({.momentum = 0.5});
  const Tensor x(std::vector<float>{1, 2, 3, 4, 5, 7, 2, 0, 9, 9, 8, 8}, {2, 3, 2});
  const Tensor mask = ops::cast(Tensor(std::vector<int32_t>{1, 1, 0, 1, 0, 0}, {2, 3}), bool_);
  const Tensor out = layer(x.with_mask(mask), true);
  expect_close(out,
               Tensor(std::vector<float>{-1.2238273620605469f, 0.0f, 1.2238273620605469f, 1.2245153188705444f,
                                         3.6714820861816406f, 3.061288356781006f, 0.0f, -1.2245153188705444f, 8.566791534423828f,
                                         4.285803318023682f, 7.342964172363281f, 3.6735458374023438f},
                      {2, 3, 2}),
               "output");
  EXPECT_EQ(out.mask().to_vector<int>(), mask.to_vector<int>());
  expect_close(layer.get_weights()[2], ops::ones({2}), "moving_mean");
  expect_close(layer.get_weights()[3], Tensor(std::vector<float>{0.8333333730697632f, 1.8333333730697632f}), "moving_variance");
  EXPECT_THROW(layer(x.with_mask(ops::ones({2}, bool_))), ValueError);
}

TEST(Merging, FewerAxesGetOnesAfterTheBatch) {
  const Tensor a = ops::reshape(ops::arange(6, {}, {}, float32), {2, 3}),
               b = ops::reshape(ops::arange(12, {}, {}, float32), {2, 2, 3});
  for (const TensorNest& pair : {TensorNest{a, b}, TensorNest{b, a}})
    EXPECT_EQ(Add()(pair).leaf().to_vector<float>(), (std::vector<float>{0, 2, 4, 3, 5, 7, 9, 11, 13, 12, 14, 16}));
  EXPECT_EQ(Add()(TensorNest{Input({3}), Input({2, 3})}).leaf().shape(), (Shape{None, 2, 3}));
  EXPECT_THROW(Add()(TensorNest{Input({2}), Input({2, 3})}), ValueError);
  EXPECT_THROW(Concatenate()(TensorNest{a, ops::reshape(a, {2, 1, 3})}), ValueError);
}

// Its first build fails in the middle.
class ShyImpl : public LayerImpl {
 public:
  int builds = 0;
  void build(const Shape& input) override {
    scale_ = add_weight("scale", {input[-1]}, {.initializer = "ones"});
    inner_ = track("inner", Layer(Dense(2)));
    if (++builds == 1) throw ValueError("not yet");
    inner_.build(input);
  }
  Tensor call(const Tensor& x, const CallContext&) override { return inner_(x * scale_); }

 private:
  Variable scale_;
  Layer inner_;
};

TEST(Layers, ABuildThatFailedIsTriedAgainFromTheStart) {
  const auto layer = make<ShyImpl>();
  EXPECT_THROW(layer(ops::ones({2, 3})), ValueError);
  EXPECT_FALSE(layer.built());
  EXPECT_TRUE(layer.weights().empty());
  EXPECT_TRUE(layer->sublayers().empty());
  EXPECT_EQ(layer(ops::ones({2, 5})).shape(), (Shape{2, 2}));
  EXPECT_EQ(layer.weights().size(), 3u);
  EXPECT_EQ(layer.weights()[0].shape(), (Shape{5}));
  EXPECT_EQ(layer->builds, 2);
}

TEST(Layers, ASequentialWhoseBuildFailedTakesAnotherShape) {
  const auto model = Sequential({make<ShyImpl>()});
  EXPECT_THROW(model(ops::ones({4, 5})), ValueError);
  EXPECT_EQ(model(ops::ones({4, 6})).shape(), (Shape{4, 2}));
}

class TypedImpl : public LayerImpl {
 public:
  Tensor call(const Tensor&, const CallContext&) override { throw TypeError("of the wrong kind"); }
};

TEST(Layers, AnErrorInACallKeepsItsClass) {
  try {
    Sequential({make<TypedImpl>()})(ops::ones({2, 3}));
    FAIL();
  } catch (const TypeError& e) {
    EXPECT_NE(std::string(e.what()).find("Exception encountered when calling layer"), std::string::npos) << e.what();
    EXPECT_NE(std::string(e.what()).find("of the wrong kind"), std::string::npos) << e.what();
  }
}

}  // namespace
}  // namespace cornu::keras
