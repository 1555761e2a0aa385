// A graph's tensors, read from memory and written to it, and its operations in between.
#include <algorithm>

#include "cornu/base/float16.h"
#include "tests/virtual_gpu/cudnn_graph.h"

namespace virtual_gpu {
namespace {

using cornu::bfloat16_t;
using cornu::float16_t;

template <class F>
void with_type(CudnnValue type, F f) {
  switch (type) {
    case CUDNN_DATA_FLOAT: return f(float{});
    case CUDNN_DATA_DOUBLE: return f(double{});
    case CUDNN_DATA_HALF: return f(float16_t{});
    default: return f(bfloat16_t{});
  }
}
template <class T>
T rounded(double value) {
  if constexpr (std::is_same_v<T, double>) return value;
  else return T(static_cast<float>(value));
}

// Calls f(place among the values, offset in memory) for every element.
template <class F>
void for_each_element(const Tensor& tensor, F f) {
  const std::size_t rank = tensor.dims.size();
  std::vector<std::int64_t> dims = tensor.dims, strides = tensor.strides;
  if (rank > 1)
    for (auto* list : {&dims, &strides}) std::rotate(list->begin() + 1, list->begin() + 2, list->end());
  std::vector<std::int64_t> index(rank);
  const std::int64_t inner = dims.back(), step = strides.back();
  std::int64_t offset = 0;
  for (std::int64_t place = 0, size = tensor.size(); place < size; place += inner) {
    for (std::int64_t i = 0; i < inner; ++i) f(static_cast<std::size_t>(place + i), offset + i * step);
    for (std::size_t axis = rank - 1; axis-- > 0;) {
      offset += strides[axis];
      if (++index[axis] < dims[axis]) break;
      offset -= dims[axis] * strides[axis];
      index[axis] = 0;
    }
  }
}

Values load(const Tensor& tensor, const void* from) {
  Values values(static_cast<std::size_t>(tensor.size()));
  with_type(tensor.type, [&](auto of_type) {
    const auto* at = static_cast<const decltype(of_type)*>(from);
    for_each_element(tensor, [&](std::size_t place, std::int64_t offset) { values[place] = double(at[offset]); });
  });
  return values;
}

void store(const Tensor& tensor, const Values& values, void* to) {
  with_type(tensor.type, [&](auto of_type) {
    auto* at = static_cast<decltype(of_type)*>(to);
    for_each_element(tensor,
                     [&](std::size_t place, std::int64_t offset) { at[offset] = rounded<decltype(of_type)>(values[place]); });
  });
}

void round_to(CudnnValue type, Values& values) {
  with_type(type, [&](auto of_type) {
    for (double& value : values) value = double(rounded<decltype(of_type)>(value));
  });
}

// Ten bits behind the point.
void round_to_tensor_float_32(Values& values) {
  for (double& value : values) {
    const auto bits = __builtin_bit_cast(std::uint32_t, static_cast<float>(value));
    if (value - value == 0) value = __builtin_bit_cast(float, (bits + 0xfffu + ((bits >> 13) & 1)) & ~0x1fffu);
  }
}

}  // namespace

void run(const Graph& graph, const Pointers& pointers, bool in_tensor_float_32) {
  std::map<std::int64_t, Values> known;
  for (const Tensor& input : graph.inputs) known[input.id] = load(input, pointers.at(input.id));
  for (const Operation& operation : graph.operations) {
    const Tensor& output = operation.output;
    std::vector<const Values*> inputs;
    for (const Tensor& input : operation.inputs) inputs.push_back(&known.at(input.id));
    std::vector<Values> coarse;
    if (in_tensor_float_32 && operation.kind->can_lead) {
      for (const Values*& input : inputs) coarse.push_back(*input);
      for (std::size_t i = 0; i < coarse.size(); ++i) round_to_tensor_float_32(coarse[i]), inputs[i] = &coarse[i];
    }
    Values values = operation.kind->compute(operation, inputs);
    const Values before =
        operation.beta != 0 && !output.is_virtual ? load(output, pointers.at(output.id)) : Values(values.size());
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = operation.alpha * values[i] + (operation.beta != 0 ? operation.beta * before[i] : 0);
    round_to(output.type, values);
    if (!output.is_virtual) store(output, values, pointers.at(output.id));
    known[output.id] = std::move(values);
  }
}

}  // namespace virtual_gpu
