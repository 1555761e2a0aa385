#include "cornu/cornu.h"
#include "cornu/keras/optimizers/registry.h"
#include "tests/golden_file.h"
#include "tests/temporary_folder.h"

// Classes and functions of the user's own in files; and what is refused.

namespace cornu::keras {
namespace {

using namespace layers;

// --- one of each kind ---

struct ScaleArgs {
  double start = 1.0;
  KERAS_LAYER_ARGS;
};
class ScaleImpl : public LayerImpl {
 public:
  explicit ScaleImpl(ScaleArgs args) : LayerImpl(base_args(args)), args_(std::move(args)) {}
  static std::shared_ptr<ScaleImpl> from_config(const Json& config) {
    return std::make_shared<ScaleImpl>(saving::from_json<ScaleArgs>(config));
  }
  void build(const Shape& input) override {
    scale_ = add_weight("scale", {input[-1]}, {.initializer = initializers::Constant({args_.start})});
  }
  Tensor call(const Tensor& x, const CallContext&) override { return x * scale_; }
  Json get_config() const override {
    Json config = LayerImpl::get_config();
    config["start"] = args_.start;
    return config;
  }

 private:
  ScaleArgs args_;
  Variable scale_;
};

class HalvesImpl : public InitializerImpl {
 public:
  std::string class_name() const override { return "Halves"; }
  Json get_config() const override { return Json::object(); }
  Tensor call(const Shape& shape, DType dtype) const override { return ops::full(shape, 0.5, dtype); }
};

class CubedImpl : public RegularizerImpl {
 public:
  std::string class_name() const override { return "Cubed"; }
  Json get_config() const override { return Json::object(); }
  Tensor call(const Tensor& x) const override { return ops::sum(x * x * x); }
};

class AtMostOneImpl : public ConstraintImpl {
 public:
  std::string class_name() const override { return "AtMostOne"; }
  Json get_config() const override { return Json::object(); }
  Tensor call(const Tensor& w) const override { return ops::minimum(w, 1.0); }
};

class FourthPowerImpl : public LossImpl {
 public:
  FourthPowerImpl() : LossImpl("fourth_power", "sum_over_batch_size") {}
  std::string class_name() const override { return "FourthPower"; }
  Tensor call(const Tensor& y_true, const Tensor& y_pred) const override {
    return ops::mean(ops::square(ops::square(y_true - y_pred)), -1);
  }
};

class LargestImpl : public metrics::MeanImpl {
 public:
  LargestImpl() : MeanImpl("largest") {}
  std::string class_name() const override { return "Largest"; }
  void update_state(const Tensor&, const Tensor& y_pred, const Tensor&) override { MeanImpl::update_state({}, ops::max(y_pred)); }
};

class TwiceImpl : public LearningRateScheduleImpl {
 public:
  std::string class_name() const override { return "Twice"; }
  Json get_config() const override { return Json::object(); }
  Tensor call(const Tensor& step) const override { return (ops::cast(step, float32) + 1.0) * 0.01; }
};

// w <- w - rate sign(g), with a count of its steps for each weight.
struct SignDescentArgs {
  LearningRate learning_rate = 0.01;
  KERAS_OPTIMIZER_ARGS;
};
class SignDescentImpl : public optimizers::BaseOptimizer {
 public:
  explicit SignDescentImpl(SignDescentArgs args) : BaseOptimizer(args.learning_rate, optimizers::base_args(args)) {}
  static std::shared_ptr<SignDescentImpl> from_config(const Json& config) {
    return std::make_shared<SignDescentImpl>(saving::from_json<SignDescentArgs>(config));
  }
  std::string class_name() const override { return "SignDescent"; }

 protected:
  std::vector<std::vector<std::string>> slot_names() const override { return {{"steps"}}; }
  void update_step(const Tensor& gradient, const Variable& variable, const std::vector<Variable>& slots,
                   const Tensor& learning_rate) override {
    slots[0].assign_add(1);
    variable.assign_sub(ops::sign(gradient) * learning_rate);
  }
};

// A model with a layer as a member and two in a list, its own call, built by its first call.
class TowerImpl : public ModelImpl {
 public:
  using ModelImpl::ModelImpl;
  Tensor call(const Tensor& x, const CallContext&) override { return second_(first_(x)); }

