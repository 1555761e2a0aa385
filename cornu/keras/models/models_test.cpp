#include "cornu/cornu.h"
#include "cornu/keras/saving/deserialization.h"
#include "tests/expect_error.h"
#include "tests/golden_file.h"

// Structures of models: sharing, nesting, freezing, what is refused. Expected texts and orders are real Keras's.

namespace cornu::keras {
namespace {

using namespace layers;

Tensor zeros(Shape shape) { return ops::zeros(shape); }
std::vector<std::string> paths_of(const std::vector<Variable>& variables) {
  std::vector<std::string> out;
  for (const Variable& v : variables) out.push_back(v.path());
  return out;
}

TEST(Models, OneRegularizerServesTwoLayersAndLeavesFrozenOnesOut) {
  const Regularizer l2 = regularizers::L2({0.1});
  auto model = Sequential({Dense(2, {.kernel_initializer = "ones", .kernel_regularizer = l2, .input_shape = {2}}),
                           Dense(3, {.kernel_initializer = "ones", .kernel_regularizer = l2})});
  auto losses = [&] {
    std::vector<float> out;
    for (const Tensor& loss : model.impl()->regularization_losses()) out.push_back(loss.item<float>());
    return out;
  };
  EXPECT_EQ(losses(), (std::vector<float>{0.4f, 0.6f}));
  model.layers()[0].set_trainable(false);
  EXPECT_EQ(losses(), (std::vector<float>{0.6f}));
  model.set_trainable(false);
  EXPECT_TRUE(losses().empty());
}

TEST(Models, FreezingKeepsTheOrderOfWeightsAndWorksThroughNesting) {
  auto model = Sequential({Dense(2, {.name = "one", .input_shape = {2}}), Dense(2, {.name = "two"})}, {.name = "s"});
  const auto order = paths_of(model.weights());
  EXPECT_EQ(order, (std::vector<std::string>{"s/one/kernel", "s/one/bias", "s/two/kernel", "s/two/bias"}));
  model.layers()[0].set_trainable(false);
  EXPECT_EQ(paths_of(model.weights()), order);
  EXPECT_EQ(paths_of(model.trainable_weights()), (std::vector<std::string>{"s/two/kernel", "s/two/bias"}));
  EXPECT_EQ(paths_of(model.non_trainable_weights()), (std::vector<std::string>{"s/one/kernel", "s/one/bias"}));
  // A layer may train again inside a frozen model; the model itself has nothing to train.
  model.set_trainable(false);
  model.layers()[1].set_trainable(true);
  EXPECT_TRUE(model.trainable_weights().empty());
  EXPECT_EQ(model.layers()[1].trainable_weights().size(), 2u);
  EXPECT_EQ(model.non_trainable_weights().size(), 4u);
  // A model around a frozen model trains only what is its own.
  auto outer = Sequential({model, Dense(1, {.name = "three"})}, {.name = "o"});
  model.layers()[1].set_trainable(false);
  EXPECT_EQ(outer.trainable_weights().size(), 2u);
  EXPECT_EQ(outer.weights().size(), 6u);
}

TEST(Models, OneLayerBelongsToTwoModels) {
  auto shared = Dense(3, {.name = "shared"});
  auto a = Input({4}), b = Input({4});
  const Model one(a, Dense(1)(shared(a))), two(b, Dense(2)(shared(b)));
  EXPECT_TRUE(one.get_layer("shared") == two.get_layer("shared"));
  shared.set_weights({ops::ones({4, 3}), ops::ones({3})});
  EXPECT_EQ(two.get_weights()[0].to_vector<float>(), std::vector<float>(12, 1.0f));
  // Each file numbers the layer's calls by itself.
  for (const Model& model : {one, two}) {
    const Model again = models::model_from_json(model.to_json());
    again.set_weights(model.get_weights());
    const Tensor x = random::uniform({5, 4});
    EXPECT_EQ(again.predict(x, {.verbose = 0}).to_vector<float>(), model.predict(x, {.verbose = 0}).to_vector<float>());
  }
}

TEST(Models, AFunctionalModelCalledTwiceIsNumberedAsInKeras) {
  auto a = Input({3}), x = Input({3});
  const Model inner(a, Dense(3)(a), {.name = "inner"});
  const Model outer(x, inner(inner(x)));
  const Json config = Json::parse(outer.to_json())["config"];
  EXPECT_EQ(config["output_layers"], (Json{"inner", 2, 0}));
  const Json& nodes = config["layers"][1]["inbound_nodes"];
  EXPECT_EQ(nodes[0]["args"][0]["config"]["keras_history"][1], 0);
  // The arguments of calls count from zero, the outputs of a model from one (the golden nested_calls).
  EXPECT_EQ(nodes[1]["args"][0]["config"]["keras_history"], (Json{"inner", 0, 0}));
  const Model again = models::model_from_json(outer.to_json());
  EXPECT_EQ(json_difference(Json::parse(again.to_json()), Json::parse(outer.to_json())), "");
}

TEST(Models, NumbersStandOnEitherSideOfOperators) {
  auto x = Input({3});
  const Model model(x, 2 * x + (1 - x) / (3 / x) - x * x);
  std::map<std::string, std::vector<std::string>> calls;
  const Json config = Json::parse(model.to_json())["config"];
  for (const Json& layer : config["layers"])
    for (const Json& node : layer["inbound_nodes"]) {
      std::string arguments;
      for (const Json& argument : node["args"]) arguments += argument.is_object() ? "T " : argument.dump() + " ";
      calls[layer["class_name"]].push_back(arguments);
    }
  EXPECT_EQ(calls["Multiply"], (std::vector<std::string>{"2 T ", "T T "}));
  EXPECT_EQ(calls["Subtract"], (std::vector<std::string>{"1 T ", "T T "}));
  EXPECT_EQ(calls["TrueDivide"], (std::vector<std::string>{"3 T ", "T T "}));
  const Tensor in(std::vector<float>{1, 2, 4}, {1, 3});
  expect_close(model.predict(in, {.verbose = 0}), Tensor(std::vector<float>{1, -2.0f / 3, -12}, {1, 3}), "prediction");
  expect_close(models::model_from_json(model.to_json()).predict(in, {.verbose = 0}), model.predict(in, {.verbose = 0}),
               "of the JSON");
}

TEST(Models, UnknownDimsAndDeepDictsAndLists) {
  auto a = Input({None, 8}, {.name = "a"}), b = Input({8}, {.name = "b"}), c = Input({8}, {.name = "c"});
  const auto pooled = ops::mean(Dense(4)(a), 1);
  const Model model(TensorNest{{"seq", a}, {"pair", TensorNest{b, c}}},
                    TensorNest{{"sum", Add()({pooled, Dense(4)(b)})}, {"parts", TensorNest{pooled, c}}});
  const auto out = model.predict_nest(TensorNest{{"seq", zeros({2, 5, 8})}, {"pair", TensorNest{zeros({2, 8}), zeros({2, 8})}}},
                                      {.verbose = 0});
  EXPECT_EQ(out["sum"].leaf().shape(), (Shape{2, 4}));
  EXPECT_EQ(out["parts"].list()[1].leaf().shape(), (Shape{2, 8}));
  const Model again = models::model_from_json(model.to_json());
  EXPECT_EQ(json_difference(Json::parse(again.to_json()), Json::parse(model.to_json())), "");
}

TEST(Models, ADictFeedsInputsByName) {
  auto a = Input({1}, {.name = "a"}), b = Input({1}, {.name = "b"});
  const Model listed({b, a}, b - a), dict(TensorNest{{"b", b}, {"a", a}}, b - a);
  const TensorNest given{{"a", ops::ones({1, 1})}, {"b", ops::ones({1, 1}) * 3}};
  EXPECT_EQ(listed.predict(given, {.verbose = 0}).item<float>(), 2);
  EXPECT_EQ(dict.predict(given, {.verbose = 0}).item<float>(), 2);
  expect_error<std::exception>(
      [&] {
        dict(TensorNest{{"a", zeros({1, 1})}, {"c", zeros({1, 1})}});
      },
      "Missing data for input \"b\". You passed a data dictionary with keys ['a', 'c']. Expected the following keys: ['a', 'b']");
}

TEST(Models, ADeferredSequentialIsBuiltByItsFirstCall) {
  auto model = Sequential({Dense(4), Dropout(0.5), Dense(2)});
  EXPECT_FALSE(model.built());
  EXPECT_TRUE(model.weights().empty());
  EXPECT_EQ(model(zeros({3, 5})).shape(), (Shape{3, 2}));
  EXPECT_EQ(model.weights().size(), 4u);
  const Json config = Json::parse(model.to_json())["config"];
  EXPECT_EQ(config["build_input_shape"], (Json{3, 5}));
  model->add(Dense(1));
  EXPECT_EQ(model(zeros({3, 5})).shape(), (Shape{3, 1}));
  model->pop();
  EXPECT_EQ(model(zeros({3, 5})).shape(), (Shape{3, 2}));
}

TEST(Models, WhatIsWrongIsSaidAsKerasDoes) {
  auto a = Input({3}, {.name = "a"}), b = Input({3}, {.name = "b"});
  expect_error<std::exception>([&] { Model(a, Dense(2)(b)); }, "Output with path `` is not connected to `inputs`");
  expect_error<std::exception>(
      [&] {
        Model(a, TensorNest{Dense(2)(a), Add()({Dense(3)(a), Dense(3)(b)})});
      },
      "Output with path `1` is not connected to `inputs`");
  expect_error<std::exception>(
      [&] {
        Model(a, TensorNest{{"p", Dense(2)(b)}});
      },
      "Output with path `p` is not connected to `inputs`");
  EXPECT_NO_THROW(Model({a, b}, Dense(2)(a)));  // an input that is not used
  expect_error<std::exception>([&] { Model(a, zeros({2})); }, "All `outputs` values must be KerasTensors");
  expect_error<std::exception>([&] { Model(a, Dense(2, {.name = "x"})(Dense(2, {.name = "x"})(a))); },
                               "The name \"x\" is used 2 times in the model. All operation names should be unique.");
  expect_error<std::exception>(
      [&] {
        Sequential({Dense(2, {.name = "x"}), Dense(2, {.name = "x"})});
      },
      "All layers added to a Sequential model should have unique names. Name 'x' is already the name of a layer in this model.");
  expect_error<std::exception>(
      [&] {
        Sequential({}, {.name = "empty"}).build({None, 2});
      },
      "Sequential model empty cannot be built because it has no layers. Call `model.add(layer)`.");

  auto dense = Dense(2, {.name = "d"});
  const Model model(a, dense(a), {.name = "m"});
  expect_error<std::exception>(
      [&] {
        model.set_weights({zeros({3, 2})});
      },
      "You called `set_weights(weights)` on layer 'm' with a weight list of length 1, but the layer was expecting 2 weights.");
  expect_error<std::exception>(
      [&] {
        model.set_weights({zeros({2, 2}), zeros({2})});
      },
      "Layer m weight shape (3, 2) is not compatible with provided weight shape (2, 2).");
  expect_error<std::exception>([&] { model.get_layer("zz"); }, "No such layer: zz. Existing layers are: ['a', 'd'].");
  expect_error<std::exception>([&] { model.get_layer(9); },
                               "Was asked to retrieve layer at index 9 but model only has 2 layers.");
  EXPECT_EQ(model.get_layer(-1).name(), "d");
  expect_error<std::exception>(
      [&] {
        model(zeros({2, 4}));
      },
      "Input 0 with name 'a' of layer 'm' is incompatible with the layer: expected shape=(None, 3), found shape=(2, 4)");
  expect_error<std::exception>(
      [&] {
        model(TensorNest{zeros({2, 3}), zeros({2, 3})});
      },
      "Layer \"m\" expects 1 input(s), but it received 2 input tensors.");
}

// --- summaries of what no golden file has ---

class PairImpl : public ModelImpl {
 public:
  using ModelImpl::ModelImpl;
  Tensor call(const Tensor& x, const CallContext&) override { return second_(first_(x)); }

