"""Launches, events and barriers: what it costs to start a kernel and to wait."""

import ctypes
import statistics

from calls import address, cu, loop, median_us, new, parameters, queued_us, repeat, seconds, stream, sync, through_us
from kernels import wait, pointer, function, buffer, launch


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
