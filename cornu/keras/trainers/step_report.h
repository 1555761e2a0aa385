#pragma once

#include "cornu/keras/models/model.h"
#include "cornu/plan/report.h"

namespace cornu::keras {

struct StepReportArgs {
  int64_t batch_size = 32;
  bool training = true;  // else what predict runs
};

// The program of a model's step for a card that need not be here: traced and compiled, and nothing is run. Errors as below.
CORNU_API std::shared_ptr<const plan::Program> step_program(const Model& model, const Target& card,
                                                            const StepReportArgs& args = {});
// What a step of a model would take and run on a card that need not be here: traced and compiled, its kernels kept in the cache, and
// nothing is run. RuntimeError: training of a model that is not compiled; ValueError: a model without shapes of its own, or with
// unknown dimensions besides the batch's.
CORNU_API plan::ProgramReport report_step(const Model& model, const Target& card, const StepReportArgs& args = {});

// The largest batch whose step fits into a number of bytes; 0 if none does. Compiles no kernels.
CORNU_API int64_t largest_batch(const Model& model, const Target& card, int64_t bytes, bool training = true);

}  // namespace cornu::keras
