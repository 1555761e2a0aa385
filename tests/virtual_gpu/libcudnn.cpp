// libcudnn.so.9: graphs of operations, computed from their descriptors alone when the stream comes to them.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/virtual_gpu/cudnn_plan.h"
#include "tests/virtual_gpu/others.h"
#include "tests/virtual_gpu/script.h"

struct cudnnContext {
  CUstream_st* stream = nullptr;
};

namespace virtual_gpu {
namespace {

constexpr const char* kByScript = "the script has it refuse";
thread_local std::string last_error;

std::mutex& serving() {
  static std::mutex mutex;
  return mutex;
}
std::set<cudnnHandle_t>& handles() {
  static auto* const all = new std::set<cudnnHandle_t>;
  return *all;
}

// How every entry point that can refuse is served: the script's answer for it comes first.
template <class Work>
cudnnStatus_t serve(const char* symbol, Work work) {
  const auto refuse = [&](cudnnStatus_t status, const std::string& why) {
    last_error = std::string(symbol) + ": " + why;
    return status;
  };
  if (const unsigned answer = enter(symbol)) return refuse(static_cast<cudnnStatus_t>(answer), kByScript);
  const std::lock_guard lock(serving());
  try {
    work();
    return CUDNN_STATUS_SUCCESS;
  } catch (const Refused& refused) {
    return refuse(refused.status, refused.why);
  } catch (const nlohmann::json::exception& wrong) {
    return refuse(CUDNN_STATUS_BAD_PARAM, wrong.what());
  }
}

cudnnContext& handle_of(cudnnHandle_t handle) {
  if (!handle) throw Refused{CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "no handle"};
  if (!handles().contains(handle)) violation("cuDNN got a handle that was destroyed, or never was one");
  return *handle;
}

SharedDescriptor finalized(void* pointer, cudnnBackendDescriptorType_t type) {
  SharedDescriptor descriptor = slot_of(pointer).descriptor;
  if (descriptor->type != type) throw Refused{CUDNN_STATUS_BAD_PARAM, "a descriptor of another type"};
  if (!descriptor->is_finalized) throw Refused{CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED, "a descriptor that is not finalized"};
  return descriptor;
}

bool overlap(const void* a, std::size_t a_bytes, const void* b, std::size_t b_bytes) {
  return static_cast<const char*>(a) < static_cast<const char*>(b) + b_bytes &&
         static_cast<const char*>(b) < static_cast<const char*>(a) + a_bytes;
}

void check_memory(const std::string& what, const void* at, std::int64_t alignment, std::size_t bytes) {
  if (reinterpret_cast<std::uintptr_t>(at) % static_cast<std::uintptr_t>(alignment) != 0)
    throw Refused{CUDNN_STATUS_BAD_PARAM_MISALIGNED_POINTER, what + " is not aligned"};
  if (!others().is_accessible(at, bytes)) throw Refused{CUDNN_STATUS_BAD_PARAM, what + " is not wholly the card's memory"};
}

// What a convolution writes while it reads may not lie where it reads.
void check_overlaps(const Graph& graph, const Pointers& pointers) {
  for (const Tensor& output : graph.outputs)
    for (const Tensor& input : graph.operations.front().inputs)
      if (overlap(pointers.at(output.id), output.extent_bytes(), pointers.at(input.id), input.extent_bytes()))
        throw Refused{CUDNN_STATUS_BAD_PARAM, "what is written lies over what a convolution reads"};
}

void check_arguments(const Graph& graph, const Pointers& pointers, const void* workspace) {
  check_memory("the workspace", workspace, 16, kCudnnWorkspace);
  for (const auto& arguments : {graph.inputs, graph.outputs})
    for (const Tensor& tensor : arguments) {
      const std::string name = "tensor " + std::to_string(tensor.id);
      if (!pointers.contains(tensor.id)) throw Refused{CUDNN_STATUS_BAD_PARAM, name + " is not in the variant pack"};
      const void* at = pointers.at(tensor.id);
      check_memory(name, at, tensor.alignment, tensor.extent_bytes());
      if (overlap(at, tensor.extent_bytes(), workspace, kCudnnWorkspace))
        throw Refused{CUDNN_STATUS_BAD_PARAM, name + " lies in the workspace"};
    }
  if (pointers.size() != graph.inputs.size() + graph.outputs.size())
    throw Refused{CUDNN_STATUS_BAD_PARAM, "the variant pack has a unique id that the graph does not have"};
  check_overlaps(graph, pointers);
}

void execute(const cudnnContext& handle, const Descriptor& plan, const Descriptor& pack) {
  const auto& ids = pack.list<std::int64_t>(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS);
  const auto& addresses = pack.list<std::int64_t>(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS);
  Pointers pointers;
  for (std::size_t i = 0; i < ids.size(); ++i) pointers[ids[i]] = reinterpret_cast<void*>(addresses[i]);
  auto* workspace = reinterpret_cast<void*>(pack.integer(CUDNN_ATTR_VARIANT_PACK_WORKSPACE));
  const Graph graph = graph_of_plan(plan);
  check_arguments(graph, pointers, workspace);
  const auto work = [graph, pointers, workspace, coarse = runs_in_tensor_float_32(plan)] {
    std::memset(workspace, 0xff, kCudnnWorkspace);  // whoever else keeps something there finds out
    run(graph, pointers, coarse);
  };
  if (others().enqueue(handle.stream, "virtual_convolution", work) != CUDA_SUCCESS)
    throw Refused{CUDNN_STATUS_EXECUTION_FAILED, "the stream does not take it"};
}

}  // namespace

bool is_cudnn_handle(std::int64_t pointer) { return handles().contains(reinterpret_cast<cudnnHandle_t>(pointer)); }

extern "C" {

VIRTUAL_GPU_EXPORT std::size_t cudnnGetVersion() {
  enter("cudnnGetVersion");
  return version_of("cudnn", 91900);
}
// Of CUDA, for which it is built.
VIRTUAL_GPU_EXPORT std::size_t cudnnGetCudartVersion() {
  enter("cudnnGetCudartVersion");
  return version_of("cudnn_cuda", 13000);
}

VIRTUAL_GPU_EXPORT const char* cudnnGetErrorString(cudnnStatus_t status) {
#define NAME_OF(known, value) \
  if (status == (value)) return #known;
  CORNU_CUDNN_RESULTS(NAME_OF)
  return "CUDNN_UNKNOWN_STATUS";
}
// What the last refused call of this thread did wrong, once.
VIRTUAL_GPU_EXPORT void cudnnGetLastErrorString(char* message, std::size_t most) {
  if (most > 0) std::snprintf(message, most, "%s", last_error.c_str());
  last_error.clear();
}

VIRTUAL_GPU_EXPORT cudnnStatus_t cudnnCreate(cudnnHandle_t* handle) {
  return serve("cudnnCreate", [&] {
    if (!others().has_context()) throw Refused{CUDNN_STATUS_NOT_INITIALIZED, "no current context"};
    handles().insert(*handle = new cudnnContext);
  });
}
VIRTUAL_GPU_EXPORT cudnnStatus_t cudnnDestroy(cudnnHandle_t handle) {
  return serve("cudnnDestroy", [&] {
    handles().erase(&handle_of(handle));
    delete handle;
  });
}
VIRTUAL_GPU_EXPORT cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, CUstream stream) {
  return serve("cudnnSetStream", [&] { handle_of(handle).stream = stream; });
}

VIRTUAL_GPU_EXPORT cudnnStatus_t cudnnBackendCreateDescriptor(cudnnBackendDescriptorType_t type,
                                                              cudnnBackendDescriptor_t* descriptor) {
  return serve("cudnnBackendCreateDescriptor", [&] { *descriptor = &create_descriptor(type); });
}
VIRTUAL_GPU_EXPORT cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t descriptor) {
  return serve("cudnnBackendDestroyDescriptor", [&] { destroy_descriptor(descriptor); });
}
VIRTUAL_GPU_EXPORT cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t descriptor) {
  return serve("cudnnBackendFinalize", [&] {
    Descriptor& it = *slot_of(descriptor).descriptor;
    // So that a script can count plans alone.
    const unsigned answer = it.type == CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR ? enter("cudnnBackendFinalize of a plan") : 0;
    if (answer) throw Refused{static_cast<cudnnStatus_t>(answer), kByScript};
    finalize(it);
  });
}
VIRTUAL_GPU_EXPORT cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t descriptor, cudnnBackendAttributeName_t name,
                                                          cudnnBackendAttributeType_t type, std::int64_t count,
                                                          const void* elements) {
  return serve("cudnnBackendSetAttribute", [&] { set_attribute(*slot_of(descriptor).descriptor, name, type, count, elements); });
}
VIRTUAL_GPU_EXPORT cudnnStatus_t cudnnBackendGetAttribute(cudnnBackendDescriptor_t descriptor, cudnnBackendAttributeName_t name,
                                                          cudnnBackendAttributeType_t type, std::int64_t wanted,
                                                          std::int64_t* count, void* elements) {
  return serve("cudnnBackendGetAttribute", [&] {
    const std::int64_t got = get_attribute(*slot_of(descriptor).descriptor, name, type, wanted, elements);
    if (count) *count = got;
  });
}

VIRTUAL_GPU_EXPORT cudnnStatus_t cudnnBackendExecute(cudnnHandle_t handle, cudnnBackendDescriptor_t plan,
                                                     cudnnBackendDescriptor_t variant_pack) {
  return serve("cudnnBackendExecute", [&] {
    const cudnnContext& on = handle_of(handle);
    const SharedDescriptor what = finalized(plan, CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
    execute(on, *what, *finalized(variant_pack, CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR));
  });
}

}  // extern "C"
}  // namespace virtual_gpu
