#pragma once

#include <functional>
#include <string>

namespace cornu::cli {

// `cornu bench optimizers`: one update of 10 million weights in memory by each optimizer. `bytes` counts each array that it must read
// or write, once each way.
struct OptimizerStep {
  std::string name;
  double bytes;
  std::function<void()> run;
};
void for_each_optimizer(const std::function<void(const OptimizerStep&)>& f);
// A copy of as much memory as the weights take, by all threads.
OptimizerStep copy_step();

}  // namespace cornu::cli
