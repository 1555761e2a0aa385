#pragma once

#include "cornu/keras/layers/layer.h"

namespace cornu::keras {

struct MergeArgs {
  KERAS_LAYER_ARGS;
};
using AddArgs = MergeArgs;
using SubtractArgs = MergeArgs;
using MultiplyArgs = MergeArgs;
using AverageArgs = MergeArgs;
using MaximumArgs = MergeArgs;
using MinimumArgs = MergeArgs;
struct ConcatenateArgs {
  int axis = -1;
  KERAS_LAYER_ARGS;
};

namespace layers {

// A layer of several tensors.
class CORNU_API MergeImpl : public LayerImpl {
 public:
  using LayerImpl::LayerImpl;
  TensorNest call(const Arguments& arguments, const CallContext& context) override;
  using LayerImpl::call;
  // Counts where any of the inputs counts; none when an input has none.
  Tensor compute_mask(const Arguments& arguments) override;
  bool supports_masking() const override { return true; }

 protected:
  virtual Tensor merge(const std::vector<Tensor>& inputs) = 0;
  // Does a batch of fewer axes than another get axes of one after the first?
  virtual bool broadcasts() const { return true; }
};

// Element by element, of tensors that broadcast together: (batch, 3) and (batch, 2, 3) give (batch, 2, 3).
#define CORNU_MERGE(Class)                                                      \
  class CORNU_API Class##Impl final : public MergeImpl {                        \
   public:                                                                      \
    explicit Class##Impl(const MergeArgs& args) : MergeImpl(base_args(args)) {} \
                                                                                \
   protected:                                                                   \
    Tensor merge(const std::vector<Tensor>& inputs) override;                   \
  };                                                                            \
  CORNU_API Handle<Class##Impl> Class(MergeArgs args = {});
CORNU_MERGE(Add)
CORNU_MERGE(Subtract)  // the first less the second; ValueError when called: other than 2 inputs
CORNU_MERGE(Multiply)  // what a mask leaves out counts as 1; where all leave an element out the product is 0
CORNU_MERGE(Average)   // the sum over the number of inputs
CORNU_MERGE(Maximum)
CORNU_MERGE(Minimum)
#undef CORNU_MERGE

// Tensors one after another along an axis.
class CORNU_API ConcatenateImpl : public MergeImpl {
 public:
  explicit ConcatenateImpl(const ConcatenateArgs& args) : MergeImpl(base_args(args)), axis_(args.axis) {}
  void write_config(LayerConfig& config) const override;
  // An input without a mask counts everywhere.
  Tensor compute_mask(const Arguments& arguments) override;

 protected:
  Tensor merge(const std::vector<Tensor>& inputs) override;
  bool broadcasts() const override { return false; }

 private:
  int axis_;
};
CORNU_API Handle<ConcatenateImpl> Concatenate(ConcatenateArgs args = {});

}  // namespace layers
}  // namespace cornu::keras