 private:
  Layer first_ = track("first", Layer(Dense(4, {.activation = "relu"})));
  Layer second_ = track("second", Layer(Dense(2)));
};

Tensor squared(const Tensor& x) { return x * x; }
Tensor distance(const Tensor& y_true, const Tensor& y_pred) { return ops::mean(ops::absolute(y_true - y_pred), -1); }

void register_all() {
  const saving::RegistrationArgs ours{.package = "ours"};
  saving::register_keras_serializable<ScaleImpl>(ours);
  saving::register_keras_serializable<HalvesImpl>(ours);
  saving::register_keras_serializable<CubedImpl>(ours);
  saving::register_keras_serializable<AtMostOneImpl>(ours);
  saving::register_keras_serializable<FourthPowerImpl>(ours);
  saving::register_keras_serializable<LargestImpl>(ours);
  saving::register_keras_serializable<TwiceImpl>(ours);
  saving::register_keras_serializable<TowerImpl>(ours);
  saving::register_keras_serializable<SignDescentImpl>(ours);
  saving::register_keras_serializable(squared, {.package = "ours", .name = "squared"});
  saving::register_keras_serializable(distance, {.package = "ours", .name = "distance"});
}

Tensor example_inputs() { return Tensor(std::vector<float>{1, -2, 3, 0.5, 2, -1}, {2, 3}); }
Tensor example_targets() { return Tensor(std::vector<float>{1, 0, 0, 1}, {2, 2}); }

std::string outcome_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const std::exception& e) {
    return e.what();
  }
  return "no error";
}

TEST(Registration, EveryKindIsSavedAndLoads) {
  register_all();
  auto model = Sequential({
      make<ScaleImpl>(ScaleArgs{.start = 2.0, .input_shape = {3}}),
      Dense(2, {.activation = "ours>squared",
                .kernel_initializer = Initializer(std::make_shared<HalvesImpl>()),
                .kernel_regularizer = Regularizer(std::make_shared<CubedImpl>()),
                .kernel_constraint = Constraint(std::make_shared<AtMostOneImpl>())}),
  });
  model.compile({.optimizer = optimizers::SGD({.learning_rate = LearningRate(std::make_shared<TwiceImpl>())}),
                 .loss = Loss(std::make_shared<FourthPowerImpl>()),
                 .metrics = {Metric("ours>distance"), Metric(std::make_shared<LargestImpl>())}});
  const Json config = Json::parse(model.to_json());
  const Json& scale = config["config"]["layers"][1];
  EXPECT_EQ(scale["registered_name"], "ours>Scale");
  EXPECT_TRUE(scale["module"].is_null());
  const Json& dense = config["config"]["layers"][2]["config"];
  EXPECT_EQ(
      dense["activation"],
      (Json{{"module", "builtins"}, {"class_name", "function"}, {"config", "ours>squared"}, {"registered_name", "function"}}));
  EXPECT_EQ(dense["kernel_regularizer"]["registered_name"], "ours>Cubed");

  const TemporaryFolder folder;
  model.save(folder / "custom.keras");
  const Model again = models::load_model(folder / "custom.keras");
  EXPECT_EQ(json_difference(Json::parse(again.to_json()), config), "");
  const Tensor x = example_inputs(), y = example_targets();
  for (int step = 0; step < 2; ++step) {
    auto logs = model.train_on_batch(x, y), others = again.train_on_batch(x, y);
    for (const char* name : {"loss", "distance", "largest"}) EXPECT_EQ(logs[name], others[name]) << name;
  }
  EXPECT_EQ(again.get_weights()[1].to_vector<float>(), model.get_weights()[1].to_vector<float>());
}

TEST(Registration, TheNameOfAClass) {
  saving::register_keras_serializable<ScaleImpl>({.package = "named"});
  EXPECT_EQ(saving::get_registered_name(typeid(ScaleImpl)), "named>Scale");
  EXPECT_EQ(saving::get_registered_name(typeid(int)), std::nullopt);
}

