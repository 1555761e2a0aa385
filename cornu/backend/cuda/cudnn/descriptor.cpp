#include "cornu/backend/cuda/cudnn/descriptor.h"

namespace cornu::cuda {
namespace {

// Attributes by their names, for messages.
std::string_view name_of(cudnnBackendAttributeName_t name) {
#define NAME_OF(known, value) \
  if (name == (value)) return #known;
  CORNU_CUDNN_ATTRIBUTES(NAME_OF)
#undef NAME_OF
  return "an attribute";
}

}  // namespace

std::string tell(cudnnStatus_t status) {
  char said[256] = {};
  cudnn().cudnnGetLastErrorString(said, sizeof said);
  return fmt::format("{}{}{}", cudnn().cudnnGetErrorString(status), *said ? ": " : "", said);
}

void must(cudnnStatus_t status, std::string_view call) {
  if (status != CUDNN_STATUS_SUCCESS) throw error<DeviceError>("{} answers {}", call, tell(status));
}

CudnnDescriptor::CudnnDescriptor(cudnnBackendDescriptorType_t type) {
  must(cudnn().cudnnBackendCreateDescriptor(type, &handle_), "cudnnBackendCreateDescriptor");
}
CudnnDescriptor::~CudnnDescriptor() {
  if (handle_) cudnn().cudnnBackendDestroyDescriptor(handle_);
}

void CudnnDescriptor::set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t count,
                          const void* elements) {
  const cudnnStatus_t status = cudnn().cudnnBackendSetAttribute(handle_, name, type, count, elements);
  if (status != CUDNN_STATUS_SUCCESS) throw error<DeviceError>("cuDNN refuses {}: {}", name_of(name), tell(status));
}

cudnnStatus_t CudnnDescriptor::try_finalize() { return cudnn().cudnnBackendFinalize(handle_); }
void CudnnDescriptor::finalize() { must(try_finalize(), "cudnnBackendFinalize"); }

std::int64_t CudnnDescriptor::get(cudnnBackendAttributeName_t name) const {
  std::int64_t value = 0, count = 0;
  must(cudnn().cudnnBackendGetAttribute(handle_, name, CUDNN_TYPE_INT64, 1, &count, &value), name_of(name));
  return value;
}

std::string CudnnDescriptor::get_text(cudnnBackendAttributeName_t name) const {
  std::int64_t count = 0;
  must(cudnn().cudnnBackendGetAttribute(handle_, name, CUDNN_TYPE_CHAR, 0, &count, nullptr), name_of(name));
  std::string text(static_cast<std::size_t>(count), '\0');
  must(cudnn().cudnnBackendGetAttribute(handle_, name, CUDNN_TYPE_CHAR, count, &count, text.data()), name_of(name));
  return text.substr(0, text.find('\0'));
}

std::vector<CudnnValue> CudnnDescriptor::get_values(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type) const {
  std::vector<CudnnValue> values(CUDNN_NUMERICAL_NOTE_TYPE_COUNT);
  std::int64_t count = 0;
  must(cudnn().cudnnBackendGetAttribute(handle_, name, type, std::ssize(values), &count, values.data()), name_of(name));
  values.resize(static_cast<std::size_t>(std::min(count, std::int64_t{std::ssize(values)})));
  return values;
}

std::size_t CudnnDescriptor::get(cudnnBackendAttributeName_t name, std::span<CudnnDescriptor> into) const {
  std::vector<cudnnBackendDescriptor_t> handles;
  for (const CudnnDescriptor& each : into) handles.push_back(each.handle_);
  std::int64_t count = 0;
  must(
      cudnn().cudnnBackendGetAttribute(handle_, name, CUDNN_TYPE_BACKEND_DESCRIPTOR, std::ssize(handles), &count, handles.data()),
      name_of(name));
  return std::min(static_cast<std::size_t>(count), into.size());
}

}  // namespace cornu::cuda
