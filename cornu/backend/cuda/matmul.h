#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "cornu/backend/cuda/device/runtime.h"
#include "cornu/base/dtype.h"

namespace cornu::cuda {

// What stands behind a product, on the way to memory.
enum class MatmulEpilogue : unsigned char { none, bias, relu, relu_bias };
constexpr bool has_bias(MatmulEpilogue epilogue) { return (int(epilogue) & 1) != 0; }

// d[batch, m, n] = epilogue(op(a) op(b) + bias[n]), all by rows and dense. a is [batch, m, k], or [batch, k, m] where it is transposed;
// b likewise. A factor that is shared is the same for the whole batch.
struct MatmulShape {
  int64_t m = 0, n = 0, k = 0, batch = 1;
  bool transpose_a = false, transpose_b = false;
  bool shares_a = false, shares_b = false;
  DType dtype = float32;  // of a, b, d and the bias: float32, float64, float16, bfloat16; 16-bit floats are added up in float32
  bool tensor_float_32 = false;
  MatmulEpilogue epilogue = MatmulEpilogue::none;
};

// A product as cuBLASLt does it on a card: its algorithm is chosen once. Any number of streams may run it, each with workspace of its own.
class Matmul {
 public:
  // An algorithm gets no more workspace than this. With a `trying` the first few are tried there for the fastest, which is kept on disk;
  // else it is the first. DeviceError: no cuBLASLt, or none of its algorithms will do.
  Matmul(const Gpu& gpu, const MatmulShape& shape, std::size_t most_workspace, Runtime* trying = nullptr);
  ~Matmul();

  std::size_t workspace_bytes() const;
  // Addresses of the card; the bias may be 0 where there is none.
  void run(const Stream& stream, CUdeviceptr a, CUdeviceptr b, CUdeviceptr bias, CUdeviceptr d, CUdeviceptr workspace) const;

 private:
  struct Plan;
  std::unique_ptr<Plan> plan_;
};

// How often this process has tried several algorithms.
int64_t matmuls_timed();

}  // namespace cornu::cuda
