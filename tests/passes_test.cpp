// Passes change how a graph is computed, never what: random graphs with every set of passes, and what CORNU_DUMP shows of them.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "cornu/autodiff/gradient.h"
#include "cornu/ops/concat/concat.h"
#include "cornu/ops/conv/conv.h"
#include "cornu/ops/gather/gather.h"
#include "cornu/ops/matmul/matmul.h"
#include "cornu/ops/pad/pad.h"
#include "cornu/ops/pointwise.h"
#include "cornu/ops/reduce/reduce.h"
#include "cornu/ops/softmax/softmax.h"
#include "cornu/ops/view/view.h"
#include "cornu/passes/fuse.h"
#include "cornu/passes/pass.h"
#include "tests/ops/compiled.h"
#include "tests/ops/sweep.h"

namespace cornu::testing {
namespace {

using ir::Graph;
using ir::Value;
using ops::operator*;

// A graph grown op by op from a seed. Its functions are continuous and keep numbers small, so that roundings stay roundings;
// those of a smooth one have gradients everywhere.
class RandomGraph {
 public:
  RandomGraph(uint64_t seed, DType dtype, bool smooth) : random_(seed), dtype_(dtype), smooth_(smooth) {
    for (int i = 0; i < 3; ++i) fresh(dtype_, any_shape());
    for (int left = 4 + below(14); left > 0; --left) grow();
    for (int i = 0; i < 3; ++i) graph_.results.push_back(i == 0 ? values_.back() : pick());
    if (smooth_) append_gradients();
  }
  const Graph& graph() const { return graph_; }
  std::vector<Array> arguments() const {
    std::vector<Array> out;
    for (const Value& p : graph_.parameters) {
      const double low = p.dtype() == int32 ? 0 : -1.5;
      auto numbers = drawn(p.shape().elements(), low, 1.5, out.size());
      for (double& x : numbers) x = p.dtype() == int32 ? std::floor(x) : p.dtype() == bool_ ? x > 0 : x;
      out.push_back(array(p.spec(), numbers));
    }
    return out;
  }

 private:
  int below(int n) { return static_cast<int>(random_() % n); }
  Value pick() { return values_[below(static_cast<int>(values_.size()))]; }
  Value fresh(DType dtype, const Shape& shape) {
    graph_.parameters.push_back(ir::parameter({dtype, shape}));
    if (dtype == dtype_) values_.push_back(graph_.parameters.back());
    return graph_.parameters.back();
  }
  int64_t any_dim() {
    constexpr int64_t dims[] = {1, 2, 3, 5, 8, 17};
    return dims[below(6)];
  }
  Shape any_shape() {
    Shape out;
    for (int rank = below(4); rank > 0; --rank) out.push_back(any_dim());
    return out;
  }

  void grow() {
    const Value x = pick();
    const Value made = grown(x, x.shape().rank());
    if (made.shape().elements() <= 4000) values_.push_back(made);
  }
  Value grown(const Value& x, int rank) {
    switch (below(rank > 0 ? 12 : 3)) {
      case 0: return unary(x);
      case 1: return binary(x, pick());
      case 2: return ops::add(x * 0.5, ops::full_like(x, 0.25));
      case 3: return reduced(x, rank);
      case 4: return ops::transpose(x, permutation(rank));
      case 5: return sliced(x);
      case 6: return reshaped(x, rank);
      case 7: return broadcast(x);
      case 8: return product(x);
      case 9: return below(2) ? ops::softmax(x, below(rank)) : ops::tanh(ops::log_softmax(x, below(rank)));
      case 10: return ops::concat({x, below(2) ? x : unary(x)}, below(rank));
      default: return ops::gather(x, fresh(int32, {any_dim()}), below(rank), ops::OutOfRange::clip);
    }
  }

