"""What the machine, the driver and NVML say, and how long the driver takes to start."""

import ctypes
import glob
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import time

from calls import MIB, AllocationProp, asked, call, cu, current, driver, error_name, made, mapped, ms, new, nvml, nvml_device, nvml_used

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
        done = subprocess.run([sys.executable, str(pathlib.Path(__file__).with_name("driver.py")), "--probe"], env=settings, capture_output=True, text=True, timeout=30)
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
