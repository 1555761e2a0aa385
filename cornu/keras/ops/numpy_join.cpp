#include "cornu/keras/ops/function_record.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/ops/promote.h"
#include "cornu/ops/concat/concat.h"
#include "cornu/ops/view/view.h"

namespace cornu::keras::ops {
namespace {

std::vector<Value> in_common_dtype(const std::vector<Tensor>& tensors) {
  if (tensors.empty()) throw ValueError("Need at least one tensor to join. Received: an empty list");
  const DType dtype = common_dtype(tensors);
  std::vector<Value> out;
  for (const Tensor& t : tensors) out.push_back(as_dtype(t, dtype));
  return out;
}

struct JoinArgs {
  int axis = 0;
};
Value concatenate_body(const JoinArgs& args, const std::vector<Tensor>& xs) {
  return low::concat(in_common_dtype(xs), args.axis);
}
Value stack_body(const JoinArgs& args, const std::vector<Tensor>& x) { return low::stack(in_common_dtype(x), args.axis); }
constinit const OpFunction concatenate_function{"concatenate", "Concatenate", kNumpyModule, concatenate_body};
constinit const OpFunction stack_function{"stack", "Stack", kNumpyModule, stack_body};

// What has fewer than `rank` axes gets them as numpy's atleast_1d, 2d, 3d do: a vector is a row.
std::vector<Value> at_least(int rank, const std::vector<Tensor>& xs) {
  std::vector<Value> out = in_common_dtype(xs);
  for (Value& x : out) {
    if (x.shape().rank() == 0) x = low::expand_dims(x, 0);
    if (x.shape().rank() < std::min(rank, 2)) x = low::expand_dims(x, 0);
    if (x.shape().rank() < rank) x = low::expand_dims(x, -1);
  }
  return out;
}
Value hstack_body(const NoArgs&, const std::vector<Tensor>& xs) {
  std::vector<Value> values = at_least(1, xs);
  const int axis = values[0].shape().rank() == 1 ? 0 : 1;
  return low::concat(std::move(values), axis);
}
Value vstack_body(const NoArgs&, const std::vector<Tensor>& xs) { return low::concat(at_least(2, xs), 0); }
Value dstack_body(const NoArgs&, const std::vector<Tensor>& xs) { return low::concat(at_least(3, xs), 2); }
constinit const OpFunction hstack_function{"hstack", "Hstack", kNumpyModule, hstack_body};
constinit const OpFunction vstack_function{"vstack", "Vstack", kNumpyModule, vstack_body};
constinit const OpFunction dstack_function{"dstack", "Dstack", kNumpyModule, dstack_body};

struct AppendArgs {
  std::optional<int> axis;
};
Value append_body(const AppendArgs& args, const Tensor& x1, const Tensor& x2) {
  std::vector<Value> values = in_common_dtype({x1, x2});
  if (!args.axis)
    for (Value& value : values) value = low::reshape(value, {-1});
  return low::concat(std::move(values), args.axis.value_or(0));
}
constinit const OpFunction append_function{"append", "Append", kNumpyModule, append_body};

struct SplitArgs {
  IntOrList indices_or_sections;
  int axis = 0;
};
std::vector<Value> split_body(const SplitArgs& args, const Tensor& x) {
  const IntOrList& given = args.indices_or_sections;
  if (given.is_none()) throw ValueError("`split` wants `indices_or_sections`.");
  return given.is_list() ? low::split(x.value(), given.values(), args.axis) : low::split(x.value(), given.values()[0], args.axis);
}
constinit const OpFunction split_function{"split", "Split", kNumpyModule, split_body};

struct ArraySplitArgs {
  int64_t indices_or_sections = 0;
  int axis = 0;
};
// The first parts are longer by one where the axis does not divide.
std::vector<Value> array_split_body(const ArraySplitArgs& args, const Tensor& x) {
  const int64_t sections = args.indices_or_sections, extent = x.shape()[normalize_axis(args.axis, x.rank(), "array_split")];
  if (sections <= 0)
    throw error<ValueError>("Argument `indices_or_sections` must be a positive integer. Received: indices_or_sections={}",
                            sections);
  if (extent == Shape::kUnknown) return low::split(x.value(), sections, args.axis);
  std::vector<int64_t> stops;
  for (int64_t i = 1; i < sections; ++i) stops.push_back(i * (extent / sections) + std::min(i, extent % sections));
  return low::split(x.value(), stops, args.axis);
}
constinit const OpFunction array_split_function{"array_split", "ArraySplit", kNumpyModule, array_split_body};

constexpr const FunctionRecord* kNumpyJoinFunctions[] = {&concatenate_function, &stack_function,      &hstack_function,
                                                         &vstack_function,      &dstack_function,     &append_function,
                                                         &split_function,       &array_split_function};

}  // namespace

FunctionList numpy_join_functions() { return kNumpyJoinFunctions; }

Tensor concatenate(const std::vector<Tensor>& xs, int axis) { return concatenate_function({axis}, xs); }
Tensor stack(const std::vector<Tensor>& x, int axis) { return stack_function({axis}, x); }
Tensor hstack(const std::vector<Tensor>& xs) { return hstack_function({}, xs); }
Tensor vstack(const std::vector<Tensor>& xs) { return vstack_function({}, xs); }
Tensor dstack(const std::vector<Tensor>& xs) { return dstack_function({}, xs); }
Tensor append(const Tensor& x1, const Tensor& x2, std::optional<int> axis) { return append_function({axis}, x1, x2); }
std::vector<Tensor> split(const Tensor& x, const IntOrList& indices_or_sections, int axis) {
  return split_function({indices_or_sections, axis}, x);
}
std::vector<Tensor> array_split(const Tensor& x, int64_t indices_or_sections, int axis) {
  return array_split_function({indices_or_sections, axis}, x);
}

}  // namespace cornu::keras::ops
