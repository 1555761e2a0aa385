#include "tests/ops/golden_control.h"

#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "cornu/keras/ops/control.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/nn.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::ops {
namespace {

using Tensors = std::vector<Tensor>;
using Call = std::function<TensorNest(const Json& attributes, const Tensors& x)>;

TensorNest both(const std::pair<Tensor, Tensor>& found) { return TensorNest(Tensors{found.first, found.second}); }

const std::map<std::string, Call> kCalls{
    {"cond(pred, lambda: x * 2.0, lambda: sin(x) - 1.0)",
     [](const Json&, const Tensors& x) -> TensorNest {
       return cond(
           x[0], [&] { return x[1] * 2.0; }, [&] { return sin(x[1]) - 1.0; });
     }},
    {"cond(pred, lambda: (x, x * y), lambda: (y, x + y))",
     [](const Json&, const Tensors& x) {
       return TensorNest(cond(
           x[0],
           [&] {
             return Tensors{x[1], x[1] * x[2]};
           },
           [&] {
             return Tensors{x[2], x[1] + x[2]};
           }));
     }},
    {"while_loop(lambda i, v: i < 5, lambda i, v: (i + 1, v * 1.5 + 0.1), (0, x), maximum_iterations)",
     [](const Json& attributes, const Tensors& x) {
       WhileLoopArgs args;
       if (attributes.contains("maximum_iterations")) args.maximum_iterations = attributes["maximum_iterations"].get<int64_t>();
       return TensorNest(while_loop([](Tensor i, Tensor) { return less(i, 5); },
                                    [](Tensor i, Tensor v) {
                                      return Tensors{i + 1, v * 1.5 + 0.1};
                                    },
                                    {0, x[0]}, args));
     }},
    {"while_loop(lambda v: sum(v) < 100.0, lambda v: (v * v + 1.0,), (x,))",
     [](const Json&, const Tensors& x) {
       return TensorNest(
           while_loop([](Tensor v) { return less(sum(v), 100.0); }, [](Tensor v) { return Tensors{v * v + 1.0}; }, {x[0]}));
     }},
    {"fori_loop(0, 4, lambda i, v: v * x, ones_like(x))",
     [](const Json&, const Tensors& x) -> TensorNest {
       return fori_loop(
           0, 4, [&](const Tensor&, const Tensor& v) { return v * x[0]; }, ones_like(x[0]));
     }},
    {"lambda carry, x: (n, n * x) where n = carry * 0.5 + tanh(x)",
     [](const Json& attributes, const Tensors& x) {
       const auto cell = [](const Tensor& carry, const Tensor& in) {
         const Tensor next = carry * 0.5 + tanh(in);
         return std::pair(next, next * in);
       };
       return both(scan(cell, x[0], x[1], {.reverse = attributes.value("reverse", false)}));
     }},
    {"lambda carry, x: (carry * 0.5 + cast(x, float32), x * x)",
     [](const Json&, const Tensors& x) {
       return both(scan([](const Tensor& carry, const Tensor& in) { return std::pair(carry * 0.5 + cast(in, float32), in * in); },
                        x[0], x[1]));
     }},
    {"rnn: h = tanh(x @ w + h @ u) over (h, xs, w, u), carry and output h",
     [](const Json&, const Tensors& x) {
       const auto cell = [&](const Tensor& h, const Tensor& in) {
         const Tensor next = tanh(matmul(in, x[2]) + matmul(h, x[3]));
         return std::pair(next, next);
       };
       return both(scan(cell, x[0], x[1]));
     }},
    {"lambda carry, _: (carry * 1.1, sum(carry))",
     [](const Json& attributes, const Tensors& x) {
       return both(scan([](const Tensor& carry, const Tensor&) { return std::pair(carry * 1.1, sum(carry)); }, x[0], Tensor(),
                        {.length = attributes["length"].get<int64_t>()}));
     }},
    {"switch(index, [lambda v: v + 1.0, lambda v: v * v], x)",
     [](const Json&, const Tensors& x) {
       return switch_(x[0], {[](Tensor v) { return v + 1.0; }, [](Tensor v) { return v * v; }}, {x[1]});
     }},
    {"lambda x: sum(x * x)",
     [](const Json&, const Tensors& x) -> TensorNest { return map([](const Tensor& row) { return sum(row * row); }, x[0]); }},
    {"lambda a, b: a + b",
     [](const Json&, const Tensors& x) -> TensorNest {
       return associative_scan([](const Tensor& a, const Tensor& b) { return a + b; }, x[0]);
     }},
    {"stop_gradient(x) * x", [](const Json&, const Tensors& x) -> TensorNest { return stop_gradient(x[0]) * x[0]; }},
};

}  // namespace

TensorNest call_control(const Json& attributes, const std::vector<Tensor>& inputs) {
  return kCalls.at(attributes["function"].get<std::string>())(attributes, inputs);
}

}  // namespace cornu::keras::ops
