// Every op, for every sample and dtype, as programs: what plans and kernels compute is what the record's reference says.

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "cornu/autodiff/gradient.h"
#include "cornu/ops/all_ops.h"
#include "cornu/ops/pointwise.h"
#include "cornu/ops/view/view.h"
#include "tests/ops/compiled.h"
#include "tests/ops/run_lowering.h"
#include "tests/ops/sweep.h"

namespace cornu::testing {
namespace {

using ir::Graph;
using ir::Lowering;
using ir::OpDef;
using ir::Value;

template <class F>
void for_each_dtype(F&& f) {
  for_each_sample([&](const Sample& sample) {
    for (DType dtype : dtypes_of(sample)) {
      SCOPED_TRACE(dtype);
      f(sample, dtype);
    }
  });
}

// The graph's program with every set of passes gives what the references give.
void expect_program(const Graph& graph, const std::vector<Array>& arguments, DType dtype) {
  const auto expected = evaluate(graph, arguments);
  for (const char* passes : kPasses) {
    SCOPED_TRACE(fmt::format("CORNU_PASSES={}", passes));
    const ScopedVariable set("CORNU_PASSES", passes);
    Compiled program(graph);
    for (int threads : {2, 1}) expect_near(program(arguments, threads), expected, dtype);
  }
}

TEST(CompiledSweep, ProgramsEqualReferences) {
  for_each_dtype([](const Sample& sample, DType dtype) {
    expect_program(applied(sample, specs_of(sample, dtype)).graph(), arguments(sample, dtype), dtype);
  });
}

// The same record without its own ways: a coarse op that only the reference computes.
TEST(CompiledSweep, ReferencesRunAsKernels) {
  for_each_dtype([](const Sample& sample, DType dtype) {
    if (!sample.op.reference) return;
    OpDef plain{.name = sample.op.name, .min_operands = sample.op.min_operands, .max_operands = sample.op.max_operands};
    plain.infer = sample.op.infer;
    plain.reference = sample.op.reference;
    const Sample same{plain, sample.attributes, sample.operands, sample.smooth};
    expect_program(applied(same, specs_of(same, dtype)).graph(), arguments(same, dtype), dtype);
  });
}

TEST(CompiledSweep, DecompositionsRunAsPrograms) {
  for_each_dtype([](const Sample& sample, DType dtype) {
    if (!sample.op.decompose) return;
    const Applied whole = applied(sample, specs_of(sample, dtype));
    const auto parts = sample.op.decompose(sample.attributes, whole.parameters);
    const auto in = arguments(sample, dtype);
    expect_near(Compiled({whole.parameters, parts})(in), evaluate(whole.graph(), in), dtype);
  });
}

// --- lowerings ---

// A CPU with every instruction set that a lowering may ask for.
Target richest() {
  Target target = Target::host();
  target.cpu.isa = Isa::avx512;
  target.cpu.has_bf16 = target.cpu.has_amx = true;
  return target;
}

std::vector<const Lowering*> cpu_lowerings(const OpDef& op) {
  std::vector<const Lowering*> out;
  if (op.lowerings)
    for (const Lowering& lowering : op.lowerings())
      if (lowering.target == TargetKind::cpu) out.push_back(&lowering);
  return out;
}

// What the planner takes.
const Lowering* chosen(const ir::Node& node, const Target& target) {
  for (const Lowering* lowering : cpu_lowerings(node.op()))
    if (!lowering->supports({node, {}}, target).refused()) return lowering;
  return nullptr;
}

TEST(CompiledSweep, EveryOpHasAWayToRunOnTheCpu) {
  for_each_dtype([](const Sample& sample, DType dtype) {
    if (!sample.op.is_coarse() || sample.op.decompose) return;
    const Applied node = applied(sample, specs_of(sample, dtype));
    for (const Target& target : {Target{}, Target::host(), richest()})
      EXPECT_TRUE(chosen(node.outputs[0].node(), target))
          << "No lowering and no decomposition. Where the reference is meant to run, end the table with ops::reference_row.";
  });
}

TEST(CompiledSweep, EveryLoweringIsTheChoiceForASample) {
  std::set<std::pair<const OpDef*, const Lowering*>> reached;
  for_each_dtype([&](const Sample& sample, DType dtype) {
    if (!sample.op.is_coarse()) return;
    const Applied node = applied(sample, specs_of(sample, dtype));
    for (const Target& target : {Target::host(), richest()}) reached.emplace(&sample.op, chosen(node.outputs[0].node(), target));
  });
  for (const OpDef* op : ops::all_ops())
    for (const Lowering* lowering : cpu_lowerings(*op))
      EXPECT_TRUE(reached.count({op, lowering}))
          << "No sample of `" << op->name << "` runs by its lowering `" << lowering->name << "`: add one.";
}

TEST(CompiledSweep, EveryLoweringEqualsTheReference) {
  for_each_dtype([](const Sample& sample, DType dtype) {
    if (!sample.op.is_coarse()) return;
    const Applied node = applied(sample, specs_of(sample, dtype));
    const auto in = arguments(sample, dtype);
    for (const Lowering* lowering : cpu_lowerings(sample.op)) {
      if (lowering->supports({node.outputs[0].node(), {}}, Target::host()).refused()) continue;
      SCOPED_TRACE(lowering->name);
      for (int threads : {2, 1})
        expect_near(run_lowering(*lowering, node.graph(), in, threads), evaluate(node.graph(), in), dtype);
    }
  });
}

// --- operands that are views, and neighbours that are fused ---

// An operand made of a parameter of another shape; it may be the parameter itself.
struct Fed {
  Value parameter, operand;
};
using Feed = Fed (*)(const ir::Spec& spec);

Fed transposed(const ir::Spec& spec) {
  std::vector<int64_t> dims = spec.shape.dims();
  std::reverse(dims.begin(), dims.end());
  const Value p = ir::parameter({spec.dtype, Shape(dims)});
  return {p, ops::transpose(p)};
}

// Every other element of an array that is larger at both ends.
Fed sliced(const ir::Spec& spec) {
  Shape large;
  ops::SliceAttributes a;
  for (int64_t dim : spec.shape) {
    large.push_back(2 * dim + 3);
    a.starts.push_back(1);
    a.stops.push_back(1 + 2 * dim);
    a.strides.push_back(2);
  }
  const Value p = ir::parameter({spec.dtype, large});
  return {p, ops::slice(p, a.starts, a.stops, a.strides)};
}

Fed reversed(const ir::Spec& spec) {
  const Value p = ir::parameter(spec);
  std::vector<int> axes;
  for (int axis = 0; axis < spec.shape.rank(); ++axis) axes.push_back(axis);
  return {p, ops::flip(p, axes)};
}

// Rows that are all the same; columns that are.
template <int kParity>
Fed broadcast(const ir::Spec& spec) {
  Shape small = spec.shape;
  for (int axis = 0; axis < small.rank(); ++axis)
    if (axis % 2 == kParity) small[axis] = 1;
  const Value p = ir::parameter({spec.dtype, small});
  return {p, ops::broadcast_to(p, spec.shape)};
}

// Computed in the same program.
Fed negated_twice(const ir::Spec& spec) {
  const Value p = ir::parameter(spec);
  if (spec.dtype == bool_) return {p, ops::logical_not(ops::logical_not(p))};
  return {p, ops::neg(ops::neg(p))};
}

// What follows: pointwise work that reads the result and another operand.
std::vector<Value> followed(const std::vector<Value>& outputs, std::vector<Value>& parameters) {
  std::vector<Value> out;
  for (const Value& v : outputs) {
    if (!v.dtype().is_floating()) {
      out.push_back(v);
      continue;
    }
    parameters.push_back(ir::parameter({v.dtype(), v.shape().rank() > 0 ? Shape{v.shape()[-1]} : Shape{}}));
    out.push_back(ops::relu(ops::add(v, parameters.back())));
  }
  return out;
}

TEST(CompiledSweep, OperandsMayBeViews) {
  const std::pair<const char*, Feed> feeds[] = {
      {"transposed", transposed},          {"sliced", sliced},         {"reversed", reversed}, {"broadcast rows", broadcast<0>},
      {"broadcast columns", broadcast<1>}, {"computed", negated_twice}};
  for_each_dtype([&](const Sample& sample, DType dtype) {
    for (const auto& [name, feed] : feeds) {
      SCOPED_TRACE(name);
      Sample around = sample;
      std::vector<Value> parameters, operands;
      const auto specs = specs_of(sample, dtype);
      for (std::size_t i = 0; i < specs.size(); ++i) {
        const Fed fed = feed(specs[i]);
        around.operands[i].shape = fed.parameter.shape();
        parameters.push_back(fed.parameter);
        operands.push_back(fed.operand);
        ASSERT_EQ(fed.operand.spec(), specs[i]);
      }
      auto results = followed(ir::make_node(sample.op, sample.attributes, operands), parameters);
      auto in = arguments(around, dtype);
      for (std::size_t i = in.size(); i < parameters.size(); ++i)
        in.push_back(array(parameters[i].spec(), drawn(parameters[i].shape().elements(), -1, 1, i)));
      expect_program({parameters, results}, in, dtype);
    }
  });
}

// --- shapes at the edge ---

void expect_gradient_program(const Sample& sample, DType dtype) {
  const Applied node = applied(sample, specs_of(sample, dtype));
  std::vector<Value> grads;
  for (const Value& v : node.outputs) grads.push_back(v.dtype().is_floating() ? ops::full_like(v, 0.75) : Value());
  Graph graph{node.parameters, {}};
  for (const Value& g : autodiff::gradients(node.outputs, grads, node.parameters))
    if (g) graph.results.push_back(g);
  expect_program(graph, arguments(sample, dtype), dtype);
}

TEST(CompiledSweep, EmptyAndSizeOne) {
  for_each_sample([](const Sample& sample) {
    for (const Sample& small : shrunk(sample)) {
      SCOPED_TRACE(describe(small));
      const DType dtype = dtypes_of(small).at(0);
      const Applied node = applied(small, specs_of(small, dtype));
      const auto in = arguments(small, dtype);
      expect_program(node.graph(), in, dtype);
      if (sample.op.is_coarse())
        for (const Lowering* lowering : cpu_lowerings(sample.op))
          if (!lowering->supports({node.outputs[0].node(), {}}, Target::host()).refused()) {
            SCOPED_TRACE(lowering->name);
            expect_near(run_lowering(*lowering, node.graph(), in, 2), evaluate(node.graph(), in), dtype);
          }
      if (sample.op.vjp && sample.smooth && node.outputs[0].dtype().is_floating()) expect_gradient_program(small, dtype);
    }
  });
}

// Gradients of every dtype; float64's are compared with finite differences as well.
TEST(CompiledSweep, GradientsRunAsPrograms) {
  for_each_dtype([](const Sample& sample, DType dtype) {
    if (sample.op.vjp && sample.smooth && dtype.is_floating()) expect_gradient_program(sample, dtype);
  });
}

}  // namespace
}  // namespace cornu::testing
