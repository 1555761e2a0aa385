#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

// The virtual GPU: test doubles of NVIDIA's libraries, found through LD_LIBRARY_PATH like the real ones. What they play is a
// JSON file that CORNU_VIRTUAL_GPU names; without one the machine has a driver and no card.
//   {"devices": [{"name": "NVIDIA H200", "compute_capability": [9, 0], "memory_mib": 143771, "used_mib": 600,
//                 "pci_bus_id": "0000:1b:00.0", "uuid": "GPU-00112233-4455-6677-8899-aabbccddeeff",
//                 "processes": [1234], "throttle": 64}],     whose memory the used is, and NVML's mask of reasons
//    "init": 803,                  what cuInit answers
//    "version": 13000,             cuDriverGetVersion's
//    "driver_version": "580.65.06",
//    "hang": "cuInit", "abort": "cuInit",   an entry point that never comes back, or ends the process
//    "record": "calls.txt"}        every call's name is appended to this file
namespace virtual_gpu {

struct Card {
  std::string name, pci_bus_id, uuid;
  std::pair<int, int> compute_capability;
  int64_t memory_mib = 0, used_mib = 0;
  std::vector<unsigned> processes;
  unsigned long long throttle = 0;
};

struct Script {
  std::vector<Card> cards;
  unsigned init = 0;
  int version = 13000;
  std::string driver_version = "580.65.06", hang, abort, record;
};

const Script& script();
// The cards that CUDA_VISIBLE_DEVICES leaves, in its order: numbers or beginnings of UUIDs, up to the first that names none.
std::vector<const Card*> visible_cards();
// Every entry point begins with it: records the call, and hangs or aborts if the script says so.
void enter(const char* symbol);

}  // namespace virtual_gpu

#define VIRTUAL_GPU_EXPORT __attribute__((visibility("default")))
