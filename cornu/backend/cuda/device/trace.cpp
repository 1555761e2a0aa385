#include "cornu/backend/cuda/device/trace.h"

#include <atomic>
#include <cstdlib>
#include <mutex>

#include "cornu/backend/cuda/library/cupti.h"
#include "cornu/base/timeline.h"

namespace cornu::cuda {
namespace {

constexpr CUpti_ActivityKind kKinds[] = {CUPTI_ACTIVITY_KIND_MEMCPY, CUPTI_ACTIVITY_KIND_MEMSET,
                                         CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL};

std::atomic<int64_t> timelines_less_cuptis = 0;  // how far the two clocks are apart, in nanoseconds

const char* name_of(CUpti_ActivityMemcpyKind kind) {
  switch (kind) {
    case CUPTI_ACTIVITY_MEMCPY_KIND_HTOD: return "copy to the card";
    case CUPTI_ACTIVITY_MEMCPY_KIND_DTOH: return "copy from the card";
    case CUPTI_ACTIVITY_MEMCPY_KIND_DTOD: return "copy on the card";
  }
  return "copy";
}

template <class Record>
void add(const CUpti_Activity* activity, const char* category, const auto& name) {
  const auto& record = *reinterpret_cast<const Record*>(activity);
  if (record.start == 0) return;
  const auto here = [](uint64_t time) { return static_cast<int64_t>(time) + timelines_less_cuptis; };
  timeline::add(timeline::Event{name(record), category, here(record.start), here(record.end), static_cast<int>(record.streamId),
                                fmt::format("GPU:{}", record.deviceId)});
}

void add(const CUpti_Activity* record) {
  switch (record->kind) {
    case CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL:
      return add<CUpti_ActivityKernel>(record, "kernel", [](const auto& kernel) { return std::string(kernel.name); });
    case CUPTI_ACTIVITY_KIND_MEMCPY:
      return add<CUpti_ActivityMemcpy>(
          record, "copy", [](const auto& copy) { return fmt::format("{}, {} bytes", name_of(copy.copyKind), copy.bytes); });
    case CUPTI_ACTIVITY_KIND_MEMSET:
      return add<CUpti_ActivityMemset>(record, "copy",
                                       [](const auto& fill) { return fmt::format("fill, {} bytes", fill.bytes); });
  }
}

// CUPTI wants records to lie at 8 bytes.
void give_buffer(std::uint8_t** buffer, std::size_t* bytes, std::size_t* most_records) {
  constexpr std::size_t kBytes = 1 << 20;
  *buffer = static_cast<std::uint8_t*>(std::aligned_alloc(8, kBytes));
  *bytes = *buffer ? kBytes : 0;
  *most_records = 0;
}
void take_buffer(CUctx_st*, std::uint32_t, std::uint8_t* buffer, std::size_t, std::size_t valid) {
  const Cupti& cupti = opened<Cupti>().table;
  CUpti_Activity* record = nullptr;
  while (valid > 0 && cupti.cuptiActivityGetNextRecord(buffer, valid, &record) == CUPTI_SUCCESS) add(record);
  std::free(buffer);
}

struct Traces {
  std::mutex mutex;
  int living = 0;
  bool is_registered = false;
};
Traces& traces() {
  static auto* instance = new Traces;
  return *instance;
}

// Why nothing is traced; empty if it is.
std::string begin() {
  auto& [mutex, living, is_registered] = traces();
  const std::lock_guard lock(mutex);
  if (!opened<Cupti>().problem.empty()) return opened<Cupti>().problem;
  if (living++ > 0) return "";
  const Cupti& cupti = opened<Cupti>().table;
  CUptiResult result = is_registered ? CUPTI_SUCCESS : cupti.cuptiActivityRegisterCallbacks(give_buffer, take_buffer);
  is_registered = result == CUPTI_SUCCESS;
  std::uint64_t cuptis = 0;
  if (result == CUPTI_SUCCESS) result = cupti.cuptiGetTimestamp(&cuptis);
  timelines_less_cuptis = timeline::now() - static_cast<int64_t>(cuptis);
  for (const auto kind : kKinds)
    if (result == CUPTI_SUCCESS) result = cupti.cuptiActivityEnable(kind);
  if (result == CUPTI_SUCCESS) return "";
  --living;
  const char* text = "an error of its own";
  cupti.cuptiGetResultString(result, &text);
  return fmt::format("{} says {}", opened<Cupti>().library.path(), text);
}

void end() {
  auto& [mutex, living, is_registered] = traces();
  const std::lock_guard lock(mutex);
  const Cupti& cupti = opened<Cupti>().table;
  cupti.cuptiActivityFlushAll(kFlushForced);
  if (--living > 0) return;
  for (const auto kind : kKinds) cupti.cuptiActivityDisable(kind);
}

}  // namespace

std::shared_ptr<void> trace_cards() {
  const std::string problem = begin();
  if (problem.empty()) return {&traces(), [](void*) { end(); }};
  log::warn_once("The profile has no times of the card: {}", problem);
  return nullptr;
}

}  // namespace cornu::cuda
