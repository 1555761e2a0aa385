#!/usr/bin/env python3
"""What NVIDIA's driver says and what its calls cost: bench/gpu_driver.py [--out FILE] [--only SECTION,...].

Needs the driver, and for the sections that run kernels an NVRTC (a package of pip, or a toolkit). With a C compiler calls are timed from C, so
that ctypes costs nothing; else from Python. Times are medians. A section that fails says why, and the others go on.
"""

import argparse
import concurrent.futures
import ctypes
import datetime
import functools
import glob
import itertools
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import time

from cuda_calls import (
    MIB, AllocationProp, ConditionalNode, KernelNode, address, architecture, asked, call, compiled, cu, current, driver, error_name, library, loop,
    made, mapped, median_us, ms, new, nvml, nvml_device, nvml_used, parameters, queued_us, repeat, seconds, stream, sync, through_us,
)  # fmt: skip

KIB = 1 << 10
RELEASE_THRESHOLD = 4  # CU_MEMPOOL_ATTR_RELEASE_THRESHOLD

ATTRIBUTES = {
    "max_threads_per_block": 1, "shared_memory_per_block": 8, "constant_memory": 9, "warp_size": 10, "registers_per_block": 12, "clock_khz": 13,
    "texture_alignment": 14, "multiprocessors": 16, "kernel_timeout": 17, "integrated": 18, "can_map_host_memory": 19, "compute_mode": 20,
    "concurrent_kernels": 31, "ecc": 32, "memory_clock_khz": 36, "memory_bus_bits": 37, "l2_bytes": 38, "threads_per_multiprocessor": 39,
    "copy_engines": 40, "unified_addressing": 41, "cc_major": 75, "cc_minor": 76, "stream_priorities": 78, "shared_memory_per_multiprocessor": 81,
    "registers_per_multiprocessor": 82, "managed_memory": 83, "fp32_to_fp64_ratio": 87, "pageable_memory_access": 88,
    "concurrent_managed_access": 89, "compute_preemption": 90, "host_pointer_for_registered_memory": 91, "cooperative_launch": 95,
    "shared_memory_per_block_optin": 97, "host_register": 99, "virtual_memory_management": 102, "posix_file_descriptor_handles": 103,
    "blocks_per_multiprocessor": 106, "generic_compression": 107, "persisting_l2_bytes": 108, "access_policy_window_bytes": 109,
    "gpudirect_rdma_with_vmm": 110, "reserved_shared_memory_per_block": 111, "memory_pools": 115, "gpudirect_rdma": 116, "cluster_launch": 120,
    "stream_memory_operations_64_bit": 122, "dma_buf": 124, "memory_sync_domains": 126, "tensor_maps": 127, "fabric_handles": 128,
    "unified_function_pointers": 129, "numa_config": 130, "multicast": 132, "mps": 133, "host_numa_id": 134,
}  # fmt: skip

KERNELS = r"""
extern "C" {
__global__ void empty() {}
__global__ void tiny(float* p, float step) { p[threadIdx.x] += step; }
__global__ void many(float* p, float* a, float* b, float* c, int i, int j, int k, float x) { if (i + j + k + x == 7) p[0] = a[0] + b[0] + c[0]; }
__global__ void overlapped(float* p, float step) {
  asm volatile("griddepcontrol.launch_dependents;");
  asm volatile("griddepcontrol.wait;" ::: "memory");
  p[threadIdx.x] += step;
}
__global__ void raise(volatile int* flag) { *flag = 1; __threadfence_system(); }
__global__ void echo(const float* in, float* out, volatile int* flag) {
  __shared__ float row[784];
  if (threadIdx.x < 784) row[threadIdx.x] = in[threadIdx.x];
  __syncthreads();
  if (threadIdx.x < 10) out[threadIdx.x] = row[threadIdx.x] + row[783 - threadIdx.x];
  __threadfence_system();
  __syncthreads();
  if (flag && threadIdx.x == 0) *flag = 1;
}
__global__ void grid_barriers(unsigned* count, int rounds) {
  for (int i = 1; i <= rounds; i++) {
    __syncthreads();
    if (threadIdx.x == 0) {
      __threadfence();
      atomicAdd(count, 1);
      while (*(volatile unsigned*)count < i * gridDim.x) {}
      __threadfence();
    }
    __syncthreads();
  }
}
__global__ void __cluster_dims__(8, 1, 1) cluster_barriers(unsigned* count, int rounds) {
  for (int i = 1; i <= rounds; i++) asm volatile("barrier.cluster.arrive.aligned; barrier.cluster.wait.aligned;" ::: "memory");
  if (rounds < 0) *count = 1;
}
__global__ void block_barriers(unsigned* count, int rounds) {
  for (int i = 1; i <= rounds; i++) __syncthreads();
  if (rounds < 0) *count = 1;
}
}
"""

