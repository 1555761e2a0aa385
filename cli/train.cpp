#include <cstdio>

#include "cli/callback_options.h"
#include "cli/compile_options.h"
#include "cli/data.h"
#include "cli/device.h"
#include "cli/dtype_policy.h"
#include "cli/history_files.h"
#include "cli/interrupt.h"
#include "cli/profile.h"
#include "cli/training_data.h"
#include "cli/usage.h"

namespace cornu::cli {
namespace {

struct TrainOptions {
  std::string model, x, y, data, validation_x, validation_y, sample_weight, class_weight, output, history, plot, profile;
  CompileOptions compile;
  CallbackOptions callbacks;
  int epochs = 1, verbose = 1;
  int64_t batch_size = 32;
  double validation_split = 0;
  bool no_shuffle = false;
  std::optional<int64_t> seed;
  std::shared_ptr<std::string> device, dtype_policy;
};

void check_outputs(const TrainOptions& o) {
  check_output(o.output, "--output", {".keras"});
  check_output(o.history, "--history", {".json", ".csv"});
  check_output(o.plot, "--plot", {".svg"});
  check_output(o.profile, "--profile", {".json"});
}

TrainingData training_data(const keras::Model& model, const TrainOptions& o) {
  TrainingData data;
  if (!o.data.empty() && !o.y.empty()) throw UsageError("--data has its own targets: leave out --y. Received: --y " + o.y);
  if (o.data == "mnist") data = mnist(model, o.x);
  else if (!o.data.empty()) throw UsageError("--data knows mnist. Received: " + o.data);
  else if (o.x.empty() || o.y.empty()) throw UsageError("give --x and --y, or --data mnist.");
  else data = {read_data(o.x), read_data(o.y), {}};
  if (!o.validation_x.empty()) data.validation = keras::ValidationData{read_data(o.validation_x), read_data(o.validation_y), {}};
  if (o.validation_split > 0) data.validation.reset();
  return data;
}

void write_results(const keras::Model& model, const keras::History& history, const TrainOptions& o) {
  if (!o.history.empty()) write_text(o.history, o.history.ends_with(".csv") ? history_csv(history) : history_json(history));
  if (!o.plot.empty()) write_text(o.plot, history_svg(history));
  if (o.output.empty()) return;
  model.save(o.output);
  std::printf("Saved %s\n", o.output.c_str());
}

int train(const TrainOptions& o) {
  check_outputs(o);
  choose_device(*o.device);
  if (o.seed) keras::utils::set_random_seed(*o.seed);
  const keras::Model model = read_model(o.model);
  set_dtype_policy(model, *o.dtype_policy);
  compile(model, o.compile);
  TrainingData data = training_data(model, o);
  keras::FitArgs args{.batch_size = o.batch_size,
                      .epochs = o.epochs,
                      .verbose = o.verbose,
                      .callbacks = callbacks_of(o.callbacks, data.validation || o.validation_split > 0),
                      .validation_split = o.validation_split,
                      .validation_data = data.validation,
                      .shuffle = !o.no_shuffle};
  if (!o.sample_weight.empty()) args.sample_weight = read_data(o.sample_weight);
  if (!o.class_weight.empty()) args.class_weight = class_weights(o.class_weight);
  std::optional<GentleInterrupt> gentle;
  if (!o.profile.empty()) gentle.emplace();
  Profile profile(o.profile);
  const keras::History history = model.fit(data.x, data.y, std::move(args));
  gentle.reset();
  profile.write();
  write_results(model, history, o);
  return 0;
}

}  // namespace

void add_train(CLI::App& app, Run& run) {
  auto* verb = app.add_subcommand("train", "Trains a model");
  auto o = std::make_shared<TrainOptions>();
  verb->add_option("MODEL", o->model, "A .keras or .h5 file, or an architecture .json")->required();
  verb->add_option("--x", o->x, "Inputs: .npy, .npz, IDX (.gz too) or .csv; with --data, where the data lie");
  verb->add_option("--y", o->y, "Targets");
  verb->add_option("--data", o->data, "A data set by name, with its own validation: mnist");
  verb->add_option("--epochs", o->epochs, "Epochs")->check(at_least_one())->capture_default_str();
  verb->add_option("--batch-size", o->batch_size, "Examples a step")->check(at_least_one())->capture_default_str();
  verb->add_flag("--no-shuffle", o->no_shuffle, "Keep the order of the data");
  verb->add_option("--seed", o->seed, "Seed of weights, dropout and shuffling");
  verb->add_option("--output", o->output, "Where to save the trained model (.keras)");
  verb->add_option("--history", o->history, "Where to write the values of each epoch (.json or .csv)");
  auto* split = verb->add_option("--validation-split", o->validation_split, "Share of the data, from its end, to validate on")
                    ->check(CLI::Range(0.0, 0.999));
  auto* vx = verb->add_option("--validation-x", o->validation_x, "Inputs to validate on")->excludes(split);
  auto* vy = verb->add_option("--validation-y", o->validation_y, "Targets to validate on")->needs(vx);
  vx->needs(vy);
  verb->add_option("--sample-weight", o->sample_weight, "A weight for each example: one array, or an .npz with one an output");
  verb->add_option("--class-weight", o->class_weight, R"(JSON: {"0": 1.0, "1": 5.0})");
  add_compile_options(*verb, o->compile);
  o->dtype_policy = add_dtype_policy_option(*verb);
  add_callback_options(*verb, o->callbacks);
  verb->add_option("--verbose", o->verbose, "0 silent, 1 a bar, 2 a line an epoch")
      ->check(CLI::Range(0, 2))
      ->capture_default_str();
  verb->add_option("--plot", o->plot, "Where to draw loss and metrics of each epoch (.svg)");
  verb->add_option(
      "--profile", o->profile,
      "Where to write the times of tracing, compiling, each step, and each kernel of the first steps, and the memory in use "
      "(.json, Chrome's trace format)");
  o->device = add_device_option(*verb);
  verb->callback([=, &run] { run = [=] { return train(*o); }; });
}

}  // namespace cornu::cli
