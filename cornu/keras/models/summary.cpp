#include <iostream>

#include "cornu/base/environment.h"
#include "cornu/base/regular_expression.h"
#include "cornu/keras/models/functional.h"
#include "cornu/keras/models/model.h"
#include "cornu/keras/models/sequential.h"
#include "cornu/keras/utils/text_table.h"

namespace cornu::keras {
namespace {

using utils::Justify, utils::TextColumn, utils::TextTable;

constexpr int kShortestColumn = 4;

std::string grouped(int64_t number) {
  const std::string digits = std::to_string(number);
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

std::string readable_size(double bytes) {
  const char* units[] = {"B", "KB", "MB", "GB", "TB", "PB"};
  int unit = 0;
  for (; bytes >= 1024 && unit < 5; ++unit) bytes /= 1024;
  return fmt::format("{:.2f} {}", bytes, units[unit]);
}

std::string totals(const char* what, const std::vector<Variable>& variables) {
  int64_t count = 0, bytes = 0;
  for (const Variable& v : variables) count += v.size(), bytes += v.size() * v.dtype().size();
  return fmt::format(" {}: {} ({})\n", what, grouped(count), readable_size(static_cast<double>(bytes)));
}

std::string shape_text(const Nest<Shape>& shapes) {
  if (shapes.is_leaf()) {
    std::string dims;
    for (int64_t dim : shapes.leaf())
      dims += (dims.empty() ? "" : ", ") + (dim == Shape::kUnknown ? "None" : std::to_string(dim));
    return "(" + dims + ")";
  }
  if (shapes.count() == 1) return shape_text(shapes.flatten()[0]);
  std::string items;
  if (shapes.is_list())
    for (const auto& item : shapes.list()) items += (items.empty() ? "" : ", ") + shape_text(item);
  else
    for (const auto& [key, item] : shapes.dict()) items += (items.empty() ? "" : ", ") + key + ": " + shape_text(item);
  return shapes.is_list() ? "[" + items + "]" : "{" + items + "}";
}

std::string output_shape(Operation& operation) {
  if (operation.output_shapes()) return shape_text(*operation.output_shapes());
  auto* layer = dynamic_cast<LayerImpl*>(&operation);
  if (!layer || !layer->build_shape() || layer->build_shape()->count() == 0) return "?";
  try {
    return shape_text(layer->compute_output_shape(*layer->build_shape()));
  } catch (const NotImplementedError&) {
    return "?";  // no call() to follow
  }
}

class Summary {
 public:
  Summary(const Model& model, const SummaryArgs& args) : args_(args), graph_(model.as<FunctionalImpl>()) {
    if (graph_ && graph_->graph().is_chain()) graph_ = nullptr;
    if (auto* functional = model.as<FunctionalImpl>()) operations_ = functional->graph().operations;
    else
      for (const Layer& layer : model.layers()) operations_.push_back(layer.impl());
  }

  std::string table() {
    auto all_columns = columns();  // finds the length of a line
    TextTable table(std::move(all_columns), line_length_);
    const auto [first, last] = range();
    for (std::size_t i = first; i < last; ++i) add(table, *operations_[i], 0);
    return table.text();
  }

 private:
  std::vector<TextColumn> columns() {
    std::vector<TextColumn> out{{"Layer (type)"}, {"Output Shape"}, {"Param #", Justify::right}};
    std::vector<double> ends{0.45, 0.80, 1.0};
    int widest = 88;
    if (graph_) {
      out.push_back({"Connected to"});
      ends = {0.3, 0.56, 0.74, 1.0};
      widest = 108;
    }
    if (!args_.positions.empty()) ends = args_.positions;
    if (args_.show_trainable) {
      out.push_back({"Trainable", Justify::center});
      for (double& end : ends) end *= 0.90;
      ends.push_back(1.0);
      widest += 12;
    }
    if (ends.size() != out.size())
      throw error<ValueError>("`positions` must give the end of each of {} columns. Received: {} numbers", out.size(),
                              ends.size());
    line_length_ = args_.line_length ? args_.line_length : std::min(widest, terminal_columns() - 4);
    int before = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i].width = static_cast<int>(ends[i] * line_length_) - before;
      before += out[i].width;
      if (out[i].width < kShortestColumn)
        throw error<ValueError>("Insufficient console width to print summary. Give `line_length`. Received: a line of {} columns",
                                line_length_);
    }
    return out;
  }

