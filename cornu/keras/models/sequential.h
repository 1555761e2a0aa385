#pragma once

#include "cornu/keras/models/functional.h"

namespace cornu::keras {

// Layers one after another. Built when its input's shape is known: from an `Input`, an argument `input_shape`, or the first call.
class CORNU_API SequentialImpl : public ModelImpl {
 public:
  explicit SequentialImpl(std::vector<Layer> layers, SequentialArgs args = {});
  std::string class_name() const override { return "Sequential"; }
  // Appends a layer. ValueError when its name is taken or it is an input after the first layer.
  void add(Layer layer);
  void pop();
  void build(const Nest<Shape>& input_shapes) override;
  std::optional<DType> input_dtype() const override;
  TensorNest call(const Arguments& arguments, const CallContext& context) override;
  Json get_config() const override;
  std::vector<Layer> layers() const override;  // without the input layer
  std::vector<Child> children() const override;
  std::vector<std::string> output_names() const override {
    return functional_ ? functional_->output_names() : std::vector<std::string>();
  }
  // The model as a graph; null before it is built.
  const FunctionalImpl* functional() const { return functional_.get(); }

 private:
  void try_build();
  std::vector<Layer> layers_;
  std::shared_ptr<FunctionalImpl> functional_;
};

CORNU_API Handle<SequentialImpl, Model> Sequential(std::vector<Layer> layers = {}, SequentialArgs args = {});

}  // namespace cornu::keras
