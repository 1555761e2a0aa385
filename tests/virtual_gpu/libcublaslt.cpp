// libcublasLt.so.13: products computed from their descriptors alone, when the stream comes to them.
#include <cmath>
#include <cstring>
#include <functional>
#include <memory>
#include <set>

#include "cornu/backend/cuda/library/cublaslt.h"
#include "cornu/base/float16.h"
#include "tests/virtual_gpu/others.h"
#include "tests/virtual_gpu/script.h"

struct cublasLtContext {};

namespace cornu::cuda {

template <>
struct Opaque<0> {
  CublasLtValue compute, scale, epilogue = CUBLASLT_EPILOGUE_DEFAULT;
  CublasLtValue transpose_a = CUBLAS_OP_N, transpose_b = CUBLAS_OP_N;
  const void* bias = nullptr;
};
template <>
struct Opaque<1> {
  CublasLtValue type;
  std::uint64_t rows, columns;
  std::int64_t leading, stride = 0;
  std::int32_t batch = 1;
};
template <>
struct Opaque<2> {
  std::size_t most_workspace = 0;
  std::uint32_t alignment = 256;  // the least of all operands
};

namespace {

using Description = Opaque<0>;
using Layout = Opaque<1>;

#define ENTER(symbol) \
  if (const unsigned answer = virtual_gpu::enter(#symbol)) return static_cast<cublasStatus_t>(answer)

// What an algorithm of ours asks for, where it may; so that a caller that gives none, or too little, is seen.
constexpr std::size_t kWorkspace = 4096;

std::size_t bytes_of(CublasLtValue type) { return type == CUDA_R_64F ? 8 : type == CUDA_R_32F ? 4 : 2; }

double read(const void* at, std::int64_t i, CublasLtValue type) {
  switch (type) {
    case CUDA_R_64F: return static_cast<const double*>(at)[i];
    case CUDA_R_32F: return static_cast<const float*>(at)[i];
    case CUDA_R_16F: return static_cast<const float16_t*>(at)[i];
    default: return static_cast<const bfloat16_t*>(at)[i];
  }
}
void write(void* at, std::int64_t i, CublasLtValue type, double value) {
  switch (type) {
    case CUDA_R_64F: static_cast<double*>(at)[i] = value; return;
    case CUDA_R_32F: static_cast<float*>(at)[i] = static_cast<float>(value); return;
    case CUDA_R_16F: static_cast<float16_t*>(at)[i] = static_cast<float>(value); return;
    default: static_cast<bfloat16_t*>(at)[i] = static_cast<float>(value); return;
  }
}
// Ten bits behind the point.
double rounded_to_tf32(double value) {
  const auto bits = __builtin_bit_cast(std::uint32_t, static_cast<float>(value));
  return __builtin_bit_cast(float, (bits + 0xfffu + ((bits >> 13) & 1)) & ~0x1fffu);
}

struct Product {
  Description description;
  Layout a, b, d;
  const void *at_a, *at_b;
  void* at_d;
  double alpha;

  std::int64_t rows() const { return static_cast<std::int64_t>(d.rows); }
  std::int64_t columns() const { return static_cast<std::int64_t>(d.columns); }
  std::int64_t inner() const { return static_cast<std::int64_t>(description.transpose_a == CUBLAS_OP_T ? a.rows : a.columns); }

  double factor(const Layout& layout, const void* at, std::int64_t row, std::int64_t column, int item) const {
    const double value = read(at, item * layout.stride + column * layout.leading + row, layout.type);
    return description.compute == CUBLAS_COMPUTE_32F_FAST_TF32 ? rounded_to_tf32(value) : value;
  }
  double element(std::int64_t row, std::int64_t column, int item) const {
    double sum = 0;
    for (std::int64_t k = 0; k < inner(); ++k) {
      const double left = description.transpose_a == CUBLAS_OP_T ? factor(a, at_a, k, row, item) : factor(a, at_a, row, k, item);
      const double right =
          description.transpose_b == CUBLAS_OP_T ? factor(b, at_b, column, k, item) : factor(b, at_b, k, column, item);
      sum += left * right;
    }
    sum *= alpha;
    if (description.epilogue & CUBLASLT_EPILOGUE_BIAS) sum += read(description.bias, row, d.type);
    return (description.epilogue & CUBLASLT_EPILOGUE_RELU) && !(sum > 0) && sum == sum ? 0 : sum;
  }
  void run() const {
    for (int item = 0; item < d.batch; ++item)
      for (std::int64_t column = 0; column < columns(); ++column)
        for (std::int64_t row = 0; row < rows(); ++row)
          write(at_d, item * d.stride + column * d.leading + row, d.type, element(row, column, item));
  }
};

std::size_t extent_of(const Layout& layout) {
  return bytes_of(layout.type) * static_cast<std::size_t>((layout.batch - 1) * layout.stride +
                                                          static_cast<std::int64_t>(layout.columns - 1) * layout.leading +
                                                          static_cast<std::int64_t>(layout.rows));
}

bool fits(const Description& description, const Layout& a, const Layout& b, const Layout& d) {
  const bool turns_a = description.transpose_a == CUBLAS_OP_T, turns_b = description.transpose_b == CUBLAS_OP_T;
  return (turns_a ? a.columns : a.rows) == d.rows && (turns_b ? b.rows : b.columns) == d.columns &&
         (turns_a ? a.rows : a.columns) == (turns_b ? b.columns : b.rows) && a.type == b.type && a.type == d.type &&
         a.batch == d.batch && b.batch == d.batch && a.leading >= static_cast<std::int64_t>(a.rows) &&
         b.leading >= static_cast<std::int64_t>(b.rows) && d.leading >= static_cast<std::int64_t>(d.rows) &&
         (description.compute == CUBLAS_COMPUTE_64F) == (d.type == CUDA_R_64F);
}

template <class T>
cublasStatus_t take(T& field, const void* value, std::size_t bytes) {
  if (!value || bytes != sizeof(T)) return CUBLAS_STATUS_INVALID_VALUE;
  std::memcpy(&field, value, sizeof(T));
  return CUBLAS_STATUS_SUCCESS;
}

}  // namespace

extern "C" {

VIRTUAL_GPU_EXPORT std::size_t cublasLtGetVersion() {
  virtual_gpu::enter("cublasLtGetVersion");
  return virtual_gpu::version_of("cublasLt", 130101);
}

VIRTUAL_GPU_EXPORT const char* cublasLtGetStatusName(cublasStatus_t status) {
#define NAME_OF(known, value) \
  if (status == (value)) return #known;
  CORNU_CUBLAS_RESULTS(NAME_OF)
  return "unknown";
}

VIRTUAL_GPU_EXPORT cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) {
  ENTER(cublasLtCreate);
  if (!virtual_gpu::others().has_context()) return CUBLAS_STATUS_NOT_INITIALIZED;
  return *handle = new cublasLtContext, CUBLAS_STATUS_SUCCESS;
}
VIRTUAL_GPU_EXPORT cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) {
  ENTER(cublasLtDestroy);
  return delete handle, CUBLAS_STATUS_SUCCESS;
}

VIRTUAL_GPU_EXPORT cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* desc, CublasLtValue compute,
                                                           CublasLtValue scale) {
  ENTER(cublasLtMatmulDescCreate);
  return *desc = new Description{compute, scale}, CUBLAS_STATUS_SUCCESS;
}
VIRTUAL_GPU_EXPORT cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t desc) {
  ENTER(cublasLtMatmulDescDestroy);
  return delete desc, CUBLAS_STATUS_SUCCESS;
}
VIRTUAL_GPU_EXPORT cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t desc, CublasLtValue attribute,
                                                                 const void* value, std::size_t bytes) {
  ENTER(cublasLtMatmulDescSetAttribute);
  switch (attribute) {
    case CUBLASLT_MATMUL_DESC_TRANSA: return take(desc->transpose_a, value, bytes);
    case CUBLASLT_MATMUL_DESC_TRANSB: return take(desc->transpose_b, value, bytes);
    case CUBLASLT_MATMUL_DESC_EPILOGUE: return take(desc->epilogue, value, bytes);
    case CUBLASLT_MATMUL_DESC_BIAS_POINTER: return take(desc->bias, value, bytes);
    default: return CUBLAS_STATUS_INVALID_VALUE;
  }
}

