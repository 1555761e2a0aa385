#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "cornu/base/api.h"
#include "cornu/base/dtype.h"

namespace cornu {

// Instruction sets that hot loops are compiled for (CORNU_ISA) and that emitted code may use, each including the one
// before it. avx2 means AVX2, FMA, F16C and BMI2; avx512 adds AVX-512 F, BW, DQ and VL.
enum class Isa : uint8_t { baseline, avx2, avx512 };
CORNU_API std::string_view to_string(Isa isa);

struct CpuProperties {
  Isa isa = Isa::baseline;
  bool has_bf16 = false;  // AVX512_BF16
  bool has_amx = false;   // AMX tiles with bfloat16, state saved by the system
  int cores = 1;          // what this process may use: affinity and container quota
  int64_t l1d_bytes = 32 << 10;
  int64_t l2_bytes = 1 << 20;
  int64_t l3_bytes = 8 << 20;
  friend bool operator==(const CpuProperties&, const CpuProperties&) = default;
};

// One card, in the units of CUDA's device attributes. Peaks are a data sheet's, dense, with float32 accumulation; 0
// where none is given.
struct CudaProperties {
  std::string device_name;
  int compute_capability = 0;  // 100 * major + 10 * minor: 750, 800, 900, 1200
  int64_t total_memory = 0;
  int64_t multiprocessors = 0;
  int64_t warp_size = 32;
  int64_t l2_cache = 0;
  int64_t shared_memory_per_block = 0;
  int64_t shared_memory_per_block_optin = 0;
  int64_t reserved_shared_memory_per_block = 0;
  int64_t registers_per_block = 0;
  int64_t registers_per_multiprocessor = 0;
  int64_t blocks_per_multiprocessor = 0;
  int64_t threads_per_block = 0;
  int64_t threads_per_multiprocessor = 0;
  int64_t clock_khz = 0;
  int64_t memory_clock_khz = 0;
  int64_t max_block[3] = {1, 1, 1};
  int64_t max_grid[3] = {1, 1, 1};
  double peak_memory_gb_s = 0;
  double peak_float32_tflops = 0;
  double peak_tensorfloat32_tflops = 0;
  double peak_float16_tflops = 0;
  double peak_bfloat16_tflops = 0;

  int major() const { return compute_capability / 100; }
  int minor() const { return compute_capability / 10 % 10; }
  friend bool operator==(const CudaProperties&, const CudaProperties&) = default;
};

enum class TargetKind : uint8_t { cpu, cuda };

// What results may depend on besides the program.
struct Numerics {
  bool tensor_float_32 = false;   // a card's products and convolutions may round float32 factors to ten bits
  bool is_deterministic = false;  // the same bits in each run: no sum whose order is left to chance
  friend bool operator==(const Numerics&, const Numerics&) = default;
};

// What a program is compiled for. Lowering, code generation and planning see only this, never a live device, so a
// program for a card can be compiled where that card is not.
struct CORNU_API Target {
  TargetKind kind = TargetKind::cpu;
  std::string name = "cpu";  // "cpu", "h100"
  CpuProperties cpu;         // the host's when kind is cuda: host segments run there
  CudaProperties cuda;       // only when kind is cuda
  Numerics numerics;

  // Of what a program keeps in scratch: a cache line's, or what a card's libraries reckon with.
  int64_t alignment() const { return kind == TargetKind::cuda ? 256 : 64; }
  // Of any operand: what wide loads want.
  int64_t least_alignment() const { return kind == TargetKind::cuda ? 16 : 1; }
  // What the card does in a second at most with products of this type, as these numerics allow; 0 where its file does not tell.
  double peak_operations(DType dtype) const;
  // For a library of a card's: the most that one call may take as workspace, so that a program's peak is known before the card is.
  int64_t product_workspace() const { return std::clamp<int64_t>(cuda.total_memory / 256, 4 << 20, 32 << 20); }
  int64_t convolution_workspace() const { return std::clamp<int64_t>(cuda.total_memory / 128, 4 << 20, 256 << 20); }

  // This machine's CPU, found once. CORNU_CPU_ISA=baseline|avx2|avx512 lowers the instruction set.
  static const Target& host();
  // A card's file: {"name", "properties": in the form of cuDNN's device property descriptor, "peak"}.
  // ValueError names the key that is missing or out of range.
  static Target from_json(std::string_view text);

  // Equal for targets that the same program fits; stable between runs and machines, so it may be part of a cache's key.
  // A card's does not name the host: what is compiled for it here serves where the card is.
  std::string fingerprint() const;

  friend bool operator==(const Target&, const Target&) = default;
};

}  // namespace cornu
