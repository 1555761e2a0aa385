#pragma once

#include "cornu/keras/layers/layer.h"

namespace cornu::keras {

struct AddArgs {
  KERAS_LAYER_ARGS;
};
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

// The sum of tensors that broadcast together: (batch, 3) and (batch, 2, 3) give (batch, 2, 3).
class CORNU_API AddImpl : public MergeImpl {
 public:
  explicit AddImpl(const AddArgs& args) : MergeImpl(base_args(args)) {}

 protected:
  Tensor merge(const std::vector<Tensor>& inputs) override;
};
CORNU_API Handle<AddImpl> Add(AddArgs args = {});

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
