#include <gtest/gtest.h>

#include "cornu/cornu.h"
#include "tests/expect_error.h"

// The loops of fit, evaluate and predict. Numbers and events are real Keras's on the same data.

namespace cornu::keras {
namespace {

using namespace layers;

Model line(CompileArgs args = {}) {
  auto model = Sequential({Dense(1, {.input_shape = {2}})});
  model.set_weights({Tensor(std::vector<float>{0.25f, 0.25f}, {2, 1}), ops::zeros({1})});
  args.optimizer = optimizers::SGD({.learning_rate = 0.1});
  args.loss = "mse";
  model.compile(std::move(args));
  return model;
}
ValidationData points() {
  std::vector<float> x, y;
  for (int i = 0; i < 20; ++i) x.push_back(static_cast<float>(i) / 10.0f);
  for (int i = 0; i < 10; ++i) y.push_back(x[2 * i] + x[2 * i + 1]);
  return {Tensor(x, {10, 2}), Tensor(y, {10, 1}), {}};
}
void expect_values(const std::vector<double>& got, const std::vector<double>& want, double tolerance = 2e-6) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(got[i], want[i], tolerance) << i;
}
void expect_weights(const Model& model, const std::vector<double>& want) {
  std::vector<double> got;
  for (const Tensor& w : model.get_weights())
    for (double v : w.to_vector<double>()) got.push_back(v);
  expect_values(got, want);
}
// "b0 e0 b1 e1 t0": batches of training and of testing.
class Events : public Callback {
 public:
  std::string text;
  void on_train_batch_begin(int64_t batch) override { text += fmt::format("b{} ", batch); }
  void on_train_batch_end(int64_t batch, const LogValues&) override { text += fmt::format("e{} ", batch); }
  void on_test_batch_end(int64_t batch, const LogValues&) override { text += fmt::format("t{} ", batch); }
};

TEST(Trainer, StepsPerExecutionChangesEventsAndNoNumber) {
  const auto data = points();
  const std::string events[] = {"b0 e0 b1 e1 b2 e2 b3 e3 b4 e4 t0 t1 t2 t3 t4 ", "b0 e1 b2 e3 b4 e5 t1 t3 t5 ",
                                "b0 e2 b3 e5 t2 t5 "};
  for (int steps : {1, 2, 3}) {
    const Model model = line({.steps_per_execution = steps});
    const auto heard = std::make_shared<Events>();
    const auto history =
        model.fit(data.x, data.y,
                  {.batch_size = 2, .epochs = 2, .verbose = 0, .callbacks = {heard}, .validation_data = data, .shuffle = false});
    EXPECT_EQ(heard->text, events[steps - 1] + events[steps - 1]);
    expect_values(history.history["loss"], {0.5025252103805542, 0.09735188633203506});
    expect_values(history.history["val_loss"], {0.1442071795463562, 0.08451215922832489});
    expect_weights(model, {0.8559332489967346, 0.9040849804878235, 0.4815184772014618});
    EXPECT_EQ(model.predict(data.x, {.batch_size = 2, .verbose = 0}).shape(), (Shape{10, 1}));
  }
  EXPECT_EQ(error_of<ValueError>([] { line({.steps_per_execution = 0}); }),
            "`steps_per_execution` must be a positive integer. Received: steps_per_execution=0");
}

TEST(Trainer, StepsPerEpochGoOnInTheArrays) {
  const auto data = points();
  const auto heard = std::make_shared<Events>();
  const auto history = line().fit(
      data.x, data.y, {.batch_size = 2, .epochs = 4, .verbose = 0, .callbacks = {heard}, .shuffle = false, .steps_per_epoch = 2});
  EXPECT_EQ(heard->text, "b0 e0 b1 e1 b0 e0 b1 e1 b0 e0 b0 e0 b1 e1 ");  // the data end in the third epoch
  expect_values(history.history["loss"], {0.3432408273220062, 0.8839282989501953, 0.05828810855746269, 0.21907639503479004});
}

TEST(Trainer, StepsWithoutABatchSizeDivideTheData) {
  const auto data = points();
  const auto heard = std::make_shared<Events>();
  const auto history = line().fit(data.x, data.y,
                                  {.verbose = 0,
                                   .callbacks = {heard},
                                   .validation_data = data,
                                   .shuffle = false,
                                   .steps_per_epoch = 4,
                                   .validation_steps = 3});
  EXPECT_EQ(heard->text, "b0 e0 b1 e1 b2 e2 b3 e3 t0 t1 t2 ");
  expect_values(history.history["loss"], {0.9166806936264038});
  expect_values(history.history["val_loss"], {0.112132228910923});
}

TEST(Trainer, AGeneratorGoesOnBetweenEpochs) {
  const auto data = points();
  const auto rows = [](const Tensor& t, int64_t from) {
    return ops::concatenate({ops::expand_dims(t[from], 0), ops::expand_dims(t[from + 1], 0)}, 0);
  };
  int given = 0;
  const BatchGenerator six = [&]() -> std::optional<GeneratedBatch> {
    if (given == 6) return std::nullopt;
    const int64_t from = 2 * (given++ % 5);
    return GeneratedBatch{rows(data.x.leaf(), from), TensorNest(rows(data.y.leaf(), from)), {}};
  };
  const auto history = line().fit(six, {.epochs = 3, .verbose = 0, .steps_per_epoch = 2});
  expect_values(history.history["loss"], {0.3432408273220062, 0.8839282989501953, 0.19527815282344818});
  EXPECT_EQ(given, 6);
  // Nothing more comes: training ends, and says so; nothing at all is an error.
  given = 4;
  EXPECT_EQ(line().fit(six, {.epochs = 3, .verbose = 0, .steps_per_epoch = 2}).epoch.size(), 1u);
  EXPECT_THROW(line().fit(six, {.verbose = 0}), ValueError);
  EXPECT_THROW(line().fit(six, {.verbose = 0, .class_weight = {{0, 1.0}}}), ValueError);
}

TEST(Trainer, InitialEpochAndValidationFrequency) {
  const auto data = points();
  const auto history = line().fit(data.x, data.y,
                                  {.batch_size = 2,
                                   .epochs = 5,
                                   .verbose = 0,
                                   .validation_data = data,
                                   .shuffle = false,
                                   .initial_epoch = 2,
                                   .validation_freq = 2});
  EXPECT_EQ(history.epoch, (std::vector<int>{2, 3, 4}));
  expect_values(history.history["loss"], {0.5025252103805542, 0.09735188633203506, 0.05878724530339241});
  expect_values(history.history["val_loss"], {0.08451215922832489});
}

TEST(Trainer, ClassesWeighInTrainingOnly) {
  const auto data = points();
  const Model model = line();
  const auto history = model.fit(
      data.x, data.y,
      {.batch_size = 2, .verbose = 0, .validation_split = 0.4, .shuffle = false, .class_weight = {{0, 1.0}, {1, 3.0}, {2, 0.5}}});
  expect_values(history.history["loss"], {0.6657114028930664});
  expect_values(history.history["val_loss"], {0.6965374946594238});
  expect_weights(model, {0.5339128375053406, 0.588540256023407, 0.5462740659713745});
  EXPECT_EQ(error_of<ValueError>([&] {
              model.fit(data.x, data.y, {.verbose = 0, .class_weight = {{0, 1.0}}, .sample_weight = TensorNest(ops::ones({10}))});
            }),
            "You cannot `class_weight` and `sample_weight` at the same time.");
}

TEST(Trainer, AStepIsTracedForTheNamesOfItsInputsToo) {
  auto a = Input({2}, {.name = "a"}), b = Input({2}, {.name = "b"});
  const Model model(TensorNest({{"a", a}, {"b", b}}), ops::concatenate({a, b}));
  const Tensor x = ops::ones({1, 2});
  model.predict(TensorNest({{"a", x}, {"b", x}}), {.verbose = 0});
  EXPECT_THROW(model.predict(TensorNest({{"a", x}, {"c", x}}), {.verbose = 0}), ValueError);
}

TEST(Trainer, SeveralOutputs) {
  const auto data = points();
  const auto inputs = Input({2});
  const auto output = [&](const char* name, float weight) {
    const auto layer = Dense(1, {.name = name});
    const Tensor out = layer(inputs);
    layer.set_weights({Tensor(std::vector<float>{weight, weight}, {2, 1}), ops::zeros({1})});
    return out;
  };
  const Model model(inputs, TensorNest{output("a", 0.25f), output("b", -0.5f)});
  model.compile({.optimizer = optimizers::SGD({.learning_rate = 0.1}),
                 .loss = {"mse", "mae"},
                 .loss_weights = {1.0, 0.5},
                 .metrics = {{"a", {"mae"}}, {"b", {"mse"}}},
                 .weighted_metrics = {{"a", {"mse"}}, {"b", {"mse"}}}});
  std::vector<float> up, further;
  for (int i = 0; i < 10; ++i) up.push_back(static_cast<float>(i) / 9), further.push_back(1 + static_cast<float>(i) / 9);
  const TensorNest y{data.y.leaf(), data.y.leaf() * 2};
  const auto history =
      model
          .fit(data.x, y,
               {.batch_size = 5, .verbose = 0, .shuffle = false, .sample_weight = TensorNest{Tensor(up), Tensor(further)}})
          .history;
  const std::vector<std::pair<std::string, double>> want{{"a_loss", 1.9321544170379639}, {"a_mae", 1.3585166931152344},
                                                         {"a_mse", 3.8643088340759277},  {"b_loss", 7.909135341644287},
                                                         {"b_mse", 29.72957420349121},   {"b_weighted_mse", 35.300209045410156},
                                                         {"loss", 5.886722564697266}};
  ASSERT_EQ(history.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    EXPECT_EQ(history.at(i).first, want[i].first);
    EXPECT_NEAR(history.at(i).second[0], want[i].second, 1e-5) << want[i].first;
  }
  std::vector<std::string> order;
  for (const auto& [name, value] : model.evaluate(data.x, y, {.verbose = 0})) order.push_back(name);
  EXPECT_EQ(order, (std::vector<std::string>{"loss", "a_loss", "b_loss", "a_mae", "a_mse", "b_mse", "b_weighted_mse"}));
  EXPECT_EQ(model.evaluate(data.x, y, {.verbose = 0, .return_dict = true}).names().back(), "loss");
  EXPECT_EQ(error_of<ValueError>([&] {
              model.fit(data.x, y, {.verbose = 0, .class_weight = {{0, 1.0}}});
            }),
            "`class_weight` is only supported for Models with a single output.");
  EXPECT_NE(error_of<ValueError>([&] {
              model.fit(data.x, y, {.verbose = 0, .sample_weight = TensorNest{{"a", Tensor(up)}}});
            }).find("You should provide one `sample_weight` array per output in `y`. The two structures did not match:"),
            std::string::npos);
}

// What Keras's Masking does: timesteps that are `value` throughout do not count.
class MaskValueImpl : public LayerImpl {
 public:
  explicit MaskValueImpl(double value) : value_(value) {}
  Tensor call(const Tensor& x, const CallContext&) override { return x * ops::cast(ops::expand_dims(counts(x), -1), x.dtype()); }
  Tensor compute_mask(const Arguments& arguments) override { return counts(arguments.first().leaf()); }

