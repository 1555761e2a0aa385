#include "cornu/keras/ops/operation.h"

#include <atomic>
#include <cctype>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "cornu/ir/leaf.h"
#include "cornu/trace.h"

namespace cornu::keras {
namespace {

struct Names {
  std::mutex mutex;
  std::map<std::string, int> used;
};
Names& names() {
  static Names instance;
  return instance;
}

}  // namespace

const TensorNest& Arguments::first() const {
  if (positional.empty()) throw ValueError("A layer was called without an input.");
  return positional[0];
}
const TensorNest* Arguments::keyword(std::string_view name) const {
  for (const auto& [key, nest] : keywords)
    if (key == name) return &nest;
  return nullptr;
}
std::vector<Tensor> Arguments::tensors() const {
  std::vector<Tensor> out;
  auto add = [&](const Tensor& t) { out.push_back(t); };
  for (const auto& nest : positional) nest.visit(add);
  for (const auto& [key, nest] : keywords) nest.visit(add);
  return out;
}
std::optional<bool> Arguments::training() const {
  for (const auto& [key, value] : settings)
    if (key == "training") return value;
  return std::nullopt;
}
Arguments Arguments::with(const std::vector<Tensor>& tensors) const {
  std::size_t next = 0;
  auto take = [&](const Tensor&) { return tensors.at(next++); };
  Arguments out;
  for (const auto& nest : positional) out.positional.push_back(nest.map(take));
  for (const auto& [key, nest] : keywords) out.keywords.emplace_back(key, nest.map(take));
  out.settings = settings;
  return out;
}

bool any_symbolic(const Arguments& arguments) {
  for (const Tensor& t : arguments.tensors())
    if (t.is_symbolic()) return true;
  return false;
}

Json Operation::get_config() const { return Json{{"name", name_}}; }

TensorNest Operation::apply(const Arguments& arguments) {
  prepare(arguments);
  return any_symbolic(arguments) ? describe(arguments) : compute(arguments);
}

TensorNest Operation::specs_of(const Arguments& arguments) {
  Trace trace;
  std::vector<Tensor> values;
  for (const Tensor& t : arguments.tensors())
    values.push_back(t.is_symbolic() ? Tensor(trace.parameter(t.spec())).with_mask(t.mask()) : t);
  return compute(arguments.with(values)).map([](const Tensor& t) {
    return Tensor(std::make_shared<const SymbolicTensor>(), t.spec()).with_mask(t.mask());
  });
}

TensorNest Operation::describe(const Arguments& arguments) {
  const TensorNest outputs = specs_of(arguments);
  output_shapes_ = outputs.map([](const Tensor& t) { return t.shape(); });
  auto node = std::make_shared<OperationNode>();
  node->operation = shared_from_this();
  node->index = nodes_++;
  node->arguments = arguments;
  node->outputs = outputs;
  int index = 0;
  return outputs.map([&](const Tensor& t) {
    auto symbolic = std::make_shared<SymbolicTensor>();
    symbolic->node = node;
    symbolic->tensor_index = index++;
    symbolic->name = auto_name("KerasTensor");
    return Tensor(std::shared_ptr<const SymbolicTensor>(std::move(symbolic)), t.spec())
        .with_mask(t.mask().exists() ? arguments.tensors()[0].mask() : Tensor());
  });
}

Tensor symbolic_input(std::shared_ptr<Operation> operation, ir::Spec spec, std::string name) {
  auto node = std::make_shared<OperationNode>();
  operation->output_shapes_ = Nest<Shape>(spec.shape);
  node->index = operation->nodes_++;
  node->operation = std::move(operation);
  node->outputs = TensorNest(Tensor(std::make_shared<const SymbolicTensor>(), spec));
  auto symbolic = std::make_shared<SymbolicTensor>();
  symbolic->node = node;
  symbolic->name = std::move(name);
  return Tensor(std::shared_ptr<const SymbolicTensor>(std::move(symbolic)), std::move(spec));
}

std::string to_snake_case(const std::string& name) {
  // An underscore before a capital that follows a lower-case letter or starts a word: "Conv2D" -> "conv2d",
  // "MaxPooling2D" -> "max_pooling2d".
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto at = [&](std::size_t k) { return k < name.size() ? static_cast<unsigned char>(name[k]) : 0; };
    if (!std::isalnum(at(i)) && at(i) != '_') continue;
    const bool upper = std::isupper(at(i));
    if (i > 0 && upper && ((std::islower(at(i - 1))) || (std::islower(at(i + 1)))) && !out.empty() && out.back() != '_')
      out += '_';
    out += static_cast<char>(std::tolower(at(i)));
  }
  return out;
}

uint64_t Operation::next_id() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

std::string auto_name(const std::string& class_name) {
  const std::string base = to_snake_case(class_name);
  std::lock_guard lock(names().mutex);
  const int count = names().used[base]++;
  return count == 0 ? base : base + "_" + std::to_string(count);
}

void reset_names() {
  std::lock_guard lock(names().mutex);
  names().used.clear();
}

}  // namespace cornu::keras