TEST(Registration, ASubclassedModelIsBuiltAsItWasAndGetsItsWeights) {
  register_all();
  const auto model = make<TowerImpl>(LayerBaseArgs{.name = "my_tower"});
  const Tensor x = example_inputs();
  const auto want = model.predict(x, {.verbose = 0}).to_vector<float>();
  const TemporaryFolder folder;
  model.save(folder / "tower.keras");
  const Model again = models::load_model(folder / "tower.keras");
  EXPECT_EQ(again.name(), "my_tower");
  EXPECT_TRUE(again.as<TowerImpl>());
  EXPECT_EQ(again.predict(x, {.verbose = 0}).to_vector<float>(), want);
}

TEST(Registration, AFunctionGivenAsALossIsKnownByItsName) {
  register_all();
  auto model = Sequential({Dense(2, {.input_shape = {3}})});
  model.compile({.optimizer = "sgd", .loss = "ours>distance"});
  const Json config = Json::parse(model.to_json());
  EXPECT_EQ(config["compile_config"]["loss"]["config"], "ours>distance");
  const TemporaryFolder folder;
  model.save(folder / "loss.keras");
  const Model again = models::load_model(folder / "loss.keras");
  EXPECT_EQ(again.test_on_batch(example_inputs(), example_targets())["loss"],
            model.test_on_batch(example_inputs(), example_targets())["loss"]);
}

TEST(Registration, AnOptimizerOfOnesOwnGoesOnFromAFile) {
  register_all();
  auto model = Sequential({Dense(2, {.input_shape = {3}})});
  model.compile(
      {.optimizer = Optimizer(std::make_shared<SignDescentImpl>(SignDescentArgs{.learning_rate = 0.25})), .loss = "mse"});
  const Tensor x = example_inputs(), y = example_targets();
  model.train_on_batch(x, y);
  const TemporaryFolder folder;
  model.save(folder / "own.keras");
  const Model again = models::load_model(folder / "own.keras");
  EXPECT_EQ(Json::parse(again.to_json())["compile_config"]["optimizer"]["registered_name"], "ours>SignDescent");
  for (const Model& one : {Model(model), again}) one.train_on_batch(x, y);
  EXPECT_EQ(again.get_weights()[0].to_vector<float>(), model.get_weights()[0].to_vector<float>());
  const auto variables = again.optimizer()->variables();
  ASSERT_EQ(variables.size(), 4u);
  EXPECT_FLOAT_EQ(variables[1].value().item<float>(), 0.25f);
  EXPECT_EQ(variables[2].value().to_vector<float>(), std::vector<float>(6, 2));
}

TEST(Registration, AnotherKindUnderTheNameIsATypeError) {
  register_all();
  EXPECT_NE(outcome_of([] { Regularizer("ours>Halves"); }).find("of another kind"), std::string::npos);
}

// --- what is refused, by its name ---

std::string refusal_of(const Json& layer) {
  const Json model{{"module", "keras"},
                   {"class_name", "Sequential"},
                   {"config", {{"name", "s"}, {"layers", Json::array({layer})}}},
                   {"registered_name", nullptr}};
  return outcome_of([&] { models::model_from_json(model.dump()); });
}
Json dense(Json changes) {
  Json config{{"name", "d"}, {"units", 2}};
  config.update(changes);
  return Json{{"module", "keras.layers"}, {"class_name", "Dense"}, {"config", config}, {"registered_name", nullptr}};
}

TEST(Refused, ALambdaIsNamedAndNothingRuns) {
  const Json lambda{{"module", "keras.layers"},
                    {"class_name", "Lambda"},
                    {"config", {{"name", "l"}, {"function", {{"class_name", "__lambda__"}}}}}};
  EXPECT_NE(refusal_of(lambda).find("Lambda"), std::string::npos);
  EXPECT_NE(refusal_of(lambda).find("Loading never runs code"), std::string::npos);
  EXPECT_NE(refusal_of(dense({{"activation", {{"class_name", "__lambda__"}, {"config", {{"code", "x"}}}}}}))
                .find("Loading never runs code"),
            std::string::npos);
}

