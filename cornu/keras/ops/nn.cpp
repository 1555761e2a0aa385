#include "cornu/keras/ops/nn.h"

#include "cornu/keras/dtype_policy.h"
#include "cornu/keras/layers/data_format.h"
#include "cornu/keras/ops/function_record.h"
#include "cornu/keras/ops/promote.h"
#include "cornu/ops/matmul/matmul.h"
#include "cornu/ops/one_hot/one_hot.h"
#include "cornu/ops/reduce/reduce.h"
#include "cornu/ops/softmax/softmax.h"
#include "cornu/ops/view/view.h"

namespace cornu::keras::ops {
namespace {

struct OneHotArgs {
  int64_t num_classes = 0;
  int axis = -1;
  std::optional<DType> dtype;
};
struct CrossentropyArgs {
  bool from_logits = false;
  int axis = -1;
};
struct SparseArgs {
  bool from_logits = false;
  int axis = -1;
  std::optional<int> ignore_class;
};
struct LogitsArgs {
  bool from_logits = false;
};

Value matmul_body(const NoArgs&, const Tensor& a, const Tensor& b) {
  const DType dtype = common_dtype({&a, &b});
  return low::matmul(as_dtype(a, dtype), as_dtype(b, dtype));
}

Value one_hot_body(const OneHotArgs& args, const Tensor& x) {
  return low::one_hot(x.value(), args.num_classes, args.axis, args.dtype.value_or(config::floatx()));
}

struct MultiHotArgs {
  std::optional<int64_t> num_classes;
  int axis = -1;
  std::optional<DType> dtype;
  bool sparse = false;
};
Value multi_hot_body(const MultiHotArgs& args, const Tensor& inputs) {
  if (!args.num_classes) throw ValueError("Argument `num_classes` must be specified.");
  if (args.sparse) throw ValueError("Sparse tensors are not supported. Received: sparse=true");
  const Value hot = low::one_hot(as_dtype(inputs, int32), *args.num_classes, args.axis, bool_);
  return low::cast(low::any(hot, {inputs.rank() > 1 ? 1 : 0}), args.dtype.value_or(config::floatx()));
}

struct BlockArgs {
  int64_t block_size = 0;
  std::string data_format = "channels_last";
};
void check_blocks(const char* function, const BlockArgs& args, const Tensor& x) {
  if (args.block_size < 2) throw error<ValueError>("`block_size` must be at least 2. Received: block_size={}", args.block_size);
  if (x.rank() != 4)
    throw error<ValueError>("`{}` wants a tensor of rank 4. Received: x.shape={}", function, to_string(x.shape()));
}
// How many parts of `by` an axis has, if it is known.
int64_t parts(const char* function, const Tensor& x, int axis, int64_t by) {
  const int64_t dim = x.shape()[axis];
  if (dim == Shape::kUnknown) return dim;
  if (dim % by != 0)
    throw error<ValueError>("`{}` wants an axis {} whose size {} divides. Received: x.shape={}", function, axis, by,
                            to_string(x.shape()));
  return dim / by;
}
Value moved(const Tensor& x, const Shape& parts, const std::vector<int>& order, const Shape& result) {
  return low::reshape(low::transpose(low::reshape(x.value(), parts), order), result);
}
Value depth_to_space_body(const BlockArgs& args, const Tensor& x) {
  check_blocks("depth_to_space", args, x);
  const bool first = is_channels_first(args.data_format);
  const int64_t b = args.block_size, n = x.shape()[0];
  const int64_t h = x.shape()[first ? 2 : 1], w = x.shape()[first ? 3 : 2], c = parts("depth_to_space", x, first ? 1 : 3, b * b);
  if (first) return moved(x, {n, c, b, b, h, w}, {0, 1, 4, 2, 5, 3}, {n, c, multiply_dims(h, b), multiply_dims(w, b)});
  return moved(x, {n, h, w, b, b, c}, {0, 1, 3, 2, 4, 5}, {n, multiply_dims(h, b), multiply_dims(w, b), c});
}
Value space_to_depth_body(const BlockArgs& args, const Tensor& x) {
  check_blocks("space_to_depth", args, x);
  const bool first = is_channels_first(args.data_format);
  const int64_t b = args.block_size, n = x.shape()[0], c = x.shape()[first ? 1 : 3];
  const int64_t h = parts("space_to_depth", x, first ? 2 : 1, b), w = parts("space_to_depth", x, first ? 3 : 2, b);
  if (first) return moved(x, {n, c, h, b, w, b}, {0, 1, 3, 5, 2, 4}, {n, multiply_dims(c, b * b), h, w});
  return moved(x, {n, h, b, w, b, c}, {0, 1, 3, 2, 4, 5}, {n, h, w, multiply_dims(c, b * b)});
}

// log(output): of logits a log_softmax, of probabilities clipped and made to sum to 1.
Value log_probabilities(const Value& output, bool from_logits, int axis) {
  if (from_logits) return low::log_softmax(output, axis);
  const Value normalised = output / low::sum(output, {axis}, true);
  return low::log(
      low::clip(normalised, low::full_like(normalised, config::epsilon()), low::full_like(normalised, 1.0 - config::epsilon())));
}

Value categorical_body(const CrossentropyArgs& args, const Tensor& target, const Tensor& output) {
  if (target.rank() != output.rank())
    throw error<ValueError>(
        "Arguments `target` and `output` must have the same rank (ndim). Received: target.shape={}, output.shape={}",
        to_string(target.shape()), to_string(output.shape()));
  for (int i = 0; i < target.rank(); ++i)
    if (int64_t merged; !merge_dims(target.shape()[i], output.shape()[i], merged))
      throw error<ValueError>(
          "Arguments `target` and `output` must have the same shape. Received: target.shape={}, output.shape={}",
          to_string(target.shape()), to_string(output.shape()));
  return -low::sum(as_dtype(target, output.dtype()) * log_probabilities(output.value(), args.from_logits, args.axis),
                   {args.axis});
}

Value sparse_body(const SparseArgs& args, const Tensor& given, const Tensor& output) {
  const int axis = normalize_axis(args.axis, output.rank(), "sparse_categorical_crossentropy");
  const int64_t classes = output.shape()[axis];
  Value target = as_dtype(given, int32);
  if (target.shape().rank() == output.rank() && target.shape()[-1] == 1) target = low::squeeze(target, {-1});
  Shape expected;
  for (int i = 0; i < output.rank(); ++i)
    if (i != axis) expected.push_back(output.shape()[i]);
  if (!compatible(target.shape(), expected))
    throw error<ValueError>(
        "Argument `target` must have the shape of `output` without the class axis. Received: target.shape={}, output.shape={}",
        to_string(given.shape()), to_string(output.shape()));
  std::optional<int64_t> ignore;
  if (args.ignore_class) ignore = *args.ignore_class;
  target = low::check_index(target, classes, "sparse_categorical_crossentropy", ignore);
  const Value hot = low::one_hot(target, classes, axis, output.dtype());
  Value loss = -low::sum(hot * log_probabilities(output.value(), args.from_logits, axis), {axis});
  if (args.ignore_class)
    loss = low::select(low::equal(target, low::full_like(target, *args.ignore_class)), low::full_like(loss, 0), loss);
  return loss;
}

Value binary_body(const LogitsArgs& args, const Tensor& target, const Tensor& output) {
  const Value y = as_dtype(target, output.dtype());
  if (args.from_logits) {
    // y softplus(-x) + (1 - y) softplus(x)
    const Value x = output.value();
    return y * low::softplus(-x) + (1.0 - y) * low::softplus(x);
  }
  const Value p = low::clip(output.value(), low::full_like(output.value(), config::epsilon()),
                            low::full_like(output.value(), 1.0 - config::epsilon()));
  return -(y * low::log(p) + (1.0 - y) * low::log(1.0 - p));
}

const OpFunction matmul_function{"matmul", "Matmul", kNumpyModule, &matmul_body};
const OpFunction one_hot_function{"one_hot", "OneHot", kNnModule, &one_hot_body};
const OpFunction multi_hot_function{"multi_hot", "MultiHot", kNnModule, &multi_hot_body};
const OpFunction depth_to_space_function{"depth_to_space", "DepthToSpace", kNnModule, &depth_to_space_body};
const OpFunction space_to_depth_function{"space_to_depth", "SpaceToDepth", kNnModule, &space_to_depth_body};
const OpFunction categorical_function{"categorical_crossentropy", "CategoricalCrossentropy", kNnModule, &categorical_body};
const OpFunction sparse_function{"sparse_categorical_crossentropy", "SparseCategoricalCrossentropy", kNnModule, &sparse_body};
const OpFunction binary_function{"binary_crossentropy", "BinaryCrossentropy", kNnModule, &binary_body};

}  // namespace

Tensor matmul(const Tensor& x1, const Tensor& x2) { return matmul_function({}, x1, x2); }
Tensor one_hot(const Tensor& x, int64_t num_classes, int axis, std::optional<DType> dtype) {
  return one_hot_function({num_classes, axis, dtype}, x);
}
Tensor multi_hot(const Tensor& inputs, std::optional<int64_t> num_classes, int axis, std::optional<DType> dtype, bool sparse) {
  return multi_hot_function({num_classes, axis, dtype, sparse}, inputs);
}
Tensor depth_to_space(const Tensor& x, int64_t block_size, const std::string& data_format) {
  return depth_to_space_function({block_size, data_format}, x);
}
Tensor space_to_depth(const Tensor& x, int64_t block_size, const std::string& data_format) {
  return space_to_depth_function({block_size, data_format}, x);
}
Tensor categorical_crossentropy(const Tensor& target, const Tensor& output, bool from_logits, int axis) {
  return categorical_function({from_logits, axis}, target, output);
}
Tensor sparse_categorical_crossentropy(const Tensor& target, const Tensor& output, bool from_logits, int axis,
                                       std::optional<int> ignore_class) {
  return sparse_function({from_logits, axis, ignore_class}, target, output);
}
Tensor binary_crossentropy(const Tensor& target, const Tensor& output, bool from_logits) {
  return binary_function({from_logits}, target, output);
}

FunctionList nn_functions() {
  static const FunctionRecord* const list[] = {
      &matmul_function,         &one_hot_function,     &multi_hot_function, &depth_to_space_function,
      &space_to_depth_function, &categorical_function, &sparse_function,    &binary_function,
  };
  return list;
}

}  // namespace cornu::keras::ops
