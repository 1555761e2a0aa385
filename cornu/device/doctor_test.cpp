#include "cornu/device/doctor.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "cornu/device/build_info.h"
#include "cornu/device/config.h"
#include "cornu/device/fake_gpus.h"
#include "cornu/device/gpu_checks.h"
#include "cornu/target/fake_root.h"

namespace cornu::devices {
namespace {

using std::string;

// A machine of files, healthy step by step.
class Doctor : public target::FakeRoot {
 protected:
  void add_card() {
    write("sys/bus/pci/devices/0000:1b:00.0/vendor", "0x10de\n");
    write("sys/bus/pci/devices/0000:1b:00.0/device", "0x2335\n");
    write("sys/bus/pci/devices/0000:1b:00.0/class", "0x030200\n");
  }
  void add_module() {
    write("proc/driver/nvidia/version",
          "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build\nGCC version: 12\n");
  }
  void add_nodes() {
    for (const char* node : {"nvidia0", "nvidiactl", "nvidia-uvm"}) write(string("dev/") + node, "");
  }
  void add_libcuda(const string& version = "570.86.15") {
    write("usr/lib64/libcuda.so." + version, "");
    link("usr/lib64/libcuda.so.1", "libcuda.so." + version);
  }
  void add_all() { add_card(), add_module(), add_nodes(), add_libcuda(); }

  DoctorReport report(std::vector<std::unique_ptr<DeviceProvider>> providers = with_gpus({})) {
    Context context(std::move(providers));
    why_ = why_no_gpu(machine(), context);
    DoctorReport result = examine(machine(), context);
    EXPECT_FALSE(context.initialized());
    return result;
  }
  Machine machine() {
    return {root_, [this](const char* name) {
              const auto at = environment_.find(name);
              return at == environment_.end() ? std::nullopt : std::optional(at->second);
            }};
  }
  void expect_cause(const string& cause, const string& fix) {
    const DoctorReport found = report();
    EXPECT_EQ(found.state, GpuState::unusable);
    EXPECT_EQ(found.root_cause, cause);
    EXPECT_NE(found.fix.find(fix), string::npos) << found.fix;
    EXPECT_EQ(why_, cause);
    EXPECT_EQ(std::ranges::count(found.checks, CheckStatus::fail, &Check::status), 1);
  }