TEST(Refused, UnknownClassesAndForeignModulesAreNamedWithTheWayOut) {
  const char* fix = "register_keras_serializable";
  for (const auto& [module, class_name, registered] :
       std::vector<std::array<std::string, 3>>{{"keras.layers", "Dens", ""},
                                               {"os", "system", ""},
                                               {"os", "Dense", ""},
                                               {"kerasplus.layers", "Dense", ""},
                                               {"", "Dense", "evil>Dense"},
                                               {"", "Unregistered", "Unregistered"}}) {
    const auto text = refusal_of({{"module", module.empty() ? Json() : Json(module)},
                                  {"class_name", class_name},
                                  {"config", {{"name", "x"}, {"units", 2}}},
                                  {"registered_name", registered.empty() ? Json() : Json(registered)}});
    EXPECT_NE(text.find("Could not locate class '" + class_name + "'"), std::string::npos) << text;
    EXPECT_NE(text.find(fix), std::string::npos) << text;
    EXPECT_NE(text.find(module.empty() ? "class" : "'" + module + "'"), std::string::npos) << text;
    EXPECT_NE(text.find(registered), std::string::npos) << text;
  }
  const Json function{
      {"module", "builtins"}, {"class_name", "function"}, {"config", "their_activation"}, {"registered_name", "function"}};
  EXPECT_NE(refusal_of(dense({{"activation", function}})).find("Could not locate function 'their_activation'"),
            std::string::npos);
  const Json initializer{
      {"module", "theirs"}, {"class_name", "Zeros"}, {"config", Json::object()}, {"registered_name", "theirs>Zeros"}};
  EXPECT_NE(refusal_of(dense({{"kernel_initializer", initializer}})).find("theirs>Zeros"), std::string::npos);
}

TEST(Refused, KerasClassesAreKnownUnderAnyOfItsModules) {
  for (const char* module : {"keras.layers", "keras.src.layers.core.dense", "keras"}) {
    Json layer = dense(Json::object());
    layer["module"] = module;
    EXPECT_EQ(refusal_of(layer), "no error");
  }
}

TEST(Refused, AnArgumentThatAClassDoesNotTakeIsNamedWithThoseItTakes) {
  const auto refused = [](const std::string& text, const char* what, const char* takes) {
    EXPECT_NE(text.find(what), std::string::npos) << text;
    EXPECT_NE(text.find(takes), std::string::npos) << text;
  };
  refused(refusal_of(dense({{"unitz", 3}})), "Unrecognized keyword arguments passed to Dense: unitz=3",
          "It takes: name, trainable, dtype, units, activation");
  refused(refusal_of(dense({{"kernel_initializer", {{"class_name", "Constant"}, {"config", {{"valu", 2}}}}}})),
          "Unrecognized keyword arguments passed to Constant: valu=2", "It takes: value");
  refused(refusal_of(dense({{"kernel_regularizer", {{"class_name", "L2"}, {"config", {{"l1", 2}}}}}})), "passed to L2: l1=2",
          "It takes: l2");
  const Model model = Sequential({Dense(2, {.input_shape = {3}})});
  const auto compiled_with = [&](const char* key, const Json& value) {
    return outcome_of([&] {
      Json config{{"optimizer", "sgd"}, {"loss", "mse"}};
      config[key] = value;
      model.compile_from_config(config);
    });
  };
  refused(compiled_with("optimizer", {{"class_name", "Adam"}, {"config", {{"learning_rat", 0.1}}}}),
          "passed to Adam: learning_rat=0.1", "learning_rate");
  const Json schedule{{"class_name", "ExponentialDecay"},
                      {"config", {{"initial_learning_rate", 1}, {"decay_steps", 1}, {"decay_rate", 1}, {"stairs", true}}}};
  refused(compiled_with("optimizer", {{"class_name", "Adam"}, {"config", {{"learning_rate", schedule}}}}),
          "passed to ExponentialDecay: stairs=true", "staircase");
  refused(compiled_with("loss", {{"class_name", "BinaryCrossentropy"}, {"config", {{"logits", true}}}}), "logits=true",
          "from_logits");
  refused(compiled_with("metrics", {{{"class_name", "BinaryAccuracy"}, {"config", {{"treshold", 0.1}}}}}), "treshold=0.1",
          "It takes: name, dtype");
}

TEST(Refused, NotWhatNewerVersionsWriteForArgumentsThatAreNotUsed) {
  for (const Json& empty : {Json(nullptr), Json(false), Json(""), Json::array(), Json::object()})
    EXPECT_EQ(refusal_of(dense({{"of_tomorrow", empty}})), "no error");
}

}  // namespace
}  // namespace cornu::keras
