#include "tests/virtual_gpu/work.h"

#include <algorithm>
#include <chrono>
#include <set>

#include "tests/virtual_gpu/script.h"

namespace virtual_gpu {

using namespace cornu::cuda;

namespace {

std::set<CUstream_st*> streams;
thread_local int captures = 0;  // that this thread has begun

Observer& observer() {
  static auto* instance = new Observer;
  return *instance;
}

double now() { return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

void run_first(CUstream_st& stream) {
  Task task = std::move(stream.tasks.front());
  stream.tasks.pop_front();
  if (task.event && task.event->done < task.record) drain_to(*task.event);
  if (!task.work || stream.context->lost != CUDA_SUCCESS) return;
  const Memory::Access access(stream.context->memory);
  task.work();
}

CUresult break_capture(CUstream_st& stream) {
  stream.is_broken = true;
  return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
}

// A graph that was captured in a stream may be launched in another: of a replay the stream is that of the capture.
Work observed(const CUstream_st& stream, Work work, Activity what) {
  what.device = static_cast<unsigned>(stream.context->device);
  what.stream = stream.number;
  return [work = std::move(work), what = std::move(what)]() mutable {
    const auto nanoseconds = [] { return static_cast<uint64_t>(1000 * now()); };
    what.begin = nanoseconds();
    work();
    what.end = nanoseconds();
    if (observer()) observer()(what);
  };
}

}  // namespace

void observe(Observer given) { observer() = std::move(given); }

CUresult enqueue(CUstream_st& stream, Work work, Activity what) {
  if (what.kind != Activity::Kind::none) work = observed(stream, std::move(work), std::move(what));
  if (stream.is_broken) return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
  if (!stream.graph) {
    if (!script().idle) stream.tasks.push_back({.work = std::move(work)});
    return CUDA_SUCCESS;
  }
  stream.graph->nodes.push_back({std::move(work), stream.frontier});
  stream.frontier = {stream.graph->nodes.size() - 1};
  return CUDA_SUCCESS;
}

CUresult record(CUevent_st& handle, CUstream_st& stream) {
  if (stream.is_broken) return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
  const std::shared_ptr<Event> event = handle.event;
  event->graph = stream.graph;
  event->nodes = stream.frontier;
  if (stream.graph) return CUDA_SUCCESS;
  event->stream = &stream;
  stream.tasks.push_back({.work = [event, number = ++event->recorded] {
    event->done = number;
    event->microseconds = now();
  }});
  return CUDA_SUCCESS;
}

CUresult wait_for(CUstream_st& stream, CUevent_st& handle) {
  if (stream.is_broken) return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
  const std::shared_ptr<Event> event = handle.event;
  if (event->graph) {  // the stream joins the capture, or comes back to it
    if (stream.graph && stream.graph != event->graph) return break_capture(stream);
    stream.graph = event->graph;
    for (const std::size_t node : event->nodes)
      if (std::ranges::find(stream.frontier, node) == stream.frontier.end()) stream.frontier.push_back(node);
    return CUDA_SUCCESS;
  }
  if (stream.graph) return break_capture(stream);  // work from outside of the graph
  if (event->done < event->recorded) stream.tasks.push_back({.work = {}, .event = event, .record = event->recorded});
  return CUDA_SUCCESS;
}

CUresult drain(CUstream_st& stream) {
  const Memory::Access access(stream.context->memory);
  while (!stream.tasks.empty()) run_first(stream);
  return stream.context->lost;
}

CUresult drain_to(Event& event) {
  CUstream_st* stream = event.stream;
  if (!stream) return CUDA_SUCCESS;
  const Memory::Access access(stream->context->memory);
  for (const uint64_t number = event.recorded; event.done < number && is_stream(stream) && !stream->tasks.empty();)
    run_first(*stream);
  return is_stream(stream) ? stream->context->lost : CUDA_SUCCESS;
}

CUresult drain(CUctx_st& context) {
  for (CUstream_st* stream : streams)
    if (stream->context == &context) drain(*stream);
  return context.lost;
}

CUresult step(CUstream_st& stream) {
  if (stream.tasks.empty()) return stream.context->lost;
  run_first(stream);
  return stream.context->lost != CUDA_SUCCESS ? stream.context->lost : CUDA_ERROR_NOT_READY;
}

bool is_capturing() { return captures > 0; }

CUresult begin_capture(CUstream_st& stream) {
  if (stream.graph) return CUDA_ERROR_ILLEGAL_STATE;
  stream.graph = new CUgraph_st;
  stream.is_origin = true;
  ++captures;
  return CUDA_SUCCESS;
}

CUresult end_capture(CUstream_st& stream, CUgraph_st** graph) {
  if (!stream.graph || !stream.is_origin) return CUDA_ERROR_ILLEGAL_STATE;
  CUgraph_st* captured = std::exchange(stream.graph, nullptr);
  const std::vector<std::size_t> frontier = std::exchange(stream.frontier, {});
  bool is_broken = std::exchange(stream.is_broken, false), is_joined = true;
  stream.is_origin = false;
  --captures;
  for (CUstream_st* other : streams) {
    if (other->graph != captured) continue;
    // What another stream did must stand before something of this one.
    is_broken |= std::exchange(other->is_broken, false);
    for (const std::size_t node : std::exchange(other->frontier, {})) {
      const bool is_behind =
          std::ranges::any_of(captured->nodes, [&](const Node& n) { return std::ranges::count(n.after, node) > 0; });
      is_joined &= is_behind || std::ranges::count(frontier, node) > 0;
    }
    other->graph = nullptr;
  }
  if (!is_broken && is_joined) return *graph = captured, CUDA_SUCCESS;
  delete captured;
  *graph = nullptr;
  return is_broken ? CUDA_ERROR_STREAM_CAPTURE_INVALIDATED : CUDA_ERROR_STREAM_CAPTURE_UNJOINED;
}

// Of what may run, always what was captured last: early work of another branch comes as late as it can.
std::vector<Work> order_of(const CUgraph_st& graph) {
  std::vector<Work> order;
  std::vector<bool> done(graph.nodes.size());
  while (order.size() < graph.nodes.size())
    for (std::size_t i = graph.nodes.size(); i-- > 0;) {
      const Node& node = graph.nodes[i];
      if (done[i] || !std::ranges::all_of(node.after, [&](std::size_t before) { return done[before]; })) continue;
      done[i] = true;
      order.push_back(node.work);
      break;
    }
  return order;
}

CUstream_st* make_stream(CUctx_st& context) {
  static unsigned number = 0;
  return *streams.insert(new CUstream_st{&context, ++number}).first;
}
bool is_stream(CUstream_st* stream) { return streams.contains(stream); }
void destroy(CUstream_st* stream) {
  streams.erase(stream);
  delete stream;
}

}  // namespace virtual_gpu
