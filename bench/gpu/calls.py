"""NVIDIA's driver, NVML and NVRTC through ctypes, and how long their calls take: what bench/gpu/driver.py is written with."""

import contextlib
import ctypes
import functools
import glob
import os
import pathlib
import re
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time

MIB = 1 << 20

# Times `count` calls in turn, `times` times over. Every argument goes as 64 bits, which the 64-bit calling conventions allow.
LOOP = r"""
#include <time.h>
typedef long (*Call)(long, long, long, long, long, long, long, long, long, long, long);
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1e9 + t.tv_nsec; }
int wait_for(volatile int* flag) { for (long i = 0; !*flag; i++) if (i >> 28) return 600; *flag = 0; return 0; }  // 600: not ready
int repeat(long times, long count, const Call* calls, const long (*a)[11], double* ns) {
  double begin = now();
  for (long i = 0; i < times; i++)
    for (long k = 0; k < count; k++) {
      int error = (int)calls[k](a[k][0], a[k][1], a[k][2], a[k][3], a[k][4], a[k][5], a[k][6], a[k][7], a[k][8], a[k][9], a[k][10]);
      if (error) return error;
    }
  *ns = (now() - begin) / times;
  return 0;
}
"""


class KernelNode(ctypes.Structure):  # CUDA_KERNEL_NODE_PARAMS_v2
    _fields_ = [
        ("func", ctypes.c_void_p), *((name, ctypes.c_uint) for name in ("grid_x", "grid_y", "grid_z", "block_x", "block_y", "block_z", "shared")),
        ("params", ctypes.c_void_p), ("extra", ctypes.c_void_p), ("kern", ctypes.c_void_p), ("ctx", ctypes.c_void_p),
    ]  # fmt: skip


class ConditionalNode(ctypes.Structure):  # CUgraphNodeParams holding CUDA_CONDITIONAL_NODE_PARAMS
    _fields_ = [
        ("node_type", ctypes.c_int), ("reserved", ctypes.c_int * 3), ("handle", ctypes.c_uint64), ("type", ctypes.c_int), ("size", ctypes.c_uint),
        ("graphs", ctypes.POINTER(ctypes.c_void_p)), ("ctx", ctypes.c_void_p), ("rest", ctypes.c_longlong * 25), ("reserved2", ctypes.c_longlong),
    ]  # fmt: skip


class AllocationProp(ctypes.Structure):  # CUmemAllocationProp: pinned, on device 0
    _fields_ = [
        ("type", ctypes.c_int), ("handle_types", ctypes.c_int), ("location", ctypes.c_int), ("device", ctypes.c_int), ("win32", ctypes.c_void_p),
        ("flags", ctypes.c_uint8 * 8),
    ]  # fmt: skip


def call(library, name, *arguments):
    code = getattr(library, name)(*(ctypes.c_int64(a) if isinstance(a, int) else a for a in arguments))
    if code:
        raise RuntimeError(f"{name}: error {code} {error_name(code) if library is driver() else ''}".rstrip())


def made(library, name, *arguments, kind=ctypes.c_uint64):
    """What a call writes through its first argument."""
    out = kind()
    call(library, name, ctypes.byref(out), *arguments)
    return out.value


def asked(library, name, handle, *arguments, kind=ctypes.c_uint):
    """What a call writes through its last argument."""
    out = kind()
    call(library, name, handle, *arguments, ctypes.byref(out))
    return out.value if hasattr(out, "value") else out


cu = lambda name, *arguments: call(driver(), name, *arguments)
new = lambda name, *arguments, **kind: made(driver(), name, *arguments, **kind)
sync = lambda: cu("cuCtxSynchronize")
address = lambda thing: ctypes.addressof(thing)


def error_name(code):
    text = ctypes.c_char_p()
    driver().cuGetErrorName(code, ctypes.byref(text))
    return (text.value or b"unknown").decode()


def seconds(work):
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


ms = lambda work: round(seconds(work) * 1e3, 3)
median_us = lambda work, times=20: round(statistics.median(seconds(work) for _ in range(times)) * 1e6, 2)


@functools.cache
def driver():
    return ctypes.CDLL("libcuda.so.1")


@functools.cache
def nvml():
    library = ctypes.CDLL("libnvidia-ml.so.1")
    call(library, "nvmlInit_v2")
    return library


def candidates(name):
    """Files that may be the library `name`, as libnvrtc: pip's first."""
    folders = dict.fromkeys([sysconfig.get_paths()["purelib"], *(p for p in sys.path if p.endswith("-packages"))])
    patterns = [f"{folder}/nvidia/**/{name}.so.*" for folder in folders] + [f"/usr/local/cuda*/lib64/{name}.so.*", f"/usr/lib/*/{name}.so.*"]
    return [file for pattern in patterns for file in sorted(glob.glob(pattern, recursive=True))]


