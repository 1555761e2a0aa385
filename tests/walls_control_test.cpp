// Loops and branches inside models and steps: gradients of any order, state, errors, and chains that are too long for a stack.
#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "cornu/cornu.h"
#include "cornu/ir/leaf.h"
#include "cornu/trace.h"

namespace cornu::keras {
namespace {

using namespace layers;
using Tensors = std::vector<Tensor>;
using Floats = std::vector<float>;
using Doubles = std::vector<double>;

// The gradients of a scalar function of variables (float64) are its central differences.
void expect_finite_differences(const std::vector<Variable>& variables, const std::function<Tensor()>& loss) {
  const Function traced = jit([&](const TensorNest&) -> TensorNest {
    Tensors out{loss()};
    for (const Tensor& grad : gradients(out[0], variables)) out.push_back(grad);
    return TensorNest(out);
  });
  const auto value = [&] { return traced(TensorNest()).flatten()[0].item<double>(); };
  const auto found = traced(TensorNest()).flatten();
  for (std::size_t i = 0; i < variables.size(); ++i) {
    const auto grad = found[i + 1].to_vector<double>();
    auto numbers = variables[i].value().to_vector<double>();
    for (std::size_t k = 0; k < numbers.size(); ++k) {
      constexpr double kStep = 1e-5;
      const auto at = [&](double x) {
        auto moved = numbers;
        moved[k] = x;
        variables[i].assign(Tensor(moved, variables[i].shape()));
        return value();
      };
      const double expected = (at(numbers[k] + kStep) - at(numbers[k] - kStep)) / (2 * kStep);
      at(numbers[k]);
      EXPECT_NEAR(grad[k], expected, 1e-6 * (1 + std::abs(expected))) << "variable " << i << ", element " << k;
    }
  }
}

Variable drawn(const Shape& shape, int64_t seed) { return Variable(random::uniform(shape, -0.8, 0.8, float64, seed)); }

// --- training steps of one's own ---

// g(z) = a z against d(x) = w x, with Wasserstein's losses: every number of a step can be said by hand.
class GanImpl : public ModelImpl {
 public:
  Layer generator = track("generator", Dense(1, {.use_bias = false, .kernel_initializer = "ones"}));
  Layer critic = track("critic", Dense(1, {.use_bias = false, .kernel_initializer = "ones"}));
  Optimizer generator_optimizer = optimizers::SGD({.learning_rate = 0.1}),
            critic_optimizer = optimizers::SGD({.learning_rate = 0.5});

