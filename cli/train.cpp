#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/data.h"
#include "cornu/io/file.h"
#include "cornu/keras/optimizers/registry.h"
#include "cornu/keras/saving/serialization.h"

namespace cornu::cli {
namespace {

struct Options {
  std::string model, x, y, output, history, validation_x, validation_y, sample_weight, class_weight, optimizer, loss, metrics, data;
  int epochs = 1, verbose = 1;
  int64_t batch_size = 32;
  double validation_split = 0;
  bool no_shuffle = false;
  std::optional<int64_t> seed;
  std::shared_ptr<std::string> device;
};

nlohmann::ordered_json parse(const std::string& text, const char* option) {
  try {
    return nlohmann::ordered_json::parse(text);
  } catch (const nlohmann::json::exception& e) {
    throw UsageError(std::string(option) + " is no JSON: " + e.what());
  }
}

keras::Optimizer optimizer_of(const std::string& text) {
  if (!text.starts_with("{")) return keras::Optimizer(text.empty() ? "adam" : text);
  keras::Optimizer optimizer;
  keras::read_object(parse(text, "--optimizer"), optimizer, keras::optimizers::registry());
  return optimizer;
}

// What the command line says of the compilation; a compiled model keeps its own where nothing is said.
void compile(const keras::Model& model, const Options& o) {
  const bool said = !o.optimizer.empty() || !o.loss.empty() || !o.metrics.empty();
  if (!said && model.optimizer()) return;
  if (o.loss.empty()) throw UsageError("The model is not compiled: give --loss (and --optimizer, --metrics).");
  keras::CompileArgs args{.optimizer = optimizer_of(o.optimizer), .loss = keras::Loss(o.loss)};
  std::vector<keras::Metric> metrics;
  std::stringstream names(o.metrics);
  for (std::string name; std::getline(names, name, ',');) metrics.emplace_back(name);
  if (!metrics.empty()) args.metrics = keras::PerOutput<keras::Metric>(Nest<keras::Metric>(metrics));
  model.compile(std::move(args));
}

struct TrainingData {
  TensorNest x, y;
  std::optional<keras::ValidationData> validation;
};

// MNIST as the model takes it: rows of 784 or images, in [0, 1]; labels as numbers or one-hot, by the loss.
TrainingData mnist(const keras::Model& model, const std::string& path) {
  const auto data = keras::datasets::mnist::load_data({.path = path});
  Shape wanted = model.layers().empty() ? Shape{0, 784} : model.layers()[0].impl()->build_shape().value_or(Nest<Shape>(Shape{0, 784})).leaf();
  auto images = [&](const Tensor& x) {
    Shape shape{x.shape()[0]};
    if (wanted.rank() == 2) shape.push_back(784);
    else
      for (int i = 1; i < wanted.rank(); ++i) shape.push_back(i < 3 ? 28 : 1);
    return cast(reshape(x, shape), float32) / 255.0;
  };
  const std::string loss = nlohmann::json::parse(model.to_json())["compile_config"]["loss"].dump();
  auto labels = [&](const Tensor& y) { return loss.find("sparse") != loss.npos ? cast(y, int32) : keras::utils::to_categorical(y, 10); };
  return {images(data.x_train), labels(data.y_train), keras::ValidationData{images(data.x_test), labels(data.y_test), {}}};
}

void write_history(const std::string& path, const keras::History& history) {
  std::string text;
  if (path.ends_with(".csv")) {
    text = "epoch";
    for (const auto& [name, values] : history.history) text += "," + name;
    text += "\n";
    for (std::size_t i = 0; i < history.epoch.size(); ++i) {
      text += std::to_string(history.epoch[i]);
      for (const auto& [name, values] : history.history) text += fmt::format(",{}", i < values.size() ? values[i] : 0.0);
      text += "\n";
    }
  } else {
    nlohmann::ordered_json json = nlohmann::ordered_json::object();
    for (const auto& [name, values] : history.history) json[name] = values;
    text = json.dump() + "\n";
  }
  io::write_file_atomically(path, std::as_bytes(std::span(text)));
}

int train(const Options& o) {
  choose_device(*o.device);
  if (o.seed) keras::utils::set_random_seed(*o.seed);
  const keras::Model model = read_model(o.model);
  compile(model, o);
  TrainingData data;
  if (o.data == "mnist") data = mnist(model, o.x);
  else if (!o.data.empty()) throw UsageError("--data knows mnist. Received: " + o.data);
  else if (o.x.empty() || o.y.empty()) throw UsageError("Give --x and --y, or --data mnist.");
  else data = {read_data(o.x), read_data(o.y), {}};
  if (!o.validation_x.empty()) data.validation = keras::ValidationData{read_data(o.validation_x), read_data(o.validation_y), {}};

  keras::FitArgs args{.batch_size = o.batch_size, .epochs = o.epochs, .verbose = o.verbose, .validation_split = o.validation_split,
                      .validation_data = data.validation, .shuffle = !o.no_shuffle};
  if (!o.sample_weight.empty()) args.sample_weight = read_data(o.sample_weight);
  if (!o.class_weight.empty()) {
    const auto weights = parse(o.class_weight, "--class-weight");
    for (const auto& [label, weight] : weights.items()) args.class_weight[std::stoi(label)] = weight.get<double>();
  }
  const auto history = model.fit(data.x, data.y, std::move(args));
  if (!o.output.empty()) {
    model.save(o.output);
    std::printf("Saved %s\n", o.output.c_str());
  }
  if (!o.history.empty()) write_history(o.history, history);
  return 0;
}

}  // namespace

void add_train(CLI::App& app, Run& run) {
  auto* verb = app.add_subcommand("train", "Trains a model");
  auto o = std::make_shared<Options>();
  verb->add_option("MODEL", o->model, "A .keras file, or an architecture .json")->required();
  verb->add_option("--x", o->x, "Inputs: .npy, .npz, IDX (.gz too) or .csv; with --data, where the data lie");
  verb->add_option("--y", o->y, "Targets");
  verb->add_option("--data", o->data, "A data set by name: mnist");
  verb->add_option("--epochs", o->epochs, "Epochs")->check(CLI::PositiveNumber);
  verb->add_option("--batch-size", o->batch_size, "Examples a step")->check(CLI::PositiveNumber)->capture_default_str();
  verb->add_flag("--no-shuffle", o->no_shuffle, "Keep the order of the data");
  verb->add_option("--seed", o->seed, "Seed of weights, dropout and shuffling");
  verb->add_option("--output", o->output, "Where to save the trained model (.keras)");
  verb->add_option("--history", o->history, "Where to write the values of each epoch (.json or .csv)");
  verb->add_option("--validation-split", o->validation_split, "Share of the data, from its end, to validate on")->check(CLI::Range(0.0, 0.999));
  auto* vx = verb->add_option("--validation-x", o->validation_x, "Inputs to validate on");
  auto* vy = verb->add_option("--validation-y", o->validation_y, "Targets to validate on");
  vx->needs(vy);
  vy->needs(vx);
  verb->add_option("--sample-weight", o->sample_weight, "A weight for each example");
  verb->add_option("--class-weight", o->class_weight, "JSON: {\"0\": 1.0, \"1\": 5.0}");
  verb->add_option("--optimizer", o->optimizer, "A name, or JSON");
  verb->add_option("--loss", o->loss, "A name");
  verb->add_option("--metrics", o->metrics, "Names, with commas between");
  verb->add_option("--verbose", o->verbose, "0, 1 or 2")->check(CLI::Range(0, 2));
  o->device = add_device_option(*verb);
  verb->callback([=, &run] { run = [=] { return train(*o); }; });
}

}  // namespace cornu::cli
