#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <variant>
#include <vector>

#include "cornu/backend/cuda/library/cudnn.h"

// The descriptors of cuDNN's backend API: attributes, which one set of rules knows, until they are finalized; then they never change
// and others share them.
namespace virtual_gpu {

using namespace cornu::cuda;

// What an entry point answers instead of success. The real library's own text differs; the status is the same.
struct Refused {
  cudnnStatus_t status;
  std::string why;
};

struct Descriptor;
using SharedDescriptor = std::shared_ptr<const Descriptor>;
// Integers serve for enumerations, truth values and pointers too.
using Elements = std::variant<std::vector<std::int64_t>, std::vector<double>, std::string, std::vector<SharedDescriptor>>;

struct Descriptor {
  cudnnBackendDescriptorType_t type;
  std::map<cudnnBackendAttributeName_t, Elements> attributes = {};
  bool is_finalized = false;

  bool has(cudnnBackendAttributeName_t name) const { return attributes.contains(name); }
  template <class T>
  const std::vector<T>& list(cudnnBackendAttributeName_t name) const {
    return std::get<std::vector<T>>(attributes.at(name));
  }
  std::int64_t integer(cudnnBackendAttributeName_t name, std::int64_t otherwise = 0) const {
    return has(name) ? list<std::int64_t>(name).front() : otherwise;
  }
  double real(cudnnBackendAttributeName_t name, double otherwise) const {
    return has(name) ? list<double>(name).front() : otherwise;
  }
  const SharedDescriptor& child(cudnnBackendAttributeName_t name) const { return list<SharedDescriptor>(name).front(); }
};

// A caller's pointer to a descriptor, which it owns.
struct DescriptorSlot {
  std::shared_ptr<Descriptor> descriptor;
};
DescriptorSlot& create_descriptor(cudnnBackendDescriptorType_t type);
void destroy_descriptor(void* pointer);
// A null pointer is refused; one that is not a descriptor, or no longer, is a violation.
DescriptorSlot& slot_of(void* pointer);

void set_attribute(Descriptor& descriptor, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t count,
                   const void* elements);
std::int64_t get_attribute(const Descriptor& descriptor, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                           std::int64_t wanted, void* elements);
// Whether every attribute is there that this type needs.
void check_attributes(const Descriptor& descriptor);

// Everything that was set, handles apart.
nlohmann::json to_json(const Descriptor& descriptor);
// Not finalized; what it holds is, by `finalize`.
std::shared_ptr<Descriptor> from_json(const nlohmann::json& json, void (*finalize)(Descriptor&));

}  // namespace virtual_gpu
