#pragma once

#include <cstddef>

namespace virtual_gpu {

// A stack of its own to run a function on, left and entered again at will by one thread of the host.
class Fiber {
 public:
  Fiber();
  ~Fiber();
  Fiber(const Fiber&) = delete;

  // Makes it ready to run the function from its beginning.
  void start(void (*function)());
  // From outside: runs it until it leaves or ends.
  void enter();
  bool is_done() const { return is_done_; }
  // From inside of the running fiber.
  static void leave();

 private:
  static void main();

  static constexpr std::size_t kStackBytes = 64 << 10;
  char* stack_;
  void* saved_ = nullptr;  // the stack pointer of who is not running
  void (*function_)() = nullptr;
  bool is_done_ = true;
};

}  // namespace virtual_gpu
