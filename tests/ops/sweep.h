#pragma once

#include <gtest/gtest.h>

#include <span>
#include <string>

#include "cornu/ir/op.h"
#include "tests/ops/op_samples.h"

// What the sweeps over every op's samples share.

namespace cornu::testing {

using Specs = std::vector<ir::Spec>;

std::string describe(const Sample& sample);
// The operands' specs where `dtype` is theirs to choose.
Specs specs_of(const Sample& sample, DType dtype);
// What the shape rule gives; nothing where it refuses.
std::optional<Specs> inferred(const Sample& sample, std::span<const ir::Spec> in);
// The dtypes to try a sample with: all that the shape rule accepts, one where the sample fixes them.
std::vector<DType> dtypes_of(const Sample& sample);
bool accepts(const Sample& sample, DType dtype);

// The op applied to parameters.
struct Applied {
  std::vector<ir::Value> parameters, outputs;
  ir::Graph graph() const { return {parameters, outputs}; }
};
Applied applied(const Sample& sample, std::span<const ir::Spec> specs);

// The sample with shorter axes, to 0 and to 1, wherever the shape rule accepts them: all together, those of one extent, one alone.
std::vector<Sample> shrunk(const Sample& sample);

// Of the largest magnitude in an array, or of 1, which is what the samples' numbers are about: a few roundings of the dtype.
double tolerance(DType dtype);
void expect_near(const Array& got, const Array& expected, double relative);
// Each result within the tolerance of its dtype, or of `dtype` where that is coarser.
void expect_near(const std::vector<Array>& got, const std::vector<Array>& expected, DType dtype);

// Calls f for each sample of each op, under its name.
template <class F>
void for_each_sample(F&& f) {
  for (const Sample& sample : all_samples()) {
    SCOPED_TRACE(describe(sample));
    ASSERT_NO_THROW(f(sample));
  }
}

}  // namespace cornu::testing
