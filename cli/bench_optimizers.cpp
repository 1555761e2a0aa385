#include "cli/bench_optimizers.h"

#include <algorithm>
#include <cstring>
#include <thread>

#include "cornu/cornu.h"
#include "cornu/keras/optimizers/registry.h"

namespace cornu::cli {
namespace {

constexpr int64_t kWeights = 10'000'000;

}  // namespace

void for_each_optimizer(const std::function<void(const OptimizerStep&)>& f) {
  for (const auto& row : keras::optimizers::registry()) {
    if (row.wraps_another) continue;
    const Variable weights(keras::random::uniform({kWeights}, -1, 1));
    const Tensor gradient = keras::random::uniform({kWeights}, -1, 1);
    evaluate({gradient});
    const keras::Optimizer optimizer = row.from_config(Json::object());
    optimizer->build({weights});
    double arrays = 3;  // the gradient, and the weights twice
    for (const Variable& v : optimizer->variables()) arrays += v.size() == kWeights ? 2 : 0;
    const auto step = jit([=](const TensorNest& g) {
      optimizer->apply(g.flatten(), {weights});
      return TensorNest(optimizer->iterations());
    });
    f({row.class_name, arrays * kWeights * sizeof(float), [&] { evaluate(step(TensorNest(gradient)).flatten()); }});
  }
}

OptimizerStep copy_step() {
  const auto from = std::make_shared<std::vector<float>>(kWeights, 1.0f), to = std::make_shared<std::vector<float>>(kWeights);
  return {"copy", 2.0 * kWeights * sizeof(float), [=] {
            const int64_t threads = std::max(1u, std::thread::hardware_concurrency()), part = kWeights / threads;
            std::vector<std::jthread> all;
            for (int64_t i = 0; i < threads; ++i)
              all.emplace_back([=] { std::memcpy(to->data() + i * part, from->data() + i * part, part * sizeof(float)); });
          }};
}

}  // namespace cornu::cli
