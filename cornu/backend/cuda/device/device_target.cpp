#include "cornu/backend/cuda/device/device_target.h"

#include "cornu/backend/cuda/library/calls.h"
#include "cornu/target/named.h"

namespace cornu::cuda {
namespace {

struct Row {
  CUdevice_attribute attribute;
  int64_t CudaProperties::*member;
};
constexpr Row kRows[] = {
    {CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, &CudaProperties::multiprocessors},
    {CU_DEVICE_ATTRIBUTE_WARP_SIZE, &CudaProperties::warp_size},
    {CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE, &CudaProperties::l2_cache},
    {CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK, &CudaProperties::shared_memory_per_block},
    {CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, &CudaProperties::shared_memory_per_block_optin},
    {CU_DEVICE_ATTRIBUTE_RESERVED_SHARED_MEMORY_PER_BLOCK, &CudaProperties::reserved_shared_memory_per_block},
    {CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK, &CudaProperties::registers_per_block},
    {CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR, &CudaProperties::registers_per_multiprocessor},
    {CU_DEVICE_ATTRIBUTE_MAX_BLOCKS_PER_MULTIPROCESSOR, &CudaProperties::blocks_per_multiprocessor},
    {CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK, &CudaProperties::threads_per_block},
    {CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR, &CudaProperties::threads_per_multiprocessor},
    {CU_DEVICE_ATTRIBUTE_CLOCK_RATE, &CudaProperties::clock_khz},
    {CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE, &CudaProperties::memory_clock_khz},
};
constexpr CUdevice_attribute kBlock[] = {CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X, CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y,
                                         CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z};
constexpr CUdevice_attribute kGrid[] = {CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X, CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y,
                                        CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z};

CudaProperties read(CUdevice device) {
  CudaProperties card;
  char name[256] = {};
  CORNU_DRIVER_CALL(cuDeviceGetName, name, sizeof name, device);
  card.device_name = name;
  std::size_t memory = 0;
  CORNU_DRIVER_CALL(cuDeviceTotalMem_v2, &memory, device);
  card.total_memory = static_cast<int64_t>(memory);
  card.compute_capability = 100 * attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device) +
                            10 * attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, device);
  for (const Row& row : kRows) card.*row.member = attribute(row.attribute, device);
  for (int axis = 0; axis < 3; ++axis) {
    card.max_block[axis] = attribute(kBlock[axis], device);
    card.max_grid[axis] = attribute(kGrid[axis], device);
  }
  return card;
}

void take_peaks(const CudaProperties& from, CudaProperties& to) {
  to.peak_memory_gb_s = from.peak_memory_gb_s;
  to.peak_float32_tflops = from.peak_float32_tflops;
  to.peak_tensorfloat32_tflops = from.peak_tensorfloat32_tflops;
  to.peak_float16_tflops = from.peak_float16_tflops;
  to.peak_bfloat16_tflops = from.peak_bfloat16_tflops;
}

}  // namespace

std::string model_of(const CudaProperties& card) {
  return fmt::format("{}, sm_{}, {} multiprocessors", card.device_name, card.compute_capability / 10, card.multiprocessors);
}
std::string model_of(const Gpu& gpu) { return model_of(read(gpu.ordinal())); }

Target device_target(int ordinal) {
  CUdevice device = 0;
  CORNU_DRIVER_CALL(cuDeviceGet, &device, ordinal);
  Target target{.kind = TargetKind::cuda, .cpu = Target::host().cpu, .cuda = read(device)};
  target.name = target.cuda.device_name;
  for (const std::string& name : target::card_names())
    if (const Target known = target::named_card(name); known.cuda.device_name == target.cuda.device_name) {
      target.name = name;
      take_peaks(known.cuda, target.cuda);
    }
  return target;
}

}  // namespace cornu::cuda
