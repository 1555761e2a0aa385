#include "cornu/backend/cuda/matmul.h"

#include <atomic>
#include <cstring>
#include <map>
#include <mutex>

#include "cornu/backend/cuda/autotune.h"
#include "cornu/backend/cuda/device/device_target.h"
#include "cornu/backend/cuda/kernel/disk_cache.h"
#include "cornu/backend/cuda/library/calls.h"
#include "cornu/backend/cuda/library/cublaslt.h"

namespace cornu::cuda {
namespace {

const CublasLt& library() { return need<CublasLt>(); }

// Of every operand; the heuristic would reckon with 256.
constexpr uint32_t kAlignment = 16;

void must(cublasStatus_t status, const char* call) {
  if (status != CUBLAS_STATUS_SUCCESS) throw error<DeviceError>("{} answers {}", call, library().cublasLtGetStatusName(status));
}
std::atomic<int64_t> timed = 0;

#define CORNU_CUBLASLT_CALL(call, ...) must(library().call(__VA_ARGS__), #call)

// One a card, kept to the end of the process.
cublasLtHandle_t handle_of(const Gpu& gpu) {
  static std::mutex mutex;
  static auto* handles = new std::map<int, cublasLtHandle_t>;
  const std::lock_guard lock(mutex);
  cublasLtHandle_t& handle = (*handles)[gpu.ordinal()];
  gpu.make_current();
  if (!handle) CORNU_CUBLASLT_CALL(cublasLtCreate, &handle);
  return handle;
}

CublasLtValue type_of(DType dtype) {
  if (dtype == float32) return CUDA_R_32F;
  if (dtype == float64) return CUDA_R_64F;
  if (dtype == float16) return CUDA_R_16F;
  if (dtype == bfloat16) return CUDA_R_16BF;
  throw error<DeviceError>("cuBLASLt multiplies no {}", dtype.name());
}
CublasLtValue compute_type(const MatmulShape& shape) {
  if (shape.dtype == float64) return CUBLAS_COMPUTE_64F;
  return shape.dtype == float32 && shape.tensor_float_32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
}
CublasLtValue epilogue_of(MatmulEpilogue epilogue) {
  constexpr CublasLtValue kValues[] = {CUBLASLT_EPILOGUE_DEFAULT, CUBLASLT_EPILOGUE_BIAS, CUBLASLT_EPILOGUE_RELU,
                                       CUBLASLT_EPILOGUE_RELU_BIAS};
  return kValues[int(epilogue)];
}

}  // namespace

// Descriptors that go with their holder.
template <class Handle, cublasStatus_t (*CublasLt::*destroy)(Handle)>
class OwnedDescriptor {
 public:
  OwnedDescriptor() = default;
  ~OwnedDescriptor() {
    if (handle_) (need<CublasLt>().*destroy)(handle_);
  }
  OwnedDescriptor(const OwnedDescriptor&) = delete;
  OwnedDescriptor& operator=(const OwnedDescriptor&) = delete;
  Handle* out() { return &handle_; }
  operator Handle() const { return handle_; }

 private:
  Handle handle_ = nullptr;
};

// The library stores by columns, so that our rows are its columns: it is asked for d' = b' a', and the factors change places.
struct Matmul::Plan {
  using Description = OwnedDescriptor<cublasLtMatmulDesc_t, &CublasLt::cublasLtMatmulDescDestroy>;
  using Layout = OwnedDescriptor<cublasLtMatrixLayout_t, &CublasLt::cublasLtMatrixLayoutDestroy>;
  using Preference = OwnedDescriptor<cublasLtMatmulPreference_t, &CublasLt::cublasLtMatmulPreferenceDestroy>;

  const Gpu& gpu;
  const MatmulShape shape;
  cublasLtHandle_t handle;
  Description description;
  Layout a, b, d;
  using Algorithm = cublasLtMatmulHeuristicResult_t;
  Algorithm chosen{};

