#include "cornu/keras/models/functional.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "cornu/ir/node.h"
#include "cornu/keras/layers/call_scope.h"
#include "cornu/keras/saving/node_json.h"
#include "cornu/ops/view/view.h"

namespace cornu::keras {
namespace {

void check_symbolic(const TensorNest& nest, const char* what) {
  nest.visit([&](const Tensor& t) {
    if (!t.is_symbolic())
      throw error<ValueError>(
          "All `{}` values must be KerasTensors (from `Input` or a layer called on one). Received: a plain tensor", what);
  });
}

// What the inputs lead to; an input that is not among them leads nowhere.
std::set<TensorKey> reached_from(const TensorNest& inputs, const OperationGraph& graph) {
  std::set<TensorKey> reached;
  inputs.visit([&](const Tensor& t) { reached.insert(key_of(t)); });
  for (const auto& node : graph.nodes) {
    const auto operands = symbolic_tensors(*node);
    if (node->is_input() ||
        !std::all_of(operands.begin(), operands.end(), [&](const Tensor& t) { return reached.contains(key_of(t)); }))
      continue;
    for (std::size_t i = 0; i < node->outputs.count(); ++i) reached.insert({node.get(), static_cast<int>(i)});
  }
  return reached;
}

void check_reached(const TensorNest& outputs, const std::set<TensorKey>& reached, const std::string& path = "") {
  if (outputs.is_leaf()) {
    if (!reached.contains(key_of(outputs.leaf())))
      throw error<ValueError>("Output with path `{}` is not connected to `inputs`", path);
    return;
  }
  auto below = [&](const std::string& key) { return path.empty() ? key : path + "." + key; };
  if (outputs.is_list())
    for (std::size_t i = 0; i < outputs.list().size(); ++i) check_reached(outputs.list()[i], reached, below(std::to_string(i)));
  else
    for (const auto& [key, item] : outputs.dict()) check_reached(item, reached, below(key));
}

std::string quoted(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "'" : ", '") + name + "'";
  return "[" + out + "]";
}

// The inputs of a call, by name where the call or the model has a dict of them.
TensorNest by_name(const TensorNest::Dict& given, const std::vector<std::string>& expected) {
  std::vector<std::string> keys;
  TensorNest::List out;
  for (const auto& [key, item] : given) keys.push_back(key);
  for (const auto& name : expected) {
    const auto found = std::find(keys.begin(), keys.end(), name);
    if (found == keys.end())
      throw error<ValueError>(
          "Missing data for input \"{}\". You passed a data dictionary with keys {}. Expected the following keys: {}", name,
          quoted(keys), quoted(expected));
    out.push_back(given[found - keys.begin()].second);
  }
  return TensorNest(std::move(out));
}

// An input whose rank is off by a last dimension of 1 is taken as meant.
Tensor with_rank_of(const Tensor& x, const Tensor& expected, std::size_t index, const std::string& model) {
  const Shape& want = expected.shape();
  Tensor out = x;
  if (x.rank() == want.rank() + 1 && x.shape()[-1] == 1) out = Tensor(ops::squeeze(x.value(), {-1}));
  else if (x.rank() == want.rank() - 1 && want[-1] == 1) out = Tensor(ops::expand_dims(x.value(), -1));
  bool fits = out.rank() == want.rank();
  for (int i = 1; fits && i < want.rank(); ++i)
    if (int64_t merged; !merge_dims(out.shape()[i], want[i], merged)) fits = false;
  if (!fits)
    throw error<ValueError>(
        "Input {} with name '{}' of layer '{}' is incompatible with the layer: expected shape={}, found shape={}", index,
        expected.symbolic()->name, model, to_string(want), to_string(x.shape()));
  return out.with_mask(x.mask());
}

// As the input's dtype. Whole numbers stay exact beside 16-bit floats, which the layers that want them make themselves: ids of an
// Embedding must not be rounded.
Tensor in_dtype_of(const Tensor& x, DType expected) {
  return cast_to(x, x.dtype().is_integer() && expected.is_floating() && expected.size() == 2 ? float32 : expected);
}

}  // namespace

