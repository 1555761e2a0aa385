#include "tests/virtual_gpu/cudnn_plan.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/virtual_gpu/others.h"

namespace virtual_gpu {
namespace {

struct Engine {
  std::int64_t index;
  CudnnValue heuristic;
  std::vector<std::int64_t> numerical_notes, behavior_notes;

  bool has(CudnnValue note) const { return std::ranges::find(numerical_notes, note) != numerical_notes.end(); }
};
// As the real ones: the first for float32 multiplies in TF32, and not all of the gradients' give the same bits twice.
const Engine kEngines[] = {
    {67, CUDNN_HEUR_MODE_A, {CUDNN_NUMERICAL_NOTE_TENSOR_CORE}, {}},
    {25, CUDNN_HEUR_MODE_A, {CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC}, {CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION}},
    {28, CUDNN_HEUR_MODE_A, {}, {}},
    {1, CUDNN_HEUR_MODE_FALLBACK, {}, {}},
};

const Engine* engine_of(std::int64_t index) {
  const auto found = std::ranges::find(kEngines, index, &Engine::index);
  return found == std::end(kEngines) ? nullptr : found;
}

bool computes(const Engine& engine, const Graph& graph) {
  const bool is_gradient = graph.operations.front().kind->type != CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR;
  return !(engine.has(CUDNN_NUMERICAL_NOTE_TENSOR_CORE) && graph.outputs.front().type == CUDNN_DATA_DOUBLE) &&
         (!engine.has(CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC) || is_gradient);
}

// 90 for compute capability 9.0: of the properties that are given, or of the current context's card.
int capability_of(const Descriptor& descriptor, cudnnBackendAttributeName_t properties) {
  if (!descriptor.has(properties)) return others().compute_capability();
  const auto& text =
      std::get<std::string>(descriptor.child(properties)->attributes.at(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION));
  return nlohmann::json::parse(text).at("deviceVer").get<int>() / 10;
}

std::string unsupported_on(const Graph& graph, int capability) {
  if (capability < 80 && graph.outputs.front().type == CUDNN_DATA_BFLOAT16) return "this card has no bfloat16";
  return unsupported(graph);
}

void refuse_if(bool is_wrong, const char* why) {
  if (is_wrong) throw Refused{CUDNN_STATUS_BAD_PARAM, why};
}

void check_tensor(const Descriptor& descriptor) {
  const auto type = static_cast<CudnnValue>(descriptor.integer(CUDNN_ATTR_TENSOR_DATA_TYPE));
  const bool is_known =
      type == CUDNN_DATA_FLOAT || type == CUDNN_DATA_DOUBLE || type == CUDNN_DATA_HALF || type == CUDNN_DATA_BFLOAT16;
  if (!is_known) throw Refused{CUDNN_STATUS_NOT_SUPPORTED, "tensors of this data type are not on the virtual GPU"};
  const Tensor tensor = tensor_of(descriptor);
  const auto is_positive = [](std::int64_t value) { return value > 0; };
  refuse_if(tensor.dims.size() != tensor.strides.size(), "a tensor has as many strides as dimensions");
  refuse_if(!std::ranges::all_of(tensor.dims, is_positive), "a dimension is not positive");
  refuse_if(!std::ranges::all_of(tensor.strides, is_positive), "a stride is not positive");
  refuse_if(tensor.alignment <= 0 || static_cast<std::size_t>(tensor.alignment) % bytes_of(type) != 0,
            "the alignment is no multiple of an element's size");
}

void check_convolution(const Descriptor& descriptor) {
  const std::int64_t axes = descriptor.integer(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS);
  refuse_if(axes < 1 || axes > 3, "a convolution has 1 to 3 spatial dimensions");
  if (descriptor.integer(CUDNN_ATTR_CONVOLUTION_CONV_MODE) != CUDNN_CROSS_CORRELATION)
    throw Refused{CUDNN_STATUS_NOT_SUPPORTED, "the virtual GPU turns no kernel around"};
  const auto check = [&](cudnnBackendAttributeName_t name, std::int64_t least, const char* why) {
    const auto& list = descriptor.list<std::int64_t>(name);
    refuse_if(static_cast<std::int64_t>(list.size()) != axes || std::ranges::min(list) < least, why);
  };
  check(CUDNN_ATTR_CONVOLUTION_DILATIONS, 1, "a positive dilation for each spatial dimension");
  check(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, 1, "a positive stride for each spatial dimension");
  check(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, 0, "a padding for each spatial dimension, none of them negative");
  check(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, 0, "a padding for each spatial dimension, none of them negative");
}

void check_device(const Descriptor& descriptor) {
  const auto json = nlohmann::json::parse(
      std::get<std::string>(descriptor.attributes.at(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION)), nullptr, false);
  refuse_if(!json.is_object(), "device properties are a JSON object");
  for (const char* key : {"maxGridSize",
                          "maxBlockSize",
                          "regsPerBlock",
                          "multiProcessorCount",
                          "warpSize",
                          "maxSharedMemoryPerBlock",
                          "maxSharedMemoryPerBlockOptin",
                          "reservedSharedMemoryPerBlock",
                          "maxRegistersPerSM",
                          "maxCtasPerSM",
                          "maxThreadsPerBlock",
                          "maxThreadsPerSM",
                          "pciDeviceId",
                          "isTccDriver",
                          "supportCoopLaunch",
                          "totalGlobalMem",
                          "smClockRateKHz",
                          "memClockRateKHz",
                          "l2CacheSize",
                          "cudaDeviceId",
                          "deviceVer",
                          "driverVer",
                          "deviceName"})
    if (!json.contains(key)) throw Refused{CUDNN_STATUS_BAD_PARAM, std::string("device properties without ") + key};
}

void check_handle(const Descriptor& descriptor, cudnnBackendAttributeName_t name) {
  refuse_if(descriptor.has(name) && !is_cudnn_handle(descriptor.integer(name)), "this is no handle");
}

SharedDescriptor configuration(const Engine& engine, const SharedDescriptor& graph) {
  auto one = std::make_shared<Descriptor>(Descriptor{CUDNN_BACKEND_ENGINE_DESCRIPTOR});
  one->attributes[CUDNN_ATTR_ENGINE_OPERATION_GRAPH] = std::vector<SharedDescriptor>{graph};
  one->attributes[CUDNN_ATTR_ENGINE_GLOBAL_INDEX] = std::vector<std::int64_t>{engine.index};
  finalize(*one);
  auto made = std::make_shared<Descriptor>(Descriptor{CUDNN_BACKEND_ENGINECFG_DESCRIPTOR});
  made->attributes[CUDNN_ATTR_ENGINECFG_ENGINE] = std::vector<SharedDescriptor>{std::move(one)};
  finalize(*made);
  return made;
}

// As in the real library: what no engine computes is not refused here, it has no results.
void finalize_heuristics(Descriptor& descriptor) {
  const std::int64_t mode = descriptor.integer(CUDNN_ATTR_ENGINEHEUR_MODE);
  refuse_if(mode != CUDNN_HEUR_MODE_A && mode != CUDNN_HEUR_MODE_FALLBACK, "heuristics have mode A and a fallback");
  const SharedDescriptor& described = descriptor.child(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH);
  const Graph graph = graph_of(*described);
  std::vector<SharedDescriptor> results;
  if (unsupported_on(graph, capability_of(descriptor, CUDNN_ATTR_ENGINEHEUR_DEVICEPROP)).empty())
    for (const Engine& engine : kEngines)
      if (engine.heuristic == mode && computes(engine, graph)) results.push_back(configuration(engine, described));
  descriptor.attributes[CUDNN_ATTR_ENGINEHEUR_RESULTS] = std::move(results);
}

void finalize_engine(Descriptor& descriptor) {
  const Engine* engine = engine_of(descriptor.integer(CUDNN_ATTR_ENGINE_GLOBAL_INDEX));
  refuse_if(!engine || !computes(*engine, graph_of(*descriptor.child(CUDNN_ATTR_ENGINE_OPERATION_GRAPH))),
            "the graph has no such engine");
  descriptor.attributes[CUDNN_ATTR_ENGINE_NUMERICAL_NOTE] = engine->numerical_notes;
  descriptor.attributes[CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE] = engine->behavior_notes;
}

std::size_t version() { return version_of("cudnn", 91900); }

void read_plan(Descriptor& plan, int capability) {
  const auto json = nlohmann::json::parse(
      std::get<std::string>(plan.attributes.at(CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION)), nullptr, false);
  refuse_if(!json.is_object(), "a plan is a JSON object");
  if (json.at("cudnnVersion") != version())
    throw Refused{CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH, "the plan is of another version of cuDNN"};
  if (json.at("smVersion") != capability * 10)
    throw Refused{CUDNN_STATUS_NOT_SUPPORTED_ARCH_MISMATCH, "the plan is for another compute capability"};
  const auto configuration = from_json(json.at("configuration"), finalize);
  finalize(*configuration);
  refuse_if(configuration->type != CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, "a plan has an engine configuration");
  plan.attributes[CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG] = std::vector<SharedDescriptor>{configuration};
}

void finalize_plan(Descriptor& plan) {
  constexpr auto kConfiguration = CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG;
  constexpr auto kText = CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION;
  check_handle(plan, CUDNN_ATTR_EXECUTION_PLAN_HANDLE);
  refuse_if(!plan.has(CUDNN_ATTR_EXECUTION_PLAN_HANDLE) && !plan.has(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP),
            "a plan needs a handle or a device's properties");
  refuse_if(plan.has(kConfiguration) == plan.has(kText), "a plan is made of an engine configuration or of its text");
  const int capability = capability_of(plan, CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP);
  if (plan.has(kText)) read_plan(plan, capability);
  const std::string why = unsupported_on(graph_of_plan(plan), capability);
  if (!why.empty()) throw Refused{CUDNN_STATUS_NOT_SUPPORTED, why};
  plan.attributes[CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE] = std::vector<std::int64_t>{kCudnnWorkspace};
  plan.attributes[kText] =
      nlohmann::json{
          {"cudnnVersion", version()}, {"smVersion", capability * 10}, {"configuration", to_json(*plan.child(kConfiguration))}}
          .dump();
}

void check_pack(const Descriptor& descriptor) {
  auto ids = descriptor.list<std::int64_t>(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS);
  refuse_if(ids.size() != descriptor.list<std::int64_t>(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS).size(),
            "a variant pack has as many pointers as unique ids");
  std::ranges::sort(ids);
  refuse_if(std::ranges::adjacent_find(ids) != ids.end(), "a unique id stands twice in a variant pack");
}

const Descriptor& engine_of_plan(const Descriptor& plan) {
  return *plan.child(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG)->child(CUDNN_ATTR_ENGINECFG_ENGINE);
}

}  // namespace

Graph graph_of_plan(const Descriptor& plan) { return graph_of(*engine_of_plan(plan).child(CUDNN_ATTR_ENGINE_OPERATION_GRAPH)); }

bool runs_in_tensor_float_32(const Descriptor& plan) {
  return engine_of(engine_of_plan(plan).integer(CUDNN_ATTR_ENGINE_GLOBAL_INDEX))->has(CUDNN_NUMERICAL_NOTE_TENSOR_CORE) &&
         graph_of_plan(plan).outputs.front().type == CUDNN_DATA_FLOAT;
}

void finalize(Descriptor& descriptor) {
  if (descriptor.is_finalized) throw Refused{CUDNN_STATUS_BAD_PARAM, "the descriptor is finalized already"};
  check_attributes(descriptor);
  if (const OperationKind* kind = kind_of(descriptor.type)) kind->check(operation_of(descriptor));
  switch (descriptor.type) {
    case CUDNN_BACKEND_TENSOR_DESCRIPTOR: check_tensor(descriptor); break;
    case CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR: check_convolution(descriptor); break;
    case CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR: check_device(descriptor); break;
    case CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR:
      check_handle(descriptor, CUDNN_ATTR_OPERATIONGRAPH_HANDLE);
      graph_of(descriptor);
      break;
    case CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR: finalize_heuristics(descriptor); break;
    case CUDNN_BACKEND_ENGINE_DESCRIPTOR: finalize_engine(descriptor); break;
    case CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR: finalize_plan(descriptor); break;
    case CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR: check_pack(descriptor); break;
    default: break;
  }
  descriptor.is_finalized = true;
}

}  // namespace virtual_gpu
