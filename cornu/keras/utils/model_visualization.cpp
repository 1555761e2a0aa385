#include "cornu/keras/utils/model_visualization.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "cornu/base/process.h"
#include "cornu/base/python_names.h"
#include "cornu/io/file.h"
#include "cornu/keras/models/functional.h"
#include "cornu/keras/models/sequential.h"

namespace cornu::keras::utils {
namespace {

// A value in Graphviz's language: a name or number as it is, anything else between quotes.
std::string dot_value(const std::string& text) {
  static const std::regex plain("[A-Za-z_][A-Za-z0-9_]*|[0-9]+"), keyword("(di|sub)?graph|node|edge|strict", std::regex::icase);
  if (std::regex_match(text, plain) && !std::regex_match(text, keyword)) return text;
  std::string out;
  for (char c : text) out += c == '"' ? "\\\"" : std::string(1, c);
  return "\"" + out + "\"";
}

std::string html(const std::string& text) {
  std::string out;
  for (char c : text) out += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : std::string(1, c);
  return out;
}

// As Python prints tuples: "(None, 3)", "(None,)", "()".
std::string tuple_text(const Shape& shape) {
  std::string dims;
  for (int i = 0; i < shape.rank(); ++i)
    dims += (i ? ", " : "") + (shape[i] == Shape::kUnknown ? std::string("None") : std::to_string(shape[i]));
  return fmt::format("({}{})", dims, shape.rank() == 1 ? "," : "");
}

// Lists and dicts of leaves; Keras takes the braces of a dict away.
template <class Text>
std::string nest_text(const TensorNest& nest, Text text) {
  if (nest.is_leaf()) return text(nest.leaf());
  std::string items;
  if (nest.is_list())
    for (const auto& item : nest.list()) items += (items.empty() ? "" : ", ") + nest_text(item, text);
  else
    for (const auto& [key, item] : nest.dict()) items += (items.empty() ? "" : ", ") + key + ": " + nest_text(item, text);
  return nest.is_list() ? fmt::format("[{}]", items) : items;
}

TensorNest one_or_list(const std::vector<Tensor>& tensors) {
  if (tensors.size() == 1) return TensorNest(tensors[0]);
  TensorNest::List list;
  for (const Tensor& t : tensors) list.push_back(TensorNest(t));
  return TensorNest(std::move(list));
}

// What an operation takes and gives, as Keras's `layer.input` and `layer.output`: a model's own, otherwise its first call's.
struct Ends {
  TensorNest input, output;
};
std::optional<Ends> ends_of(const Operation& operation, const OperationGraph* graph) {
  if (auto* model = dynamic_cast<const FunctionalImpl*>(&operation)) return Ends{model->inputs(), model->outputs()};
  const auto nodes = graph ? graph->nodes_of(operation) : std::vector<const OperationNode*>();
  if (nodes.empty()) return std::nullopt;
  return Ends{one_or_list(symbolic_tensors(*nodes[0])), one_or_list(nodes[0]->outputs.flatten())};
}

const OperationGraph* graph_of(const Operation& operation) {
  if (auto* model = dynamic_cast<const FunctionalImpl*>(&operation)) return &model->graph();
  auto* model = dynamic_cast<const SequentialImpl*>(&operation);
  return model && model->functional() ? &model->functional()->graph() : nullptr;
}
bool is_nested(const Operation& operation) { return graph_of(operation) != nullptr; }

// The operation inside nested models that makes their output.
const Operation* source_of(const Tensor& tensor, bool inside) {
  const SymbolicTensor* from = tensor.symbolic().get();
  while (inside && is_nested(*from->node->operation)) {
    const Operation& operation = *from->node->operation;
    auto* sequential = dynamic_cast<const SequentialImpl*>(&operation);
    const auto& model = sequential ? *sequential->functional() : dynamic_cast<const FunctionalImpl&>(operation);
    from = model.outputs().flatten().at(from->tensor_index).symbolic().get();
  }
  return from->node->operation.get();
}
// The one that takes input `index` of nested models. A Sequential shows no input layer.
const Operation* destination_of(const Operation& operation, std::size_t index, bool inside) {
  const Operation* to = &operation;
  while (inside && is_nested(*to)) {
    if (auto* model = dynamic_cast<const FunctionalImpl*>(to))
      return model->inputs().flatten().at(index).symbolic()->node->operation.get();
    to = dynamic_cast<const SequentialImpl*>(to)->layers()[0].impl().get();
  }
  return to;
}

class Plot {
 public:
  explicit Plot(const PlotModelArgs& args) : args_(args) {}

