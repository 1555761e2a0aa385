#include "cornu/device/stream.h"

#include <omp.h>

#include <vector>

#include "cornu/device/context.h"

namespace cornu::devices {
namespace {

struct Streams {
  std::mutex mutex;
  std::vector<std::unique_ptr<Stream>> all;
};

Streams& streams() {
  static auto* instance = new Streams();  // outlives every static tensor
  return *instance;
}

int team_size() {
  const int configured = Context::current().threads(Context::Pool::intra_op);
  return configured > 0 ? configured : omp_get_max_threads();
}

}  // namespace

StreamLease::StreamLease() {
  auto& known = streams();
  std::lock_guard lock(known.mutex);
  if (known.all.empty()) {
    initialize("the first computation");
    known.all.push_back(std::make_unique<Stream>(team_size()));
  }
  for (auto& stream : known.all)
    if (stream->mutex_.try_lock()) {
      stream_ = stream.get();
      return;
    }
  known.all.push_back(std::make_unique<Stream>(1));
  stream_ = known.all.back().get();
  stream_->mutex_.lock();
}

StreamLease::~StreamLease() { stream_->mutex_.unlock(); }

}  // namespace cornu::devices
