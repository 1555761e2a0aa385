#pragma once

// For tests only: what holds for every layer, in one line each (Keras's own run_layer_test):
//   run_layer_test(Dense(5), {.input_shapes = {{3, 4}}, .output_shape = {3, 5}, .trainable_weights = 2});

#include <gtest/gtest.h>

#include "cornu/cornu.h"
#include "cornu/keras/layers/registry.h"
#include "cornu/keras/saving/deserialization.h"
#include "cornu/keras/saving/serialization.h"
#include "tests/golden_file.h"
#include "tests/temporary_folder.h"

namespace cornu::keras {

struct LayerExpectations {
  std::vector<Shape> input_shapes;  // several: a list of inputs
  Shape output_shape;               // the batch included, as in input_shapes
  std::size_t trainable_weights = 0, non_trainable_weights = 0, seed_generators = 0, losses = 0;
  bool supports_masking = false;
  DType input_dtype = float32;  // integers: indices below `input_limit`
  int64_t input_limit = 2;
  bool same_in_training = true;  // false: random, or of the batch's statistics
};

namespace layer_test {

inline TensorNest inputs_of(const LayerExpectations& expected) {
  std::vector<Tensor> out;
  for (const Shape& shape : expected.input_shapes)
    out.push_back(expected.input_dtype.is_floating()
                      ? ops::cast(keras::random::uniform(shape, -1.0, 1.0), expected.input_dtype)
                      : ops::cast(keras::random::randint(shape, 0, expected.input_limit), expected.input_dtype));
  return out.size() == 1 ? TensorNest(out[0]) : TensorNest(out);
}

inline void expect_counts(const Layer& layer, const LayerExpectations& expected) {
  EXPECT_EQ(layer.trainable_weights().size(), expected.trainable_weights);
  EXPECT_EQ(layer.non_trainable_weights().size(), expected.non_trainable_weights);
  EXPECT_EQ(layer.variables().size(), layer.weights().size() + expected.seed_generators);
  EXPECT_EQ(layer.impl()->regularization_losses().size(), expected.losses);
  EXPECT_EQ(layer.impl()->supports_masking(), expected.supports_masking);
  int64_t parameters = 0;
  for (const Variable& v : layer.weights()) parameters += v.size();
  EXPECT_EQ(layer.count_params(), parameters);
}

// With an unknown batch, and by a call on a symbolic input.
inline void expect_shapes(const Layer& layer, const LayerExpectations& expected) {
  auto unknown_batch = [](Shape shape) {
    shape[0] = Shape::kUnknown;
    return shape;
  };
  std::vector<Shape> shapes;
  for (const Shape& shape : expected.input_shapes) shapes.push_back(unknown_batch(shape));
  const auto given = shapes.size() == 1 ? Nest<Shape>(shapes[0]) : Nest<Shape>(shapes);
  EXPECT_EQ(to_string(layer.compute_output_shape(given).flatten()[0]), to_string(unknown_batch(expected.output_shape)));
}

// A config makes an equal layer, of the same class and with a config of the same text.
inline Layer from_own_config(const Layer& layer) {
  const Json config = serialize(*layer.impl());
  const Layer again = deserialize_layer(config);
  EXPECT_EQ(json_difference(again.get_config(), layer.get_config()), "");
  EXPECT_EQ(again.impl()->class_name(), layer.impl()->class_name());
  return again;
}

inline void expect_gradient_reaches_every_weight(const Layer& layer, const TensorNest& inputs) {
  const auto weights = layer.trainable_weights();
  if (weights.empty()) return;
  const auto grads = jit([&](const TensorNest& x) {
                       const Tensor out = layer(x, true).flatten()[0];
                       // Not a plain sum: a softmax's, say, is constant.
                       const auto all =
                           gradients(ops::sum(ops::square(out + 0.5) * ops::cast(ops::exp(out), out.dtype())), weights);
                       for (std::size_t i = 0; i < all.size(); ++i)
                         EXPECT_TRUE(all[i].exists()) << "no gradient for " << weights[i].path();
                       return TensorNest(all);
                     })(inputs)
                         .flatten();
  for (std::size_t i = 0; i < grads.size(); ++i) {
    EXPECT_EQ(grads[i].shape(), weights[i].shape());
    double largest = 0;
    for (double g : grads[i].to_vector<double>()) largest = std::max(largest, std::abs(g));
    EXPECT_GT(largest, 0) << "the gradient of " << weights[i].path() << " is zero";
    EXPECT_TRUE(std::isfinite(largest)) << weights[i].path();
  }
}

// In a model, where a fresh copy is built symbolically: saved, loaded, with the same weights and outputs.
inline void expect_file_round_trip(const Layer& built, const TensorNest& inputs) {
  const Layer layer = from_own_config(built);
  std::vector<Tensor> symbols;
  for (const Tensor& x : inputs.flatten()) {
    Shape shape(std::vector<int64_t>(x.shape().begin() + 1, x.shape().end()));
    symbols.push_back(Input(shape, {.dtype = std::string(x.dtype().name())}));
  }
  const TensorNest given = symbols.size() == 1 ? TensorNest(symbols[0]) : TensorNest(symbols);
  const Model model(given, layer(given));
  layer.set_weights(built.get_weights());
  const TemporaryFolder folder;
  model.save(folder / "layer.keras");
  const Model again = models::load_model(folder / "layer.keras");
  EXPECT_EQ(json_difference(Json::parse(again.to_json()), Json::parse(model.to_json())), "");
  const auto want = model.predict_nest(inputs, {.verbose = 0}).flatten(),
             got = again.predict_nest(inputs, {.verbose = 0}).flatten();
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) EXPECT_EQ(got[i].to_vector<double>(), want[i].to_vector<double>());
}

}  // namespace layer_test

inline void run_layer_test(const Layer& layer, const LayerExpectations& expected) {
  SCOPED_TRACE(layer.impl()->class_name());
  utils::set_random_seed(1);
  const TensorNest inputs = layer_test::inputs_of(expected);
  const Layer unbuilt = layer_test::from_own_config(layer);
  const Tensor output = layer(inputs).flatten()[0];
  EXPECT_EQ(to_string(output.shape()), to_string(expected.output_shape));
  EXPECT_TRUE(layer.built());
  layer_test::expect_counts(layer, expected);
  layer_test::expect_shapes(layer, expected);
  unbuilt(inputs);
  unbuilt.set_weights(layer.get_weights());
  EXPECT_EQ(unbuilt(inputs).flatten()[0].to_vector<double>(), output.to_vector<double>());
  if (expected.same_in_training) expect_close(layer(inputs, true).flatten()[0], output, "output of training", 1e-6);
  layer_test::expect_gradient_reaches_every_weight(layer, inputs);
  layer_test::from_own_config(layer);
  layer_test::expect_file_round_trip(layer, inputs);
}

}  // namespace cornu::keras
