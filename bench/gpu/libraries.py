"""NVRTC, cuBLASLt and cuDNN: loading, compiling, a handle."""

import concurrent.futures
import ctypes
import itertools

from calls import MIB, architecture, call, compiled, cu, current, library, made, mapped, median_us, ms, new, nvml_used
from kernels import KERNELS


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
