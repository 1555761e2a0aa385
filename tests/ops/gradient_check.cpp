#include "tests/ops/gradient_check.h"

#include <gtest/gtest.h>

#include <cmath>

#include "cornu/autodiff/gradient.h"
#include "cornu/ir/leaf.h"
#include "cornu/ops/pointwise.h"

namespace cornu::testing {
namespace {

// A weight for each result, every element of its own.
struct Weighted {
  std::vector<ir::Value> results, weights;
  std::vector<Array> numbers;
};

Weighted weighted(const ir::Graph& graph) {
  Weighted out;
  for (const ir::Value& v : graph.results) {
    if (!(v.dtype() == float64)) continue;
    std::vector<double> numbers;
    for (int64_t i = 0; i < v.shape().elements(); ++i)
      numbers.push_back(1 + 0.3 * std::sin(double(i) * 2.7 + double(out.results.size())));
    out.results.push_back(v);
    out.weights.push_back(ir::parameter(v.spec()));
    out.numbers.push_back(array(v.spec(), numbers));
  }
  return out;
}

double total(const ir::Graph& graph, const std::vector<Array>& numbers, const std::vector<Array>& arguments) {
  double sum = 0;
  const auto results = evaluate(graph, arguments);
  for (std::size_t k = 0; k < results.size(); ++k)
    for (int64_t i = 0; i < results[k].spec.shape.elements(); ++i) sum += results[k][i] * numbers[k][i];
  return sum;
}

}  // namespace

void expect_finite_differences(const ir::Graph& graph, std::vector<Array> arguments) {
  constexpr double kStep = 1e-5;
  const Weighted w = weighted(graph);
  const auto grads = autodiff::gradients(w.results, w.weights, graph.parameters);
  const ir::Graph values{graph.parameters, w.results};
  for (std::size_t p = 0; p < graph.parameters.size(); ++p) {
    if (!(graph.parameters[p].dtype() == float64)) continue;
    std::vector<double> found(arguments[p].spec.shape.elements(), 0);
    if (grads[p]) {
      ir::Graph of_parameter{graph.parameters, {grads[p]}};
      auto all = arguments;
      of_parameter.parameters.insert(of_parameter.parameters.end(), w.weights.begin(), w.weights.end());
      all.insert(all.end(), w.numbers.begin(), w.numbers.end());
      EXPECT_EQ(grads[p].spec(), graph.parameters[p].spec());
      found = evaluate(of_parameter, all)[0].values();
    }
    for (std::size_t i = 0; i < found.size(); ++i) {
      double& x = reinterpret_cast<double*>(arguments[p].bytes.data())[i];
      const double middle = x;
      x = middle + kStep;
      const double above = total(values, w.numbers, arguments);
      x = middle - kStep;
      const double below = total(values, w.numbers, arguments);
      x = middle;
      EXPECT_NEAR(found[i], (above - below) / (2 * kStep), 1e-7 * (1 + std::abs(found[i])))
          << "parameter " << p << ", element " << i;
    }
  }
}

}  // namespace cornu::testing