  // Which operations `layer_range` means: [first, last).
  std::pair<std::size_t, std::size_t> range() const {
    if (args_.layer_range.empty()) return {0, operations_.size()};
    if (args_.layer_range.size() != 2)
      throw error<ValueError>("layer_range must be a list of length 2. Received: layer_range = [{}]",
                              fmt::join(args_.layer_range, ", "));
    std::vector<std::size_t> found[2];
    for (int side = 0; side < 2; ++side) {
      const std::regex pattern = regular_expression(args_.layer_range[side], "layer_range");
      for (std::size_t i = 0; i < operations_.size(); ++i)
        if (std::regex_search(operations_[i]->name(), pattern, std::regex_constants::match_continuous)) found[side].push_back(i);
      if (found[side].empty())
        throw error<ValueError>("Passed layer_names do not match the layer names in the model. Received: [{}]",
                                fmt::join(args_.layer_range, ", "));
    }
    if (found[0].front() > found[1].back()) return {found[1].front(), found[0].back() + 1};
    return {found[0].front(), found[1].back() + 1};
  }

  void add(TextTable& table, Operation& operation, int level) const {
    const std::string prefix = level ? fmt::format("{:{}}└ ", "", 3 * level) : "";
    auto* layer = dynamic_cast<LayerImpl*>(&operation);
    std::vector<std::string> cells{fmt::format("{}{} ({})", prefix, operation.name(), operation.class_name()),
                                   output_shape(operation),
                                   !layer           ? "0"
                                   : layer->built() ? grouped(layer->count_params())
                                                    : "0 (unbuilt)"};
    if (graph_) cells.push_back(connections(operation));
    if (args_.show_trainable) cells.push_back(!layer || layer->weights().empty() ? "-" : layer->trainable() ? "Y" : "N");
    table.add_row(std::move(cells));
    if (auto* model = dynamic_cast<ModelImpl*>(&operation); model && args_.expand_nested)
      for (const Layer& inner : model->layers()) add(table, *inner.impl(), level + 1);
  }

  std::string connections(const Operation& operation) const {
    std::string out;
    for (const OperationNode* node : graph_->graph().nodes_of(operation))
      for (const Tensor& t : symbolic_tensors(*node)) {
        const SymbolicTensor& from = *t.symbolic();
        out += fmt::format("{}{}[{}][{}]", out.empty() ? "" : ", ", from.node->operation->name(), from.node->index,
                           from.tensor_index);
      }
    return out.empty() ? "-" : out;
  }

  const SummaryArgs& args_;
  const FunctionalImpl* graph_;  // null where the layers stand in a row
  std::vector<std::shared_ptr<Operation>> operations_;
  int line_length_ = 0;
};

}  // namespace

std::string Model::summary_text(SummaryArgs args) const {
  const Optimizer optimizer = this->optimizer();
  const bool trained = optimizer && optimizer->built();
  auto all = weights();
  if (trained)
    for (const Variable& v : optimizer->variables()) all.push_back(v);
  std::string out = fmt::format("Model: \"{}\"\n", name()) + Summary(*this, args).table();
  out += totals("Total params", all) + totals("Trainable params", trainable_weights()) +
         totals("Non-trainable params", non_trainable_weights());
  if (trained) out += totals("Optimizer params", optimizer->variables());
  return out;
}
void Model::summary(SummaryArgs args) const { std::cout << summary_text(std::move(args)); }

}  // namespace cornu::keras
