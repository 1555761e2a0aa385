#include "cornu/backend/cuda/doctor/trial.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "cornu/backend/cuda/device/memory.h"
#include "cornu/backend/cuda/doctor/diagnosis.h"
#include "cornu/backend/cuda/doctor/probe.h"
#include "cornu/backend/cuda/kernel/kernel.h"
#include "cornu/backend/cuda/library/calls.h"
#include "cornu/backend/cuda/library/cublaslt.h"
#include "cornu/backend/cuda/library/nvrtc.h"
#include "cornu/backend/cuda/matmul.h"
#include "cornu/device/allocator.h"

namespace cornu::cuda {
namespace {

using devices::Allocator;
using devices::Check;
using Clock = std::chrono::steady_clock;
using Status = devices::CheckStatus;

constexpr std::chrono::seconds kPatience{60};  // a first context on a machine of many cards takes its time
constexpr int kSize = 64;                      // of the matrices
constexpr std::size_t kMatrixBytes = kSize * kSize * sizeof(float);

constexpr const char* kLookAtTheCard = "`sudo dmesg | grep -i NVRM` and `nvidia-smi -q` tell of the card's state; else reboot";

// Its sums have the host's order, so that they have its bits.
constexpr const char* kTrialKernels = R"(
extern "C" __global__ void multiply(const float* a, const float* b, float* product, int size) {
  const int row = blockIdx.x, column = threadIdx.x;
  float sum = 0;
  for (int k = 0; k < size; ++k) sum += a[row * size + k] * b[k * size + column];
  product[row * size + column] = sum;
}
extern "C" __global__ void exponentials(const float* in, float* out) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  out[i] = expf(in[i]);
}
extern "C" __global__ void nothing() {}
)";

double microseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

// Everything about one card; a refusal of the driver's is thrown.
class Trial {
 public:
  explicit Trial(int ordinal) : name_(fmt::format("GPU {}", ordinal)), gpu_(Gpu::at(ordinal)) {
    context_ms_ = microseconds_since(start_) / 1000;
    const auto made = Clock::now();
    module_.emplace(gpu_, compile(kTrialKernels, architecture()));
    compile_ms_ = microseconds_since(made) / 1000;
  }

  std::vector<Check> checks() {
    std::vector<Check> checks{launch_check(), math_check()};
    if (checks.back().status != Status::ok) return checks;
    if (opened<CublasLt>().problem.empty()) checks.push_back(matmul_check());
    checks.push_back(copy_check());
    return checks;
  }

