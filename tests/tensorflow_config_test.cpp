// TensorFlow's own tests of tf.config (tensorflow/python/framework/config_test.py), one for one, over the virtual driver without a GPU
// and with two. Where TensorFlow runs an op on a device, it is asked here where the op would run and its result's memory is taken there.
#include <gtest/gtest.h>

#include <map>

#include "cornu/backend/cuda/library/driver.h"
#include "cornu/base/environment.h"
#include "cornu/device/config.h"
#include "cornu/device/context.h"
#include "cornu/device/scope.h"
#include "tests/expect_error.h"
#include "tests/gpu_test.h"

namespace cornu::config {
namespace {

enum class Verdict { same, repaired, left_out };

struct Case {
  const char* name;
  Verdict verdict;
  const char* reason;  // the repair (DESIGN section 7), or why it is left out
};

constexpr const char* kGraphOptions = "an option of TensorFlow's graph compilers";
constexpr const char* kProto = "TensorFlow's ConfigProto";

constexpr Case kCases[] = {
    {"DevicePolicy", Verdict::same, "its words; a copy between devices needs programs on a GPU"},
    {"ExecutionMode", Verdict::left_out, "ops are not dispatched one by one"},
    {"IntraOpParallelismThreads", Verdict::same, ""},
    {"InterOpParallelismThreads", Verdict::same, ""},
    {"SoftPlacement", Verdict::repaired, "a device that does not exist is warned of before work goes elsewhere"},
    {"LogDevicePlacement", Verdict::same, ""},
    {"EnableMlirBridge", Verdict::left_out, kGraphOptions},
    {"ResetMlirFlags", Verdict::left_out, kGraphOptions},
    {"Jit", Verdict::left_out, kGraphOptions},
    {"OptimizerToggleOption", Verdict::left_out, kGraphOptions},
    {"OptimizerBoolOption", Verdict::left_out, kGraphOptions},
    {"OptimizerToggleOptionPinToHost", Verdict::left_out, kGraphOptions},
    {"PhysicalDevices", Verdict::same, ""},
    {"CpuMultiple", Verdict::repaired, "a device that does not exist is warned of before work goes elsewhere"},
    {"GpuNone", Verdict::same, ""},
    {"GpuMultiple", Verdict::same, ""},
    {"DeviceDetails", Verdict::same, ""},
    {"DeviceDetailsErrors", Verdict::same, "a logical device is another type here: the compiler refuses it"},
    {"VirtualGpu", Verdict::same, ""},
    {"GpuGrowth", Verdict::repaired,
     "growth is a bool from the start, not None; a late change says what initialised the runtime"},
    {"GetMemoryInfoBasic", Verdict::same, ""},
    {"GetMemoryUsageSubstring", Verdict::same, ""},
    {"GetMemoryInfoCPU", Verdict::repaired, "a CPU has memory statistics too"},
    {"GetMemoryInfoUnknownDevice", Verdict::same, ""},
    {"GetMemoryInfoInvalidDeviceString", Verdict::same, ""},
    {"PeakMemoryUsage", Verdict::same, ""},
    {"ResetMemoryStats", Verdict::same, ""},
    {"ResetMemoryStatsCPU", Verdict::repaired, "a CPU has memory statistics too"},
    {"ResetMemoryStatsUnknownDevice", Verdict::same, ""},
    {"ResetMemoryStatsInvalidDeviceString", Verdict::same, ""},
    {"GpuInvalidConfig", Verdict::repaired, "growth is each device's own and goes together with a limit"},
    {"Remote", Verdict::left_out, "there are no other machines"},
    {"V1CompatibilityDummyInvisibleDeviceList", Verdict::left_out, kProto},
    {"V1Compatibility", Verdict::left_out, kProto},
    {"ConfigureCollectiveOps", Verdict::left_out, kProto},
    {"Determinism", Verdict::same, ""},
    {"TensorFloat32GlobalVariable", Verdict::same, ""},
    {"TensorFloat32Enabled", Verdict::left_out, "a product on a real GPU: docs/gpu-verification.md"},
    {"TensorFloat32Disabled", Verdict::left_out, "a product on a real GPU: docs/gpu-verification.md"},
};

class TensorFlowConfig : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    setenv("CORNU_CUDA_LIB_DIR", CORNU_BINARY_DIR "/virtual-gpu", 1);
    const char* machine = GetParam() == 0 ? "no_card" : "two_cards";
    setenv("CORNU_VIRTUAL_GPU", fmt::format("{}/tests/virtual_gpu/machines/{}.json", CORNU_SOURCE_DIR, machine).c_str(), 1);
    if (!cuda::opened<cuda::Driver>().problem.empty()) GTEST_SKIP() << "this process has looked for a driver before";
    context_ = std::make_unique<devices::ScopedContext>(cuda::with_running_gpus());
    gpus_ = list_physical_devices("GPU");
    ASSERT_EQ(std::ssize(gpus_), GetParam());
  }
  void TearDown() override {
    set_soft_device_placement(true);
    held_.clear();
  }