 private:
  Tensor counts(const Tensor& x) const { return ops::any(ops::not_equal(x, value_), -1); }
  double value_;
};

struct Masked {
  const char* kind;
  std::vector<double> first, second;  // loss, mae, weighted mse; without sample weights and with them
  std::vector<double> weights;        // after a step without and one with them
};

TEST(Trainer, MasksReachLossAndMetrics) {
  const Tensor x(std::vector<float>{1, 2, 0, 0, 3, -1, 0, 0, 0, 0, 2, 2, 1, 1, 2, 0, 0, 0}, {3, 3, 2});
  std::vector<float> targets, given;
  for (int i = 0; i < 9; ++i) targets.push_back(static_cast<float>(i) / 4), given.push_back(i < 3 ? 1.0f : i < 6 ? 2.0f : 0.5f);
  const Tensor y(targets, {3, 3, 1});
  const TensorNest weight{Tensor(given, {3, 3})};
  const Masked table[] = {
      {"one",
       {0.6769999861717224, 0.6599999666213989, 0.6769999861717224},
       {0.5542500019073486, 0.6599999666213989, 0.5542500615119934},
       {0.10999998450279236, 0.18864001333713531, 0.46931999921798706}},
      {"add",
       {1.5230001211166382, 0.9200000166893005, 1.5230001211166382},
       {1.7632502317428589, 0.9200000166893005, 1.7632501125335693},
       {0.864799976348877, 0.5774400234222412, 0.6619600057601929}},
      {"add either",
       {0.9711112380027771, 0.6777778267860413, 0.9711112380027771},
       {0.8476390242576599, 0.6777778267860413, 0.7265477180480957},
       {0.06943210959434509, 0.08938270807266235, 0.5432469248771667}},
      {"add without",
       {1.1377779245376587, 0.7888889312744141, 1.1377779245376587},
       {1.1809723377227783, 0.7888889312744141, 1.012261986732483},
       {0.1523457020521164, 0.10612346976995468, 0.5693703889846802}},
      {"concatenate",
       {1.3069998025894165, 0.8799998760223389, 1.306999921798706},
       {1.5992498397827148, 0.8799998760223389, 1.5992499589920044},
       {0.10239999741315842, 0.03831998631358147, 0.30239999294281006, 0.238319993019104, 0.46355998516082764}},
      {"concatenate without",
       {1.0177778005599976, 0.7666666507720947, 1.0177778005599976},
       {1.0898610353469849, 0.7666666507720947, 0.9341666102409363},
       {-0.04641975462436676, -0.0005185211193747818, 0.15358024835586548, 0.19948147237300873, 0.49307408928871155}},
  };
  for (const Masked& row : table) {
    SCOPED_TRACE(row.kind);
    const std::string kind = row.kind;
    const auto inputs = Input({3, 2});
    const Tensor masked = make<MaskValueImpl>(0.0)(inputs);
    const Tensor other = kind.ends_with("without") ? inputs : make<MaskValueImpl>(kind == "add either" ? 2.0 : 0.0)(inputs);
    Tensor joined = masked;
    if (kind.starts_with("add")) joined = Add()(TensorNest{masked, other}).leaf();
    if (kind.starts_with("concatenate")) joined = Concatenate()(TensorNest{masked, other}).leaf();
    const auto dense = Dense(1);
    const Model model(inputs, dense(joined));
    const int64_t features = joined.shape()[-1];
    std::vector<float> kernel;
    for (int64_t i = 0; i < features; ++i)
      kernel.push_back(0.1f + 0.3f * static_cast<float>(i) / static_cast<float>(features - 1));
    dense.set_weights({Tensor(kernel, {features, 1}), Tensor(std::vector<float>{0.5f})});
    model.compile(
        {.optimizer = optimizers::SGD({.learning_rate = 0.1}), .loss = "mse", .metrics = {"mae"}, .weighted_metrics = {"mse"}});
    const auto expect_logs = [](const LogValues& logs, const std::vector<double>& want) {
      expect_values({logs["loss"], logs["mae"], logs["mse"]}, want, 5e-6);
    };
    expect_logs(model.test_on_batch(x, y), row.first);
    expect_logs(model.test_on_batch(x, y, &weight), row.second);
    model.train_on_batch(x, y);
    model.train_on_batch(x, y, &weight);
    expect_weights(model, row.weights);
  }
}

// Reads what it computes and decides by it, in the middle of a step.
class ReadingImpl : public ModelImpl {
 public:
  Variable w{Tensor(std::vector<float>{1}), {.name = "w"}};
  std::vector<float> read;
  Tensor kept;
  Tensor call(const Tensor& x, const CallContext&) override { return ops::sum(x) ? x * w : x; }
  Logs train_step(const Batch& data) override {
    const Tensor loss = ops::mean(ops::square((*this)(data.x, true).leaf() - data.y->leaf()));
    read.push_back(loss.item<float>());
    const Tensor slope = gradients(loss, std::vector{w})[0];
    w.assign_sub(slope * 0.1);
    read.push_back(w.value().item<float>());
    kept = slope;
    read.push_back(kept.to_vector<float>()[0]);
    return {{"loss", loss}};
  }
};

TEST(Trainer, RunEagerlyLetsAStepReadItsTensors) {
  const Tensor x(std::vector<float>{1, 2}, {2, 1}), y(std::vector<float>{2, 4}, {2, 1});
  auto model = make<ReadingImpl>();
  model.compile({.run_eagerly = true});
  // loss 2.5 (w - 2)^2, slope 5 (w - 2)
  EXPECT_FLOAT_EQ(static_cast<float>(model.train_on_batch(x, y)["loss"]), 2.5f);
  model.train_on_batch(x, y);
  EXPECT_EQ(model->read, (std::vector<float>{2.5f, 1.5f, -5.0f, 0.625f, 1.75f, -2.5f}));
  EXPECT_EQ(model->kept.item<float>(), -2.5f);  // also after the step
  EXPECT_EQ(model->w.value().item<float>(), 1.75f);
  EXPECT_EQ(model.predict(x, {.verbose = 0}).to_vector<float>(), (std::vector<float>{1.75f, 3.5f}));
  EXPECT_EQ(model.predict(x * 0, {.verbose = 0}).to_vector<float>(), (std::vector<float>{0, 0}));
  model.compile({});
  EXPECT_THROW(model.train_on_batch(x, y), RuntimeError);
}

TEST(Trainer, RunEagerlyGivesTheSameNumbers) {
  const auto data = points();
  const Model model = line({.run_eagerly = true});
  const auto history =
      model.fit(data.x, data.y, {.batch_size = 2, .epochs = 2, .verbose = 0, .validation_data = data, .shuffle = false});
  expect_values(history.history["loss"], {0.5025252103805542, 0.09735188633203506});
  expect_values(history.history["val_loss"], {0.1442071795463562, 0.08451215922832489});
  expect_weights(model, {0.8559332489967346, 0.9040849804878235, 0.4815184772014618});
}

TEST(Trainer, VerboseIsCheckedWhereItIsWritten) {
  EXPECT_EQ(int(FitArgs{}.verbose), 1);
  EXPECT_EQ(error_of<ValueError>([] { FitArgs{.verbose = 3}; }), "`verbose` must be \"auto\", 0, 1 or 2. Received: verbose=3");
  EXPECT_THROW(FitArgs{.verbose = "loud"}, ValueError);
}

// --- what stops a fit ---

class StopsAfter : public Callback {
 public:
  explicit StopsAfter(int64_t batch) : batch_(batch) {}
  void on_train_batch_end(int64_t batch, const LogValues&) override {
    if (batch == batch_) throw InterruptedError("Ctrl-C");
  }