  std::map<string, string> environment_;
  string why_;
};

TEST_F(Doctor, NothingFailsWithoutAGpu) {
  write("sys/bus/pci/devices/0000:00:00.0/vendor", "0x8086\n");
  write("sys/bus/pci/devices/0000:00:00.0/class", "0x030000\n");
  write("sys/bus/pci/devices/0000:1b:00.1/vendor", "0x10de\n");  // a card's sound
  write("sys/bus/pci/devices/0000:1b:00.1/class", "0x040300\n");
  environment_["CUDA_VISIBLE_DEVICES"] = "-1";
  const DoctorReport found = report(cpu_only());
  EXPECT_EQ(found.exit_status(), 2);
  EXPECT_EQ(found.root_cause, "no NVIDIA GPU was found on this machine");
  EXPECT_EQ(found.fix, "");
  EXPECT_EQ(why_, "no NVIDIA GPU was found on this machine");
  EXPECT_EQ(std::ranges::count(found.checks, CheckStatus::fail, &Check::status), 0);
  write(".dockerenv", "");
  EXPECT_NE(report(cpu_only()).fix.find("--gpus all"), string::npos);
}

TEST_F(Doctor, TheFirstBrokenStepIsTheCause) {
  add_card();
  expect_cause("NVIDIA's kernel module is not loaded: /proc/driver/nvidia/version does not exist", "modprobe nvidia");
  add_module();
  expect_cause("/dev/nvidia0 does not exist", "nvidia-modprobe");
  write("dev/nvidia0", "");
  write("dev/nvidiactl", "");
  expect_cause("/dev/nvidia-uvm does not exist", "nvidia-modprobe");
  write("dev/nvidia-uvm", "");
  expect_cause("libcuda.so.1 was not found, although the driver is loaded", "libcuda1");
  add_libcuda("560.35.03");
  expect_cause("the kernel module is 570.86.15, but libcuda is 560.35.03 (" + (root_ / "usr/lib64/libcuda.so.1").string() + ")",
               "reboot");
  std::filesystem::remove(root_ / "usr/lib64/libcuda.so.1");
  add_libcuda();
  expect_cause("the CUDA driver lists no device", "nvidia-smi");
  environment_["CUDA_VISIBLE_DEVICES"] = "";
  expect_cause("CUDA_VISIBLE_DEVICES=\"\" hides every GPU", "unset");
}

TEST_F(Doctor, OtherDriversAndContainers) {
  add_card();
  write("sys/module/nouveau/version", "");
  expect_cause("the nouveau driver holds the GPU and has no CUDA", "install NVIDIA's driver");
  add_module();
  write(".dockerenv", "");
  expect_cause("/dev/nvidia0 does not exist", "--gpus all");
  add_nodes();
  environment_["NVIDIA_DRIVER_CAPABILITIES"] = "utility";
  expect_cause("libcuda.so.1 was not found, although the driver is loaded", "NVIDIA_DRIVER_CAPABILITIES=compute,utility");
}

TEST_F(Doctor, WslHasNeitherCardNorModule) {
  write("dev/dxg", "");
  expect_cause("libcuda.so.1 was not found, although the driver is loaded", "wsl --shutdown");
  write("usr/lib/wsl/lib/libcuda.so.1", "");
  EXPECT_EQ(report(with_gpus({{}})).state, GpuState::usable);
}

TEST_F(Doctor, ABuildWithoutTheBackendSaysSo) {
  add_all();
  const DoctorReport found = report(cpu_only());
  EXPECT_EQ(found.exit_status(), 1);
  EXPECT_EQ(found.root_cause, "this build of Cornu has no CUDA backend");
}

TEST_F(Doctor, TheBackendsOwnChecksFollow) {
  add_all();
  const DoctorReport broken = report(with_gpus({}, {{CheckStatus::fail, "cuInit", "cuInit: CUDA_ERROR_NO_DEVICE", "reboot"}}));
  EXPECT_EQ(broken.state, GpuState::unusable);
  EXPECT_EQ(broken.root_cause, "cuInit: CUDA_ERROR_NO_DEVICE");
  const DoctorReport well =
      report(with_gpus({{}}, {{CheckStatus::warn, "cudnn", "libcudnn.so.9 was not found", "cornu cuda install"}}));
  EXPECT_EQ(well.exit_status(), 0);
  EXPECT_EQ(well.root_cause, "");
  EXPECT_EQ(why_, "");
}

TEST_F(Doctor, AGpuThatWorksIsUsableHoweverItLooks) {
  const DoctorReport found = report(with_gpus({{}}));
  EXPECT_EQ(found.state, GpuState::usable);
  EXPECT_EQ(std::ranges::count(found.checks, CheckStatus::fail, &Check::status), 0);
}

TEST_F(Doctor, AGpuThatIsUsedWhereItIsAskedForIsUsable) {
  add_all();
  const DoctorReport found = report(with_idle_gpu());
  EXPECT_EQ(found.exit_status(), 0);
  EXPECT_EQ(found.root_cause, "");
  EXPECT_EQ(why_, "");  // nothing has been placed yet
}

TEST_F(Doctor, ADriversErrorTellsOfAGpuThatFilesDoNotShow) {
  const DoctorReport found = report(with_gpus({}, {{CheckStatus::fail, "cuInit", "the driver hangs", "reboot"}}));
  EXPECT_EQ(found.exit_status(), 1);
  EXPECT_EQ(found.root_cause, "the driver hangs");
  EXPECT_EQ(std::ranges::count(found.checks, CheckStatus::fail, &Check::status), 1);
}

TEST_F(Doctor, HiddenByConfiguration) {
  Context context(two_gpus());
  context.set_visible_devices({}, "GPU");
  EXPECT_EQ(why_no_gpu(machine(), context), "set_visible_devices hides every GPU");
}

TEST_F(Doctor, MistakesInTheEnvironmentAreWarnedOf) {
  environment_ = {{"TF_FORCE_GPU_ALLOW_GROWTH", "1"},
                  {"CUDA_VISIBLE_DEVICE", "0"},
                  {"CUDA_VISIBLE_DEVICES", "0,gpu1"},
                  {"CORNU_CPU_ISA", "avx2"},
                  {"CORNU_CUDA_LIB_DIR", "/no/such/folder"}};
  std::vector<string> warnings;
  for (const Check& check : report(cpu_only()).checks)
    if (check.status == CheckStatus::warn && check.name == "environment") warnings.push_back(check.fact);
  EXPECT_EQ(warnings,
            (std::vector<string>{"TF_FORCE_GPU_ALLOW_GROWTH=1 is ignored: it must be true or false",
                                 "CUDA_VISIBLE_DEVICE is read by nobody", "CORNU_CUDA_LIB_DIR=/no/such/folder is not a folder",
                                 "CUDA_VISIBLE_DEVICES=0,gpu1: 'gpu1' names no GPU and ends the list"}));
}

TEST_F(Doctor, TextAndJsonBeginWithTheCause) {
  add_card();
  write("proc/meminfo", "MemTotal:       24000000 kB\nMemFree: 1 kB\nMemAvailable:   12000000 kB\n");
  const DoctorReport found = report();
  const string text = to_text(found);
  EXPECT_EQ(text.rfind("GPU present but unusable: NVIDIA's kernel module is not loaded: /proc/driver/nvidia/version "
                       "does not exist\nfix: sudo modprobe",
                       0),
            0u)
      << text;
  EXPECT_NE(text.find("\n[ok]   pci         NVIDIA 0x2335 at 0000:1b:00.0\n"), string::npos) << text;
  EXPECT_NE(text.find("\n[FAIL] driver      "), string::npos);
  EXPECT_NE(text.find("\n[ok]   memory      23437 MiB, 11718 MiB available\n"), string::npos) << text;
  const nlohmann::ordered_json json = to_json(found);
  EXPECT_EQ(json["gpu"], "unusable");
  EXPECT_EQ(json["exit_status"], 1);
  EXPECT_EQ(json["root_cause"], found.root_cause);
  EXPECT_EQ(json["checks"][0]["status"], "ok");
  EXPECT_EQ(json["checks"].size(), found.checks.size());
}

TEST(DoctorHere, ExaminesThisMachine) {
  const DoctorReport found = examine();
  EXPECT_EQ(found.state == GpuState::absent, config::list_physical_devices("GPU").empty() && found.root_cause == why_no_gpu());
}

TEST(VisibleDevices, AreReadAsCudaDoes) {
  for (const char* list : {"", "-1", "none", "NoDevFiles", "-1,0", "gpu0"})
    EXPECT_TRUE(parse_visible_devices(list).hides_all) << list;
  for (const char* list : {"0", "1,0", "GPU-12ab", "0,-1", "MIG-1", " 0"})
    EXPECT_FALSE(parse_visible_devices(list).hides_all) << list;
  EXPECT_EQ(parse_visible_devices("0,'1'").bad_entry, "'1'");
  EXPECT_EQ(parse_visible_devices("0,-1").bad_entry, "");
}

TEST(BuildInfo, TellsOfThisBuild) {
  const ScopedContext machine(cpu_only());
  EXPECT_FALSE(test::is_built_with_cuda());
  EXPECT_EQ(sysconfig::get_build_info().at("is_cuda_build"), "false");
  EXPECT_EQ(test::gpu_device_name(), "");
  register_runtime_info("a_library", [] { return string("1.2.3"); });
  register_runtime_info("a_missing_library", [] { return string(); });
  EXPECT_EQ(sysconfig::get_runtime_info().at("a_library"), "1.2.3");
  EXPECT_FALSE(sysconfig::get_runtime_info().contains("a_missing_library"));
  {
    const ScopedContext with_idle(with_idle_gpu());  // used where a program asks for it
    EXPECT_TRUE(test::is_built_with_cuda());
    EXPECT_EQ(test::gpu_device_name(), "/device:GPU:0");
  }
  const ScopedContext with_two(two_gpus());
  EXPECT_EQ(sysconfig::get_build_info().at("is_cuda_build"), "true");
  EXPECT_EQ(test::gpu_device_name(), "/device:GPU:0");
}

}  // namespace
}  // namespace cornu::devices
