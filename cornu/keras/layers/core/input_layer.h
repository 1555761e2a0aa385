#pragma once

#include "cornu/keras/layers/layer.h"

namespace cornu::keras {

struct InputArgs {
  int64_t batch_size = Shape::kUnknown;
  std::string dtype;  // default: floatx
  std::string name;
};

namespace layers {

class CORNU_API InputLayerImpl : public LayerImpl {
 public:
  InputLayerImpl(Shape batch_shape, std::string dtype, std::string name);
  Tensor call(const Tensor& input, const CallContext&) override { return input; }
  Json get_config() const override;
  const ir::Spec& spec() const { return *spec_; }
  // A tensor that it stands for; each call makes another node.
  Tensor output();

 private:
  std::shared_ptr<const ir::Spec> spec_;
};

}  // namespace layers

// A symbolic tensor to build a functional model from. `shape` leaves out the batch; an unknown dim is kUnknown (None).
CORNU_API Tensor Input(const Shape& shape, InputArgs args = {});
inline constexpr int64_t None = Shape::kUnknown;

}  // namespace cornu::keras