VIRTUAL_GPU_EXPORT cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* layout, CublasLtValue type,
                                                             std::uint64_t rows, std::uint64_t columns, std::int64_t leading) {
  ENTER(cublasLtMatrixLayoutCreate);
  return *layout = new Layout{type, rows, columns, leading}, CUBLAS_STATUS_SUCCESS;
}
VIRTUAL_GPU_EXPORT cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout) {
  ENTER(cublasLtMatrixLayoutDestroy);
  return delete layout, CUBLAS_STATUS_SUCCESS;
}
VIRTUAL_GPU_EXPORT cublasStatus_t cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t layout, CublasLtValue attribute,
                                                                   const void* value, std::size_t bytes) {
  ENTER(cublasLtMatrixLayoutSetAttribute);
  switch (attribute) {
    case CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT: return take(layout->batch, value, bytes);
    case CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET: return take(layout->stride, value, bytes);
    default: return CUBLAS_STATUS_INVALID_VALUE;
  }
}

VIRTUAL_GPU_EXPORT cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* preference) {
  ENTER(cublasLtMatmulPreferenceCreate);
  return *preference = new Opaque<2>, CUBLAS_STATUS_SUCCESS;
}
VIRTUAL_GPU_EXPORT cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference) {
  ENTER(cublasLtMatmulPreferenceDestroy);
  return delete preference, CUBLAS_STATUS_SUCCESS;
}
VIRTUAL_GPU_EXPORT cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t preference,
                                                                       CublasLtValue attribute, const void* value,
                                                                       std::size_t bytes) {
  ENTER(cublasLtMatmulPreferenceSetAttribute);
  switch (attribute) {
    case CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES: return take(preference->most_workspace, value, bytes);
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES:
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES:
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES:
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES: return take(preference->alignment, value, bytes);
    default: return CUBLAS_STATUS_INVALID_VALUE;
  }
}

