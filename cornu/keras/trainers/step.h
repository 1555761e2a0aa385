#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cornu/exec/eager.h"
#include "cornu/exec/executable.h"
#include "cornu/keras/models/model.h"
#include "cornu/trace.h"

namespace cornu::keras {

enum class StepKind : uint8_t { train, test, predict };

// A batch in memory: leaves of x, then y, then sample_weight, each dense.
struct HostBatch {
  std::vector<std::shared_ptr<devices::Array>> arrays;
};

// How the arrays of a batch make up x, y and sample_weight.
struct BatchStructure {
  TensorNest x;
  std::optional<TensorNest> y, sample_weight;
  std::vector<Tensor> leaves() const;
  Batch with(const std::vector<Tensor>& leaves) const;
  // The same nests, whatever their leaves.
  bool is_like(const BatchStructure& other) const;
};

// A model's step, traced and compiled for one kind and structure of batch, its shapes, and the model as it was.
struct Step {
  StepKind kind;
  BatchStructure structure;  // of empty tensors
  std::vector<ir::Spec> specs;
  uint64_t pattern = 0;  // StepCache::pattern when it was traced
  HostDecisions decisions;
  std::unique_ptr<exec::Executable> executable;
  std::vector<std::string> log_names;  // train, test: the names of the results
  TensorNest outputs;                  // predict: the structure of the results
  bool fits(StepKind kind, const BatchStructure& structure, const HostBatch& batch) const;
};
using StepPtr = std::shared_ptr<const Step>;

// The steps of a model, kept between fits; of very many the oldest go. Any number of threads may ask.
class StepCache {
 public:
  explicit StepCache(ModelImpl& model) : model_(model) {}
  // The step for a batch like this one; traced if there is none yet. `likely` is the one before it in this epoch, during which
  // no weight is frozen or thawed.
  StepPtr find(StepKind kind, const BatchStructure& structure, const HostBatch& batch, const StepPtr& likely = nullptr);
  // The step of batches of these specs before it is compiled for a device.
  Traced traced(StepKind kind, const BatchStructure& structure, const std::vector<ir::Spec>& specs);
  // A step for this very batch, traced anew: what it reads while being traced has values.
  StepPtr trace_eagerly(StepKind kind, const BatchStructure& structure, const HostBatch& batch);
  // `f`, the model's call, on tensors outside of any step: traced once for each structure and shapes. What is computed stays a graph:
  // not run yet, and differentiable. Nothing where calling changes state or makes masks; then it has to be called anew.
  std::optional<TensorNest> call(const TensorNest& x, const std::function<TensorNest(const TensorNest&)>& f);
  void clear();

 private:
  struct Call {
    TensorNest structure;  // of empty tensors
    std::vector<ir::Spec> specs;
    uint64_t pattern;
    Traced traced;
    std::optional<TensorNest> outputs;  // of empty tensors; absent where it has to be called anew
  };
  const Call& call_like(const TensorNest& x, const std::function<TensorNest(const TensorNest&)>& f);
  StepPtr trace(StepKind kind, const BatchStructure& structure, const HostBatch& batch, exec::ParameterValues* values);
  // `batch` and `values` where what is read while tracing shall have values.
  Traced trace(Step& step, const BatchStructure& structure, const HostBatch* batch = nullptr,
               exec::ParameterValues* values = nullptr);
  uint64_t pattern() const;

  ModelImpl& model_;
  std::recursive_mutex mutex_;  // a step that is being traced may run another
  std::deque<StepPtr> steps_;
  std::deque<Call> calls_;
};

}  // namespace cornu::keras
