#pragma once

namespace cornu::devices {

// A point in the order of a device's work: of a stream of a card, in tests of whatever they like.
class Fence {
 public:
  virtual ~Fence() = default;
  // Whether the work before it is over; does not wait.
  virtual bool has_passed() = 0;
  virtual void wait() = 0;
};

}  // namespace cornu::devices
