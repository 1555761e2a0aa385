#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

// The virtual GPU: test doubles of NVIDIA's libraries, found through LD_LIBRARY_PATH like the real ones. What they play is a
// JSON file that CORNU_VIRTUAL_GPU names; without one the machine has a driver and no card.
//   {"devices": [{"name": "NVIDIA H200", "compute_capability": [9, 0], "memory_mib": 143771, "used_mib": 600,
//                 "pci_bus_id": "0000:1b:00.0", "uuid": "GPU-00112233-4455-6677-8899-aabbccddeeff",
//                 "processes": [1234], "throttle": 64,       whose memory the used is, and NVML's mask of reasons
//                 "virtual_memory": false,                    a card that cannot map memory to addresses
//                 "properties": "share/gpus/h100.json"}],     a file of the source tree that has its other properties
//    "init": 803,                  what cuInit answers
//    "version": 13000,             cuDriverGetVersion's
//    "driver_version": "580.65.06",
//    "hang": "cuInit", "abort": "cuInit",   an entry point that never comes back, or ends the process
//    "answers": {"cuMemCreate": {"after": 3, "answer": 2}},   what an entry point refuses with, after so many calls that it obeys
//    "idle": true,                 what a stream is given counts as done and is not: what is left is what the calls cost
//    "eager_copies": true,         a stream without other work copies from pinned memory at once; else everything is done late
//    "libraries": {"cudnn": 91900},  what a library says that its version is
//    "record": "calls.txt"}        every call's name is appended to this file
namespace virtual_gpu {

struct Card {
  std::string name, pci_bus_id, uuid;
  std::pair<int, int> compute_capability;
  int64_t memory_mib = 0, used_mib = 0;
  std::vector<unsigned> processes;
  unsigned long long throttle = 0;
  bool virtual_memory = true;
  std::map<std::string, int64_t> properties;  // cuDNN's keys; "maxGridSize.0" of a list's first
};

// From the call with this number on, from 0, an entry point answers so.
struct Refusal {
  int64_t after = 0;
  unsigned answer = 0;
};

struct Script {
  std::vector<Card> cards;
  unsigned init = 0;
  int version = 13000;
  std::string driver_version = "580.65.06", hang, abort, record;
  bool idle = false, eager_copies = false;
  std::map<std::string, Refusal> answers;
  std::map<std::string, int> libraries;
};

const Script& script();
// The cards that CUDA_VISIBLE_DEVICES leaves, in its order: numbers or beginnings of UUIDs, up to the first that names none.
std::vector<const Card*> visible_cards();
// Every entry point begins with it: records the call, and hangs or aborts if the script says so. Anything but 0 is the answer
// that the script has for it.
unsigned enter(const char* symbol);
// A caller did what the documentation leaves undefined: says so and ends the process.
[[noreturn]] void violation(const std::string& text);

}  // namespace virtual_gpu

#define VIRTUAL_GPU_EXPORT __attribute__((visibility("default")))