  // Where an op in the scope would run.
  static std::string place() { return devices::placement().logical.name; }
  // Memory of a tensor made on a device; it is held to the end.
  devices::Allocator::Piece tensor(const char* device, std::size_t bytes) {
    const auto scope = cornu::device(device);
    return devices::placement().allocator().allocate(bytes, "tensor");
  }
  void expect_cannot_be_modified(auto change) {
    EXPECT_NE(error_of<RuntimeError>(change).find("cannot be modified"), std::string::npos);
  }
  void expect_cannot_satisfy(const std::string& device) {
    const auto scope = cornu::device(device);
    EXPECT_NE(error_of<ValueError>([] { place(); }).find("Could not satisfy device specification"), std::string::npos);
  }
  void expect_error(const char* words, auto call) {
    EXPECT_NE(error_of<ValueError>(call).find(words), std::string::npos) << words;
  }

  std::unique_ptr<devices::ScopedContext> context_;
  std::vector<PhysicalDevice> gpus_;
  std::vector<devices::Allocator::Piece> held_;
};

// TensorFlow's run_gpu_only.
#define NEEDS_GPUS() \
  if (gpus_.empty()) GTEST_SKIP() << "a case for machines with GPUs"

const std::vector<LogicalDeviceConfiguration> kTwo(2);
std::vector<LogicalDeviceConfiguration> with_limits(std::initializer_list<double> limits) {
  std::vector<LogicalDeviceConfiguration> list;
  for (const double limit : limits) list.push_back({.memory_limit = limit});
  return list;
}

TEST_P(TensorFlowConfig, DevicePolicy) {
  EXPECT_EQ(get_device_policy(), "silent");
  threading::set_intra_op_parallelism_threads(1);
  set_device_policy("silent");
  threading::set_intra_op_parallelism_threads(2);
  devices::initialize("a test");
  for (const char* policy : {"silent", "silent_for_int32", "warn", "explicit"}) {
    set_device_policy(policy);
    EXPECT_EQ(get_device_policy(), policy);
  }
  set_device_policy("");  // TensorFlow's None
  EXPECT_EQ(get_device_policy(), "silent");
}

TEST_P(TensorFlowConfig, IntraOpParallelismThreads) {
  threading::set_intra_op_parallelism_threads(10);
  EXPECT_EQ(threading::get_intra_op_parallelism_threads(), 10);
  devices::initialize("a test");
  EXPECT_THROW(threading::set_intra_op_parallelism_threads(1), RuntimeError);
  threading::set_intra_op_parallelism_threads(10);
}

TEST_P(TensorFlowConfig, InterOpParallelismThreads) {
  threading::set_inter_op_parallelism_threads(10);
  EXPECT_EQ(threading::get_inter_op_parallelism_threads(), 10);
  devices::initialize("a test");
  EXPECT_THROW(threading::set_inter_op_parallelism_threads(1), RuntimeError);
  threading::set_inter_op_parallelism_threads(10);
}

TEST_P(TensorFlowConfig, SoftPlacement) {
  NEEDS_GPUS();
  EXPECT_TRUE(get_soft_device_placement());
  set_soft_device_placement(true);
  EXPECT_TRUE(get_soft_device_placement());
  {
    const auto scope = cornu::device("/device:FOO:0");  // what no device can do runs elsewhere
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(place(), "/device:GPU:0");
    const std::string said = ::testing::internal::GetCapturedStderr();
    EXPECT_TRUE(said.empty() || said.find("requested FOO:0 does not exist") != std::string::npos) << said;  // once a process
  }
  set_soft_device_placement(false);
  EXPECT_FALSE(get_soft_device_placement());
  expect_cannot_satisfy("/device:FOO:0");
}

