#include "cornu/keras/layers/merging/merge.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::layers {

TensorNest MergeImpl::call(const Arguments& arguments, const CallContext&) {
  const auto inputs = arguments.first().flatten();
  if (arguments.first().is_leaf())
    throw error<ValueError>("A merge layer should be called on a list of inputs. Received: one tensor of shape {}", to_string(inputs[0].shape()));
  return TensorNest(merge(inputs));
}

Tensor AddImpl::merge(const std::vector<Tensor>& inputs) {
  Tensor out = inputs[0];
  for (std::size_t i = 1; i < inputs.size(); ++i) out = out + inputs[i];
  return out;
}
Handle<AddImpl> Add(AddArgs args) { return make<AddImpl>(args); }

Tensor ConcatenateImpl::merge(const std::vector<Tensor>& inputs) { return ops::concatenate(inputs, axis_); }
Json ConcatenateImpl::get_config() const { return layer_config(base_config(), {{"axis", axis_}}, AddArgs{}); }
Handle<ConcatenateImpl> Concatenate(ConcatenateArgs args) { return make<ConcatenateImpl>(args); }

}  // namespace cornu::keras::layers