# The driver links cudaGraphSetConditional when it loads PTX.
AGAIN = r"""
extern "C" __device__ void cudaGraphSetConditional(unsigned long long handle, unsigned value);
extern "C" __global__ void again(unsigned long long handle, int* left) { cudaGraphSetConditional(handle, --*left > 0); }
"""

def machine():
    """What a doctor can read before it opens a library."""
    text = lambda path, limit=400: pathlib.Path(path).read_text(errors="replace").strip()[:limit] if os.path.exists(path) else None
    names = lambda pattern: sorted(os.path.basename(file) for file in glob.glob(pattern))
    cards = []
    for device in glob.glob("/sys/bus/pci/devices/*"):
        if text(f"{device}/vendor") == "0x10de":
            card = {key: text(f"{device}/{key}") for key in ("device", "class", "enable", "numa_node", "current_link_speed", "current_link_width")}
            bound = os.path.exists(f"{device}/driver")
            cards.append(card | {"driver": os.path.basename(os.path.realpath(f"{device}/driver")) if bound else None})
    lines = lambda path, word: [line for line in (text(path, 1 << 20) or "").splitlines() if word in line]
    information = [line for file in glob.glob("/proc/driver/nvidia/gpus/*/information") for line in (text(file) or "").splitlines()]
    hidden = lambda value: re.sub(r"(GPU|MIG)-[0-9a-f-]{8,}", r"\1-...", value)[:80]
    return {
        "pci": cards,
        "kernel_module": {"version": text("/sys/module/nvidia/version"), "modules": [line.split()[0] for line in lines("/proc/modules", "nvidia")]},
        "proc_driver_nvidia": names("/proc/driver/nvidia/*"),
        "proc_driver_nvidia_version": text("/proc/driver/nvidia/version"),
        "proc_driver_nvidia_gpus": len(names("/proc/driver/nvidia/gpus/*")),
        "proc_driver_nvidia_information": [line.split(":")[0].strip() for line in information],
        "device_nodes": {name: oct(os.stat(f"/dev/{name}").st_mode)[-3:] for name in names("/dev/nvidia*")},
        "proc_devices": lines("/proc/devices", "nvidia"),
        "kernel": re.match(r"[\d.]*", platform.release())[0],
        "architecture": platform.machine(),
        "container": [file for file in ("/.dockerenv", "/run/.containerenv", "/dev/dxg") if os.path.exists(file)],
        "environment": {k: hidden(v) for k, v in sorted(os.environ.items()) if re.match(r"CUDA_|NVIDIA_|LD_LIBRARY_PATH$", k)},
    }  # fmt: skip


def probe():
    """cuInit in a process of its own, as JSON."""
    out = {"load_ms": ms(driver)}
    begin = time.perf_counter()
    code = driver().cuInit(0)
    out |= {"init_ms": round((time.perf_counter() - begin) * 1e3, 3), "init": code, "error": error_name(code)}
    count = ctypes.c_int(-1)
    out["count_result"] = driver().cuDeviceGetCount(ctypes.byref(count))
    return out | {"count": count.value}


def visibility():
    """What cuInit answers to values of CUDA_VISIBLE_DEVICES."""
    out = {}
    others = {k: v for k, v in os.environ.items() if k != "CUDA_VISIBLE_DEVICES"}
    for value in (None, "0", "", "-1", "7", "0,7", "0,0", "zero", "GPU-0"):
        settings = others | ({} if value is None else {"CUDA_VISIBLE_DEVICES": value})
        done = subprocess.run([sys.executable, __file__, "--probe"], env=settings, capture_output=True, text=True, timeout=30)
        out["unset" if value is None else f"'{value}'"] = json.loads(done.stdout) if done.returncode == 0 else f"exit {done.returncode}"
    return out


def start():
    out = {"load_libcuda_ms": ms(driver), "nvml_ms": ms(nvml), "used_mib_before": nvml_used() / MIB, "cuInit_ms": ms(lambda: cu("cuInit", 0))}
    out |= {"driver_version": new("cuDriverGetVersion", kind=ctypes.c_int), "devices": new("cuDeviceGetCount", kind=ctypes.c_int)}
    return out | {"libcuda": mapped("libcuda"), "libnvidia_ml": mapped("libnvidia-ml")}