  Value unary(const Value& x) {
    switch (below(smooth_ ? 5 : 7)) {
      case 0: return ops::tanh(x);
      case 1: return ops::sigmoid(x);
      case 2: return ops::neg(x);
      case 3: return ops::exp(ops::neg(ops::square(x)));
      case 4: return ops::sin(x);
      case 5: return ops::relu(x);
      default: return ops::abs(x);
    }
  }
  Value binary(const Value& x, Value y) {
    Shape both;
    if (!broadcast_shapes(x.shape(), y.shape(), both)) {
      Shape shape = x.shape();
      for (int axis = 0; axis < shape.rank(); ++axis)
        if (below(2)) shape[axis] = 1;
      y = fresh(dtype_, shape);
      both = x.shape();
    }
    switch (below(smooth_ ? 3 : 6)) {
      case 0: return ops::sub(x, y) * 0.7;
      case 1: return ops::tanh(ops::mul(x, y));
      case 2: return ops::tanh(ops::add(x, y));
      case 3: return ops::maximum(x, y);
      case 4: return ops::minimum(x, y);
      default: return ops::select(fresh(bool_, both), ops::broadcast_to(x, both), ops::broadcast_to(y, both));
    }
  }
  Value reduced(const Value& x, int rank) {
    std::vector<int> axes;
    for (int axis = 0; axis < rank; ++axis)
      if (below(2)) axes.push_back(axis);
    if (axes.empty()) axes.push_back(below(rank));
    const bool keepdims = below(2);
    switch (below(smooth_ ? 3 : 5)) {
      case 0: return ops::mean(x, axes, keepdims);
      case 1: return ops::tanh(ops::sum(x, axes, keepdims));
      case 2: return ops::tanh(ops::variance(x, axes, keepdims));
      case 3: return ops::max(x, axes, keepdims);
      default: return ops::min(x, axes, keepdims);
    }
  }
  std::vector<int> permutation(int rank) {
    std::vector<int> out;
    for (int axis = 0; axis < rank; ++axis) out.insert(out.begin() + below(axis + 1), axis);
    return out;
  }
  Value sliced(const Value& x) {
    ops::SliceAttributes a;
    for (int64_t dim : x.shape()) {
      const int64_t first = below(int(dim)), last = first + below(int(dim - first));
      const bool backwards = below(3) == 0;
      a.strides.push_back((1 + below(2)) * (backwards ? -1 : 1));
      a.starts.push_back(backwards ? last : first);
      a.stops.push_back(backwards ? (first == 0 ? ops::kSliceEnd : first - 1) : last + 1);
    }
    return ops::slice(x, a.starts, a.stops, a.strides);
  }
  Value reshaped(const Value& x, int rank) {
    if (below(3) == 0) return ops::reshape(x, {-1});
    if (below(2) == 0) return ops::expand_dims(x, below(rank + 1));
    std::vector<int64_t> dims = x.shape().dims();
    if (rank < 2) return ops::reshape(x, {1, -1});
    const int at = below(rank - 1);
    dims[at] *= dims[at + 1];
    dims.erase(dims.begin() + at + 1);
    return ops::reshape(x, Shape(dims));
  }
  Value broadcast(const Value& x) {
    Shape shape{any_dim()};
    for (int64_t dim : x.shape()) shape.push_back(dim == 1 ? any_dim() : dim);
    return ops::broadcast_to(x, shape);
  }
  Value product(const Value& x) {
    const int64_t inner = x.shape()[-1];
    const bool transposes = below(2);
    const int64_t columns = any_dim();
    const Value kernel = fresh(dtype_, transposes ? Shape{columns, inner} : Shape{inner, columns});
    Value y = ops::matmul(x, kernel, false, transposes);
    if (below(2)) y = ops::add(y, fresh(dtype_, {columns}));
    return ops::tanh(y);
  }

  void append_gradients() {
    std::vector<Value> ones;
    for (const Value& v : graph_.results)
      ones.push_back(ops::full_like(v, 1.0 / double(std::max<int64_t>(v.shape().elements(), 1))));
    std::vector<Value> wrt;
    for (const Value& p : graph_.parameters)
      if (p.dtype() == dtype_) wrt.push_back(p);
    for (const Value& g : autodiff::gradients(graph_.results, ones, wrt))
      if (g) graph_.results.push_back(g);
  }

