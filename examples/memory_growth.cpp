// Lets the memory of each GPU grow as it is needed. That is decided before the GPUs are first used.
#include <cornu/cornu.h>

#include <iostream>
#include <stdexcept>
namespace tf = cornu;

int main() {
  const auto gpus = tf::config::list_physical_devices("GPU");
  try {
    for (const auto& gpu : gpus) tf::config::experimental::set_memory_growth(gpu, true);
    const auto logical_gpus = tf::config::list_logical_devices("GPU");
    std::cout << gpus.size() << " Physical GPUs, " << logical_gpus.size() << " Logical GPUs\n";
  } catch (const std::runtime_error& e) {
    std::cout << e.what() << '\n';
  }
}