def management():
    """NVML's view of the first device."""
    handle = nvml_device()
    text = ctypes.create_string_buffer(96)
    out = {}

    def note(key, work):
        try:
            out[key] = work()
        except (AttributeError, RuntimeError) as error:
            out[key] = str(error)

    def string(name, *arguments):
        call(nvml(), name, *arguments, text, 96)
        return text.value.decode()

    def pair(name):
        now, later = ctypes.c_uint(), ctypes.c_uint()
        call(nvml(), name, handle, ctypes.byref(now), ctypes.byref(later))
        return [now.value, later.value]

    note("driver", lambda: string("nvmlSystemGetDriverVersion"))
    note("nvml", lambda: string("nvmlSystemGetNVMLVersion"))
    note("cuda", lambda: made(nvml(), "nvmlSystemGetCudaDriverVersion_v2", kind=ctypes.c_int))
    note("name", lambda: string("nvmlDeviceGetName", handle))
    for key, name in {
        "persistence": "PersistenceMode", "compute_mode": "ComputeMode", "power_limit_mw": "EnforcedPowerLimit", "power_mw": "PowerUsage",
        "pcie_generation": "CurrPcieLinkGeneration", "pcie_width": "CurrPcieLinkWidth", "pcie_max_generation": "MaxPcieLinkGeneration",
        "display_active": "DisplayActive",
    }.items():  # fmt: skip
        note(key, lambda: asked(nvml(), "nvmlDeviceGet" + name, handle))
    note("ecc_now_pending", lambda: pair("nvmlDeviceGetEccMode"))
    note("mig_now_pending", lambda: pair("nvmlDeviceGetMigMode"))
    for kind, number in (("graphics", 0), ("sm", 1), ("memory", 2)):
        note(f"max_{kind}_mhz", lambda: asked(nvml(), "nvmlDeviceGetMaxClockInfo", handle, number))
        note(f"{kind}_mhz", lambda: asked(nvml(), "nvmlDeviceGetClockInfo", handle, number))
    for key, name in {"memory": "MemoryInfo", "bar1": "BAR1MemoryInfo"}.items():
        sizes = lambda: [value / MIB for value in asked(nvml(), "nvmlDeviceGet" + name, handle, kind=ctypes.c_ulonglong * 3)]
        note(f"{key}_mib_total_free_used", sizes)
    return out


def device():
    name = ctypes.create_string_buffer(96)
    cu("cuDeviceGetName", name, 96, 0)
    out = {"name": name.value.decode(), "memory_bytes": new("cuDeviceTotalMem_v2", 0)}
    for key, number in ATTRIBUTES.items():
        value = ctypes.c_int()
        code = driver().cuDeviceGetAttribute(ctypes.byref(value), number, 0)
        out[key] = value.value if code == 0 else error_name(code)
    return out


def context():
    """The primary context: made, used for the first time, given back, made again."""
    before, context = nvml_used(), []
    out = {"retain_ms": ms(lambda: context.append(new("cuDevicePrimaryCtxRetain", 0)))}
    cu("cuCtxSetCurrent", context[0])
    out["taken_mib"] = (nvml_used() - before) / MIB
    out["first_stream_ms"] = ms(lambda: new("cuStreamCreate", 1))
    out["first_alloc_ms"] = ms(lambda: new("cuMemAlloc_v2", 4))
    out["taken_mib_then"] = (nvml_used() - before) / MIB
    out["release_ms"] = ms(lambda: cu("cuDevicePrimaryCtxRelease_v2", 0))
    out["left_mib"] = (nvml_used() - before) / MIB
    out["retain_again_ms"] = ms(current)
    free, total = ctypes.c_size_t(), ctypes.c_size_t()
    cu("cuMemGetInfo_v2", ctypes.byref(free), ctypes.byref(total))
    out |= {"free_mib": free.value / MIB, "total_mib": total.value / MIB, "module_loading": new("cuModuleGetLoadingMode", kind=ctypes.c_int)}
    properties = AllocationProp(1, 0, 1, 0)
    out["vmm_granularity_minimum"] = new("cuMemGetAllocationGranularity", ctypes.byref(properties), 0)
    out["vmm_granularity_recommended"] = new("cuMemGetAllocationGranularity", ctypes.byref(properties), 1)
    return out


@functools.cache
def module():
    current()
    return new("cuModuleLoadData", compiled(KERNELS, f"-arch=sm_{architecture()}"))


@functools.cache
def function(name):
    return new("cuModuleGetFunction", module(), name.encode())