  Plan(const Gpu& card, const MatmulShape& wanted, std::size_t most_workspace, Runtime* trying)
      : gpu(card), shape(wanted), handle(handle_of(card)) {
    describe();
    const int64_t m = shape.m, n = shape.n, k = shape.k;
    lay_out(a, shape.transpose_a ? m : k, shape.transpose_a ? k : m, shape.shares_a ? 0 : m * k);
    lay_out(b, shape.transpose_b ? k : n, shape.transpose_b ? n : k, shape.shares_b ? 0 : k * n);
    lay_out(d, n, m, m * n);
    if (trying) find_or_try(*trying, most_workspace);
    else chosen = proposed(most_workspace, 1).front();
  }

  void set(CublasLtValue attribute, CublasLtValue value) {
    CORNU_CUBLASLT_CALL(cublasLtMatmulDescSetAttribute, description, attribute, &value, sizeof value);
  }
  void describe() {
    CORNU_CUBLASLT_CALL(cublasLtMatmulDescCreate, description.out(), compute_type(shape),
                        shape.dtype == float64 ? CUDA_R_64F : CUDA_R_32F);
    set(CUBLASLT_MATMUL_DESC_TRANSA, shape.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N);
    set(CUBLASLT_MATMUL_DESC_TRANSB, shape.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N);
    set(CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue_of(shape.epilogue));
  }
  void lay_out(Layout& layout, int64_t rows, int64_t columns, int64_t stride) {
    CORNU_CUBLASLT_CALL(cublasLtMatrixLayoutCreate, layout.out(), type_of(shape.dtype), static_cast<uint64_t>(rows),
                        static_cast<uint64_t>(columns), rows);
    if (shape.batch == 1) return;
    const auto batch = static_cast<int32_t>(shape.batch);
    CORNU_CUBLASLT_CALL(cublasLtMatrixLayoutSetAttribute, layout, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &batch, sizeof batch);
    CORNU_CUBLASLT_CALL(cublasLtMatrixLayoutSetAttribute, layout, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &stride,
                        sizeof stride);
  }
  // The best first; at least one.
  std::vector<Algorithm> proposed(std::size_t most_workspace, std::size_t most) const {
    Preference preference;
    CORNU_CUBLASLT_CALL(cublasLtMatmulPreferenceCreate, preference.out());
    CORNU_CUBLASLT_CALL(cublasLtMatmulPreferenceSetAttribute, preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                        &most_workspace, sizeof most_workspace);
    for (const CublasLtValue alignment : {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
                                          CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES})
      CORNU_CUBLASLT_CALL(cublasLtMatmulPreferenceSetAttribute, preference, alignment, &kAlignment, sizeof kAlignment);
    int count = 0;
    std::vector<Algorithm> all(most);
    const cublasStatus_t status = library().cublasLtMatmulAlgoGetHeuristic(handle, description, b, a, d, d, preference,
                                                                           static_cast<int>(most), all.data(), &count);
    all.resize(status == CUBLAS_STATUS_SUCCESS ? static_cast<std::size_t>(count) : 0);
    std::erase_if(all, [](const Algorithm& algorithm) { return algorithm.state != CUBLAS_STATUS_SUCCESS; });
    if (!all.empty()) return all;
    throw error<DeviceError>("cuBLASLt has no algorithm for a product of [{}, {}, {}] and [{}, {}] in {} ({})", shape.batch,
                             shape.m, shape.k, shape.k, shape.n, shape.dtype.name(), library().cublasLtGetStatusName(status));
  }

