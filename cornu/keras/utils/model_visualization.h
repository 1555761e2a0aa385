#pragma once

#include <optional>
#include <string>

#include "cornu/keras/models/model.h"

namespace cornu::keras::utils {

struct PlotModelArgs {
  bool show_shapes = false;
  bool show_dtype = false;
  std::optional<bool> show_layer_names;  // default: model_to_dot shows them, plot_model does not
  std::string rankdir = "TB";            // "TB" goes downwards, "LR" to the right
  bool expand_nested = false;            // models in the model as boxes around their layers
  int dpi = 200;
  bool show_layer_activations = false;
  bool show_trainable = false;
  std::string splines = "ortho";  // or "curved", "polyline", "spline", "line"
};

// The model as a graph in Graphviz's language: a node a layer or op, an edge where one reads what another makes; nodes are numbered
// as they come. A model that is neither sequential nor functional is one node. ValueError: a model that is not built.
CORNU_API std::string model_to_dot(const Model& model, PlotModelArgs args = {});

// Writes that graph: as text (".dot", ".gv"), or drawn by Graphviz's program `dot` in the format that the file's ending names: ".svg",
// ".png" (also without an ending), ".pdf", ... RuntimeError: no Graphviz, or it knows no such format. FileError: a file that cannot be
// written.
CORNU_API void plot_model(const Model& model, const std::string& to_file = "model.png", PlotModelArgs args = {});

}  // namespace cornu::keras::utils
