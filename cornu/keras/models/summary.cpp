#include <algorithm>
#include <map>

#include "cornu/keras/models/functional.h"
#include "cornu/keras/models/model.h"
#include "cornu/keras/models/sequential.h"

namespace cornu::keras {
namespace {

std::string grouped(int64_t number) {
  std::string digits = std::to_string(number);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) digits.insert(at, 1, ',');
  return digits;
}

std::string readable_size(double bytes) {
  const char* units[] = {"B", "KB", "MB", "GB", "TB"};
  int unit = 0;
  for (; bytes >= 1024 && unit < 4; ++unit) bytes /= 1024;
  return fmt::format("{:.2f} {}", bytes, units[unit]);
}

std::string totals(const char* what, const std::vector<Variable>& variables) {
  int64_t count = 0, bytes = 0;
  for (const Variable& v : variables) count += v.size(), bytes += v.size() * v.dtype().size();
  return fmt::format(" {}: {} ({})\n", what, grouped(count), readable_size(static_cast<double>(bytes)));
}

using Row = std::vector<std::string>;

// Columns in the shares of the line that Keras gives them, text cut with an ellipsis.
class Table {
 public:
  Table(std::vector<double> ends, std::vector<bool> right, int line) : right_(std::move(right)) {
    int before = 0;
    for (double end : ends) {
      widths_.push_back(static_cast<int>(end * line) - before);
      before = static_cast<int>(end * line);
    }
  }
  std::string text(const Row& header, const std::vector<Row>& rows) const {
    std::string out = rule("┏", "━", "┳", "┓") + line(header, "┃") + rule("┡", "━", "╇", "┩");
    for (std::size_t i = 0; i < rows.size(); ++i) out += (i ? rule("├", "─", "┼", "┤") : "") + line(rows[i], "│");
    return out + rule("└", "─", "┴", "┘");
  }

 private:
  static std::size_t columns(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
  }
  std::string rule(const char* left, const char* fill, const char* between, const char* right) const {
    std::string out = left;
    for (std::size_t i = 0; i < widths_.size(); ++i) {
      for (int k = 0; k < widths_[i] - 2; ++k) out += fill;
      out += i + 1 < widths_.size() ? between : right;
    }
    return out + "\n";
  }
  std::string line(const Row& row, const char* bar) const {
    std::string out = bar;
    for (std::size_t i = 0; i < widths_.size(); ++i) {
      const int room = widths_[i] - 4;
      std::string cell = row[i];
      if (static_cast<int>(columns(cell)) > room) cell = cell.substr(0, room - 1) + "…";
      const std::string pad(std::max(0, room - static_cast<int>(columns(cell))), ' ');
      out.append(" ").append(right_[i] ? pad + cell : cell + pad).append(" ").append(bar);
    }
    return out + "\n";
  }
  std::vector<int> widths_;
  std::vector<bool> right_;
};

// The shape that a layer gives in this model, by the node that calls it.
std::map<const Operation*, std::string> output_shapes(const Model& model) {
  std::map<const Operation*, std::string> out;
  const FunctionalImpl* graph = model.as<FunctionalImpl>();
  if (auto* sequential = model.as<SequentialImpl>()) graph = sequential->functional();
  if (!graph) return out;
  for (const auto& node : graph->graph().nodes) {
    const auto leaves = node->outputs.flatten();
    std::string text;
    for (const Tensor& t : leaves) text += (text.empty() ? "" : ", ") + to_string(t.shape());
    out.emplace(node->operation.get(), leaves.size() == 1 ? text : "[" + text + "]");
  }
  return out;
}

}  // namespace

std::string Model::summary_text(SummaryArgs args) const {
  const int line = args.line_length ? args.line_length : 80;
  const auto shapes = output_shapes(*this);
  std::vector<Row> rows;
  for (const Layer& layer : layers()) {
    const auto shape = shapes.find(layer.impl().get());
    rows.push_back({fmt::format("{} ({})", layer.name(), layer.impl()->class_name()), shape == shapes.end() ? "?" : shape->second,
                    layer.built() ? grouped(layer.count_params()) : "0 (unbuilt)"});
  }
  const Table table({0.45, 0.80, 1.0}, {false, false, true}, line);
  std::string out = fmt::format("Model: \"{}\"\n", name()) + table.text({"Layer (type)", "Output Shape", "Param #"}, rows);
  const Optimizer optimizer = this->optimizer();
  auto all = weights();
  if (optimizer && optimizer->built())
    for (const Variable& v : optimizer->variables()) all.push_back(v);
  out += totals("Total params", all) + totals("Trainable params", trainable_weights()) + totals("Non-trainable params", non_trainable_weights());
  if (optimizer && optimizer->built()) out += totals("Optimizer params", optimizer->variables());
  return out;
}

}  // namespace cornu::keras
