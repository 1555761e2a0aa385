// libcuda.so.1: streams, events and graphs.
#include "tests/virtual_gpu/entry.h"
#include "tests/virtual_gpu/work.h"

#include <set>

namespace cornu::cuda {
namespace {

// Never destroyed: a program's last objects may go after ours.
std::set<CUevent>& events = *new std::set<CUevent>;
std::set<CUgraph>& graphs = *new std::set<CUgraph>;
std::set<CUgraphExec>& executables = *new std::set<CUgraphExec>;

constexpr unsigned kDisableTiming = CU_EVENT_DISABLE_TIMING;

}  // namespace

#define KNOWN_STREAM(stream) \
  if (!virtual_gpu::is_stream(stream)) return CUDA_ERROR_INVALID_HANDLE
#define KNOWN_EVENT(event) \
  if (!events.contains(event)) return CUDA_ERROR_INVALID_HANDLE
// What waits breaks a capture of this thread.
#define NOT_CAPTURED(stream) \
  if ((stream)->graph) return (stream)->is_broken = true, CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED

extern "C" {

VIRTUAL_GPU_EXPORT CUresult cuStreamCreateWithPriority(CUstream* stream, unsigned flags, int) {
  ENTER_WITH_CONTEXT(cuStreamCreateWithPriority);
  if (flags != CU_STREAM_NON_BLOCKING) return CUDA_ERROR_INVALID_VALUE;
  return *stream = virtual_gpu::make_stream(*context), CUDA_SUCCESS;
}

VIRTUAL_GPU_EXPORT CUresult cuStreamDestroy_v2(CUstream stream) {
  ENTER_WITH_CONTEXT(cuStreamDestroy_v2);
  KNOWN_STREAM(stream);
  if (stream->graph) virtual_gpu::violation("cuStreamDestroy of a stream that is captured");
  const CUresult result = virtual_gpu::drain(*stream);  // its work is done all the same
  virtual_gpu::destroy(stream);
  return result;
}

VIRTUAL_GPU_EXPORT CUresult cuStreamSynchronize(CUstream stream) {
  ENTER_WITH_CONTEXT(cuStreamSynchronize);
  KNOWN_STREAM(stream);
  NOT_CAPTURED(stream);
  return virtual_gpu::drain(*stream);
}

VIRTUAL_GPU_EXPORT CUresult cuStreamQuery(CUstream stream) {
  ENTER_WITH_CONTEXT(cuStreamQuery);
  KNOWN_STREAM(stream);
  NOT_CAPTURED(stream);
  return virtual_gpu::step(*stream);
}

VIRTUAL_GPU_EXPORT CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned flags) {
  ENTER_WITH_CONTEXT(cuStreamWaitEvent);
  KNOWN_STREAM(stream);
  KNOWN_EVENT(event);
  return flags ? CUDA_ERROR_INVALID_VALUE : virtual_gpu::wait_for(*stream, *event);
}

VIRTUAL_GPU_EXPORT CUresult cuEventCreate(CUevent* event, unsigned flags) {
  ENTER_WITH_CONTEXT(cuEventCreate);
  if (flags & ~kDisableTiming) return CUDA_ERROR_INVALID_VALUE;
  *event = new CUevent_st{std::make_shared<virtual_gpu::Event>()};
  (*event)->event->has_timing = !(flags & kDisableTiming);
  events.insert(*event);
  return CUDA_SUCCESS;
}

VIRTUAL_GPU_EXPORT CUresult cuEventDestroy_v2(CUevent event) {
  ENTER_WITH_CONTEXT(cuEventDestroy_v2);
  KNOWN_EVENT(event);
  events.erase(event);
  delete event;
  return CUDA_SUCCESS;
}

VIRTUAL_GPU_EXPORT CUresult cuEventRecord(CUevent event, CUstream stream) {
  ENTER_WITH_CONTEXT(cuEventRecord);
  KNOWN_STREAM(stream);
  KNOWN_EVENT(event);
  return virtual_gpu::record(*event, *stream);
}

VIRTUAL_GPU_EXPORT CUresult cuEventSynchronize(CUevent event) {
  ENTER_WITH_CONTEXT(cuEventSynchronize);
  KNOWN_EVENT(event);
  if (event->event->graph) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  return virtual_gpu::drain_to(*event->event);
}

VIRTUAL_GPU_EXPORT CUresult cuEventQuery(CUevent handle) {
  ENTER_WITH_CONTEXT(cuEventQuery);
  KNOWN_EVENT(handle);
  const auto& event = *handle->event;
  if (event.graph) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  if (event.done >= event.recorded) return CUDA_SUCCESS;
  return virtual_gpu::is_stream(event.stream) ? virtual_gpu::step(*event.stream) : CUDA_SUCCESS;
}

VIRTUAL_GPU_EXPORT CUresult cuEventElapsedTime(float* milliseconds, CUevent from, CUevent to) {
  ENTER_WITH_CONTEXT(cuEventElapsedTime);
  KNOWN_EVENT(from);
  KNOWN_EVENT(to);
  const virtual_gpu::Event &a = *from->event, &b = *to->event;
  if (!a.has_timing || !b.has_timing || a.recorded == 0 || b.recorded == 0) return CUDA_ERROR_INVALID_HANDLE;
  if (a.done < a.recorded || b.done < b.recorded) return CUDA_ERROR_NOT_READY;
  return *milliseconds = static_cast<float>((b.microseconds - a.microseconds) / 1000), CUDA_SUCCESS;
}

VIRTUAL_GPU_EXPORT CUresult cuStreamBeginCapture_v2(CUstream stream, DriverFlag mode) {
  ENTER_WITH_CONTEXT(cuStreamBeginCapture_v2);
  KNOWN_STREAM(stream);
  return mode == CU_STREAM_CAPTURE_MODE_THREAD_LOCAL ? virtual_gpu::begin_capture(*stream) : CUDA_ERROR_INVALID_VALUE;
}

VIRTUAL_GPU_EXPORT CUresult cuStreamEndCapture(CUstream stream, CUgraph* graph) {
  ENTER_WITH_CONTEXT(cuStreamEndCapture);
  KNOWN_STREAM(stream);
  const CUresult result = virtual_gpu::end_capture(*stream, graph);
  if (result == CUDA_SUCCESS) graphs.insert(*graph);
  return result;
}

VIRTUAL_GPU_EXPORT CUresult cuGraphInstantiateWithFlags(CUgraphExec* executable, CUgraph graph, unsigned long long flags) {
  ENTER_WITH_CONTEXT(cuGraphInstantiateWithFlags);
  if (!graphs.contains(graph) || flags) return CUDA_ERROR_INVALID_VALUE;
  *executable =
      new CUgraphExec_st{context, std::make_shared<const std::vector<virtual_gpu::Work>>(virtual_gpu::order_of(*graph))};
  executables.insert(*executable);
  return CUDA_SUCCESS;
}

VIRTUAL_GPU_EXPORT CUresult cuGraphLaunch(CUgraphExec executable, CUstream stream) {
  ENTER_WITH_CONTEXT(cuGraphLaunch);
  KNOWN_STREAM(stream);
  if (!executables.contains(executable)) return CUDA_ERROR_INVALID_VALUE;
  return virtual_gpu::enqueue(*stream, [work = executable->work, context] {
    for (const virtual_gpu::Work& one : *work)
      if (context->lost == CUDA_SUCCESS) one();
  });
}

// What was launched before runs to its end.
VIRTUAL_GPU_EXPORT CUresult cuGraphExecDestroy(CUgraphExec executable) {
  ENTER_WITH_CONTEXT(cuGraphExecDestroy);
  if (executables.erase(executable) == 0) return CUDA_ERROR_INVALID_VALUE;
  delete executable;
  return CUDA_SUCCESS;
}

VIRTUAL_GPU_EXPORT CUresult cuGraphDestroy(CUgraph graph) {
  ENTER_WITH_CONTEXT(cuGraphDestroy);
  if (graphs.erase(graph) == 0) return CUDA_ERROR_INVALID_VALUE;
  delete graph;
  return CUDA_SUCCESS;
}

}  // extern "C"
}  // namespace cornu::cuda
