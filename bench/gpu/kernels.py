"""The kernels that the measurements launch, and calls that launch them."""

import ctypes
import functools

from calls import MIB, KernelNode, address, architecture, compiled, cu, current, new, parameters, stream

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
KEPT = []  # what the driver was given the address of
wait = lambda: ("cuStreamSynchronize", stream())
pointer = lambda: ctypes.c_uint64(buffer())


@functools.cache
def module():
    current()
    return new("cuModuleLoadData", compiled(KERNELS, f"-arch=sm_{architecture()}"))


@functools.cache
def function(name):
    return new("cuModuleGetFunction", module(), name.encode())


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


def node(graph, name, after, *values):
    """Adds a kernel of one warp; returns the node and its parameters."""
    keep = parameters(*values)
    settings = KernelNode(function(name), 1, 1, 1, 32, 1, 1, 0, address(keep))
    KEPT.extend((keep, settings))
    before = (ctypes.c_uint64 * 1)(after or 0)
    return new("cuGraphAddKernelNode_v2", graph, before, 1 if after else 0, ctypes.byref(settings)), settings
