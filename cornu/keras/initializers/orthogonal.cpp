#include <cmath>

#include "cornu/keras/initializers/initializers.h"
#include "cornu/keras/initializers/make_initializer.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/ops/random/random.h"
#include "cornu/trace.h"

namespace cornu::keras::initializers {
namespace {

// The Q of A = QR with a positive diagonal of R, in place; A is row-major and has at least as many rows as columns. Of normal
// numbers this is uniform over all orthonormal columns. Gram and Schmidt's process, modified: in double it loses less than
// float32 can show, and both of its loops walk along rows.
void orthonormalize(std::vector<double>& a, std::size_t rows, std::size_t columns) {
  std::vector<double> products(columns);
  for (std::size_t k = 0; k < columns; ++k) {
    std::fill(products.begin(), products.end(), 0.0);
    for (std::size_t i = 0; i < rows; ++i) {
      const double* row = &a[i * columns];
      for (std::size_t j = k; j < columns; ++j) products[j] += row[k] * row[j];
    }
    const double norm = std::sqrt(products[k]);
    for (std::size_t i = 0; i < rows; ++i) {
      double* row = &a[i * columns];
      row[k] /= norm;
      for (std::size_t j = k + 1; j < columns; ++j) row[j] -= row[k] * (products[j] / norm);
    }
  }
}

Tensor orthogonal(const OrthogonalArgs& args, const Shape& shape, DType dtype) {
  if (shape.rank() < 2)
    throw error<ValueError>("The tensor to initialize must be at least two-dimensional. Received: shape={} of rank {}.",
                            to_string(shape), shape.rank());
  const int64_t columns = shape[-1], rows = shape.elements() / std::max<int64_t>(columns, 1);
  const Shape tall{std::max(rows, columns), std::min(rows, columns)};
  const OutsideTrace outside;  // the numbers are needed now
  auto q = draw(cornu::ops::random_normal, args.seed, tall, float32).to_vector<double>();
  orthonormalize(q, static_cast<std::size_t>(tall[0]), static_cast<std::size_t>(tall[1]));
  const Tensor made = ops::cast(Tensor(q, tall), dtype) * args.gain;
  return ops::reshape(rows < columns ? ops::transpose(made) : made, shape);
}

}  // namespace

Initializer Orthogonal(OrthogonalArgs args) { return make_initializer("Orthogonal", args, orthogonal); }

}  // namespace cornu::keras::initializers