 private:
  Layer first_ = track("first", Layer(Dense(5, {.name = "first"})));
  Layer second_ = track("second", Layer(Dense(2, {.name = "second"})));
};

TEST(Summary, OfASubclassedModelShowsWhatItsCallsSaw) {
  const auto model = make<PairImpl>(LayerBaseArgs{.name = "pair"});
  const std::string unbuilt = model.summary_text({.line_length = 76});
  EXPECT_NE(unbuilt.find("│ first (Dense)                   │ ?                      │   0 (unbuilt) │"), std::string::npos)
      << unbuilt;
  EXPECT_NE(unbuilt.find("Total params: 0 (0.00 B)"), std::string::npos);
  model(zeros({4, 3}));
  const std::string built = model.summary_text({.line_length = 76});
  EXPECT_NE(built.find("│ first (Dense)                   │ (4, 5)                 │            20 │"), std::string::npos)
      << built;
  EXPECT_NE(built.find("│ second (Dense)                  │ (4, 2)                 │            12 │"), std::string::npos)
      << built;
  EXPECT_NE(built.find("Total params: 32 (128.00 B)"), std::string::npos);
}

TEST(Summary, CountsTheOptimizerAndTakesALayerRange) {
  auto model = Sequential({Dense(3, {.name = "aa", .input_shape = {3}}), Dense(3, {.name = "bb"}), Dense(3, {.name = "cc"})});
  model.compile({.optimizer = "adam", .loss = "mse"});
  model.train_on_batch(zeros({2, 3}), zeros({2, 3}));
  const std::string text = model.summary_text({.layer_range = {"b.*", "cc"}});
  EXPECT_EQ(text.find("aa (Dense)"), text.npos);
  EXPECT_NE(text.find("bb (Dense)"), text.npos);
  EXPECT_NE(text.find(" Total params: 110 (444.00 B)\n Trainable params: 36 (144.00 B)\n Non-trainable params: 0 (0.00 B)\n "
                      "Optimizer params: 74 (300.00 B)\n"),
            text.npos)
      << text;
  expect_error<std::exception>(
      [&] {
        model.summary_text({.layer_range = {"zz", "cc"}});
      },
      "Passed layer_names do not match the layer names in the model.");
  expect_error<std::exception>(
      [&] {
        model.summary_text({.layer_range = {"(", "cc"}});
      },
      "`layer_range` has a pattern that is no regular expression");
  expect_error<std::exception>([&] { model.summary_text({.line_length = 10}); }, "Insufficient console width to print summary.");
}

}  // namespace
}  // namespace cornu::keras
