#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "cornu/keras/trainers/step.h"

namespace cornu::keras {

// Where the batches of an epoch come from.
class BatchSource {
 public:
  virtual ~BatchSource() = default;
  virtual const BatchStructure& structure() const = 0;
  // Batches of an epoch; 0 when only the end of the data tells.
  virtual int64_t batches() const = 0;
  virtual void begin_epoch() = 0;
  // The next batch; null at the end. It is good until the next call.
  virtual const HostBatch* next() = 0;
};

// Arrays in memory, cut along the first axis.
struct ArraySourceArgs {
  int64_t batch_size = 32;
  bool shuffle = false;
  int64_t first = 0, count = -1;  // the examples [first, first + count); -1: to the end
};
std::unique_ptr<BatchSource> array_source(BatchStructure data, ArraySourceArgs args);

// A user's function that gives batches.
std::unique_ptr<BatchSource> generator_source(BatchGenerator generator);

// Arrays as training takes them: evaluated, floats in floatx, a vector of targets as a column. ValueError when the first
// dimensions differ.
BatchStructure standardized(const TensorNest& x, const std::optional<TensorNest>& y, const std::optional<TensorNest>& sample_weight);
// Weights by class of each target (integers, or one-hot rows). A class that is not listed weighs 1.
TensorNest class_weights_to_sample_weights(const TensorNest& y, const std::map<int, double>& class_weight);
int64_t examples(const BatchStructure& data);

}  // namespace cornu::keras