  std::string text(const Model& model) {
    out_ = fmt::format("digraph G {{\nrankdir={};\nconcentrate=true;\ndpi={};\nsplines={};\nnode [shape=record];\n",
                       dot_value(args_.rankdir), args_.dpi, dot_value(args_.splines));
    add_model(*model.impl());
    return out_ + "}\n";
  }

 private:
  using Edges = std::set<std::pair<int, int>>;

  int number_of(const Operation* operation) {
    return numbers_.emplace(operation, static_cast<int>(numbers_.size()) + 1).first->second;
  }

  void add_model(const ModelImpl& model) {
    const OperationGraph* graph = graph_of(model);
    if (!graph) return add_node(model, nullptr);
    auto* sequential = dynamic_cast<const SequentialImpl*>(&model);
    auto operations = graph->operations;
    if (sequential) {
      operations.clear();
      for (const Layer& layer : sequential->layers()) operations.push_back(layer.impl());
    }
    for (const auto& operation : operations) {
      auto* inner = dynamic_cast<const ModelImpl*>(operation.get());
      if (inner && is_nested(*inner) && args_.expand_nested) add_cluster(*inner);
      else add_node(*operation, graph);
    }
    Edges edges;
    // What leads into the first layer of a Sequential comes from outside.
    for (std::size_t i = sequential ? 1 : 0; i < operations.size(); ++i) add_edges(*operations[i], *graph, edges);
  }

  void add_cluster(const ModelImpl& model) {
    out_ += fmt::format("subgraph {} {{\nstyle=dashed;\nlabel={};\nlabeljust=l;\n", dot_value("cluster_" + model.name()),
                        dot_value(model.name()));
    add_model(model);
    out_ += "}\n";
  }

  void add_edges(const Operation& operation, const OperationGraph& graph, Edges& edges) {
    for (const OperationNode* node : graph.nodes_of(operation)) {
      const auto inputs = symbolic_tensors(*node);
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        const int from = number_of(source_of(inputs[i], args_.expand_nested)),
                  to = number_of(destination_of(operation, i, args_.expand_nested));
        if (edges.emplace(from, to).second) out_ += fmt::format("{} -> {} [penwidth=2];\n", from, to);
      }
    }
  }

  void add_node(const Operation& operation, const OperationGraph* graph) {
    out_ +=
        fmt::format("{} [label={}, fontname=Helvetica, border=0, margin=0];\n", number_of(&operation), label(operation, graph));
  }

  std::string label(const Operation& operation, const OperationGraph* graph) const {
    const int columns = std::max(1, args_.show_dtype + args_.show_trainable + 2 * args_.show_shapes);
    const std::string kind = html(operation.class_name());
    std::string rows =
        fmt::format(R"(<tr><td colspan="{}" bgcolor="black"><font point-size="16" color="white">{}</font></td></tr>)", columns,
                    args_.show_layer_names.value_or(true) ? fmt::format("<b>{}</b> ({})", html(operation.name()), kind)
                                                          : "<b>" + kind + "</b>");
    if (const std::string activation = activation_of(operation); args_.show_layer_activations && !activation.empty())
      rows += fmt::format(R"(<tr><td bgcolor="white" colspan="{}"><font point-size="14">Activation: <b>{}</b></font></td></tr>)",
                          columns, html(activation));
    if (const std::string cells = this->cells(operation, graph); !cells.empty()) rows += fmt::format("<tr>{}</tr>", cells);
    return fmt::format(R"(<<table border="0" cellborder="1" bgcolor="black" cellpadding="10">{}</table>>)", rows);
  }

