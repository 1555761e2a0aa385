// What layers do with their weights, on what real Keras computed: initializers, regularizers, constraints
// (tools/golden/keras_cases/{initializer,regularizer,constraint}.py).
#include <algorithm>
#include <cmath>

#include "cornu/cornu.h"
#include "tests/golden_file.h"

namespace cornu::keras {
namespace {

std::string name_of(const Json& test) { return test["class_name"].get<std::string>() + " " + test["config"].dump(); }

// As far as two draws from one distribution are alike.
void expect_statistics(const Tensor& drawn, const Json& test) {
  const auto class_name = test["class_name"].get<std::string>();
  const auto values = drawn.to_vector<double>();
  double mean = 0, square = 0;
  for (double v : values) mean += v / double(values.size());
  for (double v : values) square += (v - mean) * (v - mean) / double(values.size());
  const double std = std::sqrt(square);
  const Json& wanted = test["statistics"];
  // Two independent draws of n numbers: five deviations of the difference of what they measure.
  const double deviation = wanted["std"].get<double>(), n = double(values.size()), noise = 5 * std::sqrt(2.0);
  EXPECT_NEAR(mean, wanted["mean"].get<double>(), noise * deviation / std::sqrt(n) + 1e-5);
  EXPECT_NEAR(std, deviation, noise * deviation / std::sqrt(2 * n) + 1e-5);
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  if (class_name.ends_with("Uniform") || test["arguments"].value("distribution", "") == "uniform") {
    EXPECT_NEAR(*low, wanted["min"].get<double>(), 20 * deviation / n + 1e-4);
    EXPECT_NEAR(*high, wanted["max"].get<double>(), 20 * deviation / n + 1e-4);
  } else if (class_name != "RandomNormal" && class_name != "Orthogonal" &&
             test["arguments"].value("distribution", "") != "untruncated_normal") {
    // Cut at two deviations of the normal before the cut.
    const double bound = std::max(std::abs(wanted["min"].get<double>() - mean), std::abs(wanted["max"].get<double>() - mean));
    EXPECT_LE(*high - mean, bound * 1.15 + 1e-5);
    EXPECT_GE(*low - mean, -bound * 1.15 - 1e-5);
  }
}

TEST(GoldenInitializers, DrawFromKerasDistributions) {
  const GoldenFile file("layers/initializers.npz");
  Coverage coverage("Initializers");
  for (const Json& test : file.cases()) {
    const auto* row = coverage.find(initializers::registry(), test["class_name"].get<std::string>());
    if (!row) continue;
    SCOPED_TRACE(name_of(test) + " " + test["shape"].dump());
    Json config = test["config"];
    config.update(test["arguments"]);  // Keras's Identity does not write its gain
    const Initializer initializer = row->from_config(config);
    EXPECT_EQ(json_difference(initializer->get_config(), test["config"]), "");
    const Tensor made = initializer(Shape(test["shape"].get<std::vector<int64_t>>()));
    if (test.contains("value")) expect_close(made, file.tensor(test["value"]), "value");
    else expect_statistics(made, test);
    EXPECT_EQ(initializer(made.shape()).to_vector<double>(), made.to_vector<double>());  // seeded
  }
  coverage.expect_all(initializers::registry());
}

TEST(GoldenRegularizers, PenaltiesAndGradients) {
  const GoldenFile file("layers/regularizers.npz");
  Coverage coverage("Regularizers");
  for (const Json& test : file.cases()) {
    const auto* row = coverage.find(regularizers::registry(), test["class_name"].get<std::string>());
    if (!row) continue;
    SCOPED_TRACE(name_of(test));
    const Regularizer regularizer = row->from_config(test["config"]);
    EXPECT_EQ(json_difference(regularizer->get_config(), test["config"]), "");
    const Tensor x = file.tensor(test["input"]);
    expect_close(regularizer(x), file.tensor(test["value"]), "value");
    const auto results = value_and_grad([&](const std::vector<Tensor>& at) { return regularizer(at[0]); })({x});
    expect_close(results.grads[0], file.tensor(test["gradient"]), "gradient");
  }
  coverage.expect_all(regularizers::registry());
}

TEST(GoldenConstraints, Values) {
  const GoldenFile file("layers/constraints.npz");
  Coverage coverage("Constraints");
  for (const Json& test : file.cases()) {
    const auto* row = coverage.find(constraints::registry(), test["class_name"].get<std::string>());
    if (!row) continue;
    SCOPED_TRACE(name_of(test));
    const Constraint constraint = row->from_config(test["config"]);
    EXPECT_EQ(json_difference(constraint->get_config(), test["config"]), "");
    expect_close(constraint(file.tensor(test["input"])), file.tensor(test["value"]), "value");
  }
  coverage.expect_all(constraints::registry());
}

TEST(Initializers, OrthogonalIsOrthonormalInItsShorterDirection) {
  for (const Shape& shape : {Shape{40, 17}, Shape{17, 40}, Shape{30, 30}, Shape{2, 3, 4, 9}, Shape{1, 5}}) {
    const Tensor w = initializers::Orthogonal({.gain = 2.0, .seed = 1})(shape);
    ASSERT_EQ(w.shape(), shape);
    const Tensor flat = ops::reshape(w, {-1, shape[-1]});
    const Tensor tall = flat.shape()[0] < shape[-1] ? ops::transpose(flat) : flat;
    const Tensor products = ops::matmul(ops::transpose(tall), tall);
    expect_close(products, ops::eye(tall.shape()[1]) * 4.0, to_string(shape), 2e-6);
  }
  EXPECT_NE(initializers::Orthogonal()({3, 3}).to_vector<float>(), initializers::Orthogonal()({3, 3}).to_vector<float>());
}

TEST(Initializers, KnowKerasNames) {
  for (const auto& [name, class_name] : std::map<std::string, std::string>{{"zero", "Zeros"},
                                                                           {"one", "Ones"},
                                                                           {"identity", "Identity"},
                                                                           {"IdentityInitializer", "Identity"},
                                                                           {"orthogonal", "Orthogonal"},
                                                                           {"OrthogonalInitializer", "Orthogonal"},
                                                                           {"stft", "STFT"},
                                                                           {"STFTInitializer", "STFT"}})
    EXPECT_EQ(Initializer(name)->class_name(), class_name);
}

template <class F>
void expect_refused(F&& make, const std::string& part) {
  try {
    make();
    FAIL() << "not refused: " << part;
  } catch (const ValueError& e) {
    EXPECT_NE(std::string(e.what()).find(part), std::string::npos) << e.what();
  }
}

TEST(Initializers, SayWhatTheyCannotDo) {
  using namespace initializers;
  expect_refused([] { Identity()({3}); }, "can only be used for 2D matrices. Received: shape=(3,)");
  expect_refused([] { Orthogonal()({3}); }, "at least two-dimensional. Received: shape=(3,)");
  expect_refused([] { STFT({.side = "left"}); }, "side should be 'real' or 'imag', not left");
  expect_refused([] { STFT({.window = "haan"}); }, "Unknown window: 'haan'. Known are barthann");
  expect_refused([] { STFT({.scaling = "l2"}); }, "Received scaling=l2");
  expect_refused([] { STFT()({3, 3}); }, "Received: shape=(3, 3) of rank 2");
  expect_refused([] { STFT({.window = std::vector<double>{1, 2}})({3, 1, 3}); }, "here [3]. Received: window shape=[2]");
}

TEST(Regularizers, SayWhatTheyCannotDo) {
  using namespace regularizers;
  expect_refused([] { L2({.l2 = std::nan("")}); }, "expected a non-negative float. Received: l2=");
  expect_refused([] { L1({.l1 = INFINITY}); }, "Received: l1=inf");
  expect_refused([] { OrthogonalRegularizer({.mode = "cols"}); }, "Received: mode=cols");
  expect_refused([] { OrthogonalRegularizer()(ops::ones({2, 3, 4})); }, "must have rank 2");
}

}  // namespace
}  // namespace cornu::keras