 private:
  int architecture() const {
    return 10 * gpu_.attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR) +
           gpu_.attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
  }

  Check launch_check() {
    constexpr int kLaunches = 200;
    const CUfunction nothing = module_->find("nothing");
    std::vector<double> waits;
    for (int i = 0; i < kLaunches; ++i) {
      const auto start = Clock::now();
      launch(nothing, {}, stream_);
      stream_.wait();
      waits.push_back(microseconds_since(start));
    }
    const auto start = Clock::now();
    for (int i = 0; i < kLaunches; ++i) launch(nothing, {}, stream_);
    const double queued = microseconds_since(start) / kLaunches;
    stream_.wait();
    std::ranges::nth_element(waits, waits.begin() + kLaunches / 2);
    return {Status::ok, "kernel",
            fmt::format(
                "{}: context in {:.0f} ms, kernel compiled for sm_{} in {:.0f} ms, a launch {:.1f} us, with its end {:.1f} us",
                name_, context_ms_, architecture(), compile_ms_, queued, waits[kLaunches / 2])};
  }

  Check math_check() {
    const std::vector<float> a = matrix(37, 7), b = matrix(41, 9);
    const auto on_a = to_card(a), on_b = to_card(b), on_product = memory_.allocate(kMatrixBytes, "trial");
    launch(module_->find("multiply"), {kSize, kSize}, stream_, on_a.address(), on_b.address(), on_product.address(), kSize);
    if (const auto product = to_host(on_product); product != product_on_host(a, b))
      return {Status::fail, "math", name_ + ": a product of matrices differs from the CPU's: the card computes wrongly",
              "run `nvidia-smi -q` and look for ECC errors and heat; do not trust this card"};
    launch(module_->find("exponentials"), {kSize, kSize}, stream_, on_a.address(), on_product.address());
    const double error = error_of_exponentials(a, to_host(on_product));
    return {Status::ok, "math",
            fmt::format("{}: a product of matrices has the CPU's bits, exp is within {:.1f} ULP", name_, error)};
  }

  // The library's order of sums is its own.
  Check matmul_check() {
    constexpr double kMost[] = {1e-5, 1e-2};
    const std::vector<float> a = matrix(37, 7), b = matrix(41, 9);
    const auto on_a = to_card(a), on_b = to_card(b), on_product = memory_.allocate(kMatrixBytes, "trial");
    const std::vector<float> expected = product_on_host(a, b);
    double errors[2];
    for (const bool is_on : {false, true}) {
      const Matmul matmul(gpu_, {.m = kSize, .n = kSize, .k = kSize, .tensor_float_32 = is_on}, 0);
      matmul.run(stream_, on_a.address(), on_b.address(), 0, on_product.address(), 0);
      errors[is_on] = largest_difference(to_host(on_product), expected);
      if (errors[is_on] > kMost[is_on])
        return {Status::fail, "matmul",
                fmt::format("{}: a product by cuBLASLt differs from the CPU's by {:.0e}", name_, errors[is_on]),
                "`nvidia-smi -q` tells of ECC errors and heat; else install another version: cornu cuda install --only cublas"};
    }
    return {Status::ok, "matmul",
            fmt::format("{}: a product by cuBLASLt is within {:.0e} of the CPU's, with TF32 within {:.0e}", name_, errors[0],
                        errors[1])};
  }
  // Of the largest element.
  static double largest_difference(const std::vector<float>& got, const std::vector<float>& expected) {
    double difference = 0, largest = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
      difference = std::max(difference, double{std::abs(got[i] - expected[i])});
      largest = std::max(largest, double{std::abs(expected[i])});
    }
    return difference / largest;
  }

  Check copy_check() {
    constexpr std::size_t bytes = kCopied;
    const auto piece = memory_.allocate(bytes, "trial");
    const auto pinned = pinned_.allocate(bytes, "trial");
    auto* host = reinterpret_cast<void*>(pinned.address());
    const double in =
        rate(bytes, [&] { CORNU_DRIVER_CALL(cuMemcpyHtoDAsync_v2, piece.address(), host, bytes, stream_.handle()); });
    const double out =
        rate(bytes, [&] { CORNU_DRIVER_CALL(cuMemcpyDtoHAsync_v2, host, piece.address(), bytes, stream_.handle()); });
    const std::string fact = fmt::format("{}: {:.1f} GB/s to the card, {:.1f} GB/s from it (pinned)", name_, in, out);
    if (std::min(in, out) >= kSlowCopy) return {Status::ok, "copy", fact};
    return {Status::warn, "copy", fact + ": slow",
            "`nvidia-smi -q -d PCIE` tells the slot's width and speed: put the card into a faster slot"};
  }

  // The best of a few, by the card's own clock.
  template <class Copy>
  double rate(std::size_t bytes, Copy copy) {
    double best = 0;
    for (int i = 0; i < 3; ++i) {
      Event begin(gpu_, Event::Timing::on), end(gpu_, Event::Timing::on);
      begin.record(stream_);
      copy();
      end.record(stream_);
      end.wait();
      best = std::max(best, static_cast<double>(bytes) / 1000 / std::max(0.001, end.microseconds_since(begin)));
    }
    return best;
  }

  // Fractions of both signs.
  static std::vector<float> matrix(int period, int divisor) {
    std::vector<float> values(kSize * kSize);
    for (int i = 0; i < kSize * kSize; ++i) values[i] = static_cast<float>(i % period - period / 2) / static_cast<float>(divisor);
    return values;
  }
  static std::vector<float> product_on_host(const std::vector<float>& a, const std::vector<float>& b) {
    std::vector<float> product(kSize * kSize);
    for (int row = 0; row < kSize; ++row)
      for (int column = 0; column < kSize; ++column) {
        float sum = 0;
        for (int k = 0; k < kSize; ++k) sum += a[row * kSize + k] * b[k * kSize + column];
        product[row * kSize + column] = sum;
      }
    return product;
  }
  static double error_of_exponentials(const std::vector<float>& in, const std::vector<float>& out) {
    double worst = 0;
    for (std::size_t i = 0; i < in.size(); ++i) {
      const double exact = std::exp(double{in[i]});
      const auto nearest = static_cast<float>(exact);
      worst = std::max(worst, std::abs(out[i] - exact) / (std::nextafter(nearest, HUGE_VALF) - nearest));
    }
    return worst;
  }

  Allocator::Piece to_card(const std::vector<float>& values) {
    auto piece = memory_.allocate(kMatrixBytes, "trial");
    CORNU_DRIVER_CALL(cuMemcpyHtoDAsync_v2, piece.address(), values.data(), kMatrixBytes, stream_.handle());
    return piece;
  }
  std::vector<float> to_host(const Allocator::Piece& piece) {
    std::vector<float> values(kSize * kSize);
    CORNU_DRIVER_CALL(cuMemcpyDtoHAsync_v2, values.data(), piece.address(), kMatrixBytes, stream_.handle());
    stream_.wait();
    return values;
  }

  static constexpr std::size_t kCopied = 32 << 20;
  static constexpr double kSlowCopy = 2;  // GB/s: less than four lanes of the third generation

  const std::string name_;
  const Clock::time_point start_ = Clock::now();
  const Gpu& gpu_;
  double context_ms_ = 0, compile_ms_ = 0;
  devices::MemoryStats counts_[2];
  Allocator memory_{card_memory(gpu_), {.device = name_, .limit = 2 * kCopied}, counts_[0]};
  Allocator pinned_{pinned_memory(gpu_), {.device = "pinned memory", .limit = kCopied}, counts_[1]};
  std::optional<Module> module_;
  const Stream stream_{gpu_};
};

