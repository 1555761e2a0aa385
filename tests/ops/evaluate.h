#pragma once

#include <initializer_list>
#include <vector>

#include "cornu/ir/lowering.h"

namespace cornu::testing {

// A dense array on the host.
struct Array {
  ir::Spec spec;
  std::vector<std::byte> bytes;

  double operator[](int64_t i) const;  // element i as a double
  std::vector<double> values() const;
  ir::HostOperand operand() { return {spec, bytes.data()}; }
};
Array array(const ir::Spec& spec, const std::vector<double>& values);

// The graph's results for these arguments.
std::vector<Array> evaluate(const ir::Graph& graph, std::vector<Array> arguments);
// The value of an expression of constants.
Array evaluate(const ir::Value& value);

}  // namespace cornu::testing
