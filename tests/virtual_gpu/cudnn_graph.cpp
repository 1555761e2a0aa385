#include "tests/virtual_gpu/cudnn_graph.h"

#include <algorithm>
#include <numeric>
#include <set>

namespace virtual_gpu {
namespace {

void refuse_if(bool is_wrong, const std::string& why) {
  if (is_wrong) throw Refused{CUDNN_STATUS_BAD_PARAM, why};
}

// The operation that makes a tensor.
const Operation* maker_of(const std::vector<Operation>& operations, std::int64_t id) {
  const auto found = std::ranges::find_if(operations, [&](const Operation& o) { return o.output.id == id; });
  return found == operations.end() ? nullptr : &*found;
}

void check_tensors(const std::vector<Operation>& operations) {
  std::map<std::int64_t, const Tensor*> tensors;
  std::set<std::int64_t> made;
  const auto meet = [&](const Tensor& tensor) {
    const auto [known, is_new] = tensors.try_emplace(tensor.id, &tensor);
    refuse_if(!is_new && *known->second != tensor, "two tensors have the unique id " + std::to_string(tensor.id));
  };
  for (const Operation& operation : operations) {
    for (const Tensor& input : operation.inputs) meet(input);
    meet(operation.output);
    refuse_if(!made.insert(operation.output.id).second, "two operations make tensor " + std::to_string(operation.output.id));
  }
  for (const auto& [id, tensor] : tensors)
    refuse_if(tensor->is_virtual && !made.contains(id), "no operation makes the virtual tensor " + std::to_string(id));
}

std::vector<Operation> in_order(const std::vector<Operation>& operations) {
  std::vector<Operation> ordered;
  while (ordered.size() < operations.size()) {
    const auto next = std::ranges::find_if(operations, [&](const Operation& operation) {
      return !maker_of(ordered, operation.output.id) && std::ranges::all_of(operation.inputs, [&](const Tensor& input) {
        return !maker_of(operations, input.id) || maker_of(ordered, input.id);
      });
    });
    refuse_if(next == operations.end(), "the operations depend on each other in a circle");
    ordered.push_back(*next);
  }
  return ordered;
}

bool is_read(const std::vector<Operation>& operations, std::int64_t id) {
  return std::ranges::any_of(operations, [&](const Operation& operation) {
    return std::ranges::any_of(operation.inputs, [&](const Tensor& input) { return input.id == id; });
  });
}

}  // namespace

std::int64_t Tensor::size() const { return std::accumulate(dims.begin(), dims.end(), std::int64_t{1}, std::multiplies<>()); }
std::size_t Tensor::extent_bytes() const {
  std::int64_t last = 0;
  for (std::size_t i = 0; i < dims.size(); ++i) last += (dims[i] - 1) * strides[i];
  return static_cast<std::size_t>(last + 1) * bytes_of(type);
}

std::size_t bytes_of(CudnnValue type) { return type == CUDNN_DATA_DOUBLE ? 8 : type == CUDNN_DATA_FLOAT ? 4 : 2; }
CudnnValue computed_in(CudnnValue type) { return type == CUDNN_DATA_DOUBLE ? CUDNN_DATA_DOUBLE : CUDNN_DATA_FLOAT; }

Tensor tensor_of(const Descriptor& descriptor) {
  return {descriptor.integer(CUDNN_ATTR_TENSOR_UNIQUE_ID),
          descriptor.integer(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT),
          static_cast<CudnnValue>(descriptor.integer(CUDNN_ATTR_TENSOR_DATA_TYPE)),
          descriptor.list<std::int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS),
          descriptor.list<std::int64_t>(CUDNN_ATTR_TENSOR_STRIDES),
          descriptor.integer(CUDNN_ATTR_TENSOR_IS_VIRTUAL) != 0};
}

const OperationKind* kind_of(cudnnBackendDescriptorType_t type) {
  if (type == kPointwise.type) return &kPointwise;
  const auto found = std::ranges::find(kConvolutions, type, &OperationKind::type);
  return found == kConvolutions.end() ? nullptr : &*found;
}

Operation operation_of(const Descriptor& descriptor) {
  const OperationKind& kind = *kind_of(descriptor.type);
  Operation operation{&kind, descriptor.child(kind.settings), {}, tensor_of(*descriptor.child(kind.output))};
  for (const auto input : kind.inputs)
    if (descriptor.has(input)) operation.inputs.push_back(tensor_of(*descriptor.child(input)));
  if (kind.alpha >= 0) operation.alpha = descriptor.real(static_cast<cudnnBackendAttributeName_t>(kind.alpha), 1);
  if (kind.beta >= 0) operation.beta = descriptor.real(static_cast<cudnnBackendAttributeName_t>(kind.beta), 0);
  return operation;
}

Graph graph_of(const Descriptor& descriptor) {
  std::vector<Operation> operations;
  for (const SharedDescriptor& one : descriptor.list<SharedDescriptor>(CUDNN_ATTR_OPERATIONGRAPH_OPS)) {
    refuse_if(!kind_of(one->type), "a descriptor of type " + std::to_string(one->type) + " is no operation");
    operations.push_back(operation_of(*one));
  }
  check_tensors(operations);
  Graph graph{in_order(operations), {}, {}};
  std::set<std::int64_t> inputs;
  for (const Operation& operation : graph.operations) {
    for (const Tensor& input : operation.inputs)
      if (!maker_of(graph.operations, input.id) && inputs.insert(input.id).second) graph.inputs.push_back(input);
    if (!operation.output.is_virtual) graph.outputs.push_back(operation.output);
    else refuse_if(!is_read(graph.operations, operation.output.id), "nothing reads a virtual tensor");
  }
  return graph;
}

std::string unsupported(const Graph& graph) {
  const CudnnValue type = graph.outputs.front().type, computed = computed_in(type);
  for (const auto& arguments : {graph.inputs, graph.outputs})
    for (const Tensor& tensor : arguments)
      if (tensor.type != type) return "arguments of different data types";
  for (std::size_t i = 0; i < graph.operations.size(); ++i) {
    const Operation& operation = graph.operations[i];
    const OperationKind& kind = *operation.kind;
    if (operation.settings->integer(kind.compute_type) != computed) return "this is not computed in that type";
    const bool is_last = i + 1 == graph.operations.size();
    if (operation.output.is_virtual ? operation.output.type != computed : !is_last)
      return "what is between two operations is virtual, and of the type that is computed in";
    if (i == 0 ? !kind.can_lead || (!is_last && !kind.can_follow) : kind.can_lead) return "no engine for these operations";
  }
  return "";
}

}  // namespace virtual_gpu
