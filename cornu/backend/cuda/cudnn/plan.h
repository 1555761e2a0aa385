#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "cornu/backend/cuda/cudnn/device.h"
#include "cornu/backend/cuda/cudnn/graph.h"
#include "cornu/backend/cuda/device/runtime.h"
#include "cornu/target/target.h"

namespace cornu::cuda {

// What an engine may do.
struct CudnnPolicy {
  bool uses_tensor_cores = true;  // of float32 factors these see ten bits (TF32)
  bool is_deterministic = false;  // else the order of a sum may differ from run to run
  std::size_t most_workspace = 0;
  bool is_timed = false;  // the fastest of what cuDNN proposes first, where the card is here to try; else the first
};

// An engine of cuDNN's for a graph, with its parameters: of its own proposals that the policy allows.
class CudnnPlan {
 public:
  // One for all who ask for the same, and kept on disk for later processes. DeviceError: no cuDNN, or it has no engine, with what it says.
  static std::shared_ptr<const CudnnPlan> of(Runtime& runtime, CudnnGraph graph, const CudnnPolicy& policy);
  // For a card that need not be here: it tells what would run, and cannot run. A process with such a card finds it on disk.
  static std::shared_ptr<const CudnnPlan> of(const CudaProperties& card, CudnnGraph graph, CudnnPolicy policy);

  // Chosen anew.
  CudnnPlan(Runtime& runtime, CudnnGraph graph, const CudnnPolicy& policy);
  CudnnPlan(const CudaProperties& card, CudnnGraph graph, const CudnnPolicy& policy);

  std::int64_t engine() const { return chosen_.engine; }
  std::size_t workspace_bytes() const { return chosen_.workspace_bytes; }
  // Whether cuDNN compiled a kernel of its own for it, which takes about a second.
  bool is_compiled() const { return chosen_.is_compiled; }

  // Addresses of the graph's operands in order.
  void run(const Stream& stream, std::span<const CUdeviceptr> operands, CUdeviceptr workspace) const;

 private:
  struct Chosen {
    CudnnDescriptor plan{CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR};
    std::int64_t engine = 0;
    std::size_t workspace_bytes = 0;
    bool is_compiled = false;

    bool finalize(const CudnnDevice& device);
  };

  explicit CudnnPlan(CudnnGraph graph) : graph_(std::move(graph)) {}
  static std::shared_ptr<const CudnnPlan> found_or_chosen(const CudnnDevice& device, const std::string& key, CudnnGraph graph,
                                                          const CudnnPolicy& policy, Runtime* runtime);
  // False where it would be another if there were memory to try.
  bool choose(const CudnnDevice& device, const CudnnPolicy& policy, Runtime* runtime);
  std::vector<Chosen> candidates(const CudnnDevice& device, const CudnnPolicy& policy, std::size_t most);
  static std::optional<Chosen> take(const CudnnDevice& device, const CudnnDescriptor& configuration, const CudnnPolicy& policy);
  // What a later process makes it of.
  std::string text() const;
  static std::optional<Chosen> chosen_of(const std::string& text, const CudnnDevice& device);

  CudnnGraph graph_;
  Chosen chosen_;
};

// How often this process has had cuDNN choose.
int64_t cudnn_plans_chosen();

}  // namespace cornu::cuda
