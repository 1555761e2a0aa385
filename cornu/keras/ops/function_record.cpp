#include "cornu/keras/ops/function_record.h"

#include <algorithm>

namespace cornu::keras::ops {

std::string FunctionOperation::class_name() const { return std::string(function_.class_name); }
std::string FunctionOperation::module_name() const { return std::string(function_.module); }

std::vector<std::string> FunctionRecord::symbols() const {
  std::vector<std::string> out{"keras.ops." + std::string(name)};
  if (module == kNumpyModule || module == kNnModule || module == kLinalgModule)
    out.push_back("keras.ops." + std::string(module.substr(module.rfind('.') + 1)) + "." + std::string(name));
  return out;
}

std::vector<const FunctionRecord*> all_functions() {
  std::vector<const FunctionRecord*> out;
  for (FunctionList list : {numpy_unary_functions(), numpy_binary_functions(), numpy_reduce_functions(), numpy_shape_functions(),
                            numpy_creation_functions(), numpy_join_functions(), numpy_pad_functions(), numpy_index_functions(),
                            numpy_sort_functions(), numpy_product_functions(), math_functions(), core_functions(),
                            control_functions(), composed_control_functions(),
                            nn_activation_functions(), nn_functions()})
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
