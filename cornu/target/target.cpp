#include "cornu/target/target.h"

#include <fmt/format.h>

#include "cornu/target/card.h"

namespace cornu {

std::string_view to_string(Isa isa) {
  constexpr std::string_view kNames[] = {"baseline", "avx2", "avx512"};
  return kNames[static_cast<int>(isa)];
}

std::string Target::fingerprint() const {
  if (kind == TargetKind::cuda)
    return fmt::format("{}{}{}", target::card_fingerprint(cuda), numerics.tensor_float_32 ? "-tf32" : "",
                       numerics.is_deterministic ? "-deterministic" : "");
  return fmt::format("cpu-{}{}{}-cores{}-l1d{}-l2_{}-l3_{}", to_string(cpu.isa), cpu.has_bf16 ? "-bf16" : "",
                     cpu.has_amx ? "-amx" : "", cpu.cores, cpu.l1d_bytes, cpu.l2_bytes, cpu.l3_bytes);
}

double Target::peak_operations(DType dtype) const {
  const auto tflops = [&] {
    if (dtype == float16 && cuda.peak_float16_tflops > 0) return cuda.peak_float16_tflops;
    if (dtype == float16 || dtype == bfloat16) return std::max(cuda.peak_bfloat16_tflops, cuda.peak_float32_tflops);
    if (numerics.tensor_float_32 && cuda.peak_tensorfloat32_tflops > 0) return cuda.peak_tensorfloat32_tflops;
    return cuda.peak_float32_tflops;
  };
  return 1e12 * tflops();
}

}  // namespace cornu
