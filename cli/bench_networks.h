#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cornu/cornu.h"

namespace cornu::cli {

// A compiled classifier, and the sizes on which it is measured. bench/peers has the same.
struct Network {
  std::function<keras::Model()> make;
  Shape image;
  int64_t classes, examples, batch_size;
};
std::optional<Network> named_network(const std::string& name);
std::vector<std::string> network_names();
// Two hidden layers of so many units.
Network wide_network(int64_t width);

}  // namespace cornu::cli
