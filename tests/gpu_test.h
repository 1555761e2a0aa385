#pragma once

// For tests of what a card does: the virtual GPU (512 MiB, of which 16 are in use), or this machine's own with CORNU_TEST_GPU=real.

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cornu/backend/cuda/device/stream.h"
#include "cornu/backend/cuda/library/calls.h"
#include "cornu/base/environment.h"
#include "cornu/device/config.h"
#include "cornu/device/context.h"
#include "tests/temporary_folder.h"

namespace cornu::cuda {

// The driver's GPUs as if this version ran programs on them by default.
class RunningGpus : public devices::DeviceProvider {
 public:
  explicit RunningGpus(std::unique_ptr<DeviceProvider> gpus) : gpus_(std::move(gpus)) {}
  std::string_view device_type() const override { return gpus_->device_type(); }
  std::vector<devices::FoundDevice> list() override { return gpus_->list(); }
  std::optional<int64_t> free_memory(int id) override { return gpus_->free_memory(id); }
  std::unique_ptr<devices::MemorySource> open_memory(int id) override { return gpus_->open_memory(id); }
  std::unique_ptr<devices::Runtime> open_runtime(int id, devices::Allocator& memory, int priority) override {
    return gpus_->open_runtime(id, memory, priority);
  }
  Target target(int id) override { return gpus_->target(id); }

 private:
  std::unique_ptr<DeviceProvider> gpus_;
};
inline std::vector<std::unique_ptr<devices::DeviceProvider>> with_running_gpus() {
  auto providers = devices::make_providers();
  for (auto& provider : providers)
    if (provider->device_type() == "GPU") provider = std::make_unique<RunningGpus>(std::move(provider));
  return providers;
}

inline bool is_gpu_real() { return environment("CORNU_TEST_GPU") == "real"; }

// The virtual GPU's script with other answers of entry points (tests/virtual_gpu/script.h).
class ScriptedAnswers {
 public:
  explicit ScriptedAnswers(const std::string& answers) {
    std::string text(std::istreambuf_iterator<char>(std::ifstream(machine_).rdbuf()), {});
    text.insert(text.find('{') + 1, "\"answers\": {" + answers + "},");
    std::ofstream(folder_ / "machine.json") << text;
    setenv("CORNU_VIRTUAL_GPU", (folder_ / "machine.json").c_str(), 1);
  }
  ~ScriptedAnswers() { setenv("CORNU_VIRTUAL_GPU", machine_.c_str(), 1); }

 private:
  const TemporaryFolder folder_;
  const std::string machine_ = environment("CORNU_VIRTUAL_GPU").value_or("");
};

class GpuTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!is_real()) {
      setenv("CORNU_CACHE_DIR", CORNU_BINARY_DIR "/virtual-gpu/cache", 1);  // a user's has kernels of the real compiler
      setenv("CORNU_CUDA_LIB_DIR", CORNU_BINARY_DIR "/virtual-gpu", 1);
      setenv("CORNU_VIRTUAL_GPU", (CORNU_SOURCE_DIR "/tests/virtual_gpu/machines/" + machine_ + ".json").c_str(), 1);
    }
    config::enable_tensor_float_32_execution(false);  // what is compared with the host's numbers has all bits
    if (!opened<Driver>().problem.empty()) GTEST_SKIP() << "this process has looked for a driver before";
    gpus = std::make_unique<devices::ScopedContext>(devices::make_providers());
    ASSERT_FALSE(config::list_physical_devices("GPU").empty());
  }
  static bool is_real() { return is_gpu_real(); }
  const Gpu& gpu() { return Gpu::at(0); }
  devices::Allocator& card() {
    devices::initialize("a test");
    return (*gpus)->find("GPU", 0)->allocator();
  }
  std::vector<float> read(const devices::Allocator::Piece& piece, std::size_t count, const Stream& stream) {
    std::vector<float> values(count);
    CORNU_DRIVER_CALL(cuMemcpyDtoHAsync_v2, values.data(), piece.address(), count * 4, stream.handle());
    stream.wait();
    return values;
  }
  int architecture() {
    return 10 * gpu().attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR) +
           gpu().attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
  }
  const Stream& stream() {
    if (!stream_) stream_.emplace(gpu());
    return *stream_;
  }
  std::unique_ptr<devices::ScopedContext> gpus;
  std::string machine_ = "small_card";  // the virtual GPU's

 private:
  std::optional<Stream> stream_;
};

}  // namespace cornu::cuda
