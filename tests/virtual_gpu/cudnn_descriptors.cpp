#include "tests/virtual_gpu/cudnn_descriptors.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/virtual_gpu/script.h"

namespace virtual_gpu {
namespace {

constexpr std::int64_t kAny = INT64_MAX;
constexpr std::int64_t kMostDims = 8;

enum class Access { needed, optional, computed };

struct Rule {
  cudnnBackendDescriptorType_t of;
  cudnnBackendAttributeName_t name;
  cudnnBackendAttributeType_t type;
  std::int64_t most = 1;
  Access access = Access::needed;
  cudnnBackendDescriptorType_t held = {};  // the type of a descriptor that it holds
};

#define OPERATION(KIND) CUDNN_BACKEND_OPERATION_##KIND##_DESCRIPTOR
#define TENSOR(KIND, NAME) \
  { OPERATION(KIND), NAME, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, Access::needed, CUDNN_BACKEND_TENSOR_DESCRIPTOR }
#define CONVOLUTION(KIND, NAME)                                                                                               \
  {OPERATION(KIND), NAME##_ALPHA, CUDNN_TYPE_FLOAT, 1, Access::optional},                                                     \
      {OPERATION(KIND), NAME##_ALPHA, CUDNN_TYPE_DOUBLE, 1, Access::optional},                                                \
      {OPERATION(KIND), NAME##_BETA, CUDNN_TYPE_FLOAT, 1, Access::optional},                                                  \
      {OPERATION(KIND), NAME##_BETA, CUDNN_TYPE_DOUBLE, 1, Access::optional}, {                                               \
    OPERATION(KIND), NAME##_CONV_DESC, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, Access::needed, CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR \
  }

// Two lines of one attribute: it comes in either type.
const Rule kRules[] = {
    {CUDNN_BACKEND_TENSOR_DESCRIPTOR, CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64},
    {CUDNN_BACKEND_TENSOR_DESCRIPTOR, CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE},
    {CUDNN_BACKEND_TENSOR_DESCRIPTOR, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64},
    {CUDNN_BACKEND_TENSOR_DESCRIPTOR, CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, kMostDims},
    {CUDNN_BACKEND_TENSOR_DESCRIPTOR, CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, kMostDims},
    {CUDNN_BACKEND_TENSOR_DESCRIPTOR, CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, 1, Access::optional},

    {CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE},
    {CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE},
    {CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64},
    {CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, CUDNN_ATTR_CONVOLUTION_DILATIONS, CUDNN_TYPE_INT64, kMostDims},
    {CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, CUDNN_TYPE_INT64, kMostDims},
    {CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_TYPE_INT64, kMostDims},
    {CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, CUDNN_TYPE_INT64, kMostDims},

    {CUDNN_BACKEND_POINTWISE_DESCRIPTOR, CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE},
    {CUDNN_BACKEND_POINTWISE_DESCRIPTOR, CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE},

    CONVOLUTION(CONVOLUTION_FORWARD, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD),
    TENSOR(CONVOLUTION_FORWARD, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X),
    TENSOR(CONVOLUTION_FORWARD, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W),
    TENSOR(CONVOLUTION_FORWARD, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y),
    CONVOLUTION(CONVOLUTION_BACKWARD_DATA, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA),
    TENSOR(CONVOLUTION_BACKWARD_DATA, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX),
    TENSOR(CONVOLUTION_BACKWARD_DATA, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W),
    TENSOR(CONVOLUTION_BACKWARD_DATA, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY),
    CONVOLUTION(CONVOLUTION_BACKWARD_FILTER, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER),
    TENSOR(CONVOLUTION_BACKWARD_FILTER, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X),
    TENSOR(CONVOLUTION_BACKWARD_FILTER, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW),
    TENSOR(CONVOLUTION_BACKWARD_FILTER, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY),
    {OPERATION(POINTWISE), CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, Access::needed,
     CUDNN_BACKEND_POINTWISE_DESCRIPTOR},
    TENSOR(POINTWISE, CUDNN_ATTR_OPERATION_POINTWISE_XDESC),
    {OPERATION(POINTWISE), CUDNN_ATTR_OPERATION_POINTWISE_BDESC, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, Access::optional,
     CUDNN_BACKEND_TENSOR_DESCRIPTOR},
    TENSOR(POINTWISE, CUDNN_ATTR_OPERATION_POINTWISE_YDESC),

    // Any operation; what a graph takes is checked when it is finalized.
    {CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR, CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, kAny},
    {CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR, CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, 1, Access::optional},

    {CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR, CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, kAny},

    {CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR, CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE},
    {CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, Access::needed,
     CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR},
    {CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR, CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, Access::optional,
     CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR},
    {CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR, CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, kAny, Access::computed,
     CUDNN_BACKEND_ENGINECFG_DESCRIPTOR},

    {CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, Access::needed,
     CUDNN_BACKEND_ENGINE_DESCRIPTOR},

    {CUDNN_BACKEND_ENGINE_DESCRIPTOR, CUDNN_ATTR_ENGINE_OPERATION_GRAPH, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, Access::needed,
     CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR},
    {CUDNN_BACKEND_ENGINE_DESCRIPTOR, CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64},
    {CUDNN_BACKEND_ENGINE_DESCRIPTOR, CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE, kAny, Access::computed},
    {CUDNN_BACKEND_ENGINE_DESCRIPTOR, CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE, CUDNN_TYPE_BEHAVIOR_NOTE, kAny, Access::computed},

    {CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
     Access::optional, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR},
    {CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, Access::optional},
    {CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
     Access::optional, CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR},
    {CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, kAny,
     Access::optional},
    {CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, Access::computed},

    {CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, kAny},
    {CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, kAny},
    {CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR, CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, Access::optional},
};

std::set<void*>& slots() {
  static auto* const all = new std::set<void*>;
  return *all;
}

std::string named(cudnnBackendAttributeName_t name) {
#define NAME_OF(known, value) \
  if (name == (value)) return #known;
  CORNU_CUDNN_ATTRIBUTES(NAME_OF)
  return "attribute " + std::to_string(name);
}

const Rule& rule_of(cudnnBackendDescriptorType_t of, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type) {
  const auto is_its = [&](const Rule& rule) { return rule.of == of && rule.name == name; };
  if (!std::ranges::any_of(kRules, is_its))
    throw Refused{CUDNN_STATUS_BAD_PARAM, named(name) + " is not an attribute of a descriptor of type " + std::to_string(of)};
  const auto rule = std::ranges::find_if(kRules, [&](const Rule& r) { return is_its(r) && r.type == type; });
  if (rule == std::end(kRules))
    throw Refused{CUDNN_STATUS_BAD_PARAM_ATTRIBUTE_TYPE, named(name) + " is not of type " + std::to_string(type)};
  return *rule;
}

std::size_t bytes_of(cudnnBackendAttributeType_t type) {
  switch (type) {
    case CUDNN_TYPE_BOOLEAN:
    case CUDNN_TYPE_CHAR: return 1;
    case CUDNN_TYPE_INT64:
    case CUDNN_TYPE_DOUBLE:
    case CUDNN_TYPE_HANDLE:
    case CUDNN_TYPE_VOID_PTR: return 8;
    default: return 4;
  }
}

template <class T>
T element(const void* elements, std::int64_t i) {
  T value;
  std::memcpy(&value, static_cast<const char*>(elements) + i * static_cast<std::int64_t>(sizeof(T)), sizeof(T));
  return value;
}

SharedDescriptor held(const Rule& rule, void* pointer) {
  SharedDescriptor descriptor = slot_of(pointer).descriptor;
  if (!descriptor->is_finalized)
    throw Refused{CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED, named(rule.name) + ": the descriptor is not finalized"};
  if (rule.name != CUDNN_ATTR_OPERATIONGRAPH_OPS && descriptor->type != rule.held)
    throw Refused{CUDNN_STATUS_BAD_PARAM, named(rule.name) + ": a descriptor of type " + std::to_string(descriptor->type)};
  return descriptor;
}

Elements read(const Rule& rule, std::int64_t count, const void* from) {
  if (rule.type == CUDNN_TYPE_CHAR) {
    const std::string text(static_cast<const char*>(from), static_cast<std::size_t>(count));
    return text.substr(0, text.find('\0'));
  }
  std::vector<std::int64_t> integers;
  std::vector<double> reals;
  std::vector<SharedDescriptor> descriptors;
  for (std::int64_t i = 0; i < count; ++i) {
    if (rule.type == CUDNN_TYPE_BACKEND_DESCRIPTOR) descriptors.push_back(held(rule, element<void*>(from, i)));
    else if (rule.type == CUDNN_TYPE_FLOAT) reals.push_back(element<float>(from, i));
    else if (rule.type == CUDNN_TYPE_DOUBLE) reals.push_back(element<double>(from, i));
    else if (bytes_of(rule.type) == 8) integers.push_back(element<std::int64_t>(from, i));
    else if (bytes_of(rule.type) == 4) integers.push_back(element<std::int32_t>(from, i));
    else integers.push_back(element<bool>(from, i));
  }
  if (!descriptors.empty()) return descriptors;
  if (!reals.empty()) return reals;
  return integers;
}

template <class T>
void store(T value, void* elements, std::int64_t i) {
  std::memcpy(static_cast<char*>(elements) + i * static_cast<std::int64_t>(sizeof(T)), &value, sizeof(T));
}

void write(const Rule& rule, const Elements& elements, std::int64_t count, void* to) {
  for (std::int64_t i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    if (const auto* text = std::get_if<std::string>(&elements)) store((*text)[at], to, i);
    // Into descriptors that the caller has made; the library fills and finalizes them.
    else if (const auto* descriptors = std::get_if<std::vector<SharedDescriptor>>(&elements)) {
      DescriptorSlot& slot = slot_of(element<void*>(to, i));
      if (slot.descriptor->type != rule.held)
        throw Refused{CUDNN_STATUS_BAD_PARAM,
                      named(rule.name) + " does not go into a descriptor of type " + std::to_string(slot.descriptor->type)};
      slot.descriptor = std::make_shared<Descriptor>(*(*descriptors)[at]);
    } else if (const auto* reals = std::get_if<std::vector<double>>(&elements)) {
      if (rule.type == CUDNN_TYPE_FLOAT) store(static_cast<float>((*reals)[at]), to, i);
      else store((*reals)[at], to, i);
    } else {
      const std::int64_t value = std::get<std::vector<std::int64_t>>(elements)[at];
      if (bytes_of(rule.type) == 8) store(value, to, i);
      else if (bytes_of(rule.type) == 4) store(static_cast<std::int32_t>(value), to, i);
      else store(value != 0, to, i);
    }
  }
}

}  // namespace

DescriptorSlot& create_descriptor(cudnnBackendDescriptorType_t type) {
  if (!std::ranges::any_of(kRules, [&](const Rule& rule) { return rule.of == type; }))
    throw Refused{CUDNN_STATUS_NOT_SUPPORTED, "descriptors of type " + std::to_string(type) + " are not on the virtual GPU"};
  auto* slot = new DescriptorSlot{std::make_shared<Descriptor>(type)};
  slots().insert(slot);
  return *slot;
}

void destroy_descriptor(void* pointer) {
  DescriptorSlot& slot = slot_of(pointer);
  slots().erase(&slot);
  delete &slot;
}

DescriptorSlot& slot_of(void* pointer) {
  if (!pointer) throw Refused{CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "no descriptor"};
  if (!slots().contains(pointer)) violation("cuDNN got a descriptor that was destroyed, or never was one");
  return *static_cast<DescriptorSlot*>(pointer);
}

void set_attribute(Descriptor& descriptor, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t count,
                   const void* elements) {
  const Rule& rule = rule_of(descriptor.type, name, type);
  if (descriptor.is_finalized) throw Refused{CUDNN_STATUS_BAD_PARAM, named(name) + ": the descriptor is finalized already"};
  if (rule.access == Access::computed) throw Refused{CUDNN_STATUS_BAD_PARAM, named(name) + " can only be read"};
  if (count < 1 || count > rule.most)
    throw Refused{CUDNN_STATUS_BAD_PARAM, named(name) + ": " + std::to_string(count) + " elements"};
  if (!elements) throw Refused{CUDNN_STATUS_BAD_PARAM, named(name) + ": no elements"};
  descriptor.attributes[name] = read(rule, count, elements);
}

std::int64_t get_attribute(const Descriptor& descriptor, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                           std::int64_t wanted, void* elements) {
  if (!descriptor.is_finalized) throw Refused{CUDNN_STATUS_NOT_INITIALIZED, named(name) + ": the descriptor is not finalized"};
  const Rule& rule = rule_of(descriptor.type, name, type);
  if (wanted < 0) throw Refused{CUDNN_STATUS_BAD_PARAM, named(name) + ": " + std::to_string(wanted) + " elements"};
  const auto found = descriptor.attributes.find(name);
  if (found == descriptor.attributes.end()) return 0;
  const auto there = static_cast<std::int64_t>(std::visit([](const auto& list) { return list.size(); }, found->second));
  if (wanted == 0 || !elements) return there;
  const std::int64_t count = std::min(wanted, there);
  write(rule, found->second, count, elements);
  return count;
}

void check_attributes(const Descriptor& descriptor) {
  for (const Rule& rule : kRules)
    if (rule.of == descriptor.type && rule.access == Access::needed && !descriptor.has(rule.name))
      throw Refused{CUDNN_STATUS_BAD_PARAM, named(rule.name) + " is not set"};
}

nlohmann::json to_json(const Descriptor& descriptor) {
  auto attributes = nlohmann::json::object();
  for (const Rule& rule : kRules) {
    const auto found = descriptor.attributes.find(rule.name);
    if (rule.of != descriptor.type || rule.type == CUDNN_TYPE_HANDLE || found == descriptor.attributes.end()) continue;
    auto& json = attributes[named(rule.name)];
    if (const auto* held = std::get_if<std::vector<SharedDescriptor>>(&found->second)) {
      json = nlohmann::json::array();
      for (const SharedDescriptor& one : *held) json.push_back(to_json(*one));
    } else if (const auto* text = std::get_if<std::string>(&found->second)) json = *text;
    else if (const auto* reals = std::get_if<std::vector<double>>(&found->second)) json = *reals;
    else json = std::get<std::vector<std::int64_t>>(found->second);
  }
  return {{"type", static_cast<unsigned>(descriptor.type)}, {"attributes", attributes}};
}

std::shared_ptr<Descriptor> from_json(const nlohmann::json& json, void (*finalize)(Descriptor&)) {
  const auto type = static_cast<cudnnBackendDescriptorType_t>(json.at("type").get<unsigned>());
  auto descriptor = std::make_shared<Descriptor>(type);
  const auto& attributes = json.at("attributes");
  for (const Rule& rule : kRules) {
    if (rule.of != type || !attributes.contains(named(rule.name))) continue;
    const auto& value = attributes.at(named(rule.name));
    Elements& elements = descriptor->attributes[rule.name];
    if (rule.type == CUDNN_TYPE_CHAR) elements = value.get<std::string>();
    else if (rule.type == CUDNN_TYPE_FLOAT || rule.type == CUDNN_TYPE_DOUBLE) elements = value.get<std::vector<double>>();
    else if (rule.type != CUDNN_TYPE_BACKEND_DESCRIPTOR) elements = value.get<std::vector<std::int64_t>>();
    else {
      std::vector<SharedDescriptor> held;
      for (const auto& one : value) {
        auto made = from_json(one, finalize);
        finalize(*made);
        held.push_back(std::move(made));
      }
      elements = std::move(held);
    }
  }
  return descriptor;
}

}  // namespace virtual_gpu
