"""CUDA graphs: launching, changing and looping them."""

import ctypes
import statistics

from calls import (
    ConditionalNode, KernelNode, address, architecture, compiled, cu, current, median_us, ms, new, parameters, queued_us, repeat,
    seconds, stream, sync, through_us,
)  # fmt: skip
from kernels import wait, pointer, buffer, launch, node

# The driver links cudaGraphSetConditional when it loads PTX.
AGAIN = r"""
extern "C" __device__ void cudaGraphSetConditional(unsigned long long handle, unsigned value);
extern "C" __global__ void again(unsigned long long handle, int* left) { cudaGraphSetConditional(handle, --*left > 0); }
"""


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