  Logs train_step(const Batch& data) override {
    const Tensor z = data.x.leaf(), real = data.y->leaf();
    const Tensor critic_loss = ops::mean(critic(generator(z))) - ops::mean(critic(real));
    critic_optimizer->apply(gradients(critic_loss, critic.trainable_weights()), critic.trainable_weights());
    const Tensor generator_loss = -ops::mean(critic(generator(z)));
    generator_optimizer->apply(gradients(generator_loss, generator.trainable_weights()), generator.trainable_weights());
    return {{"critic_loss", critic_loss}, {"generator_loss", generator_loss}};
  }
};
TEST(WallsOfControl, AGanHasTwoLossesAndTwoOptimizers) {
  auto model = make<GanImpl>();
  model.compile({.optimizer = "sgd"});
  const Tensor z(Floats{1, 2, 3}, {3, 1}), real(Floats{4, 5, 9}, {3, 1});
  double a = 1, w = 1;
  for (int step = 0; step < 3; ++step) {
    const auto logs = model.train_on_batch(z, real);
    EXPECT_NEAR(logs["critic_loss"], w * a * 2 - w * 6, 1e-4);
    w -= 0.5 * (a * 2 - 6);
    EXPECT_NEAR(logs["generator_loss"], -w * a * 2, 1e-4);
    a += 0.1 * w * 2;
    EXPECT_NEAR(model->critic.get_weights()[0].item<double>(), w, 1e-4);
    EXPECT_NEAR(model->generator.get_weights()[0].item<double>(), a, 1e-4);
  }
}

TEST(WallsOfControl, AGradientPenaltyThroughLayers) {
  cornu::random::set_seed(2);
  const auto hidden = Dense(5, {.activation = "tanh", .dtype = "float64"}), critic = Dense(1, {.dtype = "float64"});
  const Tensor x = random::uniform({4, 3}, -1, 1, float64, 3);
  critic(hidden(x));  // makes the weights
  const std::vector<Variable> weights{hidden.weights()[0], hidden.weights()[1], critic.weights()[0]};
  expect_finite_differences(weights, [&] {
    const Tensor slope = gradients(ops::sum(critic(hidden(x))), Tensors{x})[0];
    return ops::mean(ops::square(ops::sqrt(ops::sum(slope * slope, 1)) - 1.0));
  });
}

// Its best two features, weighed.
class BestImpl : public LayerImpl {
 public:
  using LayerImpl::LayerImpl;
  Tensor call(const Tensor& x, const CallContext&) override { return ops::top_k(x, 2).first * Tensor(Doubles{1, 3}); }
};
TEST(WallsOfControl, GradientsPassThroughTopK) {
  cornu::random::set_seed(3);
  const auto hidden = Dense(6, {.activation = "tanh", .dtype = "float64"}), last = Dense(2, {.dtype = "float64"});
  const auto inputs = Input({3}, {.dtype = "float64"});
  const Model model(inputs, last(make<BestImpl>(LayerBaseArgs{.dtype = "float64"})(hidden(inputs))));
  const Tensor x = random::uniform({4, 3}, -1, 1, float64, 4);
  expect_finite_differences(model.trainable_weights(), [&] { return ops::sum(ops::square(model(x, true))); });
}

// --- loops in models ---

// A recurrent layer as a user would write it: (batch, time, features) to the last state.
class RecurrentImpl : public LayerImpl {
 public:
  Variable kernel, recurrent;
  void build(const Shape& input) override {
    kernel = add_weight("kernel", {input[-1], 3});
    recurrent = add_weight("recurrent", {3, 3});
  }
  Tensor call(const Tensor& x, const CallContext&) override {
    const Tensor start = ops::zeros_like(ops::matmul(ops::sum(x, 1), kernel));
    const auto cell = [&](const Tensor& h, const Tensor& in) {
      return std::pair(ops::tanh(ops::matmul(in, kernel) + ops::matmul(h, recurrent)), h);
    };
    return ops::scan(cell, start, ops::transpose(x, std::vector<int>{1, 0, 2})).first;
  }
};
class UnrolledImpl : public RecurrentImpl {
 public:
  Tensor call(const Tensor& x, const CallContext&) override {
    Tensor h = ops::zeros_like(ops::matmul(ops::sum(x, 1), kernel));
    for (const Tensor& in : ops::unstack(x, {}, 1)) h = ops::tanh(ops::matmul(in, kernel) + ops::matmul(h, recurrent));
    return h;
  }
};
TEST(WallsOfControl, ALayerWithAScanTrainsAsItsUnrolledTwin) {
  const auto train = [](bool unrolled) {
    cornu::random::set_seed(4);
    auto model = unrolled ? Sequential({make<UnrolledImpl>(), Dense(1)}) : Sequential({make<RecurrentImpl>(), Dense(1)});
    model.compile({.optimizer = "adam", .loss = "mse"});
    const Tensor x = random::uniform({20, 6, 2}, -1, 1, {}, 5);
    model.fit(x, ops::sum(x, IntOrList(std::vector<int>{1, 2})), {.batch_size = 8, .epochs = 3, .verbose = 0, .shuffle = false});
    return model.predict(x, {.verbose = 0}).to_vector<float>();
  };
  const auto scanned = train(false), unrolled = train(true);
  for (std::size_t i = 0; i < scanned.size(); ++i) EXPECT_NEAR(scanned[i], unrolled[i], 1e-4);
}

TEST(WallsOfControl, GradientsReachVariablesInBodies) {
  const Variable w = drawn({3, 3}, 1), x = drawn({5, 3}, 2), h = drawn({3}, 3);
  const auto step = [&](const Tensor& c, const Tensor& in) {
    const Tensor next = ops::cond(
        ops::greater(ops::sum(in), 0), [&] { return ops::tanh(ops::matmul(c, w) + in); }, [&] { return c * in; });
    return std::pair(next, ops::sum(next * h));
  };
  const auto loss = [&] {
    const auto [last, ys] = ops::scan(step, h, x, {.reverse = true});
    return ops::sum(last * last) + ops::sum(ys * ys);
  };
  expect_finite_differences({w, x, h}, loss);
}

TEST(WallsOfControl, NestedScansAreDifferentiatedTwice) {
  const Variable w = drawn({}, 6), x = drawn({3, 2}, 7);
  const auto inner = [&](const Tensor& c, const Tensor& in) { return std::pair(ops::sin(c * w + in), c * in); };
  const auto outer = [&](const Tensor& c, const Tensor& row) {
    const auto [last, ys] = ops::scan(inner, c, row);
    return std::pair(last, ops::sum(ys));
  };
  expect_finite_differences({w, x}, [&] {
    const Tensor at = x;
    const auto [last, ys] = ops::scan(outer, w, at);
    return ops::sum(ops::square(gradients(last + ops::sum(ys), Tensors{at})[0]));
  });
}

// --- state ---

class CountingImpl : public ModelImpl {
 public:
  Variable positive{Tensor(Floats{0})}, steps{Tensor(Floats{0})};
  Logs train_step(const Batch& data) override {
    const Tensor x = data.x.leaf();
    ops::cond(
        ops::greater(ops::sum(x), 0), [&] { positive.assign(positive + 1.0); }, [] {});
    ops::scan(
        [&](const Tensor& c, const Tensor&) {
          steps.assign(steps + 1.0);
          return std::pair(c, c);
        },
        0, x);
    return {{"loss", ops::sum(positive)}};
  }
};
TEST(WallsOfControl, AssignmentsInBodiesArePartOfTheStep) {
  auto model = make<CountingImpl>();
  model.compile({.optimizer = "sgd"});
  const auto train = [&](Floats x) { model.train_on_batch(Tensor(x), Tensor(x)); };
  train({1, 2, 3});
  train({-1, -2, -3});
  train({1, 2, 3});
  EXPECT_EQ(model->positive.value().to_vector<float>(), Floats{2});
  EXPECT_EQ(model->steps.value().to_vector<float>(), Floats{9});
}

// Labels are checked in bodies that also assign: nothing of the failed step may stay.
class CheckingImpl : public ModelImpl {
 public:
  Variable counted{Tensor(Floats{0})}, last{Tensor(Floats{0})};
  Logs train_step(const Batch& data) override {
    const auto checked = [](const Tensor& labels) {
      return losses::sparse_categorical_crossentropy(labels, ops::broadcast_to(Tensor(Floats{0.5, 0.5}), {labels.size(), 2}));
    };
    const Tensor labels = data.x.leaf();
    ops::scan(
        [&](const Tensor& c, const Tensor& label) {
          counted.assign(counted + 1.0);
          return std::pair(c, checked(ops::reshape(label, {1})));
        },
        0, data.y->leaf());
    // Both branches assign: the old value is not read.
    ops::cond(
        ops::equal(labels[0], 0),
        [&] { last.assign(ops::reshape(ops::sum(checked(labels)) * 0.0 + ops::cast(labels[2], float32), {1})); },
        [&] { last.assign(Tensor(Floats{-1})); });
    return {{"loss", ops::sum(counted)}};
  }
};
TEST(WallsOfControl, AnIndexOutOfRangeInABodyChangesNothing) {
  auto model = make<CheckingImpl>();
  model.compile({.optimizer = "sgd"});
  using Labels = std::vector<int32_t>;
  const auto train = [&](const Labels& x, const Labels& y) { model.train_on_batch(Tensor(x), Tensor(y)); };
  const auto expect = [&](float counted, float last) {
    EXPECT_EQ(model->counted.value().to_vector<float>(), Floats{counted});
    EXPECT_EQ(model->last.value().to_vector<float>(), Floats{last});
  };
  train({0, 1, 1}, {0, 0, 1});
  expect(3, 1);
  EXPECT_THROW(train({0, 5, 0}, {0, 0, 1}), ValueError);
  expect(3, 1);
  EXPECT_THROW(train({0, 1, 0}, {0, 0, 5}), ValueError);
  expect(3, 1);
  train({1, 0, 1}, {0, 0, 1});
  expect(6, -1);
}

TEST(WallsOfControl, TwoThreadsRunOneLoop) {
  const auto f = jit([](const TensorNest& in) -> TensorNest {
    return ops::while_loop([](Tensor i, Tensor) { return ops::less(i, 50); },
                           [](Tensor i, Tensor v) {
                             return Tensors{i + 1, ops::sin(v) + v};
                           },
                           {0, in.leaf()})[1];
  });
  const auto run = [&](float from) { return f(TensorNest(Tensor(Floats(1000, from)))).leaf().to_vector<float>(); };
  const auto one = run(1), two = run(2);
  const auto repeat = [&](float from, const Floats& want) {
    for (int i = 0; i < 50; ++i) EXPECT_EQ(run(from), want);
  };
  std::thread first(repeat, 1, one), second(repeat, 2, two);
  first.join();
  second.join();
}

// --- long chains ---

TEST(WallsOfControl, AMillionLazyAdditionsAreComputedOnTheWay) {
  Tensor x(Floats{0, 1});
  for (int i = 0; i < 1000000; ++i) x = x + 1;
  EXPECT_EQ(x.to_vector<float>(), (Floats{1000000, 1000001}));
}

TEST(WallsOfControl, AMillionAdditionsInATraceAreBuiltAndLetGo) {
  Trace trace;
  Tensor x(trace.parameter({float32, {2}}));
  for (int i = 0; i < 1000000; ++i) x = x + 1;
  EXPECT_GT(ir::topological(std::vector{x.value()}).size(), 1000000u);
}

}  // namespace
}  // namespace cornu::keras
