#include "tests/cudnn_describer.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>

namespace cornu::cuda {

Extents channels_last(const Extents& dims) {
  Extents strides(dims.size());
  std::int64_t step = dims[1];
  strides[1] = 1;
  for (std::size_t i = dims.size(); i-- > 2; step *= dims[i]) strides[i] = step;
  strides[0] = step;
  return strides;
}

Extents channels_first(const Extents& dims) {
  Extents strides(dims.size());
  std::int64_t step = 1;
  for (std::size_t i = dims.size(); i-- > 0; step *= dims[i]) strides[i] = step;
  return strides;
}

Describer::~Describer() {
  for (const Described descriptor : made_) cudnn_.cudnnBackendDestroyDescriptor(descriptor);
}

void Describer::expect(cudnnStatus_t answer) {
  if (is_refused() || answer == CUDNN_STATUS_SUCCESS) return;
  std::string text(1000, '\0');
  cudnn_.cudnnGetLastErrorString(text.data(), text.size());
  status_ = answer;
  message_ = text.c_str();
}

Described Describer::make(cudnnBackendDescriptorType_t type) {
  if (is_refused()) return nullptr;
  Described made = nullptr;
  expect(cudnn_.cudnnBackendCreateDescriptor(type, &made));
  if (made) made_.push_back(made);
  return made;
}

void Describer::set(Described descriptor, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t count,
                    const void* elements) {
  if (!is_refused() && name != omitted) expect(cudnn_.cudnnBackendSetAttribute(descriptor, name, type, count, elements));
}
void Describer::set(Described descriptor, cudnnBackendAttributeName_t name, const Extents& integers) {
  set(descriptor, name, CUDNN_TYPE_INT64, static_cast<std::int64_t>(integers.size()), integers.data());
}
void Describer::set_value(Described descriptor, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, int value) {
  set(descriptor, name, type, 1, &value);
}
void Describer::hold(Described descriptor, cudnnBackendAttributeName_t name, const std::vector<Described>& held) {
  set(descriptor, name, CUDNN_TYPE_BACKEND_DESCRIPTOR, static_cast<std::int64_t>(held.size()), held.data());
}
void Describer::text(Described descriptor, cudnnBackendAttributeName_t name, const std::string& text) {
  set(descriptor, name, CUDNN_TYPE_CHAR, static_cast<std::int64_t>(text.size()), text.data());
}

Described Describer::finalize(Described descriptor) {
  if (!is_refused()) expect(cudnn_.cudnnBackendFinalize(descriptor));
  return descriptor;
}

std::int64_t Describer::count(Described descriptor, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type) {
  std::int64_t there = 0;
  if (!is_refused()) expect(cudnn_.cudnnBackendGetAttribute(descriptor, name, type, 0, &there, nullptr));
  return there;
}
std::string Describer::read_text(Described descriptor, cudnnBackendAttributeName_t name) {
  std::int64_t got = count(descriptor, name, CUDNN_TYPE_CHAR);
  std::string text(static_cast<std::size_t>(got), '\0');
  if (!is_refused()) expect(cudnn_.cudnnBackendGetAttribute(descriptor, name, CUDNN_TYPE_CHAR, got, &got, text.data()));
  return text;
}

Described Describer::tensor(const TensorWords& words) {
  const Described made = make(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  set(made, CUDNN_ATTR_TENSOR_UNIQUE_ID, {words.id});
  set_value(made, CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, words.type);
  set(made, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, {words.alignment});
  set(made, CUDNN_ATTR_TENSOR_DIMENSIONS, words.dims);
  set(made, CUDNN_ATTR_TENSOR_STRIDES, words.strides.empty() ? channels_last(words.dims) : words.strides);
  set(made, CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, 1, &words.is_virtual);
  return finalize(made);
}

Described Describer::convolution(const ConvolutionWords& words) {
  const Described made = make(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  set(made, CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, {static_cast<std::int64_t>(words.strides.size())});
  set_value(made, CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, words.type);
  set_value(made, CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, CUDNN_CROSS_CORRELATION);
  set(made, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, words.strides);
  set(made, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, words.low);
  set(made, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, words.high);
  set(made, CUDNN_ATTR_CONVOLUTION_DILATIONS, words.dilation);
  return finalize(made);
}

// Names: three tensors', the convolution's, alpha's and beta's.
template <class Names>
Described Describer::convolve(cudnnBackendDescriptorType_t type, const Names& names, const std::vector<Described>& held,
                              double alpha, double beta) {
  const Described made = make(type);
  for (std::size_t i = 0; i < held.size(); ++i) hold(made, names[i], {held[i]});
  set(made, names[4], CUDNN_TYPE_DOUBLE, 1, &alpha);
  set(made, names[5], CUDNN_TYPE_DOUBLE, 1, &beta);
  return finalize(made);
}

Described Describer::forward(Described x, Described w, Described y, Described convolution, double alpha, double beta) {
  constexpr std::array kNames = {
      CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
      CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
      CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA};
  return convolve(CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR, kNames, {x, w, y, convolution}, alpha, beta);
}
Described Describer::backward_data(Described dy, Described w, Described dx, Described convolution) {
  constexpr std::array kNames = {
      CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
      CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
      CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA};
  return convolve(CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR, kNames, {dy, w, dx, convolution}, 1, 0);
}
Described Describer::backward_filter(Described x, Described dy, Described dw, Described convolution) {
  constexpr std::array kNames = {
      CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
      CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,    CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
      CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA};
  return convolve(CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR, kNames, {x, dy, dw, convolution}, 1, 0);
}

Described Describer::pointwise(CudnnValue mode, Described x, Described b, Described y, CudnnValue type) {
  const Described function = make(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
  set_value(function, CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, mode);
  set_value(function, CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, type);
  finalize(function);
  const Described made = make(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
  hold(made, CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, {function});
  hold(made, CUDNN_ATTR_OPERATION_POINTWISE_XDESC, {x});
  if (b) hold(made, CUDNN_ATTR_OPERATION_POINTWISE_BDESC, {b});
  hold(made, CUDNN_ATTR_OPERATION_POINTWISE_YDESC, {y});
  return finalize(made);
}

Described Describer::graph(const std::vector<Described>& operations) {
  const Described made = make(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  if (handle) set(made, CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, 1, &handle);
  hold(made, CUDNN_ATTR_OPERATIONGRAPH_OPS, operations);
  return finalize(made);
}

Described Describer::device(const std::string& properties) {
  const Described made = make(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
  text(made, CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, properties);
  return finalize(made);
}
Described Describer::device() {
  const auto file = nlohmann::json::parse(std::ifstream(CORNU_SOURCE_DIR "/share/gpus/" + card + ".json"));
  return device(file.at("properties").dump());
}

std::vector<Described> Describer::configurations(Described graph, CudnnValue mode) {
  const Described made = make(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  hold(made, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, {graph});
  set_value(made, CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, mode);
  if (!handle) hold(made, CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, {device()});
  finalize(made);
  std::int64_t there = count(made, CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR);
  std::vector<Described> results(static_cast<std::size_t>(there));
  for (Described& result : results) result = make(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
  if (!is_refused() && there > 0)
    expect(cudnn_.cudnnBackendGetAttribute(made, CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, there, &there,
                                           results.data()));
  results.resize(is_refused() ? 0 : static_cast<std::size_t>(there));
  return results;
}

Described Describer::engine(Described configuration) {
  Described made = make(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  std::int64_t got = 0;
  if (!is_refused())
    expect(cudnn_.cudnnBackendGetAttribute(configuration, CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &got,
                                           &made));
  return made;
}

std::vector<int> Describer::notes(Described configuration, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type) {
  const Described of = engine(configuration);
  std::int64_t got = count(of, name, type);
  std::vector<int> list(static_cast<std::size_t>(got));
  if (!is_refused() && got > 0) expect(cudnn_.cudnnBackendGetAttribute(of, name, type, got, &got, list.data()));
  return list;
}

Described Describer::plan_of(Described configuration) {
  const Described made = make(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  hold(made, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, {configuration});
  if (handle) set(made, CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, &handle);
  else hold(made, CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, {device()});
  return finalize(made);
}
Described Describer::plan_of(const std::string& json) {
  const Described made = make(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  if (handle) set(made, CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, &handle);
  else hold(made, CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, {device()});
  text(made, CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, json);
  return finalize(made);
}

Described Describer::plan(Described graph) {
  for (const CudnnValue mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK})
    for (const Described configuration : configurations(graph, mode)) {
      const auto coarse = notes(configuration, CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE);
      if (std::ranges::count(coarse, static_cast<int>(CUDNN_NUMERICAL_NOTE_TENSOR_CORE)) == 0) return plan_of(configuration);
    }
  expect(CUDNN_STATUS_NOT_SUPPORTED);
  return nullptr;
}

Described Describer::pack(const Extents& ids, const std::vector<const void*>& pointers, const void* workspace) {
  const Described made = make(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  set(made, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, ids);
  set(made, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, static_cast<std::int64_t>(pointers.size()),
      pointers.data());
  set(made, CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, &workspace);
  return finalize(made);
}

}  // namespace cornu::cuda
