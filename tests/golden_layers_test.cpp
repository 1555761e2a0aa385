// Layers and activations on what real Keras computed (tools/golden/layers.py).
#include <algorithm>
#include <iostream>
#include <set>

#include "cornu/cornu.h"
#include "cornu/keras/layers/call_scope.h"
#include "cornu/keras/layers/registry.h"
#include "cornu/keras/saving/deserialization.h"
#include "tests/golden_file.h"

namespace cornu::keras {
namespace {

// What has no case: why.
const std::map<std::string, std::string> kWithoutCase{
    {"InputLayer", "it computes nothing; tests/golden_architectures_test.cpp has it in models"},
};

// The cases of golden classes that do not exist here yet, counted where everybody sees it.
void report_missing(const std::map<std::string, int>& missing) {
  for (const auto& [name, count] : missing) {
    std::cout << "not here yet: " << name << " (" << count << " golden cases)\n";
    testing::Test::RecordProperty(name, count);
  }
}

// How far from real Keras, of an array's largest magnitude, under each policy. Each step of a layer rounds to the dtype that it
// computes in (2^-11 of a number in float16, 2^-8 in bfloat16); a matmul and a sum do so once, in another order, and XLA divides,
// takes roots and exponents by other roundings than ours.
const std::map<std::string, double> kTolerances{
    {"float32", 1e-5}, {"mixed_float16", 2e-3}, {"float16", 2e-3}, {"mixed_bfloat16", 1.6e-2}, {"bfloat16", 1.6e-2}};

DTypePolicy dtype_of(const Json& config) {
  DTypePolicy out;
  read_json(config["dtype"], out);
  return out;
}

class LayerCase {
 public:
  LayerCase(const GoldenFile& file, const Json& test)
      : file_(file),
        test_(test),
        tolerance_(kTolerances.at(dtype_of(test["config"]).name())),
        inputs_(file.tensors(test["inputs"])) {
    layer_ = deserialize_layer(Json{{"module", "keras.layers"},
                                    {"class_name", test["class_name"]},
                                    {"config", test["config"]},
                                    {"registered_name", nullptr}});
    layer_.impl()->build_from(given(inputs_).map([](const Tensor& t) { return t.shape(); }));
    for (const Json& weight : test["weights"]) weights_.push_back(file.tensor(weight["value"]));
    layer_.set_weights(weights_);
  }

  void run() {
    // Some of Keras's own configs have `dtype` where it was given.
    if (tolerance_ == 1e-5) EXPECT_EQ(json_difference(layer_.get_config(), test_["config"]), "");
    else EXPECT_EQ(layer_.get_config()["dtype"], test_["config"]["dtype"]);
    expect_weights();
    expect_output_shape();
    const Tensor output = layer_(given(inputs_), false).leaf(), wanted = file_.tensor(test_["output"]);
    EXPECT_EQ(output.dtype(), wanted.dtype());
    expect_close(output, wanted, "output", tolerance_);
    expect_losses();
    expect_gradients("gradients", false);
    if (test_.contains("training_output")) {
      expect_close(training_output(), file_.tensor(test_["training_output"]), "output of training", tolerance_);
      expect_close(layer_.get_weights(), file_.tensors(test_["weights_after_training"]), "weight after training", tolerance_);
    }
    if (test_.contains("training_gradients")) expect_gradients("training_gradients", true);
  }

 private:
  TensorNest given(const std::vector<Tensor>& inputs) const {
    return test_["inputs"].size() > 1 ? TensorNest(inputs) : TensorNest(inputs[0]);
  }

  void expect_weights() const {
    const auto variables = layer_.weights();
    EXPECT_EQ(layer_.count_params(), test_["parameters"].get<int64_t>());
    ASSERT_EQ(variables.size(), weights_.size());
    for (std::size_t i = 0; i < variables.size(); ++i) {
      EXPECT_EQ(variables[i].name(), test_["weights"][i]["name"].get<std::string>());
      EXPECT_EQ(variables[i].path(), test_["weights"][i]["path"].get<std::string>());
      EXPECT_EQ(variables[i].trainable(), test_["weights"][i]["trainable"].get<bool>());
    }
  }
  void expect_output_shape() const {
    const auto shapes = given(inputs_).map([](const Tensor& t) {
      Shape shape = t.shape();
      shape[0] = Shape::kUnknown;
      return shape;
    });
    EXPECT_EQ(json_of(layer_.compute_output_shape(shapes).leaf()), test_["output_shape_unknown_batch"]);
  }
  void expect_losses() const {
    std::vector<double> losses;  // first what a call adds
    const CallScope scope(false);
    layer_(given(inputs_));
    for (const Tensor& loss : CallScope::current_losses()) losses.push_back(loss.item());
    for (const Tensor& loss : layer_.impl()->regularization_losses()) losses.push_back(loss.item());
    const auto wanted = test_.value("losses", Json::array()).get<std::vector<double>>();
    ASSERT_EQ(losses.size(), wanted.size());
    for (std::size_t i = 0; i < losses.size(); ++i) EXPECT_NEAR(losses[i], wanted[i], tolerance_ * wanted[i]);
  }
  Tensor training_output() const {
    return jit([&](const TensorNest& inputs) { return layer_(given(inputs.flatten()), true); })(TensorNest(inputs_)).leaf();
  }
  // Of sum(output * cotangent), for the trainable weights and the inputs.
  void expect_gradients(const char* key, bool training) const {
    layer_.set_weights(weights_);
    const Tensor cotangent = file_.tensor(test_["cotangent"]);
    const auto variables = layer_.trainable_weights();
    const auto all = jit([&](const TensorNest& given_inputs) {
                       const auto inputs = given_inputs.flatten();
                       const Tensor total = ops::sum(layer_(given(inputs), training).leaf() * cotangent);
                       auto out = gradients(total, variables);
                       if (inputs[0].dtype().is_floating())
                         for (const Tensor& g : gradients(total, inputs)) out.push_back(g);
                       return TensorNest(out);
                     })(TensorNest(inputs_))
                         .flatten();
    auto wanted = file_.tensors(test_[key]["weights"]);
    for (const Tensor& t : file_.tensors(test_[key]["inputs"])) wanted.push_back(t);
    // Where the sum cancels, what is left is noise of this size.
    double largest = 0;
    for (double v : cotangent.to_vector<double>()) largest = std::max(largest, std::abs(v));
    ASSERT_EQ(all.size(), wanted.size()) << key;
    for (std::size_t i = 0; i < all.size(); ++i) {
      ASSERT_EQ(all[i].shape(), wanted[i].shape()) << key << " " << i;
      EXPECT_EQ(all[i].dtype(), wanted[i].dtype()) << key << " " << i;
      const auto a = all[i].to_vector<double>(), w = wanted[i].to_vector<double>();
      double scale = largest;
      for (double v : w) scale = std::max(scale, std::abs(v));
      for (std::size_t k = 0; k < w.size(); ++k)
        ASSERT_NEAR(a[k], w[k], tolerance_ * scale) << key << " " << i << ", element " << k;
    }
  }

