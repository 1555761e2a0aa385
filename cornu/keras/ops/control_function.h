#pragma once

#include "cornu/keras/ops/function_record.h"

namespace cornu::keras::ops {

// A function of keras.ops that is given functions: it can stand in a model's graph, but not in a file.
class ControlFunction final : public FunctionRecord {
 public:
  constexpr ControlFunction(std::string_view name, std::string_view class_name)
      : FunctionRecord(name, class_name, kCoreModule, -1, {}) {}

  // Computes, or describes a node when an operand is symbolic.
  using Body = std::function<TensorNest(const std::vector<TensorNest>& operands)>;
  TensorNest operator()(std::vector<TensorNest> operands, Body body) const;

  std::shared_ptr<FunctionOperation> make(const Json&, const Json&, const Json&) const override {
    throw error<ValueError>("`keras.ops.{}` runs functions that no file can hold: a model with it cannot be read.", name);
  }

 private:
  class Call;
};

}  // namespace cornu::keras::ops
