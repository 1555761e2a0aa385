#include "cornu/keras/models/functional.h"

#include <map>
#include <nlohmann/json.hpp>

#include "cornu/ir/node.h"
#include "cornu/keras/layers/call_scope.h"
#include "cornu/keras/saving/node_json.h"
#include "cornu/ops/view/view.h"

namespace cornu::keras {
namespace {

void check_symbolic(const TensorNest& nest, const char* what) {
  nest.visit([&](const Tensor& t) {
    if (!t.is_symbolic()) throw error<ValueError>("All `{}` values must be KerasTensors (from `Input` or a layer called on one). Received: a plain tensor", what);
  });
}

// An input whose rank is off by a last dimension of 1 is taken as meant.
Tensor with_rank_of(const Tensor& x, const Tensor& expected) {
  const Shape& want = expected.shape();
  Tensor out = x;
  if (x.rank() == want.rank() + 1 && x.shape()[-1] == 1) out = Tensor(ops::squeeze(x.value(), {-1}));
  else if (x.rank() == want.rank() - 1 && want[-1] == 1) out = Tensor(ops::expand_dims(x.value(), -1));
  bool fits = out.rank() == want.rank();
  for (int i = 1; fits && i < want.rank(); ++i)
    if (int64_t merged; !merge_dims(out.shape()[i], want[i], merged)) fits = false;
  if (!fits)
    throw error<ValueError>("Invalid input shape for input '{}'. Expected shape {}, but input has incompatible shape {}", expected.symbolic()->name,
                            to_string(want), to_string(x.shape()));
  return out.with_mask(x.mask());
}

}  // namespace

FunctionalImpl::FunctionalImpl(TensorNest inputs, TensorNest outputs, ModelArgs args)
    : ModelImpl({.name = std::move(args.name), .trainable = args.trainable}), inputs_(std::move(inputs)), outputs_(std::move(outputs)) {
  check_symbolic(inputs_, "inputs");
  check_symbolic(outputs_, "outputs");
  graph_ = map_graph(inputs_.flatten(), outputs_.flatten());
  build_from(inputs_.map([](const Tensor& t) { return t.shape(); }));
  if (!args.trainable) set_trainable(false);
}

std::vector<Tensor> FunctionalImpl::standardized(const TensorNest& inputs) const {
  const auto expected = inputs_.flatten();
  std::vector<Tensor> given;
  // A dict may feed a list by the inputs' names.
  if (inputs.is_dict() && !inputs_.is_dict()) {
    for (const Tensor& t : expected) given.push_back(inputs[t.symbolic()->name].leaf());
  } else {
    given = inputs.flatten();
  }
  if (given.size() != expected.size())
    throw error<ValueError>("Model '{}' expects {} inputs. Received: {}", name(), expected.size(), given.size());
  for (std::size_t i = 0; i < given.size(); ++i) {
    given[i] = with_rank_of(given[i], expected[i]);
    given[i] = cast_to(given[i], expected[i].dtype());
  }
  return given;
}

TensorNest FunctionalImpl::call(const Arguments& arguments, const CallContext&) {
  using Key = std::pair<const OperationNode*, int>;
  auto key_of = [](const Tensor& t) { return Key{t.symbolic()->node.get(), t.symbolic()->tensor_index}; };
  std::map<Key, Tensor> values;
  const auto given = standardized(arguments.first());
  const auto expected = inputs_.flatten();
  for (std::size_t i = 0; i < given.size(); ++i) values[key_of(expected[i])] = given[i];
  for (const auto& node : graph_.nodes) {
    if (node->is_input()) continue;
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
  auto out = ModelImpl::children();
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