  // On disk an algorithm is cuBLASLt's own bytes, which this version of it alone understands.
  void find_or_try(Runtime& runtime, std::size_t most_workspace) {
    const DiskCache disk(DiskCache::user_folder("plans"), ".product");
    const std::string key =
        fmt::format("cublasLt {} for {}\n{} {} {} {} {}{}{}{} {} {} {} {}", library().cublasLtGetVersion(), model_of(gpu),
                    shape.batch, shape.m, shape.n, shape.k, int(shape.transpose_a), int(shape.transpose_b), int(shape.shares_a),
                    int(shape.shares_b), shape.dtype.name(), int(shape.tensor_float_32), int(shape.epilogue), most_workspace);
    if (const auto kept = disk.find(key); kept && take(*kept, most_workspace)) return;
    ++timed;
    const std::vector<Algorithm> all = proposed(most_workspace, kMostTried);
    const auto run = [&](std::size_t which, std::span<const CUdeviceptr> at, CUdeviceptr workspace) {
      launch(all[which], runtime.stream(), at[0], at[1], at[2], at[3], workspace);
    };
    const auto bytes = [&](int64_t elements) { return static_cast<std::size_t>(elements) * shape.dtype.size(); };
    const std::optional<std::size_t> best = fastest_of(
        all.size(),
        {{bytes((shape.shares_a ? 1 : shape.batch) * shape.m * shape.k),
          bytes((shape.shares_b ? 1 : shape.batch) * shape.k * shape.n), bytes(shape.n), bytes(shape.batch * shape.m * shape.n)},
         most_workspace,
         run},
        runtime);
    chosen = all[best.value_or(0)];
    if (best) disk.keep(key, {reinterpret_cast<const char*>(&chosen.algo), sizeof chosen.algo});
  }
  // False where the bytes are no algorithm for this.
  bool take(const std::string& bytes, std::size_t most_workspace) {
    Algorithm found{};
    if (bytes.size() != sizeof found.algo) return false;
    std::memcpy(&found.algo, bytes.data(), sizeof found.algo);
    Algorithm checked = found;
    if (library().cublasLtMatmulAlgoCheck(handle, description, b, a, d, d, &found.algo, &checked) != CUBLAS_STATUS_SUCCESS ||
        checked.workspaceSize > most_workspace)
      return false;
    chosen = {.algo = found.algo, .workspaceSize = checked.workspaceSize, .state = CUBLAS_STATUS_SUCCESS};
    return true;
  }

  // The bias's address is the description's: who runs at the same time has another.
  void launch(const Algorithm& algorithm, const Stream& stream, CUdeviceptr at_a, CUdeviceptr at_b, CUdeviceptr bias,
              CUdeviceptr at_d, CUdeviceptr workspace) {
    const float one = 1, zero = 0;
    const double one64 = 1, zero64 = 0;
    const bool is_double = shape.dtype == float64;
    const auto pointer = [](CUdeviceptr at) { return reinterpret_cast<void*>(static_cast<uintptr_t>(at)); };
    gpu.make_current();
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    if (has_bias(shape.epilogue)) {
      const void* const at = pointer(bias);
      CORNU_CUBLASLT_CALL(cublasLtMatmulDescSetAttribute, description, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &at, sizeof at);
    }
    CORNU_CUBLASLT_CALL(cublasLtMatmul, handle, description, is_double ? static_cast<const void*>(&one64) : &one, pointer(at_b),
                        b, pointer(at_a), a, is_double ? static_cast<const void*>(&zero64) : &zero, pointer(at_d), d,
                        pointer(at_d), d, &algorithm.algo, pointer(workspace), algorithm.workspaceSize, stream.handle());
  }
};

Matmul::Matmul(const Gpu& gpu, const MatmulShape& shape, std::size_t most_workspace, Runtime* trying)
    : plan_(std::make_unique<Plan>(gpu, shape, most_workspace, trying)) {}
Matmul::~Matmul() = default;

std::size_t Matmul::workspace_bytes() const { return plan_->chosen.workspaceSize; }

void Matmul::run(const Stream& stream, CUdeviceptr a, CUdeviceptr b, CUdeviceptr bias, CUdeviceptr d,
                 CUdeviceptr workspace) const {
  plan_->launch(plan_->chosen, stream, a, b, bias, d, workspace);
}

int64_t matmuls_timed() { return timed; }

}  // namespace cornu::cuda
