#include "cornu/backend/cuda/doctor/diagnosis.h"

#include <fmt/format.h>
#include <string.h>

#include <algorithm>

#include "cornu/backend/cuda/library/calls.h"
#include "cornu/backend/cuda/packages/table.h"

namespace cornu::cuda {
namespace {

using devices::Check;
using Status = devices::CheckStatus;

// The least driver of the oldest set of libraries that `cornu cuda install` knows.
std::string new_driver() {
  return fmt::format("install NVIDIA's driver {} or later, then reboot", packages::table().back().driver);
}

struct Meaning {
  CUresult result;
  const char* cause;
  const char* fix;
};

constexpr Meaning kMeanings[] = {
    {CUDA_ERROR_OUT_OF_MEMORY, "the machine or the GPU has no memory left for the driver",
     "end the programs that nvidia-smi shows on the GPU"},
    {CUDA_ERROR_STUB_LIBRARY, "this library is the toolkit's stub, made to link with, and not the driver",
     "take the toolkit's folder `stubs` out of LD_LIBRARY_PATH"},
    {CUDA_ERROR_DEVICE_UNAVAILABLE, "another program holds the GPU for itself alone",
     "end that program (nvidia-smi shows it), or sudo nvidia-smi -c 0"},
    {CUDA_ERROR_OPERATING_SYSTEM,
     "the system refused what the driver asked for, as it does where a container may not open the nodes",
     "restart the container; outside of one: sudo nvidia-modprobe -u -c=0"},
    {CUDA_ERROR_SYSTEM_NOT_READY, "the links between the GPUs are not set up", "sudo systemctl start nvidia-fabricmanager"},
    {CUDA_ERROR_SYSTEM_DRIVER_MISMATCH, "the loaded kernel module and this library are of different versions",
     "reboot, so that the updated kernel module is loaded"},
    {CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE,
     "this library is the forward-compatible one, which serves data-center cards only, and this card is none",
     "take the folder cuda/compat out of LD_LIBRARY_PATH, so that the installed driver's own library is used"},
    {CUDA_ERROR_UNKNOWN, "the kernel module is in a bad state, often after an update or a sleep",
     "sudo modprobe -r nvidia_uvm && sudo modprobe nvidia_uvm; if that does not help, reboot"},
};

bool says_absent(const Attempt& attempt) {
  return attempt.outcome == "not found" || attempt.outcome.find("No such file") != std::string::npos;
}

}  // namespace

std::string version_text(int version) { return fmt::format("{}.{}", version / 1000, version % 1000 / 10); }

Check diagnose_end(const Answer& answer) {
  if (answer.end == Answer::End::hung)
    return {Status::fail, "cuInit", "the driver hangs: cuInit did not come back within its time",
            "reboot; if it hangs again, a GPU is broken: `sudo dmesg | grep -i NVRM` names it"};
  return {Status::fail, "cuInit",
          fmt::format("the driver ends the program: cuInit {}",
                      answer.signal ? fmt::format("got signal {} ({})", answer.signal, strsignal(answer.signal)) : "left it"),
          "install NVIDIA's driver again, then reboot"};
}

Check diagnose_init(unsigned answer, const std::string& libcuda) {
  if (answer == CUDA_SUCCESS) return {Status::ok, "cuInit", "the driver is initialised"};
  const std::string name = name_of(answer);
  if (answer == CUDA_ERROR_NO_DEVICE) return {Status::skip, "cuInit", name + ": the driver finds no GPU"};
  const auto meaning = std::ranges::find(kMeanings, answer, &Meaning::result);
  if (meaning == std::end(kMeanings))
    return {Status::fail, "cuInit", fmt::format("cuInit answers {} ({})", name, libcuda),
            "nvidia-smi may tell more; else reboot"};
  return {Status::fail, "cuInit", fmt::format("cuInit answers {}: {} ({})", name, meaning->cause, libcuda), meaning->fix};
}

Check diagnose_library(const Opened<Driver>& driver) {
  if (driver.library.is_open()) return {Status::fail, "libcuda", driver.problem, new_driver()};
  const auto broken = std::ranges::find_if_not(driver.library.attempts(), says_absent);
  if (broken == driver.library.attempts().end()) return {Status::skip, "libcuda", driver.problem};
  return {Status::fail, "libcuda", fmt::format("libcuda.so.1 cannot be opened: {}", broken->outcome),
          "install the driver's user-space part again"};
}

Check diagnose_version(int version, const std::string& libcuda) {
  const std::string fact = fmt::format("CUDA {} ({})", version_text(version), libcuda);
  if (version >= kOldestDriver) return {Status::ok, "cuda", fact};
  return {Status::fail, "cuda",
          fmt::format("the driver is too old: it supports {}, Cornu needs CUDA {} or later", fact, version_text(kOldestDriver)),
          new_driver()};
}

}  // namespace cornu::cuda