  std::mt19937_64 random_;
  DType dtype_;
  bool smooth_;
  std::vector<Value> values_;
  Graph graph_;
};

void expect_every_set_of_passes_agrees(uint64_t seed, DType dtype) {
  const RandomGraph made(seed, dtype, seed % 2);
  SCOPED_TRACE(fmt::format("seed {} of {}\n{}", seed, dtype.name(), ir::to_text(made.graph())));
  const auto in = made.arguments();
  const auto expected = evaluate(made.graph(), in);
  const double relative = dtype == float64 ? 1e-10 : 1e-4;
  for (const char* passes : kPasses) {
    SCOPED_TRACE(fmt::format("CORNU_PASSES={}", passes));
    const ScopedVariable set("CORNU_PASSES", passes);
    std::vector<Array> got;
    ASSERT_NO_THROW(got = Compiled(made.graph())(in, 2));
    for (std::size_t i = 0; i < got.size(); ++i) {
      SCOPED_TRACE(fmt::format("result {}", i));
      ASSERT_NO_FATAL_FAILURE(expect_near(got[i], expected[i], relative));
    }
  }
}

TEST(Passes, RandomGraphsOfFloat64) {
  for (uint64_t seed = 0; seed < 150 && !HasFailure(); ++seed) expect_every_set_of_passes_agrees(seed, float64);
}
TEST(Passes, RandomGraphsOfFloat32) {
  for (uint64_t seed = 1000; seed < 1150 && !HasFailure(); ++seed) expect_every_set_of_passes_agrees(seed, float32);
}
TEST(PassesExhaustive, RandomGraphs) {
  for (uint64_t seed = 10000; seed < 30000 && !HasFailure(); ++seed)
    expect_every_set_of_passes_agrees(seed, seed % 4 < 2 ? float64 : float32);
}

// Over an axis of extent 1 there is no loop to reduce, also in a group that reduces another.
TEST(Passes, AReductionOfOneElementBesideARealOne) {
  const Value x = ir::parameter({float32, {3, 1}}), y = ops::exp(x);
  const Graph graph{{x}, {ops::argmax(y, {1}), ops::max(y, {1}), ops::sum(y, {0})}};
  const auto in = std::vector{array(x.spec(), {0.5, 1.5, -0.5})};
  for (const char* passes : kPasses) {
    const ScopedVariable set("CORNU_PASSES", passes);
    expect_near(Compiled(graph)(in), evaluate(graph, in), float32);
  }
}

TEST(Passes, ZerosAroundAnImageAreTheConvolutionsPadding) {
  const Value x = ir::parameter({float32, {2, 6, 5, 3}}), k = ir::parameter({float32, {3, 3, 3, 4}});
  const Value padded = ops::pad(x, {0, 1, 0, 0}, {0, 0, 2, 0}), y = ops::conv(padded, k, {.strides = {2, 1}});
  const Value by_kernel = autodiff::gradients(std::vector{y}, std::vector{y}, std::vector{k})[0];
  const Graph graph{{x, k}, {y, by_kernel}};
  const auto in = std::vector{array(x.spec(), drawn(180, -1, 1, 0)), array(k.spec(), drawn(108, -1, 1, 1))};
  for (const char* passes : kPasses) {
    const ScopedVariable set("CORNU_PASSES", passes);
    expect_near(Compiled(graph)(in), evaluate(graph, in), float32);
  }
  EXPECT_EQ(ir::to_text(passes::simplify(graph, {Target::host(), {}})).find("pad "), std::string::npos);
}

TEST(Passes, AKernelThatStaysTakesTheScaleOfItsConvolution) {
  const Value x = ir::parameter({float32, {2, 6, 5, 3}}), k = ir::parameter({float32, {3, 3, 3, 4}}),
              v = ir::parameter({float32, {4}}), w = ir::parameter({float32, {1, 1, 1, 4}});
  const Value y = ops::conv(x, k, {});
  const auto wide = [&](const Value& vector) { return ops::broadcast_to(vector, y.shape()); };
  const Value normalized = ops::add(ops::mul(ops::add(y, wide(v)), wide(ops::exp(v))), wide(w));
  const Graph once{{x, k, v, w}, {ops::relu(ops::mul(normalized, wide(w)))}};
  const Graph twice{{x, k, v, w}, {ops::relu(ops::mul(normalized, wide(w))), normalized}};
  const auto in = std::vector{array(x.spec(), drawn(180, -1, 1, 0)), array(k.spec(), drawn(108, -1, 1, 1)),
                              array(v.spec(), drawn(4, -1, 1, 2)), array(w.spec(), drawn(4, -1, 1, 3))};
  const auto scales = [](const Graph& g) {  // multiplications of the convolution's result, not of its kernel
    int out = 0;
    for (ir::Node* node : ir::topological(g)) out += &node->op() == &ops::mul_op && node->specs()[0].shape == Shape{2, 4, 3, 4};
    return out;
  };
  const passes::Context all_stay{Target::host(), {k, v, w}}, kernel_changes{Target::host(), {v, w}};
  const Graph folded = passes::fold_scales(once, all_stay);
  EXPECT_EQ(scales(once), 2);
  EXPECT_EQ(scales(folded), 0);
  EXPECT_EQ(scales(passes::fold_scales(twice, all_stay)), 1);  // the chain ends at what is read twice
  EXPECT_EQ(scales(passes::fold_scales(once, kernel_changes)), 2);
  expect_near(evaluate(folded, in), evaluate(once, in), float32);
}

// What leaves a group of a product, its wide cast, means of columns, and what is left of the cast without them.
TEST(Passes, WhatCostsNoMoreToComputeAgainIsNotStored) {
  const Value a = ir::parameter({bfloat16, {64, 32}}), b = ir::parameter({bfloat16, {32, 48}});
  const Value wide = ops::cast(ops::matmul(a, b), float32);
  const auto spread = [&](const Value& vector) { return ops::broadcast_to(vector, wide.shape()); };
  const Value rest = ops::sub(wide, spread(ops::sum(wide, {0}) * (1.0 / 64)));
  const Value scaled = rest * spread(ops::rsqrt(ops::sum(ops::square(rest), {0})));
  const Graph graph{{a, b}, {scaled, ops::sum(rest * 3.0, {0})}};
  const auto in = std::vector{array(a.spec(), drawn(2048, -1, 1, 0)), array(b.spec(), drawn(1536, -1, 1, 1))};
  for (const char* passes : kPasses) {
    const ScopedVariable set("CORNU_PASSES", passes);
    expect_near(Compiled(graph)(in), evaluate(graph, in), bfloat16);
  }
  const passes::Context context{Target::host(), {}};
  for (const ir::Group& group : passes::fuse(passes::materialize(passes::select(graph, context), context), Target::host()))
    for (const Value& stored : group.outputs) EXPECT_TRUE(!(stored == wide) && !(stored == rest)) << ir::to_text(graph);
}

// --- CORNU_DUMP ---

class Dump : public ::testing::Test {
 protected:
  const std::string folder_ = fmt::format("{}cornu_dump_{}", ::testing::TempDir(), ::getpid());
  // Compiles softmax(x) * 1 and reads what was written: text by the name behind the counter, "00-traced.txt".
  std::map<std::string, std::string> dumped(const char* passes) {
    const ScopedVariable dump("CORNU_DUMP", folder_), set("CORNU_PASSES", passes);
    const Value x = ir::parameter({float32, {4, 8}});
    Compiled({{x}, {ops::softmax(x) * 1.0}});
    std::map<std::string, std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      std::ifstream file(entry.path());
      const std::string name = entry.path().filename();
      out[name.substr(name.find("test-") + 5)] = {std::istreambuf_iterator<char>(file), {}};
    }
    std::filesystem::remove_all(folder_);
    return out;
  }
  // The text of a stage's last occurrence; empty where it wrote none.
  static std::string of_stage(const std::map<std::string, std::string>& files, const std::string& stage) {
    std::string out;
    for (const auto& [name, text] : files)
      if (name.ends_with("-" + stage)) out = text;
    return out;
  }
};

TEST_F(Dump, WritesTheGraphAfterEachPassAsTextAndDot) {
  const auto files = dumped("");
  for (const char* stage : {"traced", "simplify", "select", "materialize"}) {
    EXPECT_NE(of_stage(files, fmt::format("{}.txt", stage)).find("return"), std::string::npos) << stage;
    const std::string dot = of_stage(files, fmt::format("{}.dot", stage));
    EXPECT_TRUE(dot.starts_with("digraph {") && dot.ends_with("}\n") && dot.find(" -> ") != std::string::npos) << stage << "\n"
                                                                                                               << dot;
  }
  const std::string traced = of_stage(files, "traced.txt"), simplified = files.at("02-simplify.txt"),
                    selected = of_stage(files, "select.txt");
  EXPECT_NE(traced.find("softmax"), std::string::npos);
  EXPECT_NE(traced.find("mul"), std::string::npos);
  EXPECT_EQ(simplified.find("mul"), std::string::npos);
  EXPECT_EQ(selected.find("softmax"), std::string::npos);
  EXPECT_NE(selected.find("exp"), std::string::npos);
  EXPECT_NE(of_stage(files, "groups.txt").find("reduce"), std::string::npos);
  EXPECT_NE(of_stage(files, "program.txt").find("input0"), std::string::npos);
}

TEST_F(Dump, APassThatIsOffWritesNothing) {
  const auto files = dumped("-simplify");
  EXPECT_EQ(of_stage(files, "simplify.txt"), "");
  EXPECT_NE(of_stage(files, "select.txt").find("mul"), std::string::npos);
}

TEST_F(Dump, NothingIsWrittenUnasked) {
  const ScopedVariable none("CORNU_DUMP", "");
  const Value x = ir::parameter({float32, {4}});
  Compiled({{x}, {ops::exp(x)}});
  EXPECT_FALSE(std::filesystem::exists(folder_));
}

}  // namespace
}  // namespace cornu::testing
