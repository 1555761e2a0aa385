#include "cornu/keras/ops/function_record.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/ops/promote.h"
#include "cornu/ops/concat/concat.h"

namespace cornu::keras::ops {
namespace {

struct JoinArgs {
  int axis = 0;
};

std::vector<Value> in_common_dtype(const std::vector<Tensor>& tensors) {
  const DType dtype = common_dtype(tensors);
  std::vector<Value> out;
  for (const Tensor& t : tensors) out.push_back(as_dtype(t, dtype));
  return out;
}

const OpFunction concatenate_function{"concatenate", "Concatenate", kNumpyModule, +[](const JoinArgs& args, const std::vector<Tensor>& xs) -> Value {
                                        return low::concat(in_common_dtype(xs), args.axis);
                                      }};
const OpFunction stack_function{"stack", "Stack", kNumpyModule, +[](const JoinArgs& args, const std::vector<Tensor>& x) -> Value {
                                  return low::stack(in_common_dtype(x), args.axis);
                                }};

}  // namespace

Tensor concatenate(const std::vector<Tensor>& xs, int axis) { return concatenate_function({axis}, xs); }
Tensor stack(const std::vector<Tensor>& x, int axis) { return stack_function({axis}, x); }

FunctionList numpy_join_functions() {
  static const FunctionRecord* const list[] = {&concatenate_function, &stack_function};
  return list;
}

}  // namespace cornu::keras::ops
