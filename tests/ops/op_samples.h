#pragma once

#include <optional>
#include <vector>

#include "tests/ops/evaluate.h"

// Small operands to try an op with, written beside the op in its NAME_test.cpp:
//   CORNU_SAMPLES({softmax_op, Attributes::of(SoftmaxAttributes{1}), {{{2, 3}}}});
// tests/ops/op_sweep_test.cpp runs them all.

namespace cornu::testing {

struct OperandSample {
  Shape shape;
  // The numbers that fill it are drawn from [low, high): whole ones for integers, their magnitudes for unsigned ones.
  double low = -2, high = 2;
  std::optional<DType> dtype{};  // always this one; otherwise every dtype that the op accepts
};

struct Sample {
  const ir::OpDef& op;
  ir::Attributes attributes;
  std::vector<OperandSample> operands;
  bool smooth = true;  // gradients of first and second order equal finite differences
};

struct SampleRegistration {
  SampleRegistration(std::initializer_list<Sample> samples);
  // Made when they are first asked for: attributes that hold graphs need other ops, which exist once main runs.
  SampleRegistration(std::vector<Sample> (*make)());
};
const std::vector<Sample>& all_samples();

#define CORNU_SAMPLES(...) const ::cornu::testing::SampleRegistration registered_samples{__VA_ARGS__};

// The operands' arrays in a dtype, the same numbers every time.
std::vector<Array> arguments(const Sample& sample, DType dtype);
// Numbers in [low, high) that depend on the seed alone.
std::vector<double> drawn(int64_t count, double low, double high, uint64_t seed);

}  // namespace cornu::testing
