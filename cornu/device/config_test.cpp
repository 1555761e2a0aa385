#include "cornu/device/config.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "cornu/base/errors.h"
#include "cornu/device/fake_gpus.h"
#include "cornu/device/scope.h"

namespace cornu::config {
namespace {

using devices::ScopedContext;
using std::string;

template <class E>
string error_of(const auto& f) {
  try {
    f();
  } catch (const E& e) {
    return e.what();
  }
  return "no error";
}

bool starts(const string& text, const string& beginning) { return text.rfind(beginning, 0) == 0; }

struct ConfigOnCpu : testing::Test {
  ScopedContext machine{devices::cpu_only()};
  PhysicalDevice cpu{"/physical_device:CPU:0", "CPU"};
  PhysicalDevice gpu{"/physical_device:GPU:0", "GPU"};
};

struct ConfigOnGpus : testing::Test {
  ScopedContext machine{devices::two_gpus()};
  PhysicalDevice cpu = list_physical_devices("CPU").at(0);
  PhysicalDevice gpu0 = list_physical_devices("GPU").at(0);
  PhysicalDevice gpu1 = list_physical_devices("GPU").at(1);
};

TEST_F(ConfigOnCpu, ListsWithoutInitializing) {
  EXPECT_EQ(list_physical_devices(), std::vector{cpu});
  EXPECT_EQ(list_physical_devices("CPU")[0].memory_limit, int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE));
  EXPECT_TRUE(list_physical_devices("GPU").empty());
  EXPECT_TRUE(list_physical_devices("cpu").empty());
  EXPECT_EQ(get_visible_devices(), std::vector{cpu});
  EXPECT_EQ(get_device_details(cpu), DeviceDetails());
  EXPECT_FALSE(machine->initialized());
  EXPECT_EQ(list_logical_devices(), (std::vector<LogicalDevice>{{"/device:CPU:0", "CPU"}}));
  EXPECT_TRUE(machine->initialized());
}

TEST_F(ConfigOnCpu, ErrorsAreTensorFlows) {
  EXPECT_EQ(error_of<ValueError>([&] { set_visible_devices(gpu, "GPU"); }),
            "Unrecognized device: PhysicalDevice(name='/physical_device:GPU:0', device_type='GPU')");
  EXPECT_EQ(error_of<ValueError>([&] { set_visible_devices({cpu}, "GPU"); }),
            "Unrecognized device: PhysicalDevice(name='/physical_device:CPU:0', device_type='CPU')");
  EXPECT_EQ(error_of<ValueError>([&] { set_memory_growth(cpu, true); }),
            "Cannot set memory growth on non-GPU and non-Pluggable devices");
  EXPECT_THROW(get_memory_growth(cpu), ValueError);
  EXPECT_EQ(error_of<ValueError>([&] { set_logical_device_configuration(cpu, {{.memory_limit = 10}}); }),
            "Setting memory limit on CPU virtual devices is currently not supported");
  EXPECT_EQ(error_of<ValueError>([&] { set_logical_device_configuration(cpu, {{.experimental_priority = 1}}); }),
            "Setting experimental_priority on CPU virtual  devices is currently not supported");
  EXPECT_EQ(error_of<ValueError>([&] { set_logical_device_configuration(cpu, {{.experimental_device_ordinal = 1}}); }),
            "Setting experimental_device_ordinal on CPU virtual  devices is currently not supported");
  EXPECT_EQ(error_of<ValueError>([&] { get_device_details(gpu); }),
            "The PhysicalDevice must be one obtained from calling `tf.config.list_physical_devices`, but got: "
            "PhysicalDevice(name='/physical_device:GPU:0', device_type='GPU')");
}

TEST_F(ConfigOnCpu, LateChangesSayWhatInitialized) {
  list_logical_devices("GPU");
  EXPECT_EQ(error_of<RuntimeError>([] { set_visible_devices({}, "CPU"); }),
            "Visible devices cannot be modified after being initialized. The devices were initialized by "
            "list_logical_devices: call "
            "set_visible_devices before that.");
  EXPECT_EQ(error_of<RuntimeError>([&] {
              set_logical_device_configuration(cpu, {{}, {}});
            }),
            "Virtual devices cannot be modified after being initialized. The devices were initialized by "
            "list_logical_devices: call "
            "set_logical_device_configuration before that.");
  EXPECT_TRUE(starts(error_of<RuntimeError>([] { threading::set_intra_op_parallelism_threads(3); }),
                     "Intra op parallelism cannot be modified after initialization. The devices"));
  EXPECT_TRUE(starts(error_of<RuntimeError>([] { threading::set_inter_op_parallelism_threads(3); }),
                     "Inter op parallelism cannot be modified after initialization. The devices"));
  EXPECT_NO_THROW(set_visible_devices(cpu, "CPU"));
  EXPECT_NO_THROW(set_visible_devices({}, "GPU"));
  EXPECT_NO_THROW(threading::set_intra_op_parallelism_threads(0));
}

TEST_F(ConfigOnCpu, TheFirstInitializerIsRemembered) {
  devices::initialize("Model.fit");
  devices::initialize("Model.evaluate");
  EXPECT_NE(error_of<RuntimeError>([] { set_visible_devices({}); }).find("initialized by Model.fit:"), string::npos);
}

TEST_F(ConfigOnCpu, WithoutACpuInitializationFailsAndCanBeRepaired) {
  set_visible_devices({}, "CPU");
  EXPECT_TRUE(starts(error_of<RuntimeError>([] { list_logical_devices(); }), "No CPU devices are available in this process"));
  set_visible_devices(cpu);
  EXPECT_EQ(list_logical_devices().size(), 1u);
}

TEST_F(ConfigOnCpu, ACpuCanBeSeveralDevices) {
  set_logical_device_configuration(cpu, {{}, {}});
  EXPECT_EQ(list_logical_devices(), (std::vector<LogicalDevice>{{"/device:CPU:0", "CPU"}, {"/device:CPU:1", "CPU"}}));
}

TEST_F(ConfigOnCpu, MemoryIsCounted) {
  EXPECT_EQ(get_memory_info("CPU:0").current, 0);
  devices::MemoryStats& memory = machine->find("CPU", 0)->memory;
  memory.add(256);
  memory.add(512);
  memory.remove(256);
  for (const char* name :
       {"CPU:0", "/CPU:0", "cpu:0", "/device:cpu:0", "device:CPU:0", "/job:localhost/replica:0/task:0/device:CPU:0"}) {
    EXPECT_EQ(get_memory_info(name).current, 512) << name;
    EXPECT_EQ(get_memory_info(name).peak, 768) << name;
  }
  reset_memory_stats("CPU:0");
  EXPECT_EQ(get_memory_info("CPU:0").peak, 512);
  EXPECT_EQ(get_memory_usage("CPU:0"), 512);
}

TEST_F(ConfigOnCpu, MemoryOfAnUnknownDevice) {
  for (const char* name : {"GPU", "GPU:", "GPU:CPU", ""})
    EXPECT_EQ(
        error_of<ValueError>([&] { get_memory_info(name); }),
        fmt::format("Failed parsing device name: '{}'. Note a valid device string should at least contain a device type and a "
                    "device index, like \"GPU:0\".",
                    name));
  for (const char* name : {"GPU:9", "unknown_device:0", "/job:a/device:CPU:0", "/task:0", "/physical_device:CPU:0"})
    EXPECT_EQ(error_of<ValueError>([&] { reset_memory_stats(name); }), fmt::format("No matching devices found for '{}'", name));
}

TEST_F(ConfigOnGpus, PhysicalDevicesAreListedCpuFirst) {
  EXPECT_EQ(list_physical_devices(), (std::vector{cpu, gpu0, gpu1}));
  EXPECT_EQ(gpu1.name, "/physical_device:GPU:1");
  EXPECT_EQ(gpu1.memory_limit, int64_t{8} << 30);
  EXPECT_EQ(get_device_details(gpu0).device_name, "NVIDIA H200");
  EXPECT_EQ(get_device_details(gpu0).compute_capability, std::pair(9, 0));
}

TEST_F(ConfigOnGpus, AConfiguredLimitIsThePhysicalLimit) {
  set_logical_device_configuration(gpu0, {{.memory_limit = 1024}, {.memory_limit = 512.5}});
  EXPECT_EQ(list_physical_devices("GPU")[0].memory_limit, 1536 * 1048576ll + 524288);
  EXPECT_EQ(get_visible_devices("GPU")[0].memory_limit, 1536 * 1048576ll + 524288);
  EXPECT_EQ(list_physical_devices("GPU")[1].memory_limit, int64_t{8} << 30);
}

TEST_F(ConfigOnGpus, VisibleOrderIsLogicalOrder) {
  set_visible_devices({gpu1, gpu0, gpu1}, "GPU");
  EXPECT_EQ(get_visible_devices(), (std::vector{cpu, gpu1, gpu0}));
  EXPECT_EQ(list_logical_devices("GPU"), (std::vector<LogicalDevice>{{"/device:GPU:0", "GPU"}, {"/device:GPU:1", "GPU"}}));
  EXPECT_EQ(machine->find("GPU", 0)->physical_id, 1);
  EXPECT_EQ(machine->find("GPU", 1)->physical_id, 0);
  EXPECT_THROW(set_visible_devices({gpu0, gpu1}, "GPU"), RuntimeError);
  EXPECT_NO_THROW(set_visible_devices({gpu1, gpu0}, "GPU"));
  EXPECT_NO_THROW(set_visible_devices(cpu, "CPU"));
}

TEST_F(ConfigOnGpus, ATypeReplacesOnlyItsOwnDevices) {
  set_visible_devices(gpu1, "GPU");
  EXPECT_EQ(get_visible_devices(), (std::vector{cpu, gpu1}));
  set_visible_devices({}, "GPU");
  EXPECT_EQ(get_visible_devices(), std::vector{cpu});
  set_visible_devices(gpu1);
  EXPECT_EQ(get_visible_devices(), std::vector{gpu1});
  EXPECT_EQ(list_physical_devices().size(), 3u);
}

TEST_F(ConfigOnGpus, GrowthIsPerDeviceAndCombinesWithALimit) {
  EXPECT_FALSE(get_memory_growth(gpu0));
  set_memory_growth(gpu0, false);
  EXPECT_FALSE(get_memory_growth(gpu0));
  set_logical_device_configuration(gpu1, {{.memory_limit = 100}});
  set_memory_growth(gpu1, true);
  EXPECT_TRUE(get_memory_growth(gpu1));
  list_logical_devices();
  EXPECT_FALSE(machine->find("GPU", 0)->memory_growth);
  EXPECT_EQ(machine->find("GPU", 0)->memory_limit, std::nullopt);
  EXPECT_TRUE(machine->find("GPU", 1)->memory_growth);
  EXPECT_EQ(machine->find("GPU", 1)->memory_limit, 100 << 20);
  EXPECT_TRUE(starts(error_of<RuntimeError>([&] { set_memory_growth(gpu1, false); }),
                     "Physical devices cannot be modified after being initialized. The devices were initialized by "
                     "list_logical_devices"));
  EXPECT_NO_THROW(set_memory_growth(gpu1, true));
}

TEST_F(ConfigOnGpus, GrowthIsTheDefaultAndTheEnvironmentWins) {
  const auto growth = [] {
    ScopedContext fresh{devices::two_gpus()};
    set_memory_growth(list_physical_devices("GPU")[1], false);
    list_logical_devices();
    return std::pair(fresh->find("GPU", 0)->memory_growth, fresh->find("GPU", 1)->memory_growth);
  };
  unsetenv("TF_FORCE_GPU_ALLOW_GROWTH");
  EXPECT_EQ(growth(), std::pair(true, false));
  setenv("TF_FORCE_GPU_ALLOW_GROWTH", "true", 1);
  EXPECT_EQ(growth(), std::pair(true, true));
  setenv("TF_FORCE_GPU_ALLOW_GROWTH", "false", 1);
  EXPECT_EQ(growth(), std::pair(false, false));
  setenv("TF_FORCE_GPU_ALLOW_GROWTH", "1", 1);
  testing::internal::CaptureStderr();
  EXPECT_EQ(growth(), std::pair(true, false));
  EXPECT_NE(testing::internal::GetCapturedStderr().find("could not be parsed: \"1\""), string::npos);
  unsetenv("TF_FORCE_GPU_ALLOW_GROWTH");
}

TEST_F(ConfigOnGpus, SeveralLogicalDevicesOnOneGpu) {
  set_logical_device_configuration(gpu0, {{.memory_limit = 100, .experimental_priority = -1, .experimental_device_ordinal = 5},
                                          {.memory_limit = 200, .experimental_priority = 0, .experimental_device_ordinal = 1}});
  EXPECT_EQ(list_logical_devices("GPU").size(), 3u);
  EXPECT_EQ(machine->find("GPU", 0)->physical_id, 1);  // no ordinal counts as 0
  EXPECT_EQ(machine->find("GPU", 1)->memory_limit, 200 << 20);
  EXPECT_EQ(machine->find("GPU", 2)->memory_limit, 100 << 20);
  EXPECT_EQ(machine->find("GPU", 2)->priority, -1);
  machine->find("GPU", 2)->memory.add(7);
  EXPECT_EQ(get_memory_info("GPU:2").current, 7);
  EXPECT_EQ(get_memory_info("GPU:1").current, 0);
}

TEST_F(ConfigOnGpus, LogicalConfigurationRules) {
  EXPECT_EQ(get_logical_device_configuration(gpu0), std::nullopt);
  EXPECT_EQ(error_of<ValueError>([&] { set_logical_device_configuration(gpu0, {LogicalDeviceConfiguration{}}); }),
            "Setting memory limit is required for GPU virtual devices");
  EXPECT_EQ(error_of<ValueError>([&] {
              set_logical_device_configuration(gpu0, {{.memory_limit = 1, .experimental_priority = 1}, {.memory_limit = 1}});
            }),
            "priority must be specified for all virtual devices");
  EXPECT_EQ(
      error_of<ValueError>([&] {
        set_logical_device_configuration(gpu0, {{.memory_limit = 1}, {.memory_limit = 1, .experimental_device_ordinal = 1}});
      }),
      "device_ordinals must be specified for all virtual devices");
  EXPECT_THROW(set_logical_device_configuration(gpu0, {{.memory_limit = -1}}), ValueError);
  EXPECT_THROW(set_logical_device_configuration(gpu0, {{.memory_limit = 0}}), ValueError);
  EXPECT_EQ(error_of<ValueError>([&] { set_logical_device_configuration(gpu0, {{.memory_limit = 8193}}); }),
            "The memory limit of a GPU virtual device cannot exceed what the GPU has, 8192 MB. Received: memory_limit=8193");
  EXPECT_THROW(set_logical_device_configuration(gpu0, {{.memory_limit = 0.0 / 0.0}}), ValueError);
  experimental::set_virtual_device_configuration(gpu0, {{.memory_limit = 10}});
  EXPECT_EQ(experimental::get_virtual_device_configuration(gpu0)->at(0).memory_limit, 10);
  set_logical_device_configuration(gpu0, {});
  EXPECT_EQ(get_logical_device_configuration(gpu0), std::nullopt);
}

TEST(ConfigOverCommitment, IsWarnedOf) {
  ScopedContext machine{devices::with_gpus({{.total_memory = int64_t{4} << 30, .free_memory = int64_t{3} << 30}})};
  set_logical_device_configuration(list_physical_devices("GPU")[0], {{.memory_limit = 2000}, {.memory_limit = 1500}});
  testing::internal::CaptureStderr();
  list_logical_devices();
  const string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("/physical_device:GPU:0 may use 3500 MiB together, but 3072 MiB are free"), string::npos) << text;
}

TEST(ConfigFlags, CanChangeAtAnyTime) {
  EXPECT_TRUE(get_soft_device_placement());
  EXPECT_TRUE(tensor_float_32_execution_enabled());
  EXPECT_FALSE(debugging::get_log_device_placement());
  enable_tensor_float_32_execution(false);
  EXPECT_FALSE(experimental::tensor_float_32_execution_enabled());
  enable_tensor_float_32_execution(true);
  EXPECT_EQ(get_device_policy(), "silent");
  set_device_policy("warn");
  EXPECT_EQ(get_device_policy(), "warn");
  set_device_policy("");
  EXPECT_EQ(get_device_policy(), "silent");
  EXPECT_TRUE(starts(error_of<ValueError>([] { set_device_policy("x"); }), "Invalid argument `device_policy`: 'x'."));
  ScopedContext machine{devices::cpu_only()};
  EXPECT_THROW(threading::set_inter_op_parallelism_threads(-1), ValueError);
  threading::set_intra_op_parallelism_threads(2);
  EXPECT_EQ(threading::get_intra_op_parallelism_threads(), 2);
  EXPECT_EQ(threading::get_inter_op_parallelism_threads(), 0);
}

}  // namespace
}  // namespace cornu::config
