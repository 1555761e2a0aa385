// Uses a header-only part, a function of the library, and an exception that it throws.
#include <cornu/cornu.h>

#include <cstdio>

int main() {
  cornu::Nest<int> nest(std::vector<int>{1, 2});
  if (nest.count() != 2) return 1;
  try {
    cornu::normalize_axis(5, 2, "axis");
  } catch (const cornu::ValueError& error) {
    std::puts(error.what());
    return 0;
  }
  return 1;
}