std::vector<Check> try_card(int ordinal) {
  if (const std::string& problem = opened<Nvrtc>().problem; !problem.empty())
    return {{Status::skip, "kernel", fmt::format("GPU {}: not tried, because {}", ordinal, problem)}};
  try {
    CORNU_DRIVER_CALL(cuInit, 0);
    return Trial(ordinal).checks();
  } catch (const CompileError& e) {
    return {{Status::fail, "kernel", fmt::format("GPU {}: {}", ordinal, e.what()),
             "cornu cuda install --only nvrtc (or a newer one, if it does not know the card)"}};
  } catch (const std::exception& e) {
    return {{Status::fail, "kernel", fmt::format("GPU {} cannot run a kernel: {}", ordinal, e.what()), kLookAtTheCard}};
  }
}

std::string to_text(const std::vector<Check>& checks) {
  auto json = nlohmann::json::array();
  for (const auto& [status, name, fact, fix] : checks) json.push_back({status, name, fact, fix});
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::vector<Check> from_text(const std::string& text) {
  std::vector<Check> checks;
  for (const auto& one : nlohmann::json::parse(text)) checks.push_back({one[0], one[1], one[2], one[3]});
  return checks;
}

}  // namespace

std::vector<Check> try_cards(int cards) {
  std::vector<Check> checks;
  for (int ordinal = 0; ordinal < cards; ++ordinal) {
    const Answer answer = ask_in_child([&] { return to_text(try_card(ordinal)); }, kPatience);
    if (answer.end == Answer::End::answered) {
      std::ranges::move(from_text(answer.text), std::back_inserter(checks));
      continue;
    }
    const std::string end = answer.end == Answer::End::hung ? fmt::format("did not end within {} s", kPatience.count())
                                                            : fmt::format("ended the process (signal {})", answer.signal);
    checks.push_back(
        {Status::fail, "kernel", fmt::format("GPU {} cannot run a kernel: the trial {}", ordinal, end), kLookAtTheCard});
  }
  return checks;
}

}  // namespace cornu::cuda