@functools.cache
def library(name):
    files = candidates(name)
    return ctypes.CDLL(files[0] if files else f"{name}.so")


def shown(path):
    """A path without what is this machine's alone."""
    return re.sub(r"^.*/((site|dist)-packages/)", r"\1", path)


def mapped(name):
    """Where a loaded library came from."""
    lines = pathlib.Path("/proc/self/maps").read_text().splitlines()
    return next((shown(os.path.realpath(line.split()[-1])) for line in lines if f"/{name}." in line), None)


@functools.cache
def loop():
    """The C helper; None without a C compiler."""
    file = pathlib.Path(tempfile.mkdtemp()) / "loop.so"
    with contextlib.suppress(OSError):
        done = subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-x", "c", "-", "-o", str(file)], input=LOOP, text=True, capture_output=True)
        return ctypes.CDLL(str(file)) if done.returncode == 0 else None


def repeat(times, *calls):
    """Nanoseconds that one round of the calls takes, of `times`; a call is (function of the driver or of the loop, arguments...)."""
    pointer = lambda name: ctypes.cast(getattr(loop() if name == "wait_for" else driver(), name), ctypes.c_void_p).value
    if loop() is None:
        return seconds(lambda: [cu(*one) for _ in range(times) for one in calls]) / times * 1e9
    functions = (ctypes.c_void_p * len(calls))(*(pointer(name) for name, *_ in calls))
    arguments = (ctypes.c_long * 11 * len(calls))(*(tuple(a) + (0,) * (11 - len(a)) for _, *a in calls))
    ns = ctypes.c_double()
    code = loop().repeat(ctypes.c_long(times), ctypes.c_long(len(calls)), functions, arguments, ctypes.byref(ns))
    if code:
        raise RuntimeError(f"{calls}: error {code} {error_name(code)}")
    return ns.value


def queued_us(times, *calls, rounds=15):
    """Microseconds of the host for one round of calls, onto an empty queue."""
    repeat(1, *calls)
    return round(statistics.median((sync(), repeat(times, *calls))[1] for _ in range(rounds)) / 1e3, 3)


def through_us(times, *calls, rounds=7):
    """Microseconds of host and device together for one of many rounds of calls, back to back."""
    repeat(1, *calls)
    each = [(sync(), seconds(lambda: (repeat(times, *calls), sync())))[1] / times for _ in range(rounds)]
    return round(statistics.median(each) * 1e6, 3)


def nvml_device():
    handle = ctypes.c_void_p()
    call(nvml(), "nvmlDeviceGetHandleByIndex_v2", 0, ctypes.byref(handle))
    return handle


def nvml_used():
    return asked(nvml(), "nvmlDeviceGetMemoryInfo", nvml_device(), kind=ctypes.c_ulonglong * 3)[2]  # of total, free, used


@functools.cache
def current():
    handle = new("cuDevicePrimaryCtxRetain", 0)
    cu("cuCtxSetCurrent", handle)
    return handle


@functools.cache
def stream():
    current()
    return new("cuStreamCreate", 1)  # non-blocking


def compiled(source, *options, ptx=False):
    """A cubin or PTX that NVRTC makes."""
    nvrtc, program = library("libnvrtc"), ctypes.c_void_p()
    call(nvrtc, "nvrtcCreateProgram", ctypes.byref(program), source.encode(), b"kernels.cu", 0, None, None)
    flags = (ctypes.c_char_p * len(options))(*(option.encode() for option in options))
    failed = nvrtc.nvrtcCompileProgram(program, len(options), flags)
    kind = "ProgramLog" if failed else "PTX" if ptx else "CUBIN"
    size = ctypes.c_size_t()
    call(nvrtc, f"nvrtcGet{kind}Size", program, ctypes.byref(size))
    out = ctypes.create_string_buffer(size.value)
    call(nvrtc, f"nvrtcGet{kind}", program, out)
    call(nvrtc, "nvrtcDestroyProgram", ctypes.byref(program))
    if failed:
        raise RuntimeError(out.value.decode())
    return out


architecture = lambda: f"{new('cuDeviceGetAttribute', 75, 0, kind=ctypes.c_int)}{new('cuDeviceGetAttribute', 76, 0, kind=ctypes.c_int)}"


def parameters(*values):
    """The array of pointers that a launch takes; it keeps its values alive."""
    array = (ctypes.c_void_p * len(values))(*map(ctypes.addressof, values))
    array.values = values
    return array
