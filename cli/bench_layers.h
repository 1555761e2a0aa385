#pragma once

#include <functional>
#include <string>
#include <vector>

namespace cornu::cli {

// Workloads of `cornu bench` that are one layer, forwards in training and backwards: the gradients of sum(layer(x) * weight) with
// respect to its weights and to its input. Their names, and one such step; empty for another name.
std::vector<std::string> layer_workloads();
std::function<void()> layer_step(const std::string& name);

}  // namespace cornu::cli
