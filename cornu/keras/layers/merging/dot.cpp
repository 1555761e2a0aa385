#include "cornu/keras/layers/merging/dot.h"

#include "cornu/keras/layers/config.h"
#include "cornu/keras/ops/nn.h"
#include "cornu/keras/ops/numpy.h"

namespace cornu::keras::layers {
namespace {

// Labels of a tensor's axes: `a` of the batch, `b` of the one that is summed, others from `next` on.
std::string labels(int rank, int summed, char& next) {
  std::string out = "a";
  for (int i = 1; i < rank; ++i) out += i == summed ? 'b' : next++;
  return out;
}

std::string without(std::string text, char label) {
  std::erase(text, label);
  return text;
}

}  // namespace

DotImpl::DotImpl(IntOrList axes, const DotArgs& args)
    : MergeImpl(base_args(args)), axes_(std::move(axes)), normalize_(args.normalize) {
  axes_.repeated(2, "axes");
}

Tensor DotImpl::merge(const std::vector<Tensor>& inputs) {
  if (inputs.size() != 2)
    throw error<ValueError>("A `Dot` layer should be called on exactly 2 inputs. Received: {} inputs.", inputs.size());
  const auto axes = axes_.repeated(2, "axes");
  Tensor x = inputs[0], y = inputs[1];
  if (x.rank() < 2 || y.rank() < 2)
    throw error<ValueError>("Cannot do a batch's dot on inputs with rank < 2. Received inputs with shapes {} and {}.",
                            to_string(x.shape()), to_string(y.shape()));
  const int of_x = normalize_axis(int(axes[0]), x.rank(), "Dot"), of_y = normalize_axis(int(axes[1]), y.rank(), "Dot");
  if (of_x == 0 || of_y == 0)
    throw error<ValueError>("Cannot perform a batch's dot over axis 0, the batch. Received: axes={}", to_string(axes_));
  if (x.shape()[of_x] != y.shape()[of_y])
    throw error<ValueError>(
        "Incompatible input shapes: axis values {} (at axis {}) != {} (at axis {}). Full input shapes: {}, {}", x.shape()[of_x],
        of_x, y.shape()[of_y], of_y, to_string(x.shape()), to_string(y.shape()));
  if (normalize_) {
    x = ops::normalize(x, of_x);
    y = ops::normalize(y, of_y);
  }
  char next = 'c';
  const std::string first = labels(x.rank(), of_x, next), second = labels(y.rank(), of_y, next);
  const Tensor out = ops::einsum(first + "," + second + "->" + without(first, 'b') + without(without(second, 'a'), 'b'), {x, y});
  return out.rank() == 1 ? ops::expand_dims(out, 1) : out;
}

void DotImpl::write_config(LayerConfig& config) const { config.add("axes", axes_).add("normalize", normalize_); }

Handle<DotImpl> Dot(IntOrList axes, DotArgs args) { return make<DotImpl>(std::move(axes), args); }

}  // namespace cornu::keras::layers