VIRTUAL_GPU_EXPORT cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t desc,
                                                                 cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                                                 cublasLtMatrixLayout_t, cublasLtMatrixLayout_t d,
                                                                 cublasLtMatmulPreference_t preference, int wanted,
                                                                 cublasLtMatmulHeuristicResult_t* results, int* count) {
  ENTER(cublasLtMatmulAlgoGetHeuristic);
  if (wanted < 1 || !fits(*desc, *a, *b, *d)) return CUBLAS_STATUS_INVALID_VALUE;
  *count = 0;
  for (const std::size_t workspace : {kWorkspace, std::size_t{0}}) {
    if (workspace > preference->most_workspace || *count == wanted) continue;
    auto& result = results[(*count)++] = {.workspaceSize = workspace, .state = CUBLAS_STATUS_SUCCESS, .wavesCount = 1};
    result.algo.data[0] = workspace;
    result.algo.data[1] = preference->alignment;
  }
  return CUBLAS_STATUS_SUCCESS;
}

// Algorithms with and without workspace.
VIRTUAL_GPU_EXPORT cublasStatus_t cublasLtMatmulAlgoCheck(cublasLtHandle_t, cublasLtMatmulDesc_t desc, cublasLtMatrixLayout_t a,
                                                          cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t,
                                                          cublasLtMatrixLayout_t d, const cublasLtMatmulAlgo_t* algorithm,
                                                          cublasLtMatmulHeuristicResult_t* result) {
  ENTER(cublasLtMatmulAlgoCheck);
  if (!fits(*desc, *a, *b, *d) || algorithm->data[0] > kWorkspace || algorithm->data[1] == 0) return CUBLAS_STATUS_INVALID_VALUE;
  result->workspaceSize = algorithm->data[0];
  return result->state = CUBLAS_STATUS_SUCCESS;
}

VIRTUAL_GPU_EXPORT cublasStatus_t cublasLtMatmul(cublasLtHandle_t handle, cublasLtMatmulDesc_t desc, const void* alpha,
                                                 const void* a, cublasLtMatrixLayout_t a_layout, const void* b,
                                                 cublasLtMatrixLayout_t b_layout, const void* beta, const void*,
                                                 cublasLtMatrixLayout_t, void* d, cublasLtMatrixLayout_t d_layout,
                                                 const cublasLtMatmulAlgo_t* algorithm, void* workspace,
                                                 std::size_t workspace_bytes, CUstream stream) {
  ENTER(cublasLtMatmul);
  const virtual_gpu::Others& gpu = virtual_gpu::others();
  if (!handle || !algorithm || !fits(*desc, *a_layout, *b_layout, *d_layout)) return CUBLAS_STATUS_INVALID_VALUE;
  if (algorithm->data[0] > workspace_bytes) return CUBLAS_STATUS_INVALID_VALUE;
  const bool is_double = desc->scale == CUDA_R_64F;
  const auto scale = [&](const void* at) {
    return is_double ? *static_cast<const double*>(at) : double{*static_cast<const float*>(at)};
  };
  if (scale(beta) != 0) return CUBLAS_STATUS_NOT_SUPPORTED;
  const Product product{*desc, *a_layout, *b_layout, *d_layout, a, b, d, scale(alpha)};
  for (const auto& [at, bytes] :
       {std::pair{a, extent_of(*a_layout)}, {b, extent_of(*b_layout)}, {static_cast<const void*>(d), extent_of(*d_layout)}})
    if (reinterpret_cast<std::uintptr_t>(at) % algorithm->data[1] != 0 || !gpu.is_accessible(at, bytes))
      return CUBLAS_STATUS_INVALID_VALUE;
  if (workspace_bytes > 0 && !gpu.is_accessible(workspace, workspace_bytes)) return CUBLAS_STATUS_INVALID_VALUE;
  if ((desc->epilogue & CUBLASLT_EPILOGUE_BIAS) && !gpu.is_accessible(desc->bias, d_layout->rows * bytes_of(d_layout->type)))
    return CUBLAS_STATUS_INVALID_VALUE;
  return gpu.enqueue(stream, "virtual_product", [product] { product.run(); }) == CUDA_SUCCESS ? CUBLAS_STATUS_SUCCESS
                                                                                              : CUBLAS_STATUS_EXECUTION_FAILED;
}

}  // extern "C"
}  // namespace cornu::cuda
