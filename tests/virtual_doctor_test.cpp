// The doctor over the virtual driver, with each of its failures, on a machine whose files show a card and on one whose files show none.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cornu/backend/cuda/library/driver.h"
#include "cornu/device/context.h"
#include "cornu/device/doctor.h"
#include "cornu/target/fake_root.h"

namespace cornu::devices {
namespace {

struct Failure {
  const char* script;
  const char* cause;
  int with_card, without;  // the doctor's exit status
};

constexpr const char* kH200 =
    R"({"name": "NVIDIA H200", "compute_capability": [9, 0], "memory_mib": 512, "pci_bus_id": "0000:1b:00.0", "uuid": "GPU-00"})";
constexpr const char* kV100 =
    R"({"name": "Tesla V100", "compute_capability": [7, 0], "memory_mib": 512, "pci_bus_id": "0000:1b:00.0", "uuid": "GPU-00"})";

const Failure kFailures[] = {
    {R"({"init": 100})", "the CUDA driver lists no device", 1, 2},
    {R"({"init": 2, "devices": [H200]})", "CUDA_ERROR_OUT_OF_MEMORY (2)", 1, 1},
    {R"({"init": 34, "devices": [H200]})", "toolkit's stub", 1, 1},
    {R"({"init": 46, "devices": [H200]})", "another program holds the GPU for itself alone", 1, 1},
    {R"({"init": 304, "devices": [H200]})", "a container may not open the nodes", 1, 1},
    {R"({"init": 802, "devices": [H200]})", "CUDA_ERROR_SYSTEM_NOT_READY (802)", 1, 1},
    {R"({"init": 803, "devices": [H200]})", "of different versions", 1, 1},
    {R"({"init": 804, "devices": [H200]})", "forward-compatible", 1, 1},
    {R"({"init": 999, "devices": [H200]})", "in a bad state", 1, 1},
    {R"({"init": 4711, "devices": [H200]})", "cuInit answers error 4711", 1, 1},
    {R"({"version": 11080, "devices": [H200]})", "the driver is too old", 1, 1},
    {R"({"devices": [V100]})", "its compute capability is 7.0", 1, 1},
    {R"({"abort": "cuInit", "devices": [H200]})", "got signal 6", 1, 1},
    {R"({"hang": "cuInit", "devices": [H200]})", "cuInit did not come back", 1, 1},
    {R"({"answers": {"cuDeviceTotalMem_v2": {"answer": 999}}, "devices": [H200]})", "cuDeviceTotalMem_v2 answers", 1, 1},
    {R"({"answers": {"cuMemCreate": {"answer": 2}}, "devices": [H200]})", "GPU 0 cannot run a kernel: GPU 0 is out of memory", 1,
     1},
    {R"({"answers": {"cuCtxSetCurrent": {"answer": 999}}, "devices": [H200]})", "cuCtxSetCurrent answers", 1, 1},
    {R"({"devices": [H200]})", "", 0, 0},
};

class VirtualDoctor : public target::FakeRoot, public ::testing::WithParamInterface<std::tuple<int, bool>> {
 protected:
  void add_card() {
    write("sys/bus/pci/devices/0000:1b:00.0/vendor", "0x10de\n");
    write("sys/bus/pci/devices/0000:1b:00.0/device", "0x2335\n");
    write("sys/bus/pci/devices/0000:1b:00.0/class", "0x030200\n");
    write("proc/driver/nvidia/version", "NVRM version: NVIDIA UNIX Kernel Module  580.65.06  Release Build\n");
    for (const char* node : {"nvidia0", "nvidiactl", "nvidia-uvm"}) write(std::string("dev/") + node, "");
    write("usr/lib64/libcuda.so.580.65.06", "");
    link("usr/lib64/libcuda.so.1", "libcuda.so.580.65.06");
  }
  std::string script(const char* text) {
    std::string out = text;
    for (const auto& [name, card] : {std::pair("H200", kH200), std::pair("V100", kV100)})
      if (const auto at = out.find(std::string("[") + name); at != out.npos) out.replace(at + 1, 4, card);
    write("machine.json", out);
    return root_ / "machine.json";
  }
};

TEST_P(VirtualDoctor, NamesTheCause) {
  const auto& [number, has_card] = GetParam();
  const Failure& failure = kFailures[number];
  setenv("CORNU_CUDA_LIB_DIR", CORNU_BINARY_DIR "/virtual-gpu", 1);
  setenv("CORNU_VIRTUAL_GPU", script(failure.script).c_str(), 1);
  setenv("CORNU_DRIVER_PATIENCE", "1", 1);
  if (!cuda::opened<cuda::Driver>().problem.empty()) GTEST_SKIP() << "this process has looked for a driver before";
  if (has_card) add_card();
  Context context(make_providers());
  const DoctorReport report = examine({root_, [](const char*) { return std::nullopt; }}, context);
  EXPECT_EQ(report.exit_status(), has_card ? failure.with_card : failure.without);
  EXPECT_TRUE(report.state == GpuState::absent || report.root_cause.find(failure.cause) != std::string::npos)
      << report.root_cause;
  EXPECT_LE(std::ranges::count(report.checks, CheckStatus::fail, &Check::status), 1);
  const auto json = nlohmann::json::parse(to_json(report).dump());
  EXPECT_EQ(json.at("exit_status"), report.exit_status());
  EXPECT_EQ(json.at("root_cause"), report.root_cause);
  for (const auto& check : json.at("checks")) EXPECT_FALSE(check.at("fact").get<std::string>().empty());
}

INSTANTIATE_TEST_SUITE_P(EachFailure, VirtualDoctor,
                         ::testing::Combine(::testing::Range(0, static_cast<int>(std::size(kFailures))), ::testing::Bool()));

}  // namespace
}  // namespace cornu::devices
