#include "cornu/keras/layers/reshaping/permute.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "cornu/keras/layers/config.h"
#include "cornu/keras/layers/input_rank.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::layers {

PermuteImpl::PermuteImpl(std::vector<int64_t> dims, PermuteArgs args) : LayerImpl(base_args(args)), dims_(std::move(dims)) {
  std::vector<int64_t> sorted = dims_;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < sorted.size(); ++i)
    if (sorted[i] != int64_t(i) + 1)
      throw error<ValueError>(
          "Invalid permutation argument `dims` for Permute Layer. The set of indices in `dims` must be consecutive and start "
          "from "
          "1. Received dims=({})",
          fmt::join(dims_, ", "));
}

Tensor PermuteImpl::call(const Tensor& x, const CallContext&) {
  expect_rank(*this, x.shape(), int(dims_.size()) + 1);
  std::vector<int> axes{0};
  axes.insert(axes.end(), dims_.begin(), dims_.end());
  return ops::transpose(x, axes);
}

void PermuteImpl::write_config(LayerConfig& config) const { config.add("dims", dims_); }

Handle<PermuteImpl> Permute(std::vector<int64_t> dims, PermuteArgs args) {
  return make<PermuteImpl>(std::move(dims), std::move(args));
}

}  // namespace cornu::keras::layers
