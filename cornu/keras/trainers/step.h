#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cornu/exec/eager.h"
#include "cornu/exec/executable.h"
#include "cornu/keras/models/model.h"

namespace cornu::keras {

enum class StepKind : uint8_t { train, test, predict };

// A batch in memory: leaves of x, then y, then sample_weight, each dense.
struct HostBatch {
  std::vector<std::shared_ptr<devices::Array>> arrays;
  int64_t size = 0;  // examples
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

// A model's step, traced and compiled for each kind, shapes and set of trainable weights; kept between fits.
class StepCache {
 public:
  struct Step {
    StepKind kind;
    BatchStructure structure;  // of empty tensors
    std::vector<ir::Spec> specs;
    uint64_t pattern = 0;    // pattern_of when it was traced
    uint64_t decisions = 0;  // of the optimizer
    std::unique_ptr<exec::Executable> executable;
    std::vector<std::string> log_names;  // train, test: the names of the results
    TensorNest outputs;                  // predict: the structure of the results
    std::vector<void*> inputs;           // reused between runs
    bool fits(const BatchStructure& structure, const HostBatch& batch) const;
  };
  explicit StepCache(ModelImpl& model) : model_(model) {}
  // The step for a batch like this one; traced if there is none yet. `likely` is the one before it in this epoch, during which
  // no weight is frozen or thawed.
  Step& find(StepKind kind, const BatchStructure& structure, const HostBatch& batch, Step* likely = nullptr);
  // A step for this very batch, traced anew: what it reads while being traced has values.
  Step& trace_eagerly(StepKind kind, const BatchStructure& structure, const HostBatch& batch);
  void clear();

 private:
  std::unique_ptr<Step> trace(StepKind kind, const BatchStructure& structure, const HostBatch& batch, exec::ParameterValues* values);
  uint64_t decisions_of(StepKind kind) const;
  uint64_t pattern_of(StepKind kind) const;

  ModelImpl& model_;
  std::vector<std::unique_ptr<Step>> steps_;
  std::unique_ptr<Step> eager_;
};

}  // namespace cornu::keras
