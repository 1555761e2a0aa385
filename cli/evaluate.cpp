#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/data.h"
#include "cli/device.h"
#include "cli/usage.h"
#include "cornu/io/npy.h"
#include "cornu/io/npz.h"

namespace cornu::cli {
namespace {

struct InferenceOptions {
  std::string model, x, y, output;
  int64_t batch_size = 32;
  bool json = false;
  std::shared_ptr<std::string> device;
};

std::shared_ptr<InferenceOptions> add_common(CLI::App& verb) {
  auto o = std::make_shared<InferenceOptions>();
  verb.add_option("MODEL", o->model, "A .keras or .h5 file, or an architecture .json")->required();
  verb.add_option("--x", o->x, "Inputs: .npy, .npz, IDX (.gz too) or .csv")->required();
  verb.add_option("--batch-size", o->batch_size, "Examples a step")->check(at_least_one())->capture_default_str();
  o->device = add_device_option(verb);
  return o;
}

int evaluate(const InferenceOptions& o) {
  choose_device(*o.device);
  const auto model = read_model(o.model);
  if (model.get_compile_config().is_null())
    throw error<RuntimeError>("'{}' is not compiled, so there is no loss to evaluate. `cornu train --loss` gives it one.",
                              o.model);
  const auto values = model.evaluate(read_data(o.x), read_data(o.y),
                                     {.batch_size = o.batch_size, .verbose = o.json ? 0 : 1, .return_dict = true});
  if (o.json) {
    nlohmann::ordered_json out = nlohmann::ordered_json::object();
    for (const auto& [name, value] : values) out[name] = value;
    std::cout << out.dump() << '\n';
  }
  return 0;
}

int predict(const InferenceOptions& o) {
  check_output(o.output, "--output", {".npy", ".npz"});
  choose_device(*o.device);
  const auto model = read_model(o.model);
  const auto outputs = model.predict_nest(read_data(o.x), {.batch_size = o.batch_size, .verbose = 0});
  auto array = [](const Tensor& t) {
    return io::HostArray{t.dtype(), t.shape(), {std::make_shared<Tensor>(t), static_cast<const std::byte*>(t.data())}};
  };
  if (o.output.ends_with(".npy")) {
    if (!outputs.is_leaf())
      throw UsageError(
          fmt::format("the model has {} outputs: --output must end in .npz. Received: '{}'", outputs.count(), o.output));
    io::write_npy(o.output, array(outputs.leaf()));
    return 0;
  }
  io::NamedArrays arrays;
  if (outputs.is_dict())
    for (const auto& [name, nest] : outputs.dict()) arrays[name] = array(nest.leaf());
  else
    for (const Tensor& t : outputs.flatten()) arrays[std::to_string(arrays.size())] = array(t);
  io::write_npz(o.output, arrays);
  return 0;
}

}  // namespace

void add_evaluate(CLI::App& app, Run& run) {
  auto* verb = app.add_subcommand("evaluate", "Loss and metrics of a model on data");
  auto o = add_common(*verb);
  verb->add_option("--y", o->y, "Targets")->required();
  verb->add_flag("--json", o->json, "Print JSON");
  verb->callback([=, &run] { run = [=] { return evaluate(*o); }; });
}

void add_predict(CLI::App& app, Run& run) {
  auto* verb = app.add_subcommand("predict", "What a model gives for inputs");
  auto o = add_common(*verb);
  verb->add_option("--output", o->output, "An .npy, or an .npz for several outputs")->required();
  verb->callback([=, &run] { run = [=] { return predict(*o); }; });
}

void add_summary(CLI::App& app, Run& run) {
  auto* verb = app.add_subcommand("summary", "Keras's table of a model's layers");
  auto model = std::make_shared<std::string>();
  verb->add_option("MODEL", *model, "A .keras or .h5 file, or an architecture .json")->required();
  const auto device = add_device_option(*verb);
  verb->callback([=, &run] {
    run = [=] {
      choose_device(*device);
      read_model(*model).summary();
      return 0;
    };
  });
}

}  // namespace cornu::cli