  std::string cells(const Operation& operation, const OperationGraph* graph) const {
    std::string out;
    const auto cell = [&](const char* what, const std::string& value) {
      out += fmt::format(R"(<td bgcolor="white"><font point-size="14">{}: <b>{}</b></font></td>)", what, html(value));
    };
    const auto ends = ends_of(operation, graph);
    const auto shapes = [](const TensorNest& nest) {
      return nest_text(nest, [](const Tensor& t) { return tuple_text(t.shape()); });
    };
    const auto dtypes = [](const TensorNest& nest) {
      return nest_text(nest, [&](const Tensor& t) {
        const std::string name(t.dtype().name());
        return nest.is_leaf() ? name : "'" + name + "'";
      });
    };
    if (args_.show_shapes) {
      if (operation.class_name() != "InputLayer") cell("Input shape", ends ? shapes(ends->input) : "?");
      cell("Output shape", ends ? shapes(ends->output) : "?");
    }
    if (args_.show_dtype) cell("Output dtype", ends ? dtypes(ends->output) : "?");
    if (auto* layer = dynamic_cast<const LayerImpl*>(&operation); layer && args_.show_trainable && !layer->weights().empty())
      out += fmt::format(R"(<td bgcolor="{}"><font point-size="14" color="white"><b>{}</b></font></td>)",
                         layer->trainable() ? "forestgreen" : "firebrick", layer->trainable() ? "Trainable" : "Non-trainable");
    return out;
  }

  // Of a layer that has one: the name of a function, or of a layer; empty otherwise.
  static std::string activation_of(const Operation& operation) {
    if (!dynamic_cast<const LayerImpl*>(&operation) || dynamic_cast<const ModelImpl*>(&operation)) return "";
    const Json config = operation.get_config();
    if (!config.contains("activation") || config["activation"].is_null()) return "";
    const Json& activation = config["activation"];
    if (activation.is_string()) return activation.get<std::string>();
    const Json& inner = activation["config"];
    return inner.is_string() ? inner.get<std::string>() : inner.value("name", activation.value("class_name", ""));
  }

  const PlotModelArgs& args_;
  std::map<const Operation*, int> numbers_;
  std::string out_;
};

std::string drawn(const std::string& dot, const std::string& format, const std::string& to_file) {
  const auto result = run_program({"dot", "-T" + format}, dot);
  if (!result)
    throw error<RuntimeError>(
        "You must install graphviz (`apt install graphviz`, or see https://graphviz.gitlab.io/download/) for `plot_model` to "
        "draw "
        "'{}'. Without it a file that ends in .dot can be written.",
        to_file);
  if (result->status != 0) throw error<RuntimeError>("Graphviz cannot draw '{}': {}", to_file, result->errors);
  return result->output;
}

}  // namespace

PYTHON_NAMES("keras.utils.model_to_dot");
std::string model_to_dot(const Model& model, PlotModelArgs args) {
  if (!model.built())
    throw ValueError(
        "This model has not yet been built. Build the model first by calling `build()` or by calling the model on a batch of "
        "data.");
  return Plot(args).text(model);
}

PYTHON_NAMES("keras.utils.plot_model");
void plot_model(const Model& model, const std::string& to_file, PlotModelArgs args) {
  if (!args.show_layer_names) args.show_layer_names = false;
  std::string text = model_to_dot(model, args);
  std::string format = std::filesystem::path(to_file).extension();
  format = format.empty() ? "png" : format.substr(1);
  if (format != "dot" && format != "gv") text = drawn(text, format, to_file);
  io::write_file_atomically(to_file, std::as_bytes(std::span(text)));
}

}  // namespace cornu::keras::utils
