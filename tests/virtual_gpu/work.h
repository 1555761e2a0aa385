#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "tests/virtual_gpu/activity.h"
#include "tests/virtual_gpu/context.h"

// Streams, events and graphs. Nothing runs before somebody waits for it, so that a missing wait shows.
namespace virtual_gpu {

struct Event {
  bool has_timing = true;
  uint64_t recorded = 0, done = 0;  // numbers of records: of the last one asked for, and of the last one reached
  double microseconds = 0;          // of the last one reached
  CUstream_st* stream = nullptr;    // where it was last recorded
  CUgraph_st* graph = nullptr;      // of a record while that was captured
  std::vector<std::size_t> nodes;   // which the record stands behind
};

// One piece of a stream's or a graph's work.
using Work = std::function<void()>;

struct Task {
  Work work;                     // or
  std::shared_ptr<Event> event;  // waits until this record is reached
  uint64_t record = 0;
};

struct Node {
  Work work;
  std::vector<std::size_t> after;
};

}  // namespace virtual_gpu

struct CUevent_st {
  std::shared_ptr<virtual_gpu::Event> event;
};

struct CUgraph_st {
  std::vector<virtual_gpu::Node> nodes;
};

struct CUgraphExec_st {
  CUctx_st* context;
  std::shared_ptr<const std::vector<virtual_gpu::Work>> work;
};

struct CUstream_st {
  CUctx_st* context;
  unsigned number;
  std::deque<virtual_gpu::Task> tasks;
  // While it is captured:
  CUgraph_st* graph = nullptr;
  bool is_origin = false, is_broken = false;
  std::vector<std::size_t> frontier;  // the nodes that the next one stands behind
};

namespace virtual_gpu {

using cornu::cuda::CUresult;

// Adds work at the end of a stream, or to the graph that it is captured for.
CUresult enqueue(CUstream_st& stream, Work work, Activity what = {});
// Who is told of what was done from here on; nobody for an empty one.
void observe(Observer observer);
CUresult record(CUevent_st& event, CUstream_st& stream);
CUresult wait_for(CUstream_st& stream, CUevent_st& event);

// Runs what a stream has; up to a record of an event; what all streams of a context have. The context's error, if it has one.
CUresult drain(CUstream_st& stream);
CUresult drain_to(Event& event);
CUresult drain(CUctx_st& context);
// Runs one more task. Who only asks sees nothing finished for a while.
CUresult step(CUstream_st& stream);

// Whether a stream of this thread is captured: what would wait is then forbidden.
bool is_capturing();
CUresult begin_capture(CUstream_st& stream);
CUresult end_capture(CUstream_st& stream, CUgraph_st** graph);
// In an order that respects what stands behind what, and otherwise is not that of the capture.
std::vector<Work> order_of(const CUgraph_st& graph);

// Registers of what exists, so that a handle that was destroyed is known for one.
CUstream_st* make_stream(CUctx_st& context);
bool is_stream(CUstream_st* stream);
void destroy(CUstream_st* stream);

}  // namespace virtual_gpu
