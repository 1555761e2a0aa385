#include "cli/data.h"
#include "cli/device.h"

namespace cornu::cli {
namespace {

int convert(const std::string& in, const std::string& weights, const std::string& out) {
  check_output(out, "OUT", {".keras", ".weights.h5", ".json"});
  if (in.ends_with(".weights.h5"))
    throw UsageError(
        "weights alone are no model: give its architecture (.json or .keras) as IN, and these as --weights. Received: " + in);
  const auto model = read_model(in);
  if (!weights.empty()) model.load_weights(weights);
  if (out.ends_with(".keras")) model.save(out);
  else if (out.ends_with(".weights.h5")) model.save_weights(out);
  else write_text(out, model.to_json());
  return 0;
}

}  // namespace

void add_convert(CLI::App& app, Run& run) {
  auto* verb =
      app.add_subcommand("convert", "From .keras or .h5 to .keras, .weights.h5 or an architecture .json, and back to .keras");
  auto in = std::make_shared<std::string>(), out = std::make_shared<std::string>(), weights = std::make_shared<std::string>();
  verb->add_option("IN", *in, "A .keras file, a whole-model .h5 of Keras 2 or 3, or an architecture .json")->required();
  verb->add_option("OUT", *out, "A .keras, .weights.h5 or .json")->required();
  verb->add_option("--weights", *weights, "A .weights.h5, .keras or .h5 whose weights the model takes");
  const auto device = add_device_option(*verb);
  verb->callback([=, &run] {
    run = [=] {
      choose_device(*device);
      return convert(*in, *weights, *out);
    };
  });
}

}  // namespace cornu::cli