TEST_P(TensorFlowConfig, LogDevicePlacement) {
  EXPECT_FALSE(debugging::get_log_device_placement());
  debugging::set_log_device_placement(true);
  EXPECT_TRUE(debugging::get_log_device_placement());
  debugging::set_log_device_placement(false);
  EXPECT_FALSE(debugging::get_log_device_placement());
  devices::initialize("a test");
  EXPECT_NO_THROW(debugging::set_log_device_placement(true));
  debugging::set_log_device_placement(false);
}

TEST_P(TensorFlowConfig, PhysicalDevices) {
  EXPECT_GT(list_physical_devices("CPU").size(), 0u);
  EXPECT_EQ(std::ssize(list_physical_devices("GPU")), GetParam());
}

TEST_P(TensorFlowConfig, CpuMultiple) {
  const auto cpus = list_physical_devices("CPU");
  ASSERT_EQ(cpus.size(), 1u);
  set_logical_device_configuration(cpus[0], kTwo);
  devices::initialize("a test");
  const auto logical = list_logical_devices("CPU");
  ASSERT_EQ(logical.size(), 2u);
  for (const char* name : {"/device:CPU:0", "/device:CPU:1"}) {
    const auto scope = cornu::device(name);
    EXPECT_EQ(place(), name);
  }
  {
    const auto scope = cornu::device("/device:CPU:2");
    EXPECT_EQ(place(), gpus_.empty() ? "/device:CPU:0" : "/device:GPU:0");
  }
  for (const LogicalDevice& device : logical) {
    const auto scope = cornu::device(device.name);
    EXPECT_EQ(place(), device.name);
  }
  expect_cannot_be_modified([&] { set_logical_device_configuration(cpus[0], std::vector<LogicalDeviceConfiguration>(3)); });
  set_logical_device_configuration(cpus[0], kTwo);
}

TEST_P(TensorFlowConfig, GpuNone) {
  NEEDS_GPUS();
  set_soft_device_placement(false);
  const auto cpus = list_physical_devices("CPU");
  ASSERT_EQ(cpus.size(), 1u);
  EXPECT_EQ(get_visible_devices("CPU").size(), 1u);
  EXPECT_GT(get_visible_devices("GPU").size(), 0u);
  EXPECT_EQ(get_visible_devices("XLA_GPU").size(), 0u);
  set_visible_devices(cpus[0]);
  EXPECT_EQ(get_visible_devices("CPU").size(), 1u);
  EXPECT_EQ(get_visible_devices("GPU").size(), 0u);
  EXPECT_EQ(list_logical_devices("XLA_GPU").size(), 0u);
  expect_cannot_satisfy("/device:GPU:0");
  expect_cannot_be_modified([&] { set_visible_devices(gpus_); });
  set_visible_devices(cpus[0]);
}

TEST_P(TensorFlowConfig, GpuMultiple) {
  NEEDS_GPUS();
  set_soft_device_placement(false);
  devices::initialize("a test");
  for (std::size_t i = 0; i < gpus_.size(); ++i) held_.push_back(tensor(fmt::format("/device:GPU:{}", i).c_str(), 4));
  expect_cannot_satisfy(fmt::format("/device:GPU:{}", gpus_.size()));
}

TEST_P(TensorFlowConfig, DeviceDetails) {
  EXPECT_EQ(get_device_details(list_physical_devices("CPU")[0]), DeviceDetails());
  if (gpus_.empty()) return;
  const config::DeviceDetails details = get_device_details(gpus_[0]);
  EXPECT_NE(details.device_name, "");
  ASSERT_TRUE(details.compute_capability);
  EXPECT_GT(details.compute_capability->first, 0);
  EXPECT_GE(details.compute_capability->second, 0);
  set_visible_devices(gpus_[1], "GPU");
  EXPECT_NE(get_device_details(get_visible_devices("GPU")[0]).device_name, "");
}

TEST_P(TensorFlowConfig, DeviceDetailsErrors) {
  static_assert(!std::is_invocable_v<decltype(&get_device_details), LogicalDevice>);
  expect_error("The PhysicalDevice must be one obtained from calling `tf.config.list_physical_devices`", [] {
    get_device_details({"/physical_device:CPU:100", "CPU"});
  });
}

