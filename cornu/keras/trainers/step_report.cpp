#include "cornu/keras/trainers/step_report.h"

#include <nlohmann/json.hpp>

#include "cornu/keras/models/functional.h"
#include "cornu/keras/models/sequential.h"
#include "cornu/keras/ops/numpy.h"
#include "cornu/keras/trainers/step.h"
#include "cornu/keras/trainers/trainer.h"

namespace cornu::keras {
namespace {

constexpr int64_t kMostExamples = int64_t{1} << 28;

const FunctionalImpl& graph_of(const Model& model) {
  if (const auto* functional = dynamic_cast<const FunctionalImpl*>(model.impl().get())) return *functional;
  const auto* sequential = dynamic_cast<const SequentialImpl*>(model.impl().get());
  if (sequential && sequential->functional()) return *sequential->functional();
  throw error<ValueError>(
      "Only a Functional model, or a Sequential one with an `Input` or an `input_shape`, tells the shapes of its batches. "
      "Received: {}",
      model->class_name());
}

Shape with_batch(const Tensor& tensor, int64_t batch_size) {
  Shape shape = tensor.shape();
  if (shape.rank() > 0) shape[0] = batch_size;
  for (const int64_t dim : shape)
    if (dim == Shape::kUnknown)
      throw error<ValueError>("A program has known dimensions, besides the batch's. Received: {}", to_string(tensor.shape()));
  return shape;
}

TensorNest inputs_of(const FunctionalImpl& graph, int64_t batch_size) {
  return graph.inputs().map([&](const Tensor& input) { return ops::zeros(with_batch(input, batch_size), input.dtype()); });
}
// Class numbers where a loss takes these, else what the outputs are like.
TensorNest targets_of(const FunctionalImpl& graph, const Model& model, int64_t batch_size) {
  const bool are_numbers = model.get_compile_config()["loss"].dump().find("parse") != std::string::npos;
  return graph.outputs().map([&](const Tensor& output) {
    Shape shape = with_batch(output, batch_size);
    if (!are_numbers) return ops::zeros(shape, float32);
    return ops::zeros(Shape(std::vector<int64_t>(shape.begin(), shape.end() - 1)), int32);
  });
}

}  // namespace

std::shared_ptr<const plan::Program> step_program(const Model& model, const Target& card, const StepReportArgs& args) {
  if (args.training && !model.optimizer()) throw error<RuntimeError>("A step of training needs `compile()` before.");
  const FunctionalImpl& graph = graph_of(model);
  BatchStructure structure{inputs_of(graph, args.batch_size), {}, {}};
  if (args.training) structure.y = targets_of(graph, model, args.batch_size);
  std::vector<ir::Spec> specs;
  for (const Tensor& leaf : structure.leaves()) specs.push_back(leaf.spec());
  const StepKind kind = args.training ? StepKind::train : StepKind::predict;
  return plan::compile(model->trainer().traced(kind, structure, specs).function, card,
                       args.training ? "train_step" : "predict_step");
}

plan::ProgramReport report_step(const Model& model, const Target& card, const StepReportArgs& args) {
  return plan::report(*step_program(model, card, args), card);
}

int64_t largest_batch(const Model& model, const Target& card, int64_t bytes, bool training) {
  const auto fits = [&](int64_t batch_size) {
    return plan::memory_of(*step_program(model, card, {batch_size, training})).total() <= bytes;
  };
  int64_t fitting = 0, too_many = 1;
  while (too_many < kMostExamples && fits(too_many)) fitting = std::exchange(too_many, 2 * too_many);
  while (too_many - fitting > std::max<int64_t>(1, fitting / 64)) {
    const int64_t middle = fitting + (too_many - fitting) / 2;
    (fits(middle) ? fitting : too_many) = middle;
  }
  return fitting;
}

}  // namespace cornu::keras
