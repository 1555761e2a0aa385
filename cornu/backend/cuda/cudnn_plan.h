#pragma once

#include <optional>
#include <span>

#include "cornu/backend/cuda/cudnn_graph.h"
#include "cornu/backend/cuda/stream.h"
#include "cornu/target/target.h"

namespace cornu::cuda {

// What an engine may do.
struct CudnnPolicy {
  bool uses_tensor_cores = true;  // of float32 factors these see ten bits (TF32)
  bool is_deterministic = false;  // else the order of a sum may differ from run to run
  std::size_t most_workspace = 0;
};

// An engine of cuDNN's for a graph, with its parameters: the first of its own proposals that the policy allows.
class CudnnPlan {
 public:
  // For a card in use. DeviceError: no cuDNN, or it has no engine, with what it says.
  CudnnPlan(const Gpu& gpu, CudnnGraph graph, const CudnnPolicy& policy);
  // For a card that need not be here: it tells what would run, and cannot run.
  CudnnPlan(const CudaProperties& card, CudnnGraph graph, const CudnnPolicy& policy);

  std::int64_t engine() const { return engine_; }
  std::size_t workspace_bytes() const { return workspace_bytes_; }
  // Whether cuDNN compiled a kernel of its own for it, which takes about a second.
  bool is_compiled() const { return is_compiled_; }

  // Addresses of the graph's operands in order.
  void run(const Stream& stream, std::span<const CUdeviceptr> operands, CUdeviceptr workspace) const;

 private:
  struct Device;
  void choose(const Device& device, const CudnnPolicy& policy);
  bool take(const Device& device, const CudnnDescriptor& configuration, const CudnnPolicy& policy);

  const Gpu* gpu_ = nullptr;
  CudnnGraph graph_;
  std::optional<CudnnDescriptor> plan_;
  std::int64_t engine_ = 0;
  std::size_t workspace_bytes_ = 0;
  bool is_compiled_ = false;
};

}  // namespace cornu::cuda