TEST_P(TensorFlowConfig, VirtualGpu) {
  NEEDS_GPUS();
  set_soft_device_placement(false);
  const PhysicalDevice gpu = gpus_.back();
  EXPECT_EQ(get_logical_device_configuration(gpu), std::nullopt);
  set_logical_device_configuration(gpu, with_limits({10, 10}));
  EXPECT_EQ(get_logical_device_configuration(gpu)->size(), 2u);
  const auto logical = list_logical_devices("GPU");
  EXPECT_EQ(logical.size(), gpus_.size() + 1);
  for (const LogicalDevice& device : logical) held_.push_back(tensor(device.name.c_str(), 4));
  expect_cannot_satisfy(fmt::format("/device:GPU:{}", logical.size()));
  expect_cannot_be_modified([&] { set_logical_device_configuration(gpu, with_limits({20, 20})); });
  expect_cannot_be_modified([&] { set_logical_device_configuration(gpu, with_limits({10, 10, 10})); });
  set_logical_device_configuration(gpu, with_limits({10, 10}));
}

TEST_P(TensorFlowConfig, GpuGrowth) {
  NEEDS_GPUS();
  EXPECT_FALSE(get_memory_growth(gpus_.back()));  // None in TensorFlow
  for (const PhysicalDevice& gpu : gpus_) set_memory_growth(gpu, true);
  EXPECT_EQ(list_logical_devices("GPU").size(), gpus_.size());
  for (std::size_t i = 0; i < gpus_.size(); ++i) EXPECT_TRUE(devices::Context::current().find("GPU", int(i))->memory_growth);
  for (const PhysicalDevice& gpu : gpus_) {
    EXPECT_TRUE(get_memory_growth(gpu));
    expect_cannot_be_modified([&] { set_memory_growth(gpu, false); });
    EXPECT_NE(error_of<RuntimeError>([&] { set_memory_growth(gpu, false); }).find("initialized by list_logical_devices"),
              std::string::npos);
    set_memory_growth(gpu, true);
  }
}

TEST_P(TensorFlowConfig, GetMemoryInfoBasic) {
  NEEDS_GPUS();
  held_.push_back(tensor("GPU:0", 4));
  const MemoryInfo info = get_memory_info("/job:localhost/replica:0/task:0/device:GPU:0");
  EXPECT_GT(info.current, 0);
  EXPECT_GT(info.peak, 0);
  EXPECT_EQ(get_memory_usage("/job:localhost/replica:0/task:0/device:GPU:0"), info.current);
}

TEST_P(TensorFlowConfig, GetMemoryUsageSubstring) {
  NEEDS_GPUS();
  held_.push_back(tensor("GPU:0", 4));
  EXPECT_GT(get_memory_info("GPU:0").current, 0);
}

TEST_P(TensorFlowConfig, GetMemoryInfoCPU) {
  EXPECT_NO_THROW(get_memory_info("CPU:0"));
  EXPECT_NO_THROW(get_memory_usage("CPU:0"));
}

TEST_P(TensorFlowConfig, GetMemoryInfoUnknownDevice) {
  expect_error("No matching devices found", [] { get_memory_info("unknown_device:0"); });
  expect_error("No matching devices found", [] { get_memory_usage("unknown_device:0"); });
}

TEST_P(TensorFlowConfig, GetMemoryInfoInvalidDeviceString) {
  for (const char* name : {"GPU", "GPU:", "GPU:CPU"}) expect_error("Failed parsing device name", [&] { get_memory_info(name); });
}

TEST_P(TensorFlowConfig, PeakMemoryUsage) {
  NEEDS_GPUS();
  constexpr int64_t kBytes = 4 * 1000 * 1000;
  held_.push_back(tensor("GPU:0", kBytes));
  const int64_t one = get_memory_info("GPU:0").peak;
  EXPECT_GE(one, kBytes);
  held_.push_back(tensor("GPU:0", kBytes));
  const int64_t two = get_memory_info("GPU:0").peak;
  EXPECT_GE(two, one + kBytes);
  held_.clear();
  EXPECT_GE(get_memory_info("GPU:0").peak, two);
  EXPECT_GE(get_memory_info("GPU:0").peak, get_memory_info("GPU:0").current);
}

