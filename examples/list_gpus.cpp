// Is there a GPU?
#include <cornu/cornu.h>

#include <iostream>
namespace tf = cornu;

int main() {
  const auto gpus = tf::config::list_physical_devices("GPU");
  std::cout << "Num GPUs Available: " << gpus.size() << '\n';
  if (gpus.empty()) {
    std::cout << "No GPUs found. Falling back to CPU.\n";
    return 0;
  }
  std::cout << "GPU available and detected.\n";
  for (const auto& gpu : gpus) std::cout << "GPU Name: " << gpu.name << "\nGPU Memory Capacity: " << gpu.memory_limit << '\n';
}
