#pragma once

#include "tests/virtual_gpu/cudnn_graph.h"

// Engines, and what finalizing means for each type of descriptor.
namespace virtual_gpu {

// What every plan asks for, so that a caller that gives none, or too little, is seen; as odd as the real library's.
constexpr std::size_t kCudnnWorkspace = 4099;

void finalize(Descriptor& descriptor);

Graph graph_of_plan(const Descriptor& plan);
bool runs_in_tensor_float_32(const Descriptor& plan);

// Known to libcudnn.cpp.
bool is_cudnn_handle(std::int64_t pointer);

}  // namespace virtual_gpu
