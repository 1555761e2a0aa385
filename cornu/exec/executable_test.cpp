#include "cornu/exec/executable.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "cornu/autodiff/gradient.h"
#include "cornu/exec/counters.h"
#include "cornu/exec/eager.h"
#include "cornu/ir/leaf.h"
#include "cornu/ops/conv/conv.h"
#include "cornu/ops/matmul/matmul.h"
#include "cornu/ops/reduce/reduce.h"
#include "cornu/ops/softmax/softmax.h"
#include "cornu/ops/view/view.h"

namespace cornu::exec {
namespace {

using ir::Value;
using ops::operator+, ops::operator-, ops::operator*;

Value filled(Shape shape, double scale) {
  auto array = devices::Array::allocate({float32, shape});
  for (int64_t i = 0; i < shape.elements(); ++i)
    array->as<float>()[i] = static_cast<float>(std::sin(static_cast<double>(i)) * scale);
  return ir::data({float32, shape}, array);
}
std::vector<float> read(const Value& v) {
  evaluate({&v, 1});
  auto array = array_of(v);
  return {array->as<float>(), array->as<float>() + v.shape().elements()};
}

// The graph computed by the records' references.
std::vector<float> reference(const Value& result, const std::vector<Value>& inputs) {
  ir::Graph graph{{}, {result}};
  std::vector<ir::HostOperand> arguments;
  ir::ValueMap<Value> map;
  for (const Value& v : inputs) {
    Value p = ir::parameter(v.spec());
    graph.parameters.push_back(p);
    map[v] = p;
    arguments.push_back({v.spec(), array_of(v)->bytes()});
  }
  graph.results = ir::rewritten(graph.results, nullptr, map);
  const auto bytes = ir::evaluate_by_reference(graph, arguments)[0];
  std::vector<float> out(bytes.size() / 4);
  std::memcpy(out.data(), bytes.data(), bytes.size());
  return out;
}

void expect_close(const std::vector<float>& got, const std::vector<float>& want) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], want[i], 1e-5 * (1 + std::abs(want[i]))) << i;
}

TEST(Executable, AChainOfPointwiseOpsIsOneStep) {
  const Value x = filled({5, 7}, 2), y = filled({7}, 1);
  const Value z = ops::relu(ops::add(ops::exp(x), y)) * 3.0;
  const auto want = reference(z, {x, y});
  const auto launches = counters().launches.load();
  expect_close(read(z), want);
  EXPECT_EQ(counters().launches.load(), launches + 1);
}

TEST(Executable, SoftmaxAndItsGradientMatchTheReference) {
  const Value x = filled({32, 10}, 3), g = filled({32, 10}, 1);
  const Value y = ops::softmax(x);
  const Value dx = autodiff::gradients(std::vector{y}, std::vector{g}, std::vector{x})[0];
  const auto want_y = reference(y, {x}), want_dx = reference(dx, {x, g});
  expect_close(read(dx), want_dx);
  expect_close(read(ops::softmax(x)), want_y);
}

TEST(Executable, DenseLayerWithLossAndGradients) {
  const Value x = filled({32, 20}, 1), w = filled({20, 8}, 0.5), b = filled({8}, 0.1), t = filled({32, 8}, 1);
  const Value h = ops::relu(ops::add(ops::matmul(x, w), b));
  const Value d = h - t;
  const Value loss = ops::mean(d * d, ops::all_axes(d));
  const auto grads = autodiff::gradients(std::vector{loss}, std::vector{ir::constant(1, float32)}, std::vector{w, b});
  const auto want_w = reference(grads[0], {x, w, b, t}), want_b = reference(grads[1], {x, w, b, t}),
             want = reference(loss, {x, w, b, t});
  evaluate(std::vector{loss, grads[0], grads[1]});
  expect_close(read(loss), want);
  expect_close(read(grads[0]), want_w);
  expect_close(read(grads[1]), want_b);
}

