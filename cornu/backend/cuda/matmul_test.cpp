#include "cornu/backend/cuda/matmul.h"

#include <cmath>
#include <fstream>
#include <random>

#include "cornu/base/float16.h"
#include "tests/expect_error.h"
#include "tests/gpu_test.h"
#include "tests/temporary_folder.h"

namespace cornu::cuda {
namespace {

using devices::Allocator;

class MatmulTest : public GpuTest {
 protected:
  template <class T>
  std::vector<T> numbers(int64_t count, uint32_t seed) {
    std::mt19937 random(seed);
    std::vector<T> out(static_cast<std::size_t>(count));
    for (T& x : out) x = T(static_cast<float>(static_cast<int>(random() % 33) - 16) / 8);
    return out;
  }
  Runtime& runtime() {
    if (!runtime_) runtime_.emplace(Gpu::at(0), card());
    return *runtime_;
  }
  template <class T>
  Allocator::Piece to_card(const std::vector<T>& values) {
    auto piece = card().allocate(values.size() * sizeof(T), "matrix");
    CORNU_DRIVER_CALL(cuMemcpyHtoDAsync_v2, piece.address(), values.data(), values.size() * sizeof(T), stream().handle());
    return piece;
  }

  // Against the sums as they are defined.
  template <class T>
  void check(MatmulShape s, bool is_timed = false) {
    s.dtype = dtype_of<T>();
    const int64_t a_batch = s.shares_a ? 1 : s.batch, b_batch = s.shares_b ? 1 : s.batch;
    const auto a = numbers<T>(a_batch * s.m * s.k, 1), b = numbers<T>(b_batch * s.k * s.n, 2), bias = numbers<T>(s.n, 3);
    const auto on_a = to_card(a), on_b = to_card(b), on_bias = to_card(bias);
    const auto on_d = card().allocate(static_cast<std::size_t>(s.batch * s.m * s.n) * sizeof(T), "product");
    const Matmul matmul(gpu(), s, std::size_t{1} << 20, is_timed ? &runtime() : nullptr);
    const auto workspace = card().allocate(matmul.workspace_bytes(), "workspace");
    matmul.run(stream(), on_a.address(), on_b.address(), on_bias.address(), on_d.address(), workspace.address());
    std::vector<T> d(static_cast<std::size_t>(s.batch * s.m * s.n));
    CORNU_DRIVER_CALL(cuMemcpyDtoHAsync_v2, d.data(), on_d.address(), d.size() * sizeof(T), stream().handle());
    stream().wait();
    const bool has_bias = s.epilogue == MatmulEpilogue::bias || s.epilogue == MatmulEpilogue::relu_bias;
    const bool has_relu = s.epilogue == MatmulEpilogue::relu || s.epilogue == MatmulEpilogue::relu_bias;
    for (int64_t item = 0; item < s.batch; ++item)
      for (int64_t i = 0; i < s.m; ++i)
        for (int64_t j = 0; j < s.n; ++j) {
          double sum = has_bias ? double(bias[j]) : 0;
          for (int64_t k = 0; k < s.k; ++k) {
            const int64_t at_a = (s.shares_a ? 0 : item * s.m * s.k) + (s.transpose_a ? k * s.m + i : i * s.k + k);
            const int64_t at_b = (s.shares_b ? 0 : item * s.k * s.n) + (s.transpose_b ? j * s.k + k : k * s.n + j);
            sum += double(a[at_a]) * double(b[at_b]);
          }
          if (has_relu) sum = std::max(sum, 0.0);
          const double got = double(d[(item * s.m + i) * s.n + j]), room = sizeof(T) == 2 ? std::abs(sum) / 100 : 1e-5;
          ASSERT_NEAR(got, sum, room + 1e-9) << item << " " << i << " " << j;
        }
  }
  std::optional<Runtime> runtime_;

  template <class T>
  static DType dtype_of() {
    if constexpr (std::is_same_v<T, float>) return float32;
    else if constexpr (std::is_same_v<T, double>) return float64;
    else if constexpr (std::is_same_v<T, float16_t>) return float16;
    else return bfloat16;
  }
};

TEST_F(MatmulTest, EveryTransposition) {
  for (const bool turns_a : {false, true})
    for (const bool turns_b : {false, true})
      check<float>({.m = 8, .n = 12, .k = 20, .transpose_a = turns_a, .transpose_b = turns_b});
}

TEST_F(MatmulTest, Batches) {
  check<float>({.m = 4, .n = 8, .k = 12, .batch = 3});
  check<float>({.m = 4, .n = 8, .k = 12, .batch = 3, .transpose_b = true, .shares_b = true});
  check<float>({.m = 4, .n = 8, .k = 12, .batch = 3, .transpose_a = true, .shares_a = true});
}

TEST_F(MatmulTest, EveryTypeAndEpilogue) {
  for (const MatmulEpilogue epilogue :
       {MatmulEpilogue::none, MatmulEpilogue::bias, MatmulEpilogue::relu, MatmulEpilogue::relu_bias}) {
    const MatmulShape shape{.m = 8, .n = 16, .k = 24, .epilogue = epilogue};
    check<float>(shape);
    check<float16_t>(shape);
    check<bfloat16_t>(shape);
    if (epilogue == MatmulEpilogue::none) check<double>(shape);
  }
}

TEST_F(MatmulTest, TensorFloat32IsASwitch) {
  const std::vector<float> a(16, 1 + 0x1p-12f), b(16, 1);
  const auto on_a = to_card(a), on_b = to_card(b), on_d = card().allocate(64, "product");
  for (const bool is_on : {false, true}) {
    const Matmul matmul(gpu(), {.m = 4, .n = 4, .k = 4, .tensor_float_32 = is_on}, 0);
    matmul.run(stream(), on_a.address(), on_b.address(), 0, on_d.address(), 0);
    std::vector<float> d(16);
    CORNU_DRIVER_CALL(cuMemcpyDtoHAsync_v2, d.data(), on_d.address(), 64, stream().handle());
    stream().wait();
    EXPECT_TRUE(is_real() || d[0] == (is_on ? 4 : 4 + 0x1p-10f)) << d[0];
  }
}

TEST_F(MatmulTest, ATypeThatItDoesNotMultiplyIsNamed) {
  EXPECT_NE(
      error_of<DeviceError>([&] { Matmul(gpu(), {.m = 4, .n = 4, .k = 4, .dtype = int32}, 0); }).find("multiplies no int32"),
      std::string::npos);
}

TEST_F(MatmulTest, TheFastestAlgorithmIsTriedOnceAMachine) {
  const TemporaryFolder folder;
  setenv("CORNU_CACHE_DIR", folder.path().c_str(), 1);
  const auto timed_by = [&](const MatmulShape& shape, bool is_timed = true) {
    const int64_t before = matmuls_timed();
    check<float>(shape, is_timed);
    return matmuls_timed() - before;
  };
  const MatmulShape shape{.m = 8, .n = 16, .k = 24, .epilogue = MatmulEpilogue::relu_bias};
  EXPECT_EQ(timed_by(shape, false), 0);
  EXPECT_EQ(timed_by(shape), 1);
  EXPECT_EQ(timed_by(shape), 0);
  EXPECT_EQ(timed_by({.m = 8, .n = 16, .k = 24}), 1);
  for (const auto& file : std::filesystem::directory_iterator(folder.path() / "plans")) std::ofstream(file.path()) << "damaged";
  EXPECT_EQ(timed_by(shape), 1);
}

}  // namespace
}  // namespace cornu::cuda
