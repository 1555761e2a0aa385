#include "cornu/keras/ops/function_record.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace cornu::keras::ops {

std::string FunctionOperation::class_name() const { return std::string(function_.class_name); }
std::string FunctionOperation::module_name() const { return std::string(function_.module); }

std::vector<std::string> FunctionRecord::symbols() const {
  std::vector<std::string> out{"keras.ops." + std::string(name)};
  if (module == kNumpyModule || module == kNnModule || module == kLinalgModule)
    out.push_back("keras.ops." + std::string(module.substr(module.rfind('.') + 1)) + "." + std::string(name));
  return out;
}

class DescribedFunction::Call final : public FunctionOperation {
 public:
  Call(const DescribedFunction& function, std::shared_ptr<const void> arguments, std::string name)
      : FunctionOperation(function, std::move(name)), described_(function), arguments_(std::move(arguments)) {}
  Json get_config() const override {
    Json out{{"name", name()}};
    out.update(config());
    out.erase(std::string(described_.call_field.name));
    return out;
  }
  void add_call_arguments(Json& args, Json& kwargs) const override {
    const auto [key, is_keyword] = described_.call_field;
    if (key.empty()) return;
    const Json value = config()[std::string(key)];
    if (is_keyword) kwargs[std::string(key)] = value;
    else args.push_back(value);
  }

 private:
  TensorNest compute(const Arguments& arguments) override { return described_.compute(arguments_.get(), arguments.positional); }
  Json config() const {
    Json out;
    described_.write_arguments(arguments_.get(), out);
    return out;
  }
  const DescribedFunction& described_;
  std::shared_ptr<const void> arguments_;
};

TensorNest DescribedFunction::describe(std::shared_ptr<const void> arguments, std::vector<TensorNest> operands) const {
  Arguments call;
  call.positional = std::move(operands);
  return std::make_shared<Call>(*this, std::move(arguments), auto_name(std::string(class_name)))->apply(call);
}

std::shared_ptr<FunctionOperation> DescribedFunction::make(const Json& config, const Json& args, const Json& kwargs) const {
  Json whole = config;
  if (const std::string key(call_field.name); !key.empty() && config.is_object()) {
    const auto position = static_cast<std::size_t>(tensors);
    if (args.is_array() && args.size() > position) whole[key] = args[position];
    if (kwargs.is_object() && kwargs.contains(key)) whole[key] = kwargs[key];
  }
  auto arguments = read_arguments(whole);
  std::string name;
  saving::read_field(config, "name", name);
  return std::make_shared<Call>(*this, std::move(arguments), name.empty() ? auto_name(std::string(class_name)) : name);
}

std::vector<const FunctionRecord*> all_functions() {
  std::vector<const FunctionRecord*> out;
  for (FunctionList list :
       {numpy_unary_functions(), numpy_binary_functions(), numpy_reduce_functions(), numpy_shape_functions(),
        numpy_creation_functions(), numpy_join_functions(), numpy_pad_functions(), numpy_index_functions(),
        numpy_sort_functions(), numpy_product_functions(), math_functions(), core_functions(), control_functions(),
        composed_control_functions(), nn_activation_functions(), nn_functions(), nn_window_functions(), norm_functions()})
    out.insert(out.end(), list.begin(), list.end());
  return out;
}

namespace {

const FunctionRecord* find(std::string_view wanted, std::string_view FunctionRecord::*by) {
  for (const FunctionRecord* function : all_functions())
    if (function->*by == wanted) return function;
  return nullptr;
}

}  // namespace

const FunctionRecord* find_function(std::string_view name) { return find(name, &FunctionRecord::name); }
const FunctionRecord* find_function_class(std::string_view class_name) { return find(class_name, &FunctionRecord::class_name); }

}  // namespace cornu::keras::ops
