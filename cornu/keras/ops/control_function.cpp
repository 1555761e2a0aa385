#include "cornu/keras/ops/control_function.h"

#include <nlohmann/json.hpp>

namespace cornu::keras::ops {

class ControlFunction::Call final : public FunctionOperation {
 public:
  Call(const ControlFunction& function, Body body)
      : FunctionOperation(function, auto_name(std::string(function.class_name))), body_(std::move(body)) {}
  Json get_config() const override { refuse(); }
  void add_call_arguments(Json&, Json&) const override { refuse(); }

 private:
  [[noreturn]] void refuse() const {
    throw error<ValueError>(
        "A model with `keras.ops.{}` (operation '{}') cannot be written to a file, which holds no C++ functions. Call it inside "
        "the "
        "`call` of a layer of your own.",
        function().name, name());
  }
  TensorNest compute(const Arguments& arguments) override { return body_(arguments.positional); }
  Body body_;
};

TensorNest ControlFunction::operator()(std::vector<TensorNest> operands, Body body) const {
  Arguments arguments;
  arguments.positional = std::move(operands);
  if (!any_symbolic(arguments)) return body(arguments.positional);
  return std::make_shared<Call>(*this, std::move(body))->apply(arguments);
}

}  // namespace cornu::keras::ops
