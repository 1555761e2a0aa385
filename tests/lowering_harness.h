#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "cornu/ir/leaf.h"
#include "cornu/ir/lowering.h"

// Runs what a record offers, without a planner: each lowering of a coarse op against the record's own reference.

namespace cornu::testing {

using Bytes = std::vector<std::byte>;

// Floats of [-1, 1), integers of [-8, 8); the same for the same seed.
Bytes random_bytes(const ir::Spec& spec, uint64_t seed);
std::vector<Bytes> random_bytes(const std::vector<ir::Value>& parameters, uint64_t seed = 1);
std::vector<double> as_doubles(const ir::Spec& spec, const Bytes& bytes);

std::vector<Bytes> evaluate(const std::vector<ir::Value>& parameters, const std::vector<Bytes>& arguments,
                            const std::vector<ir::Value>& results);

struct LoweringRun {
  std::string lowering;
  int takes = 0;
  std::string kernel;  // its description
};

// Offers `anchor` with `epilogue` to each of the op's CPU lowerings, runs those that accept, with none of the epilogue and with
// all that they take, on one thread and on two, twice each, and compares with the references. What ran, in the table's order.
// The tolerance is relative to the result's largest element.
std::vector<LoweringRun> expect_lowerings_match(const std::vector<ir::Value>& parameters, const ir::Node& anchor,
                                                const std::vector<ir::Value>& epilogue = {}, double tolerance = 2e-6);

// The record's gradient of its first output against finite differences, for every float64 operand. `operands` are parameters.
void expect_gradients_match(const std::function<ir::Value(const std::vector<ir::Value>&)>& f, const std::vector<Shape>& shapes,
                            double tolerance = 1e-6);

}  // namespace cornu::testing
