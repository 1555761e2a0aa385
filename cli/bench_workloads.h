#pragma once

#include <string>

#include "cornu/cornu.h"

namespace cornu::cli {

// A model and numbers of the shapes that it takes. One that is not compiled is not trained.
struct Workload {
  std::string name;
  keras::Model model;
  TensorNest x, y;
  int64_t examples, batch_size;
};
// 0: as the workload has it.
struct WorkloadSize {
  int64_t batch_size = 0, steps = 0;  // of an epoch
};

// Made anew. UsageError: no such workload.
Workload workload(const std::string& name, WorkloadSize size = {});
// What the names may be: "mlp, mlp-N (...), ... or a model (.keras, .json)".
std::string workload_names();

TensorNest first_rows(const TensorNest& data, int64_t count);

}  // namespace cornu::cli