TEST(Executable, ColumnAndFullReductionsOfTransposedViews) {
  const Value x = filled({6, 50, 9}, 1);
  for (const auto& axes : std::vector<std::vector<int>>{{0}, {1}, {2}, {0, 1}, {0, 2}, {1, 2}, {0, 1, 2}}) {
    const Value y = ops::sum(ops::transpose(ops::exp(x), {2, 0, 1}), axes);
    const auto want = reference(y, {x});  // first: what was read has no operands any more
    expect_close(read(y), want);
  }
}

// A convolution whose weight has a library's layout and whose result a function of another variable scales. With `writes` the
// program also doubles the weight.
struct ScaledConvolution {
  explicit ScaledConvolution(bool writes) {
    const Value x = ir::parameter({float32, {2, 9, 9, 16}}), w = ir::parameter({float32, {3, 3, 16, 32}}),
                s = ir::parameter({float32, {32}});
    const Value y = ops::conv(x, w) * ops::broadcast_to(ops::exp(s), {2, 7, 7, 32});
    plan::Function function{{{x, w, s}, {y}}, 1, 2, 0, {}};
    if (writes) {
      function.graph.results.push_back(w + w);
      function.writes = {0};
    }
    graph = {{x, w, s}, {y}};
    program = plan::compile(function, Target::host(), "scaled_convolution");
    for (const auto& spec : program->variables) slots.push_back(std::make_shared<Slot>(spec));
    executable = std::make_unique<Executable>(program, slots, std::vector<std::shared_ptr<devices::Array>>{});
  }
  void fill(int variable, double scale) const {
    const auto numbers = array_of(filled(slots[variable]->spec().shape, scale));
    slots[variable]->about_to_be_written();
    std::memcpy(slots[variable]->memory(), numbers->bytes(), numbers->size_bytes());
  }
  // One run, compared with the references on the state before it.
  void expect_right() const {
    const auto x = array_of(filled({2, 9, 9, 16}, 0.1));
    const std::vector<ir::HostOperand> arguments{
        {x->spec(), x->bytes()}, {slots[0]->spec(), slots[0]->memory()}, {slots[1]->spec(), slots[1]->memory()}};
    const auto bytes = ir::evaluate_by_reference(graph, arguments)[0];
    const auto y = executable->run(std::vector{x})[0];
    const auto* want = reinterpret_cast<const float*>(bytes.data());
    expect_close({y->as<float>(), y->as<float>() + y->spec().shape.elements()}, {want, want + bytes.size() / 4});
  }

  ir::Graph graph;
  std::shared_ptr<const plan::Program> program;
  std::vector<std::shared_ptr<Slot>> slots;
  std::unique_ptr<Executable> executable;
};

TEST(Executable, WhatComesFromVariablesAloneRunsAgainAfterAWrite) {
  const ScaledConvolution convolution(false);
  EXPECT_GE(convolution.program->settled_steps, 1) << convolution.program->text();
  EXPECT_EQ(convolution.program->settled_variables.back(), 1);
  convolution.fill(0, 1);
  convolution.fill(1, 1);
  convolution.expect_right();
  convolution.expect_right();
  convolution.fill(1, 2);
  convolution.expect_right();
  convolution.fill(0, 0.5);
  convolution.expect_right();
}

TEST(Executable, AVariableThatTheProgramWritesSettlesNothing) {
  const ScaledConvolution convolution(true);
  EXPECT_EQ(convolution.program->settled_variables, std::vector<int>{1}) << convolution.program->text();
  convolution.fill(0, 1);
  convolution.fill(1, 1);
  for (int run = 0; run < 3; ++run) convolution.expect_right();
}

TEST(Executable, AChainOfAMillionAdditionsEnds) {
  Value x = filled({1}, 0);
  for (int i = 0; i < 1000; ++i) {
    for (int k = 0; k < 1000; ++k) x = x + 1.0;
    evaluate({&x, 1});
  }
  EXPECT_EQ(read(x)[0], 1000000.0f);
}

}  // namespace
}  // namespace cornu::exec
