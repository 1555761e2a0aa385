#include "cornu/keras/layers/merging/merge.h"

#include <algorithm>

#include "cornu/keras/layers/config.h"
#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::layers {
namespace {

// Axes of one after the batch, until all have the same rank.
std::vector<Tensor> of_one_rank(std::vector<Tensor> inputs) {
  int rank = 0;
  for (const Tensor& input : inputs) rank = std::max(rank, input.rank());
  for (Tensor& input : inputs)
    while (input.rank() < rank) input = ops::expand_dims(input, 1);
  return inputs;
}

}  // namespace

TensorNest MergeImpl::call(const Arguments& arguments, const CallContext&) {
  const auto inputs = arguments.first().flatten();
  if (arguments.first().is_leaf())
    throw error<ValueError>("A merge layer should be called on a list of inputs. Received: one tensor of shape {}",
                            to_string(inputs[0].shape()));
  if (inputs.empty()) throw ValueError("A merge layer should be called on a list of at least 1 input. Received: 0 inputs.");
  return TensorNest(merge(broadcasts() ? of_one_rank(inputs) : inputs));
}

Tensor MergeImpl::compute_mask(const Arguments& arguments) {
  Tensor out;
  for (const Tensor& input : arguments.first().flatten()) {
    if (!input.mask().exists()) return {};
    out = out.exists() ? ops::logical_or(out, input.mask()) : input.mask();
  }
  return out;
}

Tensor AddImpl::merge(const std::vector<Tensor>& inputs) {
  Tensor out = inputs[0];
  for (std::size_t i = 1; i < inputs.size(); ++i) out = out + inputs[i];
  return out;
}
Handle<AddImpl> Add(AddArgs args) { return make<AddImpl>(args); }

Tensor ConcatenateImpl::merge(const std::vector<Tensor>& inputs) { return ops::concatenate(inputs, axis_); }
Tensor ConcatenateImpl::compute_mask(const Arguments& arguments) {
  const auto inputs = arguments.first().flatten();
  if (std::none_of(inputs.begin(), inputs.end(), [](const Tensor& t) { return t.mask().exists(); })) return {};
  std::vector<Tensor> masks;
  for (const Tensor& input : inputs) {
    const Tensor mask = input.mask();
    if (!mask.exists()) masks.push_back(ops::ones_like(input, bool_));
    else if (mask.rank() < input.rank()) masks.push_back(ops::broadcast_to(ops::expand_dims(mask, -1), input.shape()));
    else masks.push_back(mask);
  }
  return ops::any(ops::concatenate(masks, axis_), -1);
}

void ConcatenateImpl::write_config(LayerConfig& config) const { config.add("axis", axis_); }
Handle<ConcatenateImpl> Concatenate(ConcatenateArgs args) { return make<ConcatenateImpl>(args); }

}  // namespace cornu::keras::layers