def nvrtc():
    """Compiling and loading kernels."""
    out = {"load_ms": ms(lambda: library("libnvrtc"))}
    version = ctypes.c_int(), ctypes.c_int()
    call(library("libnvrtc"), "nvrtcVersion", *map(ctypes.byref, version))
    out |= {"version": ".".join(str(v.value) for v in version), "file": mapped("libnvrtc")}
    arch = f"-arch=sm_{architecture()}"
    number = itertools.count()
    body = "(float* p, const float* q, int n) { int i = blockIdx.x * blockDim.x + threadIdx.x; if (i < n) p[i] = q[i] * 2 + tanhf(q[i]); }"
    small = lambda: f'extern "C" __global__ void k{next(number)}{body}\n'
    out["first_small_kernel_ms"] = ms(lambda: compiled(small(), arch))
    out["small_kernel_ms"] = round(median_us(lambda: compiled(small(), arch), 8) / 1e3, 2)
    same = small()
    out["same_small_kernel_again_ms"] = round(median_us(lambda: compiled(same, arch), 8) / 1e3, 2)  # from NVRTC's own cache
    out["small_kernel_to_ptx_ms"] = round(median_us(lambda: compiled(small(), f"-arch=compute_{architecture()}", ptx=True), 8) / 1e3, 2)
    out["file_of_10_kernels_ms"] = round(median_us(lambda: compiled(KERNELS + small(), arch), 5) / 1e3, 2)
    out["8_small_kernels_in_one_file_ms"] = round(median_us(lambda: compiled("".join(small() for _ in range(8)), arch), 5) / 1e3, 2)
    for threads in (1, 4, 8):
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            eight = lambda: list(pool.map(lambda _: compiled(small(), arch), range(8)))
            out[f"8_small_kernels_on_{threads}_threads_ms"] = round(median_us(eight, 5) / 1e3, 2)
    cubin, ptx = compiled(KERNELS, arch), compiled(KERNELS, f"-arch=compute_{architecture()}", ptx=True)
    current()
    modules = []
    out |= {"cubin_bytes": len(cubin), "ptx_bytes": len(ptx)}
    out["load_first_module_ms"] = ms(lambda: modules.append(new("cuModuleLoadData", cubin)))
    out["get_function_first_ms"] = ms(lambda: new("cuModuleGetFunction", modules[0], b"empty"))
    out["load_module_us"] = median_us(lambda: modules.append(new("cuModuleLoadData", cubin)))
    out["get_function_us"] = median_us(lambda: new("cuModuleGetFunction", modules[1], b"empty"), 1)
    out["load_ptx_ms"] = ms(lambda: modules.append(new("cuModuleLoadData", ptx)))
    out["load_ptx_again_ms"] = ms(lambda: modules.append(new("cuModuleLoadData", ptx)))
    out["unload_us"] = median_us(lambda: cu("cuModuleUnload", modules.pop()), 10)
    return out


