#pragma once

// What a kernel's text, compiled for the host, and the libcuda that runs it know of each other. The text's side includes no other
// header.
namespace virtual_gpu {

struct Index {
  unsigned x, y, z;
};

// Where the running thread stands, and how it meets the others.
struct ThreadState {
  Index thread, block, block_size, grid_size;
  unsigned lane;
  char* dynamic_shared;
  void (*block_barrier)();
  // All lanes of the mask give a value and get that of a lane.
  unsigned long long (*exchange)(unsigned mask, unsigned long long value, int lane);
};

// Exported by the compiled text: one for each kernel under "virtual_gpu_kernel_NAME".
struct Kernel {
  void (*call)(void** parameters);
  const unsigned* parameter_bytes;
  unsigned parameters;
  unsigned most_threads;  // of its launch bounds; 0 without
};

// And one for all under "virtual_gpu_module".
struct Module {
  ThreadState** state;
  int architecture;   // 90
  bool has_barriers;  // threads meet, so that each needs a stack of its own
  bool flushes;       // denormals are zeros
  char *shared_begin, *shared_end;
};

}  // namespace virtual_gpu
