#include "cornu/device/gpu_checks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace cornu::devices {
namespace {

constexpr const char* kNoGpu = "no NVIDIA GPU was found on this machine";

using Status = CheckStatus;

struct Scene {
  const Machine& machine;
  const GpuTraces& traces;
  Context& context;
};

const char* start_container() { return "start the container with `--gpus all` (NVIDIA's container toolkit must be on the host)"; }

Check bus(const Scene& scene) {
  if (!scene.traces.cards.empty()) return {Status::ok, "pci", fmt::format("NVIDIA {}", fmt::join(scene.traces.cards, ", "))};
  return {Status::skip, "pci", "no NVIDIA card on the PCI bus; containers and WSL may hide it"};
}

Check visibility(const Scene& scene) {
  const auto list = scene.machine.environment("CUDA_VISIBLE_DEVICES");
  if (!list) return {Status::ok, "visible", "CUDA_VISIBLE_DEVICES is not set: every GPU"};
  if (!parse_visible_devices(*list).hides_all) return {Status::ok, "visible", fmt::format("CUDA_VISIBLE_DEVICES={}", *list)};
  return {Status::fail, "visible", fmt::format("CUDA_VISIBLE_DEVICES=\"{}\" hides every GPU", *list),
          "unset CUDA_VISIBLE_DEVICES"};
}

Check driver(const Scene& scene) {
  const GpuTraces& traces = scene.traces;
  if (!traces.module_version.empty()) return {Status::ok, "driver", "kernel module " + traces.module_version};
  if (traces.is_wsl_gpu) return {Status::ok, "driver", "WSL: Windows's driver (/dev/dxg)"};
  if (traces.has_nouveau)
    return {Status::fail, "driver", "the nouveau driver holds the GPU and has no CUDA", "install NVIDIA's driver, then reboot"};
  return {Status::fail, "driver", "NVIDIA's kernel module is not loaded: /proc/driver/nvidia/version does not exist",
          "sudo modprobe nvidia (if there is no such module: install NVIDIA's driver, then reboot)"};
}

Check nodes(const Scene& scene) {
  const GpuTraces& traces = scene.traces;
  if (traces.is_wsl_gpu) return {Status::ok, "nodes", "/dev/dxg"};
  const std::string create = traces.is_container ? start_container() : "sudo nvidia-modprobe -u -c=0";
  if (traces.nodes.empty()) return {Status::fail, "nodes", "/dev/nvidia0 does not exist", create};
  if (!traces.has_control_node) return {Status::fail, "nodes", "/dev/nvidiactl does not exist", create};
  if (!traces.has_memory_node) return {Status::fail, "nodes", "/dev/nvidia-uvm does not exist", create};
  if (!traces.closed_nodes.empty()) {
    const std::string closed = fmt::format("{}", fmt::join(traces.closed_nodes, " "));
    return {Status::fail, "nodes", fmt::format("no permission to open {}", closed), fmt::format("sudo chmod a+rw {}", closed)};
  }
  return {Status::ok, "nodes", fmt::format("{}, /dev/nvidiactl, /dev/nvidia-uvm", fmt::join(traces.nodes, ", "))};
}

// The container toolkit mounts libcuda only with the capability "compute".
bool lacks_compute(const Machine& machine) {
  const auto capabilities = machine.environment("NVIDIA_DRIVER_CAPABILITIES");
  return capabilities && capabilities->find("compute") == std::string::npos && capabilities->find("all") == std::string::npos;
}

Check libcuda(const Scene& scene) {
  const GpuTraces& traces = scene.traces;
  if (traces.libcuda.empty()) {
    const char* fix = "install the driver's user-space part (Debian, Ubuntu: libcuda1 or libnvidia-compute-VERSION)";
    if (traces.is_wsl_gpu) fix = "update NVIDIA's driver on Windows, then `wsl --shutdown`";
    else if (traces.is_container && lacks_compute(scene.machine))
      fix = "start the container with NVIDIA_DRIVER_CAPABILITIES=compute,utility";
    else if (traces.is_container) fix = start_container();
    return {Status::fail, "libcuda", "libcuda.so.1 was not found, although the driver is loaded", fix};
  }
  const bool is_compat = traces.libcuda.find("compat") != std::string::npos;  // NVIDIA's newer library for an older module
  const bool both_known = !traces.libcuda_version.empty() && !traces.module_version.empty();
  if (both_known && !is_compat && traces.libcuda_version != traces.module_version)
    return {Status::fail, "libcuda",
            fmt::format("the kernel module is {}, but libcuda is {} ({})", traces.module_version, traces.libcuda_version,
                        traces.libcuda),
            traces.is_container ? start_container() : "reboot, so that the updated kernel module is loaded"};
  return {Status::ok, "libcuda", traces.libcuda + (traces.libcuda_version.empty() ? "" : " (" + traces.libcuda_version + ")")};
}

Check backend(const Scene& scene) {
  if (scene.context.has_provider("GPU")) return {Status::ok, "backend", "this build of Cornu has a CUDA backend"};
  return {Status::fail, "backend", "this build of Cornu has no CUDA backend", "use a build that has one"};
}

bool has_failed(const std::vector<Check>& checks) {
  return std::ranges::any_of(checks, [](const Check& check) { return check.status == Status::fail; });
}

// There is one root cause: a later failure is only told.
void add(std::vector<Check>& checks, Check check) {
  if (check.status == Status::fail && has_failed(checks)) check.status = Status::warn;
  checks.push_back(std::move(check));
}

std::string only_where_asked(Context& context) {
  return fmt::format("{} is used only where it is asked for (--device gpu:0, device(\"/GPU:0\"))",
                     context.details(context.physical_devices("GPU").front()).device_name);
}

void add_backends_own(Context& context, std::vector<Check>& checks) {
  for (Check& check : context.provider_checks("GPU")) add(checks, std::move(check));
  const auto gpus = context.physical_devices("GPU");
  for (const auto& gpu : gpus)
    checks.push_back({Status::ok, "device",
                      fmt::format("{}: {}, {} MiB", gpu.name, context.details(gpu).device_name, gpu.memory_limit >> 20)});
  if (gpus.empty() && !has_failed(checks))
    checks.push_back(
        {Status::fail, "device", "the CUDA driver lists no device", "nvidia-smi tells whether the driver sees the GPU"});
  if (!gpus.empty() && !context.chooses("GPU")) checks.push_back({Status::warn, "programs", only_where_asked(context)});
}

}  // namespace

