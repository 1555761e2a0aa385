#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cornu::cuda {

// What a compiled kernel takes of a card.
struct CubinKernel {
  std::string name;
  int registers = 0;         // of each thread
  int64_t stack_bytes = 0;   // of each thread, in local memory: what did not fit into registers, or is indexed
  int64_t shared_bytes = 0;  // of each block, with what the card keeps for itself
  int max_threads = 0;       // of a block, as the text bounds it; 0 if it does not
};

// The kernels of a cubin, which is an ELF file with sections of NVIDIA's. ValueError: it is none.
std::vector<CubinKernel> kernels_of(std::string_view cubin);
// Code of a card's, and not what a test double of NVRTC makes for the host.
bool is_cubin(std::string_view bytes);

}  // namespace cornu::cuda
