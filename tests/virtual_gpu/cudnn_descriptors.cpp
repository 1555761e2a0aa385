#include "tests/virtual_gpu/cudnn_descriptors.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/virtual_gpu/cudnn_attributes.h"
#include "tests/virtual_gpu/script.h"

namespace virtual_gpu {
namespace {

std::set<void*>& slots() {
  static auto* const all = new std::set<void*>;
  return *all;
}

template <class T>
T element(const void* elements, std::int64_t i) {
  T value;
  std::memcpy(&value, static_cast<const char*>(elements) + i * static_cast<std::int64_t>(sizeof(T)), sizeof(T));
  return value;
}

SharedDescriptor held(const AttributeRule& rule, void* pointer) {
  SharedDescriptor descriptor = slot_of(pointer).descriptor;
  if (!descriptor->is_finalized)
    throw Refused{CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED, named(rule.name) + ": the descriptor is not finalized"};
  if (rule.name != CUDNN_ATTR_OPERATIONGRAPH_OPS && descriptor->type != rule.held)
    throw Refused{CUDNN_STATUS_BAD_PARAM, named(rule.name) + ": a descriptor of type " + std::to_string(descriptor->type)};
  return descriptor;
}

Elements read(const AttributeRule& rule, std::int64_t count, const void* from) {
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

void write(const AttributeRule& rule, const Elements& elements, std::int64_t count, void* to) {
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
  if (!std::ranges::any_of(attribute_rules(), [&](const AttributeRule& rule) { return rule.of == type; }))
    throw Refused{CUDNN_STATUS_NOT_SUPPORTED, "descriptors of type " + std::to_string(type) + " are not on the virtual GPU"};
  auto* slot = new DescriptorSlot{std::make_shared<Descriptor>(Descriptor{type})};
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
  const AttributeRule& rule = rule_of(descriptor.type, name, type);
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
  const AttributeRule& rule = rule_of(descriptor.type, name, type);
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
  for (const AttributeRule& rule : attribute_rules())
    if (rule.of == descriptor.type && rule.access == Access::needed && !descriptor.has(rule.name))
      throw Refused{CUDNN_STATUS_BAD_PARAM, named(rule.name) + " is not set"};
}

nlohmann::json to_json(const Descriptor& descriptor) {
  auto attributes = nlohmann::json::object();
  for (const AttributeRule& rule : attribute_rules()) {
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
  auto descriptor = std::make_shared<Descriptor>(Descriptor{type});
  const auto& attributes = json.at("attributes");
  for (const AttributeRule& rule : attribute_rules()) {
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