std::vector<Check> gpu_checks(const Machine& machine, Context& context) {
  const bool is_listed = !context.physical_devices("GPU").empty();
  const GpuTraces traces = look_for_gpus(machine);
  // A driver that fails tells of a GPU even where nothing else does.
  if (!traces.any() && !is_listed && !has_failed(context.provider_checks("GPU")))
    return {{Status::skip, "gpu", kNoGpu, traces.is_container ? "if the host has a GPU, " + std::string(start_container()) : ""}};
  std::vector<Check> checks;
  for (const auto check : {bus, visibility, driver, nodes, libcuda, backend}) {
    Check result = check({machine, traces, context});
    // However the files look: the driver works, or its own error follows.
    if ((is_listed || !traces.any()) && result.status == Status::fail) continue;
    checks.push_back(std::move(result));
    if (has_failed(checks)) return checks;
  }
  add_backends_own(context, checks);
  return checks;
}

std::string why_no_gpu(const Machine& machine, Context& context) {
  const bool is_visible = !context.visible_devices("GPU").empty();
  if (is_visible && (!context.has_default_device() || context.chooses("GPU"))) return "";
  if (!is_visible && !context.physical_devices("GPU").empty()) return "set_visible_devices hides every GPU";
  for (const Check& check : gpu_checks(machine, context))
    if (check.status == Status::fail) return check.fact;
  return is_visible ? only_where_asked(context) : kNoGpu;
}

std::string why_no_gpu() { return why_no_gpu(Machine(), Context::current()); }

}  // namespace cornu::devices