@functools.cache
def buffer():
    current()
    pointer = new("cuMemAlloc_v2", MIB)
    cu("cuMemsetD32_v2", pointer, 0, MIB // 4)
    return pointer


def launch(name, *values, on=None, grid=1, block=32):
    keep = parameters(*values) if values else None
    KEPT.append(keep)
    return ("cuLaunchKernel", function(name), grid, 1, 1, block, 1, 1, 0, stream() if on is None else on, address(keep) if keep else 0, 0)


KEPT = []  # what the driver was given the address of
wait = lambda: ("cuStreamSynchronize", stream())
pointer = lambda: ctypes.c_uint64(buffer())


def launches():
    out, version = {"timed_in": "C" if loop() else "Python"}, ctypes.c_int()
    empty = launch("empty")
    many = launch("many", *(pointer() for _ in range(4)), *(ctypes.c_int(0) for _ in range(3)), ctypes.c_float(0))
    repeat(1000, empty, wait())
    out["call_that_does_nothing_us"] = queued_us(1000, ("cuDriverGetVersion", address(version)))
    out["idle_stream_synchronize_us"] = queued_us(1000, wait())
    out["idle_stream_query_us"] = queued_us(1000, ("cuStreamQuery", stream()))
    out["launch_us"] = queued_us(300, empty)
    out["launch_of_20_us"] = queued_us(20, empty)
    out["launch_8_parameters_us"] = queued_us(300, many)
    out["launch_null_stream_us"] = queued_us(300, launch("empty", on=0))
    out["launches_back_to_back_us"] = through_us(5000, empty)
    out["launches_back_to_back_132_blocks_us"] = through_us(5000, launch("empty", grid=132, block=256))
    out["launch_and_sync_us"] = queued_us(300, empty, wait())
    out["two_launches_and_sync_us"] = queued_us(300, empty, empty, wait())
    out["memset_4_bytes_us"] = queued_us(200, ("cuMemsetD32Async", buffer(), 0, 1, stream()))
    return out


def round_trips():
    """From the host's memory through one kernel to the host's memory: one row of 784 floats in, 10 floats out, one after another."""
    host = new("cuMemHostAlloc", 8192, 2)  # mapped
    mapped_host = new("cuMemHostGetDevicePointer_v2", host, 0)
    ctypes.memset(host, 0, 8192)
    on_device, flag = (buffer(), buffer() + 65536), ("wait_for", host + 8000)
    copy_in = "cuMemcpyHtoDAsync_v2", on_device[0], host, 3136, stream()
    copy_out = "cuMemcpyDtoHAsync_v2", host + 4096, on_device[1], 40, stream()
    u64 = ctypes.c_uint64
    echo = lambda in_, out, raised: launch("echo", u64(in_), u64(out), u64(mapped_host + 8000 if raised else 0), block=800)
    ways = {
        "copy_kernel_copy": ((copy_in, echo(*on_device, False), copy_out), wait()),
        "copy_kernel_writing_mapped": ((copy_in, echo(on_device[0], mapped_host + 4096, False)), wait()),
        "copy_kernel_writing_mapped_flag": ((copy_in, echo(on_device[0], mapped_host + 4096, True)), flag),
        "kernel_on_mapped": ((echo(mapped_host, mapped_host + 4096, False),), wait()),
        "kernel_on_mapped_flag": ((echo(mapped_host, mapped_host + 4096, True),), flag),
        "empty_kernel_flag": ((launch("raise", u64(mapped_host + 8000), block=1),), flag),
    }
    out = {}
    for name, (calls, end) in ways.items():
        if end is flag and not loop():
            continue
        go = ("cuGraphLaunch", new("cuGraphInstantiateWithFlags", recorded(*calls), 0), stream())
        out[name] = {"us": queued_us(300, *calls, end), "as_a_graph_us": queued_us(300, go, end)}
    return out


def recorded(*calls):
    """The graph that a stream's capture makes of the calls."""
    cu("cuStreamBeginCapture_v2", stream(), 2)  # relaxed
    for one in calls:
        cu(*one)
    graph = ctypes.c_uint64()
    cu("cuStreamEndCapture", stream(), ctypes.byref(graph))
    return graph.value


def node(graph, name, after, *values):
    """Adds a kernel of one warp; returns the node and its parameters."""
    keep = parameters(*values)
    settings = KernelNode(function(name), 1, 1, 1, 32, 1, 1, 0, address(keep))
    KEPT.extend((keep, settings))
    before = (ctypes.c_uint64 * 1)(after or 0)
    return new("cuGraphAddKernelNode_v2", graph, before, 1 if after else 0, ctypes.byref(settings)), settings


def chain(count, name="tiny", programmatic=False):
    """A graph of kernels one after another."""
    graph, nodes = new("cuGraphCreate", 0), []
    for i in range(count):
        after = nodes[-1][0] if nodes and not programmatic else None
        nodes.append(node(graph, name, after, pointer(), ctypes.c_float(1)))
    for (a, _), (b, _) in zip(nodes, nodes[1:] if programmatic else []):
        edge = (ctypes.c_uint8 * 8)(1, 0, 1)  # from the programmatic port, a programmatic dependency
        cu("cuGraphAddDependencies_v2", graph, ctypes.byref(ctypes.c_uint64(a)), ctypes.byref(ctypes.c_uint64(b)), edge, 1)
    return graph, nodes


def launch_times(share, *calls):
    times = {"launch_us": queued_us(5 * share, *calls), "back_to_back_us": through_us(50 * share, *calls)}
    return times | {"launch_and_sync_us": queued_us(10 * share, *calls, wait())}


def graph_times(graph):
    executable = new("cuGraphInstantiateWithFlags", graph, 0)
    go = ("cuGraphLaunch", executable, stream())
    first = ms(lambda: (cu(*go), cu(*wait())))
    repeat(100, go, wait())
    return {"first_launch_ms": first} | launch_times(10, go)


def graphs():
    out = {}
    for count in (1, 5, 10, 20, 50):
        out[f"{count}_kernels"] = graph_times(chain(count)[0])
    launched = launch("tiny", pointer(), ctypes.c_float(1))
    out["20_launches_without_a_graph"] = launch_times(2, *[launched] * 20)
    out["20_overlapped_kernels_full_edges"] = graph_times(chain(20, "overlapped")[0])
    out["20_overlapped_kernels_programmatic_edges"] = graph_times(chain(20, "overlapped", True)[0])
    return out


def graph_changes():
    """Building, instantiating and changing a graph of 20 kernels."""
    graph, nodes = chain(20)
    out = {"build_us": median_us(lambda: chain(20))}
    executables = []
    out["instantiate_us"] = median_us(lambda: executables.append(new("cuGraphInstantiateWithFlags", graph, 0)))
    out["upload_us"] = median_us(lambda: cu("cuGraphUpload", executables[-1], stream()), 5)
    out["update_whole_us"] = median_us(lambda: cu("cuGraphExecUpdate_v2", executables[0], graph, (ctypes.c_uint64 * 8)()))
    out["destroy_us"] = median_us(lambda: cu("cuGraphExecDestroy", executables.pop()), 15)
    go = ("cuGraphLaunch", executables[0], stream())
    sets = [("cuGraphExecKernelNodeSetParams_v2", executables[0], one, address(settings)) for one, settings in nodes]
    repeat(1, go, wait())
    out["set_params_us_a_node"] = round(queued_us(50, *sets) / 20, 3)
    out["launch_us"] = queued_us(50, go)
    out["launch_and_sync_us"] = queued_us(100, go, wait())
    out["set_1_launch_and_sync_us"] = queued_us(100, sets[0], go, wait())
    out["set_20_launch_and_sync_us"] = queued_us(100, *sets, go, wait())
    out["set_1_and_launch_back_to_back_us"] = through_us(300, sets[0], go)
    out["set_20_and_launch_back_to_back_us"] = through_us(300, *sets, go)
    return out


def events():
    out = {"create_us": median_us(lambda: new("cuEventCreate", 0), 100)}
    first, second, untimed = new("cuEventCreate", 0), new("cuEventCreate", 0), new("cuEventCreate", 2)
    elapsed = ctypes.c_float()
    out["record_us"] = queued_us(200, ("cuEventRecord", first, stream()))
    out["record_untimed_us"] = queued_us(200, ("cuEventRecord", untimed, stream()))
    out["stream_wait_event_us"] = queued_us(200, ("cuStreamWaitEvent", stream(), untimed, 0))
    out["records_back_to_back_us"] = through_us(500, ("cuEventRecord", first, stream()))
    out["launch_and_record_back_to_back_us"] = through_us(500, launch("empty"), ("cuEventRecord", first, stream()))
    out["record_and_synchronize_us"] = queued_us(200, ("cuEventRecord", first, stream()), ("cuEventSynchronize", first))
    between = lambda *work: statistics.median(one_interval(first, second, elapsed, work) for _ in range(21)) * 1e3
    out["nothing_between_two_events_us"] = round(between(), 3)
    out["empty_kernel_between_two_events_us"] = round(between(launch("empty")), 3)
    out["elapsed_time_us"] = queued_us(200, ("cuEventElapsedTime", address(elapsed), first, second))
    out["query_us"] = queued_us(200, ("cuEventQuery", first))
    return out


def one_interval(first, second, elapsed, work):
    for one in (("cuEventRecord", first, stream()), *work, ("cuEventRecord", second, stream()), wait()):
        cu(*one)
    cu("cuEventElapsedTime", address(elapsed), first, second)
    return elapsed.value


def copies():
    size = 64 * MIB
    pinned, on_device = new("cuMemHostAlloc", size, 0), new("cuMemAlloc_v2", size)
    pageable = ctypes.create_string_buffer(size)
    ctypes.memset(pinned, 1, size)
    ctypes.memset(pageable, 1, size)
    out = {}
    for bytes_, label in ((4 * KIB, "4 KiB"), (64 * KIB, "64 KiB"), (MIB, "1 MiB"), (size, "64 MiB")):
        times = 10 if bytes_ == size else 100
        row = {}
        for kind, host in (("pinned", pinned), ("pageable", address(pageable))):
            to, back = ("cuMemcpyHtoDAsync_v2", on_device, host, bytes_, stream()), ("cuMemcpyDtoHAsync_v2", host, on_device, bytes_, stream())
            for direction, copy in (("h2d", to), ("d2h", back)):
                us = queued_us(times, copy, wait(), rounds=5)
                row[f"{kind}_{direction}"] = {"us": us, "gb_s": round(bytes_ / us / 1e3, 2)}
        queued = "cuMemcpyHtoDAsync_v2", on_device, pinned, bytes_, stream()
        row["pinned_h2d_queued_us"] = queued_us(1 if bytes_ == size else 50, queued, rounds=7)
        row["memcpy_on_host_us"] = median_us(lambda: ctypes.memmove(pinned, pageable, bytes_), 7)
        out[label] = row
    cu("cuMemFree_v2", on_device)
    for bytes_, label in ((4 * KIB, "4 KiB"), (MIB, "1 MiB"), (64 * MIB, "64 MiB"), (1024 * MIB, "1 GiB")):
        a, b = new("cuMemAlloc_v2", bytes_), new("cuMemAlloc_v2", bytes_)
        us = through_us(20 if bytes_ > MIB else 500, ("cuMemcpyDtoDAsync_v2", a, b, bytes_, stream()))
        out[f"{label} d2d"] = {"us": us, "gb_s_read_and_written": round(2 * bytes_ / us / 1e3, 1)}
        cu("cuMemFree_v2", a), cu("cuMemFree_v2", b)
    return out


def allocations():
    out = {}
    pool = new("cuDeviceGetDefaultMemPool", 0)
    keep = ctypes.c_uint64(0)
    for size, label in ((2 * MIB, "2 MiB"), (256 * MIB, "256 MiB")):
        row = pairs(lambda: new("cuMemAlloc_v2", size), lambda p: cu("cuMemFree_v2", p), "cuMemAlloc", "cuMemFree")
        for threshold, kind in ((0, "pool_given_back"), (1 << 62, "pool_kept")):
            keep.value = threshold
            cu("cuMemPoolSetAttribute", pool, RELEASE_THRESHOLD, ctypes.byref(keep))
            give = lambda p: (cu("cuMemFreeAsync", p, stream()), cu(*wait()))
            row |= pairs(lambda: new("cuMemAllocAsync", size, stream()), give, f"cuMemAllocAsync_{kind}", f"cuMemFreeAsync_sync_{kind}")
        cu("cuMemPoolTrimTo", pool, 0)
        row |= virtual(size)
        pinned = lambda: new("cuMemHostAlloc", size, 0)
        row |= pairs(pinned, lambda p: cu("cuMemFreeHost", p), "cuMemHostAlloc", "cuMemFreeHost", 3 if size > 2 * MIB else 10)
        out[label] = row
    return out


def pairs(take, give, took, gave, times=10):
    """Medians of taking and giving memory."""
    taken, given = [], []
    give(take())
    for _ in range(times):
        got = []
        taken.append(seconds(lambda: got.append(take())))
        given.append(seconds(lambda: give(got[0])))
    return {f"{took}_us": round(statistics.median(taken) * 1e6, 2), f"{gave}_us": round(statistics.median(given) * 1e6, 2)}


def virtual(size):
    """cuMemAddressReserve, cuMemCreate, cuMemMap, cuMemSetAccess and their undoing."""
    properties, access = AllocationProp(1, 0, 1, 0), (ctypes.c_int * 3)(1, 0, 3)
    steps = {}

    def timed(name, work):
        got = []
        steps.setdefault(name, []).append(seconds(lambda: got.append(work())))
        return got[0]

    for _ in range(10):
        at = timed("cuMemAddressReserve", lambda: new("cuMemAddressReserve", size, 0, 0, 0))
        handle = timed("cuMemCreate", lambda: new("cuMemCreate", size, ctypes.byref(properties), 0))
        timed("cuMemMap", lambda: cu("cuMemMap", at, size, 0, handle, 0))
        timed("cuMemSetAccess", lambda: cu("cuMemSetAccess", at, size, access, 1))
        timed("cuMemUnmap", lambda: cu("cuMemUnmap", at, size))
        timed("cuMemRelease", lambda: cu("cuMemRelease", handle))
        timed("cuMemAddressFree", lambda: cu("cuMemAddressFree", at, size))
    return {f"{name}_us": round(statistics.median(times) * 1e6, 2) for name, times in steps.items()}


def libraries():
    """cuBLASLt and cuDNN: loading, a handle, the device's memory that it takes."""
    out = {}
    current()
    for name, version, create in (("libcublasLt", "cublasLtGetVersion", "cublasLtCreate"), ("libcudnn", "cudnnGetVersion", "cudnnCreate")):
        row = {"load_ms": ms(lambda: library(name)), "file": mapped(name)}
        found = getattr(library(name), version)
        found.restype = ctypes.c_size_t
        before = nvml_used()
        row |= {"version": found(), "create_ms": ms(lambda: made(library(name), create)), "create_again_ms": ms(lambda: made(library(name), create))}
        out[name] = row | {"taken_mib": (nvml_used() - before) / MIB}
    return out


def barriers():
    """Microseconds of a barrier inside a kernel: through memory for a whole grid, of a cluster of 8 blocks, of a block; 256 threads a block."""
    out = {}

    def one(name, blocks, rounds, cooperative=False):
        values = parameters(pointer(), ctypes.c_int(rounds))
        cu("cuMemsetD32_v2", buffer(), 0, 1)
        kernel = [function(name), blocks, 1, 1, 256, 1, 1, 0, stream(), address(values)]
        go = ["cuLaunchCooperativeKernel", *kernel] if cooperative else ["cuLaunchKernel", *kernel, 0]
        sync()
        return seconds(lambda: (cu(*go), sync()))

    def each(*arguments):
        one(*arguments[:2], 1, *arguments[2:])
        time_of = lambda rounds: statistics.median(one(*arguments[:2], rounds, *arguments[2:]) for _ in range(5))
        return round((time_of(2001) - time_of(1)) / 2000 * 1e6, 4)

    for blocks in (2, 8, 33, 66, 132):
        out[f"grid_of_{blocks}_us"] = each("grid_barriers", blocks, True)
    out["cluster_of_8_us"] = each("cluster_barriers", 8)
    out["block_us"] = each("block_barriers", 1)
    return out


def graph_loop():
    """A graph whose body of kernels runs on while the device says so: what one round costs without the host."""
    again = new("cuModuleGetFunction", new("cuModuleLoadData", compiled(AGAIN, f"-arch=compute_{architecture()}", "-rdc=true", ptx=True)), b"again")
    out, left = {}, buffer() + 4096
    for count in (0, 1, 10, 20):
        graph = new("cuGraphCreate", 0)
        handle = new("cuGraphConditionalHandleCreate", graph, current(), 1, 1)
        loop_node = ConditionalNode(node_type=13, handle=handle, type=1, size=1, ctx=current())
        new("cuGraphAddNode_v2", graph, None, None, 0, ctypes.byref(loop_node))
        body, last = loop_node.graphs[0], None
        for _ in range(count):
            last, _ = node(body, "tiny", last, pointer(), ctypes.c_float(1))
        keep = parameters(ctypes.c_uint64(handle), ctypes.c_uint64(left))
        settings = KernelNode(again, 1, 1, 1, 1, 1, 1, 0, address(keep))
        new("cuGraphAddKernelNode_v2", body, (ctypes.c_uint64 * 1)(last or 0), 1 if last else 0, ctypes.byref(settings))
        executable = new("cuGraphInstantiateWithFlags", graph, 0)

        def run(rounds):
            cu("cuMemsetD32_v2", left, rounds, 1)
            sync()
            return seconds(lambda: (cu("cuGraphLaunch", executable, stream()), cu(*wait())))

        run(2)
        many, once = (statistics.median(run(rounds) for _ in range(5)) for rounds in (1001, 1))
        out[f"round_of_{count}_kernels_us"] = round((many - once) / 1000 * 1e6, 3)
    return out


SECTIONS = (
    machine, visibility, start, management, device, context, nvrtc, launches, round_trips, graphs, graph_changes, events, copies, allocations,
    libraries, barriers, graph_loop,
)  # fmt: skip


def flat(value, name=""):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(inner, f"{name} {key}".strip())
    else:
        yield name, value


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent / "results" / "gpu-driver.json")
    parser.add_argument("--only", help="sections, by name; the others stay as FILE has them")
    parser.add_argument("--probe", action="store_true", help="print what cuInit answers, and end")
    chosen = parser.parse_args()
    if chosen.probe:
        return print(json.dumps(probe()))
    document = json.loads(chosen.out.read_text()) if chosen.only and chosen.out.exists() else {}
    document |= {"date": datetime.date.today().isoformat(), "command": "bench/gpu_driver.py"}
    for section in SECTIONS:
        if chosen.only and section.__name__ not in chosen.only.split(","):
            continue
        begin = time.perf_counter()
        try:
            if section not in (machine, visibility, start):
                cu("cuInit", 0)
            found = section()
        except Exception as error:  # whatever one section meets, the others still say what they found
            found = {"error": f"{type(error).__name__}: {error}"}
        document[section.__name__] = found
        print(f"-- {section.__name__} ({time.perf_counter() - begin:.1f} s)")
        for key, value in flat(found):
            print(f"{key:60} {value}", flush=True)
        chosen.out.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