TEST_P(TensorFlowConfig, ResetMemoryStats) {
  NEEDS_GPUS();
  constexpr int64_t kBytes = 4 * 1000 * 1000;
  held_.push_back(tensor("GPU:0", kBytes));
  reset_memory_stats("GPU:0");
  const MemoryInfo held = get_memory_info("GPU:0");
  EXPECT_GE(held.peak, kBytes);
  EXPECT_GE(held.peak, held.current);
  EXPECT_GT(held.current, 0);
  held_.clear();
  reset_memory_stats("GPU:0");
  EXPECT_LT(get_memory_info("GPU:0").peak, held.peak);
}

TEST_P(TensorFlowConfig, ResetMemoryStatsCPU) { EXPECT_NO_THROW(reset_memory_stats("CPU:0")); }

TEST_P(TensorFlowConfig, ResetMemoryStatsUnknownDevice) {
  expect_error("No matching devices found", [] { reset_memory_stats("unknown_device:0"); });
}

TEST_P(TensorFlowConfig, ResetMemoryStatsInvalidDeviceString) {
  for (const char* name : {"GPU", "GPU:", "GPU:CPU"})
    expect_error("Failed parsing device name", [&] { reset_memory_stats(name); });
}

// TensorFlow refuses growth that differs from GPU to GPU, and forgets it where a limit is set.
TEST_P(TensorFlowConfig, GpuInvalidConfig) {
  NEEDS_GPUS();
  set_memory_growth(gpus_[0], true);
  set_visible_devices(gpus_[0], "GPU");
  EXPECT_TRUE(get_memory_growth(gpus_[0]));
  set_visible_devices(gpus_[1], "GPU");
  EXPECT_FALSE(get_memory_growth(gpus_[1]));
  set_visible_devices(gpus_, "GPU");
  for (const PhysicalDevice& gpu : gpus_) set_memory_growth(gpu, true);
  expect_error("memory limit", [&] { set_logical_device_configuration(gpus_.back(), kTwo); });
  EXPECT_EQ(get_logical_device_configuration(gpus_.back()), std::nullopt);
  set_logical_device_configuration(gpus_.back(), with_limits({10, 10}));
  EXPECT_TRUE(get_memory_growth(gpus_.back()));
  set_memory_growth(gpus_.back(), false);
  EXPECT_EQ(list_logical_devices("GPU").size(), gpus_.size() + 1);
}

TEST_P(TensorFlowConfig, Determinism) {
  disable_op_determinism();
  EXPECT_FALSE(is_op_determinism_enabled());
  enable_op_determinism();
  EXPECT_TRUE(is_op_determinism_enabled());
  disable_op_determinism();
}

TEST_P(TensorFlowConfig, TensorFloat32GlobalVariable) {
  EXPECT_TRUE(tensor_float_32_execution_enabled());
  enable_tensor_float_32_execution(false);
  EXPECT_FALSE(tensor_float_32_execution_enabled());
  enable_tensor_float_32_execution(true);
  EXPECT_TRUE(tensor_float_32_execution_enabled());
}

INSTANTIATE_TEST_SUITE_P(WithGpus, TensorFlowConfig, ::testing::Values(0, 2),
                         [](const auto& info) { return info.param == 0 ? "None" : "Two"; });

// Every case of the table that is not left out has its test, and every test its case.
TEST(TensorFlowConfigTable, NamesEveryCase) {
  std::map<std::string, int> tests;
  const auto* all = ::testing::UnitTest::GetInstance();
  for (int i = 0; i < all->total_test_suite_count(); ++i) {
    const auto* suite = all->GetTestSuite(i);
    if (std::string_view(suite->name()) != "WithGpus/TensorFlowConfig") continue;
    for (int j = 0; j < suite->total_test_count(); ++j) {
      const std::string name = suite->GetTestInfo(j)->name();
      ++tests[name.substr(0, name.find('/'))];
    }
  }
  for (const Case& one : kCases) {
    EXPECT_EQ(tests[one.name], one.verdict == Verdict::left_out ? 0 : 2) << one.name;
    EXPECT_TRUE(one.verdict == Verdict::same || *one.reason) << one.name;
    tests.erase(one.name);
  }
  for (const auto& [name, count] : tests) ADD_FAILURE() << name << " is not in the table";
}

}  // namespace
}  // namespace cornu::config
