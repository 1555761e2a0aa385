#include "cornu/ops/control/control.h"

#include <gtest/gtest.h>

#include "cornu/autodiff/gradient.h"
#include "cornu/ops/iota/iota.h"
#include "cornu/ops/reduce/reduce.h"
#include "cornu/ops/view/view.h"
#include "cornu/passes/pass.h"
#include "tests/ops/gradient_check.h"
#include "tests/ops/op_samples.h"
#include "tests/ops/run_lowering.h"

namespace cornu::ops {
namespace {

using cornu::testing::Array;
using cornu::testing::array;
using cornu::testing::evaluate;
using cornu::testing::run_lowering;
using cornu::testing::Sample;
using ir::Graph;
using ir::parameter;
using ir::Spec;
using Values = std::vector<double>;

using Body = std::function<std::vector<Value>(const std::vector<Value>&)>;
Graph graph_of(const std::vector<Spec>& specs, const Body& body) {
  Graph out;
  for (const Spec& s : specs) out.parameters.push_back(parameter(s));
  out.results = body(out.parameters);
  return out;
}

const Spec kNumber{float64, {}}, kRow{float64, {3}}, kBool{bool_, {}}, kCount{int32, {}};

// --- functions to try: of values, so that each can stand in a graph, a sample, a gradient ---

std::vector<Value> choose(const Value& pred, const Value& x, const Value& y, bool swapped = false) {
  Graph a = graph_of({kRow, kRow}, [](auto& p) { return std::vector{sin(p[0]) * p[1], p[0]}; });
  Graph b = graph_of({kRow, kRow}, [](auto& p) { return std::vector{p[1] * p[1], p[1]}; });
  return swapped ? cond(pred, b, a, {x, y}) : cond(pred, a, b, {x, y});
}

// h = tanh(h * w + x), with h and x * h stacked.
std::vector<Value> recurrence(const Value& w, const Value& h, const Value& xs, bool reverse, int64_t length) {
  return scan(graph_of({kRow, kRow, kRow},
                       [](auto& p) {
                         const Value h = tanh(p[1] * p[0] + p[2]);
                         return std::vector{h, h, p[2] * p[1]};
                       }),
              {w, h, xs}, {.carries = 1, .sequences = 1, .length = length, .reverse = reverse});
}

// v = v * 1.5 + x while i < limit.
std::vector<Value> repeat_until(const Value& limit, const Value& x, const Value& v, std::optional<int64_t> maximum) {
  const std::vector<Spec> specs{kCount, kRow, kCount, kRow};
  return while_loop(graph_of(specs, [](auto& p) { return std::vector{less(p[2], p[0])}; }),
                    graph_of(specs,
                             [](auto& p) {
                               return std::vector{p[2] + 1, sin(p[3] * 1.5 + p[1])};
                             }),
                    {limit, x, ir::integer_constant(0, int32), v}, maximum);
}

Sample sample(const std::vector<Value>& outputs, bool smooth = true) {
  const ir::Node& node = outputs[0].node();
  Sample out{node.op(), node.attributes(), {}, smooth};
  for (const Value& v : node.operands()) {
    out.operands.push_back({v.shape()});
    if (!v.dtype().is_floating()) out.operands.back() = {v.shape(), 0, 4, v.dtype()};
  }
  return out;
}

std::vector<Sample> samples() {
  const Value pred = parameter(kBool), x = parameter(kRow), y = parameter(kRow), count = parameter(kCount);
  const Value four = parameter({float64, {4, 3}}), none = parameter({float64, {0, 3}});
  return {
      sample(choose(pred, x, y)),
      sample(choose(pred, x, y, true)),
      sample(recurrence(x, y, four, false, 4)),
      sample(recurrence(x, y, four, true, 4)),
      sample(recurrence(x, y, none, false, 0)),
      sample(repeat_until(count, x, y, 6)),
      sample(repeat_until(count, x, y, 0)),
  };
}
const cornu::testing::SampleRegistration registered(samples);

void expect_lowering_is_reference(const Graph& graph, const std::vector<Array>& arguments) {
  const auto want = evaluate(graph, arguments), got = run_lowering(graph, arguments, 2);
  for (std::size_t i = 0; i < want.size(); ++i) EXPECT_EQ(got[i].values(), want[i].values()) << "result " << i;
}

TEST(Cond, RunsOneBranch) {
  const Graph graph = graph_of({kBool, kRow, kRow}, [](auto& p) { return choose(p[0], p[1], p[2]); });
  for (bool pred : {true, false}) {
    const std::vector<Array> arguments{array(kBool, {double(pred)}), array(kRow, {1, 2, 3}), array(kRow, {4, 5, 6})};
    EXPECT_EQ(evaluate(graph, arguments)[1].values(), pred ? (Values{1, 2, 3}) : (Values{4, 5, 6}));
    expect_lowering_is_reference(graph, arguments);
  }
}

TEST(Scan, StepsForwardsAndBackwards) {
  for (int64_t length : {0, 1, 2, 5})
    for (bool reverse : {false, true}) {
      const Graph graph =
          graph_of({kRow, kRow, {float64, {length, 3}}}, [&](auto& p) { return recurrence(p[0], p[1], p[2], reverse, length); });
      expect_lowering_is_reference(graph, {array(kRow, {0.5, -1, 2}), array(kRow, {1, 0, -1}),
                                           array({float64, {length, 3}}, cornu::testing::drawn(3 * length, -1, 1, 5))});
    }
  const auto sums = [](bool reverse) {
    Graph body = graph_of({kNumber, kNumber}, [](auto& p) { return std::vector{p[0] + p[1], p[0]}; });
    const Graph graph = graph_of({kNumber, {float64, {3}}}, [&](auto& p) {
      return scan(body, {p[0], p[1]}, {.carries = 1, .sequences = 1, .length = 3, .reverse = reverse});
    });
    return evaluate(graph, {array(kNumber, {10}), array({float64, {3}}, {1, 2, 3})});
  };
  EXPECT_EQ(sums(false)[0].values(), Values{16});
  EXPECT_EQ(sums(false)[1].values(), (Values{10, 11, 13}));
  EXPECT_EQ(sums(true)[1].values(), (Values{15, 13, 10}));
}

// Results that are parameters, one value twice, a swap, a constant: nothing may be read after it was written.
TEST(Scan, BodiesMayGiveBackWhatTheyGot) {
  for (int64_t length : {1, 2, 3, 4}) {
    const Spec xs{float64, {length}};
    const Graph graph = graph_of({kNumber, kNumber, kNumber, xs}, [&](auto& p) {
      Graph body = graph_of({kNumber, kNumber, kNumber, kNumber},
                            [](auto& q) { return std::vector{q[2], q[1], q[3], q[3], q[0], ir::constant(7, float64), q[3]}; });
      return scan(body, {p[0], p[1], p[2], p[3]}, {.carries = 2, .sequences = 1, .length = length});
    });
    expect_lowering_is_reference(graph, {array(kNumber, {1}), array(kNumber, {2}), array(kNumber, {3}),
                                         array(xs, cornu::testing::drawn(length, 0, 9, 1))});
  }
}

TEST(WhileLoop, StopsAtTheConditionOrTheMaximum) {
  const Graph open = graph_of({kCount, kRow, kRow}, [](auto& p) { return repeat_until(p[0], p[1], p[2], {}); });
  const Graph bounded = graph_of({kCount, kRow, kRow}, [](auto& p) { return repeat_until(p[0], p[1], p[2], 3); });
  for (int limit : {0, 1, 2, 5}) {
    const std::vector<Array> arguments{array(kCount, {double(limit)}), array(kRow, {0.1, 0.2, 0.3}), array(kRow, {1, -1, 0})};
    EXPECT_EQ(evaluate(open, arguments)[0].values(), Values{double(limit)});
    EXPECT_EQ(evaluate(bounded, arguments)[0].values(), Values{double(std::min(limit, 3))});
    expect_lowering_is_reference(open, arguments);
    expect_lowering_is_reference(bounded, arguments);
  }
}

TEST(WhileLoop, WithoutAMaximumTheGradientNamesTheWayOut) {
  const Value x = parameter(kRow), v = parameter(kRow), limit = parameter(kCount);
  const Value y = repeat_until(limit, x, v, {})[1];
  try {
    autodiff::gradients(std::vector{y}, std::vector{ones_like(y)}, std::vector{x});
    FAIL();
  } catch (const NotImplementedError& e) {
    EXPECT_NE(std::string(e.what()).find("`scan`"), std::string::npos) << e.what();
  }
}

TEST(Control, BodiesOfBodiesAreDifferentiated) {
  // Over rows: a scan whose step is a scan over the row's numbers, in one of two ways.
  const Spec rows{float64, {2, 3}};
  const Graph graph = graph_of({kNumber, rows}, [&](auto& p) {
    Graph inner = graph_of({kNumber, kNumber}, [](auto& q) { return std::vector{sin(q[0] + q[1]), q[0] * q[1]}; });
    Graph outer = graph_of({kNumber, kRow}, [&](auto& q) {
      const auto found = scan(inner, {q[0], q[1]}, {.carries = 1, .sequences = 1, .length = 3});
      Graph yes = graph_of({kNumber, kRow}, [](auto& r) { return std::vector{r[0] * r[0], r[1]}; });
      Graph no = graph_of({kNumber, kRow}, [](auto& r) { return std::vector{exp(r[0]), r[1] * r[0]}; });
      return cond(less(found[0], ir::constant(0.5, float64)), yes, no, {found[0], found[1]});
    });
    return scan(outer, {p[0], p[1]}, {.carries = 1, .sequences = 1, .length = 2});
  });
  cornu::testing::expect_finite_differences(graph, {array(kNumber, {0.3}), array(rows, {0.5, -1, 0.2, 2, 0.7, -0.4})});
}

TEST(Control, UnreadOperandsAreLeftOutAndEqualOnesReadOnce) {
  const Value pred = parameter(kBool), x = parameter(kRow), y = parameter(kRow);
  Graph a = graph_of({kRow, kRow, kRow}, [](auto& p) { return std::vector{p[0] + p[2]}; });
  Graph b = graph_of({kRow, kRow, kRow}, [](auto& p) { return std::vector{p[0] * p[2]}; });
  EXPECT_EQ(cond(pred, a, b, {x, y, x})[0]->operands().size(), 2u);
}

// A node that follows from no parameter could otherwise be computed, and turned into memory, by who makes an equal one.
TEST(Control, BodiesShareNothingThatCanBeEvaluated) {
  const Value x = parameter(kRow), before = broadcast_to(ir::constant(2, float64), {3});
  const auto out =
      scan(graph_of({kRow}, [&](auto& p) { return std::vector{p[0] * broadcast_to(ir::constant(2, float64), {3})}; }), {x},
           {.carries = 1, .length = 2});
  for (ir::Node* node : ir::topological(*out[0]->attributes<ScanAttributes>().body)) EXPECT_NE(node, &before.node());
}

TEST(MergeScans, AScanAndItsGradientRunOneForwardLoop) {
  const Value w = parameter(kRow), h = parameter(kRow), xs = parameter({float64, {4, 3}});
  const auto y = recurrence(w, h, xs, false, 4);
  const auto grads = autodiff::gradients(std::vector{y[0]}, std::vector{ones_like(y[0])}, std::vector{w});
  const Graph graph{{w, h, xs}, {y[0], y[1], grads[0]}};
  const auto scans = [](const Graph& g) {
    const auto order = ir::topological(g);
    return std::count_if(order.begin(), order.end(), [](ir::Node* n) { return &n->op() == &scan_op; });
  };
  EXPECT_EQ(scans(graph), 3);
  const Graph merged = passes::merge_scans(graph, {Target{}, {}});
  ir::verify(merged);
  EXPECT_EQ(scans(merged), 2);
  const std::vector<Array> arguments{array(kRow, {0.5, -1, 2}), array(kRow, {1, 0, -1}),
                                     array({float64, {4, 3}}, cornu::testing::drawn(12, -1, 1, 5))};
  const auto want = evaluate(graph, arguments), got = evaluate(merged, arguments);
  for (std::size_t i = 0; i < want.size(); ++i) EXPECT_EQ(got[i].values(), want[i].values());
}

}  // namespace
}  // namespace cornu::ops
