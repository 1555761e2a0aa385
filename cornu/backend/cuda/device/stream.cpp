#include "cornu/backend/cuda/device/stream.h"

#include "cornu/backend/cuda/library/calls.h"

namespace cornu::cuda {
namespace {

// Work of a lost card is over: its memory may go.
class EventFence final : public devices::Fence {
 public:
  explicit EventFence(const Stream& stream) : event_(stream.gpu()) { event_.record(stream); }
  bool has_passed() override {
    try {
      return event_.has_passed();
    } catch (const DeviceError&) {
      return true;
    }
  }
  void wait() override {
    try {
      event_.wait();
    } catch (const DeviceError&) {
    }
  }

 private:
  Event event_;
};

}  // namespace

Stream::Stream(const Gpu& gpu, int priority) : gpu_(gpu) {
  gpu_.make_current();
  CORNU_DRIVER_CALL(cuStreamCreateWithPriority, &stream_, CU_STREAM_NON_BLOCKING, priority);
}
Stream::~Stream() {
  gpu_.make_current_if_possible();
  driver().cuStreamDestroy_v2(stream_);
}

void Stream::wait() const {
  gpu_.make_current();
  CORNU_DRIVER_CALL(cuStreamSynchronize, stream_);
}

std::shared_ptr<devices::Fence> Stream::fence() const { return std::make_shared<EventFence>(*this); }

Event::Event(const Gpu& gpu, Timing timing) : gpu_(gpu) {
  gpu_.make_current();
  CORNU_DRIVER_CALL(cuEventCreate, &event_, timing == Timing::on ? 0U : unsigned{CU_EVENT_DISABLE_TIMING});
}
Event::~Event() {
  gpu_.make_current_if_possible();
  driver().cuEventDestroy_v2(event_);
}

void Event::record(const Stream& stream) {
  gpu_.make_current();
  CORNU_DRIVER_CALL(cuEventRecord, event_, stream.handle());
}

void Event::hold_back(const Stream& stream) const {
  gpu_.make_current();
  CORNU_DRIVER_CALL(cuStreamWaitEvent, stream.handle(), event_, 0);
}

void Event::wait() const {
  gpu_.make_current();
  CORNU_DRIVER_CALL(cuEventSynchronize, event_);
}

bool Event::has_passed() const {
  gpu_.make_current();
  const CUresult result = driver().cuEventQuery(event_);
  if (result == CUDA_ERROR_NOT_READY) return false;
  must(result, "cuEventQuery");
  return true;
}

double Event::microseconds_since(const Event& earlier) const {
  gpu_.make_current();
  float milliseconds = 0;
  CORNU_DRIVER_CALL(cuEventElapsedTime, &milliseconds, earlier.event_, event_);
  return 1000.0 * milliseconds;
}

}  // namespace cornu::cuda
