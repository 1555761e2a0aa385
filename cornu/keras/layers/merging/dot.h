#pragma once

#include "cornu/keras/layers/merging/merge.h"
#include "cornu/keras/ops/int_or_list.h"

namespace cornu::keras {

struct DotArgs {
  bool normalize = false;  // makes the lines along the axes 1 long first: the cosine of their angle
  KERAS_LAYER_ARGS;
};

namespace layers {

// Sums of products along an axis of each of two tensors, example by example: (batch, i, k) and (batch, j, k) with axes 2 give
// (batch, i, j). Of two matrices (batch, k) it is (batch, 1).
class CORNU_API DotImpl : public MergeImpl {
 public:
  DotImpl(IntOrList axes, const DotArgs& args);
  void write_config(LayerConfig& config) const override;
  Tensor compute_mask(const Arguments&) override { return {}; }

 protected:
  Tensor merge(const std::vector<Tensor>& inputs) override;
  bool broadcasts() const override { return false; }

 private:
  IntOrList axes_;
  bool normalize_;
};
// `axes`: one for both or two. ValueError: other than two, an axis 0; when called, other than 2 inputs, dims that differ.
CORNU_API Handle<DotImpl> Dot(IntOrList axes, DotArgs args = {});

}  // namespace layers
}  // namespace cornu::keras
