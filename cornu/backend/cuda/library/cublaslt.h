#pragma once

#include <cstddef>
#include <cstdint>

#include "cornu/backend/cuda/library/driver.h"
#include "cornu/backend/cuda/library/table.h"

// cuBLASLt: matrix products with what stands behind them. Matrices are stored by columns.
struct cublasLtContext;

namespace cornu::cuda {

using cublasLtHandle_t = cublasLtContext*;
using cublasLtMatmulDesc_t = Opaque<0>*;
using cublasLtMatrixLayout_t = Opaque<1>*;
using cublasLtMatmulPreference_t = Opaque<2>*;

#define CORNU_CUBLAS_RESULTS(X)         \
  X(CUBLAS_STATUS_SUCCESS, 0)           \
  X(CUBLAS_STATUS_NOT_INITIALIZED, 1)   \
  X(CUBLAS_STATUS_ALLOC_FAILED, 3)      \
  X(CUBLAS_STATUS_INVALID_VALUE, 7)     \
  X(CUBLAS_STATUS_ARCH_MISMATCH, 8)     \
  X(CUBLAS_STATUS_EXECUTION_FAILED, 13) \
  X(CUBLAS_STATUS_INTERNAL_ERROR, 14)   \
  X(CUBLAS_STATUS_NOT_SUPPORTED, 15)

// Values of several enumerations.
#define CORNU_CUBLASLT_VALUES(X)                    \
  X(CUDA_R_32F, 0)                                  \
  X(CUDA_R_64F, 1)                                  \
  X(CUDA_R_16F, 2)                                  \
  X(CUDA_R_16BF, 14)                                \
  X(CUBLAS_OP_N, 0)                                 \
  X(CUBLAS_OP_T, 1)                                 \
  X(CUBLAS_COMPUTE_32F, 68)                         \
  X(CUBLAS_COMPUTE_64F, 70)                         \
  X(CUBLAS_COMPUTE_32F_FAST_TF32, 77)               \
  X(CUBLASLT_MATMUL_DESC_TRANSA, 3)                 \
  X(CUBLASLT_MATMUL_DESC_TRANSB, 4)                 \
  X(CUBLASLT_MATMUL_DESC_EPILOGUE, 7)               \
  X(CUBLASLT_MATMUL_DESC_BIAS_POINTER, 8)           \
  X(CUBLASLT_EPILOGUE_DEFAULT, 1)                   \
  X(CUBLASLT_EPILOGUE_RELU, 2)                      \
  X(CUBLASLT_EPILOGUE_BIAS, 4)                      \
  X(CUBLASLT_EPILOGUE_RELU_BIAS, 6)                 \
  X(CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, 5)          \
  X(CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, 6) \
  X(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, 1)    \
  X(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, 5)  \
  X(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, 6)  \
  X(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, 7)  \
  X(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, 8)

enum cublasStatus_t : unsigned { CORNU_CUBLAS_RESULTS(CORNU_CUDA_ENUMERATOR) };
enum CublasLtValue : unsigned { CORNU_CUBLASLT_VALUES(CORNU_CUDA_ENUMERATOR) };

struct cublasLtMatmulAlgo_t {
  std::uint64_t data[8];
};
struct cublasLtMatmulHeuristicResult_t {
  cublasLtMatmulAlgo_t algo;
  std::size_t workspaceSize;
  cublasStatus_t state;
  float wavesCount;
  int reserved[4];
};

#define CORNU_CUBLASLT(X)                                                                                                       \
  X(std::size_t, cublasLtGetVersion, ())                                                                                        \
  X(const char*, cublasLtGetStatusName, (cublasStatus_t status))                                                                \
  X(cublasStatus_t, cublasLtCreate, (cublasLtHandle_t * handle))                                                                \
  X(cublasStatus_t, cublasLtDestroy, (cublasLtHandle_t handle))                                                                 \
  X(cublasStatus_t, cublasLtMatmulDescCreate, (cublasLtMatmulDesc_t * desc, CublasLtValue compute, CublasLtValue scale))        \
  X(cublasStatus_t, cublasLtMatmulDescDestroy, (cublasLtMatmulDesc_t desc))                                                     \
  X(cublasStatus_t, cublasLtMatmulDescSetAttribute,                                                                             \
    (cublasLtMatmulDesc_t desc, CublasLtValue attribute, const void* value, std::size_t bytes))                                 \
  X(cublasStatus_t, cublasLtMatrixLayoutCreate,                                                                                 \
    (cublasLtMatrixLayout_t * layout, CublasLtValue type, std::uint64_t rows, std::uint64_t columns, std::int64_t leading))     \
  X(cublasStatus_t, cublasLtMatrixLayoutDestroy, (cublasLtMatrixLayout_t layout))                                               \
  X(cublasStatus_t, cublasLtMatrixLayoutSetAttribute,                                                                           \
    (cublasLtMatrixLayout_t layout, CublasLtValue attribute, const void* value, std::size_t bytes))                             \
  X(cublasStatus_t, cublasLtMatmulPreferenceCreate, (cublasLtMatmulPreference_t * preference))                                  \
  X(cublasStatus_t, cublasLtMatmulPreferenceDestroy, (cublasLtMatmulPreference_t preference))                                   \
  X(cublasStatus_t, cublasLtMatmulPreferenceSetAttribute,                                                                       \
    (cublasLtMatmulPreference_t preference, CublasLtValue attribute, const void* value, std::size_t bytes))                     \
  X(cublasStatus_t, cublasLtMatmulAlgoGetHeuristic,                                                                             \
    (cublasLtHandle_t handle, cublasLtMatmulDesc_t desc, cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,                    \
     cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d, cublasLtMatmulPreference_t preference, int wanted,                     \
     cublasLtMatmulHeuristicResult_t* results, int* count))                                                                     \
  X(cublasStatus_t, cublasLtMatmulAlgoCheck,                                                                                    \
    (cublasLtHandle_t handle, cublasLtMatmulDesc_t desc, cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,                    \
     cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d, const cublasLtMatmulAlgo_t* algorithm,                                 \
     cublasLtMatmulHeuristicResult_t* result))                                                                                  \
  X(cublasStatus_t, cublasLtMatmul,                                                                                             \
    (cublasLtHandle_t handle, cublasLtMatmulDesc_t desc, const void* alpha, const void* a, cublasLtMatrixLayout_t a_layout,     \
     const void* b, cublasLtMatrixLayout_t b_layout, const void* beta, const void* c, cublasLtMatrixLayout_t c_layout, void* d, \
     cublasLtMatrixLayout_t d_layout, const cublasLtMatmulAlgo_t* algorithm, void* workspace, std::size_t workspace_bytes,      \
     CUstream stream))

struct CublasLt {
  static LibraryNames names() { return {"matrix products", {{"libcublasLt.so.13", 13}, {"libcublasLt.so.12", 12}}}; }
  CORNU_CUDA_TABLE(CORNU_CUBLASLT)
};

}  // namespace cornu::cuda