 private:
  int64_t batch_;
};

TEST(Trainer, AnErrorLeavesTheWeightsOfTheLastGoodStepNotTheirAverages) {
  const auto data = points();
  const auto averaging = [] {
    const Model model = line();
    model.compile({.optimizer = optimizers::SGD({.learning_rate = 0.1, .use_ema = true}), .loss = "mse"});
    return model;
  };
  const Model stopped = averaging(), whole = averaging();
  EXPECT_THROW(stopped.fit(data.x, data.y,
                           {.batch_size = 2, .verbose = 0, .callbacks = {std::make_shared<StopsAfter>(2)}, .shuffle = false}),
               InterruptedError);
  const Model plain = line();
  plain.fit(data.x, data.y, {.batch_size = 2, .verbose = 0, .shuffle = false, .steps_per_epoch = 3});
  EXPECT_EQ(stopped.get_weights()[0].to_vector<float>(), plain.get_weights()[0].to_vector<float>());
  // A fit that ends has the averages.
  whole.fit(data.x, data.y, {.batch_size = 2, .verbose = 0, .shuffle = false, .steps_per_epoch = 3});
  EXPECT_NE(whole.get_weights()[0].to_vector<float>(), plain.get_weights()[0].to_vector<float>());

  auto classes = Sequential({Dense(3, {.activation = "softmax", .input_shape = {2}})});
  classes.compile({.optimizer = optimizers::Adam({.use_ema = true}), .loss = "sparse_categorical_crossentropy"});
  const auto before = classes.get_weights()[0].to_vector<float>();
  EXPECT_THROW(classes.fit(data.x, Tensor(std::vector<int32_t>(10, 7)), {.verbose = 0}), ValueError);
  EXPECT_EQ(classes.get_weights()[0].to_vector<float>(), before);
}

}  // namespace
}  // namespace cornu::keras
