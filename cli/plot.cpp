#include "cli/data.h"

namespace cornu::cli {

void add_plot(CLI::App& app, Run& run) {
  struct PlotOptions {
    std::string model, output;
    keras::utils::PlotModelArgs args{.show_layer_names = true};
  };
  auto* verb = app.add_subcommand("plot", "Draws a model's layers as a graph");
  auto o = std::make_shared<PlotOptions>();
  verb->add_option("MODEL", o->model, "A .keras file, or an architecture .json")->required();
  verb->add_option("--output", o->output, "A .dot (text); or a .svg, .png, .pdf, which Graphviz draws")->required();
  verb->add_flag("--show-shapes", o->args.show_shapes, "The shapes that each layer takes and gives");
  verb->add_flag("--show-dtype", o->args.show_dtype, "The dtypes that each layer gives");
  verb->add_flag("--show-layer-activations", o->args.show_layer_activations, "The layers' activations");
  verb->add_flag("--show-trainable", o->args.show_trainable, "Whether layers are trained");
  verb->add_flag("--expand-nested", o->args.expand_nested, "The layers of models in the model too");
  verb->add_option("--rankdir", o->args.rankdir, "TB goes downwards, LR to the right")
      ->check(CLI::IsMember({"TB", "BT", "LR", "RL"}))
      ->capture_default_str();
  verb->add_option("--dpi", o->args.dpi, "Dots an inch")->check(CLI::PositiveNumber)->capture_default_str();
  verb->callback([=, &run] {
    run = [=] {
      keras::utils::plot_model(read_model(o->model), o->output, o->args);
      return 0;
    };
  });
}

}  // namespace cornu::cli
