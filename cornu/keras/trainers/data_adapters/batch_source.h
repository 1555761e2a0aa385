#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>

#include "cornu/keras/trainers/step.h"

namespace cornu::keras {

// Where a source stands: what the order of its examples was drawn from, and how many batches it gave.
struct SourcePosition {
  int64_t seed = 0, batches = 0;
};

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
  virtual SourcePosition position() const = 0;
  // Goes on from there, as another source of the same data did.
  virtual void go_on(const SourcePosition& position) = 0;
};

// Memory for batches, kept from one fit to the next: a second fit of the same shapes allocates nothing. Who shares it takes
// turns: a batch is good until the next one is asked for.
class BatchBuffers {
 public:
  // For `rows` examples of arrays like these.
  HostBatch& batch_of(const std::vector<std::shared_ptr<devices::Array>>& data, int64_t rows);

 private:
  std::list<HostBatch> batches_;  // the last used first
};

// Arrays in memory, cut along the first axis.
struct ArraySourceArgs {
  int64_t batch_size = 32;
  bool shuffle = false;
  int64_t first = 0, count = -1;          // the examples [first, first + count); -1: to the end
  std::shared_ptr<BatchBuffers> buffers;  // none: its own
};
std::unique_ptr<BatchSource> array_source(BatchStructure data, ArraySourceArgs args);

// A user's function that gives batches.
std::unique_ptr<BatchSource> generator_source(BatchGenerator generator);

// Arrays as training takes them: evaluated, floats in floatx. ValueError when the first dimensions differ.
BatchStructure standardized(const TensorNest& x, const std::optional<TensorNest>& y,
                            const std::optional<TensorNest>& sample_weight);
// Weights by the class of each target: an integer, or the largest of a row. A class that is not listed weighs 1.
// ValueError: several outputs, sample weights besides, targets of more than two axes.
TensorNest class_weights_to_sample_weights(const BatchStructure& data, const std::map<int, double>& class_weight);
int64_t examples(const BatchStructure& data);
// "[*, {'a': *}]", for errors.
std::string structure_text(const TensorNest& nest);

}  // namespace cornu::keras
