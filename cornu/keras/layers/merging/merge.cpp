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

Tensor folded(const std::vector<Tensor>& inputs, Tensor (*f)(const Tensor&, const Tensor&)) {
  Tensor out = inputs[0];
  for (std::size_t i = 1; i < inputs.size(); ++i) out = f(out, inputs[i]);
  return out;
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

Tensor AddImpl::merge(const std::vector<Tensor>& inputs) { return folded(inputs, ops::add); }
Tensor AverageImpl::merge(const std::vector<Tensor>& inputs) { return folded(inputs, ops::add) / double(inputs.size()); }
Tensor MaximumImpl::merge(const std::vector<Tensor>& inputs) { return folded(inputs, ops::maximum); }
Tensor MinimumImpl::merge(const std::vector<Tensor>& inputs) { return folded(inputs, ops::minimum); }
Tensor SubtractImpl::merge(const std::vector<Tensor>& inputs) {
  if (inputs.size() != 2)
    throw error<ValueError>("A `Subtract` layer should be called on exactly 2 inputs. Received: {} inputs.", inputs.size());
  return inputs[0] - inputs[1];
}
Tensor MultiplyImpl::merge(const std::vector<Tensor>& inputs) {
  std::vector<Tensor> factors, kept;
  for (const Tensor& x : inputs) {
    if (x.mask().exists()) kept.push_back(ops::broadcast_to(ops::expand_dims(x.mask(), -1), x.shape()));
    factors.push_back(x.mask().exists() ? ops::where(kept.back(), x, ops::ones_like(x)) : x);
  }
  const Tensor product = folded(factors, ops::multiply);
  if (kept.size() < inputs.size()) return product;
  return ops::where(folded(kept, ops::logical_or), product, ops::zeros_like(product));
}

#define CORNU_MERGE(Class) \
  Handle<Class##Impl> Class(MergeArgs args) { return make<Class##Impl>(args); }
CORNU_MERGE(Add)
CORNU_MERGE(Subtract)
CORNU_MERGE(Multiply)
CORNU_MERGE(Average)
CORNU_MERGE(Maximum)
CORNU_MERGE(Minimum)
#undef CORNU_MERGE

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
