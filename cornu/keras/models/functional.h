#pragma once

#include "cornu/keras/models/graph.h"
#include "cornu/keras/models/model.h"

namespace cornu::keras {

// A model that is a graph of layers and ops between symbolic tensors.
class CORNU_API FunctionalImpl : public ModelImpl {
 public:
  FunctionalImpl(TensorNest inputs, TensorNest outputs, ModelArgs args);
  std::string class_name() const override { return "Functional"; }
  std::string module_name() const override { return "keras.src.models.functional"; }
  std::string registered_name() const override { return "Functional"; }
  std::optional<DType> input_dtype() const override { return std::nullopt; }  // of each input its own
  TensorNest call(const Arguments& arguments, const CallContext& context) override;
  Json get_config() const override;
  std::vector<Layer> layers() const override;
  std::vector<Child> children() const override;

  const TensorNest& inputs() const { return inputs_; }
  const TensorNest& outputs() const { return outputs_; }
  const OperationGraph& graph() const { return graph_; }
  // The names of the layers that make the outputs: keys of losses, metrics and targets.
  std::vector<std::string> output_names() const override;
  std::vector<std::string> input_names() const;

 private:
  std::vector<Tensor> standardized(const TensorNest& inputs) const;

  TensorNest inputs_, outputs_;
  OperationGraph graph_;
};

}  // namespace cornu::keras
