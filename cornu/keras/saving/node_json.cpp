#include "cornu/keras/saving/node_json.h"

#include <algorithm>
#include <limits>
#include <map>
#include <unordered_map>

#include "cornu/ir/node.h"
#include "cornu/keras/layers/core/input_layer.h"
#include "cornu/keras/models/functional.h"
#include "cornu/keras/ops/function_record.h"
#include "cornu/keras/saving/deserialization.h"
#include "cornu/keras/saving/json_fields.h"
#include "cornu/keras/saving/serialization.h"

namespace cornu::keras {
namespace {

// Among the inputs and outputs of a model the calls of a functional model count from one (it has a node of its own from the day it
// was made), among the arguments of calls from zero, as all others.
int first_output_of(const Operation& operation) { return dynamic_cast<const FunctionalImpl*>(&operation) ? 1 : 0; }

// --- writing ---

class Writer {
 public:
  explicit Writer(const FunctionalImpl& model) : model_(model) {
    for (const auto& operation : model.graph().operations) nodes_[operation.get()] = model.graph().nodes_of(*operation);
  }

  Json config() {
    Json layers = Json::array();
    for (const auto& operation : model_.graph().operations) {
      Json layer = serialize(*operation);
      layer["name"] = operation->name();
      layer["inbound_nodes"] = Json::array();
      for (const OperationNode* node : nodes_[operation.get()])
        if (!node->is_input()) layer["inbound_nodes"].push_back(call_json(*node));
      layers.push_back(std::move(layer));
    }
    return Json{{"name", model_.name()},
                {"trainable", model_.trainable()},
                {"layers", layers},
                {"input_layers", places(model_.inputs())},
                {"output_layers", places(model_.outputs())}};
  }

 private:
  Json place(const Tensor& t, int first) {
    const OperationNode* node = t.symbolic()->node.get();
    const auto& nodes = nodes_[node->operation.get()];
    const auto at = std::find(nodes.begin(), nodes.end(), node) - nodes.begin();
    return Json::array({node->operation->name(), at + first, t.symbolic()->tensor_index});
  }
  Json places(const TensorNest& nest) {
    return nested(nest, [&](const Tensor& t) { return place(t, first_output_of(*t.symbolic()->node->operation)); });
  }
  Json call_json(const OperationNode& node) {
    auto tensor = [&](const Tensor& t) { return tensor_json(t); };
    Json args = Json::array(), kwargs = Json::object();
    for (const auto& nest : node.arguments.positional) args.push_back(nested(nest, tensor));
    for (const auto& [key, nest] : node.arguments.keywords) kwargs[key] = nested(nest, tensor);
    for (const auto& [key, value] : node.arguments.settings) kwargs[key] = value;
    // A model takes a mask, and Keras writes what it was called with.
    if (dynamic_cast<const ModelImpl*>(node.operation.get()) && !kwargs.contains("mask")) kwargs["mask"] = nullptr;
    if (auto* function = dynamic_cast<const ops::FunctionOperation*>(node.operation.get()))
      function->add_call_arguments(args, kwargs);
    return Json{{"args", args}, {"kwargs", kwargs}};
  }
  Json tensor_json(const Tensor& t) {
    if (!t.is_symbolic()) return json_of(t);
    return Json{
        {"class_name", "__keras_tensor__"},
        {"config", {{"shape", json_of(t.shape())}, {"dtype", std::string(t.dtype().name())}, {"keras_history", place(t, 0)}}}};
  }
  template <class F>
  static Json nested(const TensorNest& nest, F&& f) {
    if (nest.is_leaf()) return f(nest.leaf());
    if (nest.is_list()) {
      Json out = Json::array();
      for (const auto& item : nest.list()) out.push_back(nested(item, f));
      return out;
    }
    Json out = Json::object();
    for (const auto& [key, item] : nest.dict()) out[key] = nested(item, f);
    return out;
  }

  const FunctionalImpl& model_;
  std::unordered_map<const Operation*, std::vector<const OperationNode*>> nodes_;
};

// --- reading ---

class Reader {
 public:
  std::shared_ptr<FunctionalImpl> model(const Json& config) {
    for (const Json& layer : member(config, "layers")) create(layer);
    // A call waits until the tensors that it reads exist.
    while (!waiting_.empty()) {
      std::vector<Call> still;
      for (Call& call : waiting_)
        if (!run(call)) still.push_back(std::move(call));
      if (still.size() == waiting_.size())
        throw error<ValueError>("The inbound nodes of layer '{}' refer to tensors that nothing makes.", still[0].name);
      waiting_ = std::move(still);
    }
    ModelArgs args;
    saving::read_field(config, "name", args.name);
    saving::read_field(config, "trainable", args.trainable);
    return make<FunctionalImpl>(tensors_at(member(config, "input_layers")), tensors_at(member(config, "output_layers")), args)
        .impl();
  }

 private:
  struct Made {
    std::shared_ptr<Operation> operation;
    std::vector<std::vector<Tensor>> nodes;  // the tensors of each node
  };
  struct Call {
    std::string name;
    std::size_t node;
    Json args, kwargs;
  };

  static const Json& member(const Json& json, const char* key) {
    const auto found = json.is_object() ? json.find(key) : json.end();
    if (!json.is_object() || found == json.end()) throw error<ValueError>("The config of a functional model lacks `{}`.", key);
    return *found;
  }

