#include "cornu/keras/utils/numerical_utils.h"

#include <algorithm>

#include "cornu/base/python_names.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/ops/operation.h"

namespace cornu::keras::utils {

PYTHON_NAMES("keras.utils.to_categorical");
Tensor to_categorical(const Tensor& x, std::optional<int64_t> num_classes) {
  const auto classes = x.to_vector<int64_t>();
  Shape shape = x.shape();
  if (shape.rank() > 1 && shape[-1] == 1) shape = Shape(std::vector<int64_t>(shape.begin(), shape.end() - 1));
  const int64_t count = num_classes ? *num_classes : classes.empty() ? 0 : *std::max_element(classes.begin(), classes.end()) + 1;
  std::vector<float> out(classes.size() * static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (classes[i] < 0 || classes[i] >= count)
      throw error<ValueError>("A class is out of range: valid are 0 to {}. Received: {} at position {}", count - 1, classes[i],
                              i);
    out[i * count + classes[i]] = 1.0f;
  }
  shape.push_back(count);
  return Tensor(out, shape);
}

PYTHON_NAMES("keras.utils.normalize");
Tensor normalize(const Tensor& x, int axis, int order) {
  if (order < 1) throw error<ValueError>("Argument `order` must be >= 1. Received: order={}", order);
  const Tensor power = order == 1 ? ops::absolute(x) : ops::power(ops::absolute(x), static_cast<double>(order));
  const Tensor norm = ops::power(ops::sum(power, axis, true), 1.0 / order);
  return x / ops::where(ops::equal(norm, 0.0), ops::ones_like(norm), norm);
}

PYTHON_NAMES("keras.utils.set_random_seed");
void set_random_seed(int64_t seed) { cornu::random::set_seed(seed); }
PYTHON_NAMES("keras.utils.clear_session");
void clear_session() { reset_names(); }

}  // namespace cornu::keras::utils
