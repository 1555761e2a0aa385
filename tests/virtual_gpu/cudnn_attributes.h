#pragma once

#include <span>
#include <string>

#include "cornu/backend/cuda/library/cudnn.h"

// Which attributes the descriptors of cuDNN's backend API have.
namespace virtual_gpu {

using namespace cornu::cuda;

enum class Access { needed, optional, computed };

// Two rules of one attribute: it comes in either type.
struct AttributeRule {
  cudnnBackendDescriptorType_t of;
  cudnnBackendAttributeName_t name;
  cudnnBackendAttributeType_t type;
  std::int64_t most = 1;
  Access access = Access::needed;
  cudnnBackendDescriptorType_t held = {};  // the type of a descriptor that it holds
};

std::span<const AttributeRule> attribute_rules();
// Refuses an attribute that such a descriptor does not have, or not of this type.
const AttributeRule& rule_of(cudnnBackendDescriptorType_t of, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type);
std::string named(cudnnBackendAttributeName_t name);
// Of one element.
std::size_t bytes_of(cudnnBackendAttributeType_t type);

}  // namespace virtual_gpu
