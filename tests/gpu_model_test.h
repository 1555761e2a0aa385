#pragma once

// For tests of models on a card, beside the CPU.

#include "cornu/cornu.h"
#include "tests/gpu_test.h"

namespace cornu::cuda {

// Programs run on the card by default.
class GpuModelTest : public GpuTest {
 protected:
  void SetUp() override {
    GpuTest::SetUp();
    if (IsSkipped()) return;
    configure_anew();
    devices::initialize("a test");
  }
  void configure_anew() {
    gpus.reset();
    gpus = std::make_unique<devices::ScopedContext>(with_running_gpus());
  }
  // The largest, relative to the largest element.
  static double difference(const Tensor& a, const Tensor& b) {
    return keras::ops::max(keras::ops::abs(a - b)).item<float>() /
           std::max(1e-3, double(keras::ops::max(keras::ops::abs(b)).item<float>()));
  }
};

}  // namespace cornu::cuda