  void create(const Json& layer) {
    const std::string name = member(layer, "name").get<std::string>();
    const Json& inbound = member(layer, "inbound_nodes");
    const Json first = inbound.empty() ? Json::object() : inbound[0];
    Made made{deserialize_operation(layer, first.value("args", Json::array()), first.value("kwargs", Json::object())), {}};
    if (auto* input = dynamic_cast<layers::InputLayerImpl*>(made.operation.get())) made.nodes.push_back({input->output()});
    for (std::size_t i = 0; i < inbound.size(); ++i)
      waiting_.push_back({name, i, member(inbound[i], "args"), inbound[i].value("kwargs", Json::object())});
    if (!made_.emplace(name, std::move(made)).second)
      throw error<ValueError>("The name '{}' is used twice among the layers of a model.", name);
  }

  bool run(const Call& call) {
    Made& made = made_.at(call.name);
    // Calls of one layer keep their order: their number is their name in the file.
    if (made.nodes.size() != call.node) return false;
    if (!ready(call.args) || !ready(call.kwargs)) return false;
    Arguments arguments;
    const auto* function = dynamic_cast<const ops::FunctionOperation*>(made.operation.get());
    const int tensors =
        function && function->function().tensors >= 0 ? function->function().tensors : static_cast<int>(call.args.size());
    for (int i = 0; i < std::min<int>(tensors, static_cast<int>(call.args.size())); ++i)
      arguments.positional.push_back(nest_of(call.args[i]));
    for (const auto& [key, value] : call.kwargs.items()) {
      if (value.is_boolean()) arguments.settings.emplace_back(key, value.get<bool>());
      else if (!value.is_null() && !function) arguments.keywords.emplace_back(key, nest_of(value));
    }
    made.nodes.push_back(made.operation->apply(arguments).flatten());
    return true;
  }

  static bool is_tensor(const Json& json) { return json.is_object() && json.value("class_name", "") == "__keras_tensor__"; }
  bool ready(const Json& json) const {
    if (is_tensor(json)) return find(member(member(json, "config"), "keras_history")) != nullptr;
    if (!json.is_structured()) return true;
    return std::all_of(json.begin(), json.end(), [&](const Json& item) { return ready(item); });
  }
  static bool is_index(const Json& json) {
    return json.is_number_integer() && json >= 0 && json <= std::numeric_limits<int32_t>::max();
  }
  const Tensor* find(const Json& place) const {
    if (!place.is_array() || place.size() < 3 || !place[0].is_string() || !is_index(place[1]) || !is_index(place[2]))
      throw error<ValueError>("Expected [layer, node, tensor]. Received: {}", shortened(place));
    const auto made = made_.find(place[0].get<std::string>());
    if (made == made_.end())
      throw error<ValueError>("A node refers to the layer '{}', which the model does not have.", place[0].get<std::string>());
    const auto node = place[1].get<std::size_t>(), tensor = place[2].get<std::size_t>();
    if (node >= made->second.nodes.size() || tensor >= made->second.nodes[node].size()) return nullptr;
    return &made->second.nodes[node][tensor];
  }
  const Tensor* find_output(Json place) const {
    const auto made = made_.find(place[0].get<std::string>());
    const int first = made == made_.end() ? 0 : first_output_of(*made->second.operation);
    if (is_index(place[1]) && place[1] >= first) place[1] = place[1].get<int64_t>() - first;
    return find(place);
  }
  // Lists of numbers are what a user wrote for a tensor: take(x, [0, 2]).
  static bool is_numbers(const Json& json) {
    if (!json.is_array()) return json.is_number() || json.is_boolean();
    return !json.empty() && std::all_of(json.begin(), json.end(), is_numbers);
  }
  TensorNest nest_of(const Json& json) const {
    if (is_tensor(json)) return TensorNest(*find(member(member(json, "config"), "keras_history")));
    if (json.is_array() && !is_numbers(json)) {
      TensorNest::List list;
      for (const Json& item : json) list.push_back(nest_of(item));
      return TensorNest(std::move(list));
    }
    if (json.is_object() && !json.contains("class_name")) {
      TensorNest::Dict dict;
      for (const auto& [key, item] : json.items()) dict.emplace_back(key, nest_of(item));
      return TensorNest(std::move(dict));
    }
    Tensor value;
    read_json(json, value);
    return TensorNest(value);
  }
  TensorNest tensors_at(const Json& json) const {
    if (json.is_array() && json.size() == 3 && json[0].is_string()) {
      const Tensor* tensor = find_output(json);
      if (!tensor) throw error<ValueError>("No tensor is at {}.", shortened(json));
      return TensorNest(*tensor);
    }
    if (json.is_array()) {
      TensorNest::List list;
      for (const Json& item : json) list.push_back(tensors_at(item));
      return TensorNest(std::move(list));
    }
    if (!json.is_object()) throw error<ValueError>("Expected the places of tensors. Received: {}", shortened(json));
    TensorNest::Dict dict;
    for (const auto& [key, item] : json.items()) dict.emplace_back(key, tensors_at(item));
    return TensorNest(std::move(dict));
  }

  std::map<std::string, Made> made_;
  std::vector<Call> waiting_;
};

}  // namespace

Json functional_config(const FunctionalImpl& model) { return Writer(model).config(); }
std::shared_ptr<FunctionalImpl> functional_from_config(const Json& config) { return Reader().model(config); }

}  // namespace cornu::keras
