#pragma once

#include <functional>

#include "tests/virtual_gpu/cudnn_descriptors.h"

// A graph of operations as it is computed: plain copies of what its descriptors say.
namespace virtual_gpu {

struct Tensor {
  std::int64_t id, alignment;
  CudnnValue type;
  std::vector<std::int64_t> dims, strides;  // batch, channels, spatial axes: the order in memory is the strides' matter
  bool is_virtual;

  std::int64_t size() const;
  std::size_t extent_bytes() const;  // from the first element to behind the last
  bool operator==(const Tensor&) const = default;
};
std::size_t bytes_of(CudnnValue type);
Tensor tensor_of(const Descriptor& descriptor);
// What is computed in: float64 for itself, float32 for the others.
CudnnValue computed_in(CudnnValue type);

// A tensor's values, dense, in the order batch, spatial axes, channels.
using Values = std::vector<double>;

struct OperationKind;
struct Operation {
  const OperationKind* kind;
  SharedDescriptor settings;  // the convolution's, the pointwise function's
  std::vector<Tensor> inputs;
  Tensor output;
  double alpha = 1, beta = 0;
};

// Everything that is to be known of one kind of operation.
struct OperationKind {
  cudnnBackendDescriptorType_t type;
  cudnnBackendAttributeName_t settings, output;
  std::vector<cudnnBackendAttributeName_t> inputs;
  // Attributes of the factors of what is computed and of what was there; -1 for none.
  int alpha, beta;
  cudnnBackendAttributeName_t compute_type;   // among its settings
  bool can_lead, can_follow;                  // another operation in a graph
  void (*check)(const Operation& operation);  // refuses what does not fit
  Values (*compute)(const Operation& operation, const std::vector<const Values*>& inputs);
};
const OperationKind* kind_of(cudnnBackendDescriptorType_t type);
Operation operation_of(const Descriptor& descriptor);

extern const std::vector<OperationKind> kConvolutions;
extern const OperationKind kPointwise;

// In an order in which they can be computed.
struct Graph {
  std::vector<Operation> operations;
  // Of its arguments, once each.
  std::vector<Tensor> inputs, outputs;
};
// Refuses what is no graph.
Graph graph_of(const Descriptor& descriptor);
// Why no engine computes it; empty if one does.
std::string unsupported(const Graph& graph);

using Pointers = std::map<std::int64_t, void*>;
void run(const Graph& graph, const Pointers& pointers, bool in_tensor_float_32);

}  // namespace virtual_gpu