  const GoldenFile& file_;
  const Json& test_;
  double tolerance_;
  std::vector<Tensor> inputs_, weights_;
  Layer layer_;
};

TEST(GoldenLayers, ComputeWhatKerasDoes) {
  const GoldenFile file("layers/layers.npz");
  std::map<std::string, int> cases, missing;
  for (const auto& row : layers::registry()) cases[row.class_name];
  for (const Json& test : file.cases()) {
    const auto class_name = test["class_name"].get<std::string>();
    if (const auto found = cases.find(class_name); found == cases.end()) {
      ++missing[class_name];
      continue;
    } else {
      ++found->second;
    }
    SCOPED_TRACE(test["name"].get<std::string>());
    LayerCase(file, test).run();
  }
  for (const auto& [class_name, count] : cases)
    EXPECT_EQ(count == 0, kWithoutCase.contains(class_name)) << class_name << " has " << count << " golden cases";
  report_missing(missing);
}

// tools/golden/mixed.py: one case of each class, mostly, under the policies of 16 bits.
TEST(GoldenLayers, ComputeWhatKerasDoesIn16Bits) {
  const GoldenFile file("mixed/layers.npz");
  std::map<std::string, int> missing;
  for (const Json& test : file.cases()) {
    const auto class_name = test["class_name"].get<std::string>();
    const auto rows = layers::registry();
    SCOPED_TRACE(test["name"].get<std::string>());
    if (std::any_of(rows.begin(), rows.end(), [&](const auto& row) { return row.class_name == class_name; }))
      LayerCase(file, test).run();
    else ++missing[class_name];
  }
  report_missing(missing);
}

// --- activations ---

// Those that take arguments; a name alone stands for their defaults.
const std::map<std::string, Tensor (*)(const Tensor&, const Json&)> kWithArguments{
    {"relu",
     [](const Tensor& x, const Json& a) {
       return activations::relu(x, a["negative_slope"], a["max_value"].get<double>(), a["threshold"]);
     }},
    {"gelu", [](const Tensor& x, const Json& a) { return activations::gelu(x, a["approximate"]); }},
    {"leaky_relu", [](const Tensor& x, const Json& a) { return activations::leaky_relu(x, a["negative_slope"]); }},
    {"elu", [](const Tensor& x, const Json& a) { return activations::elu(x, a["alpha"]); }},
    {"softmax", [](const Tensor& x, const Json& a) { return activations::softmax(x, a["axis"]); }},
};

TEST(GoldenActivations, ComputeWhatKerasDoes) {
  const GoldenFile file("layers/activations.npz");
  std::map<std::string, int> cases, missing;
  for (const auto& row : activations::registry()) cases[row.names[0]];
  for (const Json& test : file.cases()) {
    const auto name = test["name"].get<std::string>();
    const Json& arguments = test["arguments"];
    const auto& rows = activations::registry();
    const bool known = std::any_of(rows.begin(), rows.end(),
                                   [&](const auto& row) { return std::count(row.names.begin(), row.names.end(), name) > 0; });
    if (!known || (!arguments.empty() && !kWithArguments.contains(name))) {
      ++missing[name];
      continue;
    }
    SCOPED_TRACE(name + " " + arguments.dump());
    const ActivationFunction activation(name);
    ++cases[activation.name()];
    EXPECT_EQ(json_of(activation), test["serialized"]);
    auto compute = [&](const Tensor& x) { return arguments.empty() ? activation(x) : kWithArguments.at(name)(x, arguments); };
    const Tensor x = file.tensor(test["input"]);
    expect_close(compute(x), file.tensor(test["output"]), "output");
    const auto gradient = value_and_grad(
        [&](const std::vector<Tensor>& at) { return ops::sum(compute(at[0]) * file.tensor(test["cotangent"])); })({x});
    expect_close(gradient.grads[0], file.tensor(test["gradient"]), "gradient");
  }
  for (const auto& [name, count] : cases) EXPECT_GT(count, 0) << name << " has no golden case";
  report_missing(missing);
}

}  // namespace
}  // namespace cornu::keras
