"""Copies and allocations."""

import ctypes
import statistics

from calls import MIB, AllocationProp, address, cu, median_us, new, queued_us, seconds, stream, through_us
from kernels import wait

KIB = 1 << 10
RELEASE_THRESHOLD = 4  # CU_MEMPOOL_ATTR_RELEASE_THRESHOLD


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