FunctionalImpl::FunctionalImpl(TensorNest inputs, TensorNest outputs, ModelArgs args)
    : ModelImpl({.name = std::move(args.name), .trainable = args.trainable}),
      inputs_(std::move(inputs)),
      outputs_(std::move(outputs)) {
  check_symbolic(inputs_, "inputs");
  check_symbolic(outputs_, "outputs");
  if (inputs_.count() == 0 || outputs_.count() == 0)
    throw error<ValueError>("`{}` argument cannot be empty. Received: {} inputs, {} outputs",
                            inputs_.count() ? "outputs" : "inputs", inputs_.count(), outputs_.count());
  graph_ = map_graph(inputs_.flatten(), outputs_.flatten());
  check_reached(outputs_, reached_from(inputs_, graph_));
  build_from(inputs_.map([](const Tensor& t) { return t.shape(); }));
  if (!args.trainable) set_trainable(false);
}

std::vector<Tensor> FunctionalImpl::standardized(const TensorNest& inputs) const {
  const auto expected = inputs_.flatten();
  std::vector<std::string> names = input_names();
  if (inputs_.is_dict()) {
    names.clear();
    for (const auto& [key, item] : inputs_.dict()) names.push_back(key);
    std::sort(names.begin(), names.end());  // the order of flattening
  }
  auto given = inputs.is_dict() ? by_name(inputs.dict(), names).flatten() : inputs.flatten();
  if (given.size() != expected.size())
    throw error<ValueError>("Layer \"{}\" expects {} input(s), but it received {} input tensors.", name(), expected.size(),
                            given.size());
  for (std::size_t i = 0; i < given.size(); ++i) {
    given[i] = with_rank_of(given[i], expected[i], i, name());
    given[i] = in_dtype_of(given[i], expected[i].dtype());
  }
  return given;
}

TensorNest FunctionalImpl::call(const Arguments& arguments, const CallContext&) {
  std::map<TensorKey, Tensor> values;
  const auto given = standardized(arguments.first());
  const auto expected = inputs_.flatten();
  for (std::size_t i = 0; i < given.size(); ++i) values[key_of(expected[i])] = given[i];
  for (const auto& node : graph_.nodes) {
    if (node->is_input()) continue;
    CallBudget::spend_one();
    std::vector<Tensor> operands;
    for (const Tensor& t : node->arguments.tensors()) operands.push_back(t.is_symbolic() ? values.at(key_of(t)) : t);
    const CallScope scope(node->arguments.training());
    int index = 0;
    node->operation->apply(node->arguments.with(operands)).visit([&](const Tensor& t) { values[{node.get(), index++}] = t; });
  }
  return outputs_.map([&](const Tensor& t) { return values.at(key_of(t)); });
}

std::vector<Layer> FunctionalImpl::layers() const {
  std::vector<Layer> out;
  for (const auto& operation : graph_.operations)
    if (auto layer = std::dynamic_pointer_cast<LayerImpl>(operation)) out.emplace_back(std::move(layer));
  return out;
}

std::vector<Trackable::Child> FunctionalImpl::children() const {
  Child list{"layers", {}, true};
  for (const Layer& layer : layers()) list.items.push_back(layer.impl());
  auto out = LayerImpl::children();
  out.insert(out.begin(), std::move(list));
  return out;
}

std::vector<std::string> FunctionalImpl::output_names() const {
  std::vector<std::string> out;
  outputs_.visit([&](const Tensor& t) { out.push_back(t.symbolic()->node->operation->name()); });
  return out;
}
std::vector<std::string> FunctionalImpl::input_names() const {
  std::vector<std::string> out;
  inputs_.visit([&](const Tensor& t) { out.push_back(t.symbolic()->name); });
  return out;
}

Json FunctionalImpl::get_config() const { return functional_config(*this); }

Model::Model(TensorNest inputs, TensorNest outputs, ModelArgs args)
    : Model(std::shared_ptr<ModelImpl>(make<FunctionalImpl>(std::move(inputs), std::move(outputs), std::move(args)).impl())) {}

}  // namespace cornu::keras
