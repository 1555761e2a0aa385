#include "tests/virtual_gpu/blocks.h"

#include <fmt/format.h>
#include <setjmp.h>
#include <signal.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "tests/virtual_gpu/fiber.h"

namespace virtual_gpu {
namespace {

constexpr unsigned kWarp = 32;

const char* const kStuck = "threads of a block wait for each other for ever";

enum class Wait : unsigned char { none, warp, block };

struct Lane {
  Wait waits = Wait::none;
  unsigned mask = 0;
  unsigned turn = 0;                 // exchanges so far
  unsigned long long given[2] = {};  // in turn, so that a lane may be one exchange ahead of another that still reads
};

// What the threads' functions must reach from a fiber.
const Launch* launch = nullptr;
ThreadState state;
std::vector<Lane> lanes;
unsigned now = 0;  // the running thread of the block

sigjmp_buf fault;

int fault_signal = 0;
uintptr_t fault_address = 0;
std::string fault_text;

void on_fault(int signal, siginfo_t* info, void*) {
  fault_signal = signal;
  fault_address = reinterpret_cast<uintptr_t>(info->si_addr);
  siglongjmp(fault, 1);
}

// While it lives, a fault of the kernel comes back to `run` instead of ending the process.
class Trap {
 public:
  Trap() {
    struct sigaction action {};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_NODEFER | SA_ONSTACK | SA_SIGINFO;
    for (std::size_t i = 0; i < std::size(kSignals); ++i) ::sigaction(kSignals[i], &action, &before_[i]);
  }
  ~Trap() {
    for (std::size_t i = 0; i < std::size(kSignals); ++i) ::sigaction(kSignals[i], &before_[i], nullptr);
  }

 private:
  static constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
  struct sigaction before_[std::size(kSignals)];
};

// While it lives, denormals are zeros, if the module wants it.
class Flush {
 public:
  explicit Flush([[maybe_unused]] bool is_wanted) {
#if defined(__x86_64__)
    constexpr unsigned kZeros = 0x8040;
    before_ = __builtin_ia32_stmxcsr();
    if (is_wanted) __builtin_ia32_ldmxcsr(before_ | kZeros);
#endif
  }
  ~Flush() {
#if defined(__x86_64__)
    __builtin_ia32_ldmxcsr(before_);
#endif
  }

 private:
  unsigned before_ = 0;
};

void set_thread(unsigned number) {
  now = number;
  state.lane = number % kWarp;
  const Index size = launch->block;
  state.thread = {number % size.x, number / size.x % size.y, number / (size.x * size.y)};
}

void block_barrier() {
  lanes[now].waits = Wait::block;
  Fiber::leave();
}

unsigned long long exchange(unsigned mask, unsigned long long value, int from) {
  const unsigned self = now;
  Lane& lane = lanes[self];
  const unsigned turn = lane.turn++ % 2;
  lane.given[turn] = value;
  lane.mask = mask;
  lane.waits = Wait::warp;
  Fiber::leave();
  const unsigned other = self / kWarp * kWarp + static_cast<unsigned>(from);
  return from >= 0 && static_cast<unsigned>(from) < kWarp && other < lanes.size() ? lanes[other].given[turn] : value;
}

void run_thread() { launch->kernel.call(launch->parameters); }

class Block {
 public:
  explicit Block(unsigned threads, Order order) : threads_(threads), order_(order) {
    while (fibers().size() < threads) fibers().push_back(std::make_unique<Fiber>());
  }

  // False if threads wait for ever.
  bool run() {
    lanes.assign(threads_, {});
    for (unsigned i = 0; i < threads_; ++i) fibers()[i]->start(run_thread);
    const unsigned warps = (threads_ + kWarp - 1) / kWarp;
    for (;;) {
      for (unsigned i = 0; i < warps; ++i)
        if (!run_warp(order_ == Order::forward ? i : warps - 1 - i)) return false;
      bool is_over = true;
      for (unsigned i = 0; i < threads_; ++i) {
        lanes[i].waits = Wait::none;
        is_over &= fibers()[i]->is_done();
      }
      if (is_over) return true;
    }
  }

 private:
  static std::vector<std::unique_ptr<Fiber>>& fibers() {
    static auto* all = new std::vector<std::unique_ptr<Fiber>>;
    return *all;
  }
  bool is_done(unsigned thread) const { return fibers()[thread]->is_done(); }

  // Until every thread is done or waits for the block.
  bool run_warp(unsigned warp) {
    const unsigned begin = warp * kWarp, end = std::min(begin + kWarp, threads_);
    for (;;) {
      for (unsigned i = begin; i < end; ++i) {
        const unsigned thread = order_ == Order::forward ? i : end - 1 - (i - begin);
        if (is_done(thread) || lanes[thread].waits != Wait::none) continue;
        set_thread(thread);
        fibers()[thread]->enter();
      }
      bool waits = false, moves = false;
      for (unsigned i = begin; i < end; ++i) {
        if (is_done(i) || lanes[i].waits != Wait::warp) continue;
        waits = true;
        moves |= meets(begin, end, i);
      }
      if (!waits) return true;
      if (!moves) return false;
    }
  }

  // Frees the lanes that this one waits for, if all of them are there.
  bool meets(unsigned begin, unsigned end, unsigned thread) {
    const unsigned mask = lanes[thread].mask;
    for (unsigned i = begin; i < end; ++i)
      if ((mask >> (i - begin) & 1) && !is_done(i) && (lanes[i].waits != Wait::warp || lanes[i].mask != mask)) return false;
    for (unsigned i = begin; i < end; ++i)
      if (mask >> (i - begin) & 1) lanes[i].waits = Wait::none;
    return true;
  }

  const unsigned threads_;
  const Order order_;
};

void run_without_barriers(unsigned threads, Order order) {
  for (unsigned i = 0; i < threads; ++i) {
    set_thread(order == Order::forward ? i : threads - 1 - i);
    run_thread();
  }
}

bool run_block(Index block, unsigned threads, Order order) {
  constexpr int kRubbish = 0xA5;
  state.block = block;
  const Module& module = launch->module;
  if (module.shared_begin)
    std::memset(module.shared_begin, kRubbish, static_cast<std::size_t>(module.shared_end - module.shared_begin));
  if (state.dynamic_shared) std::memset(state.dynamic_shared, kRubbish, launch->shared_bytes);
  if (module.has_barriers) return Block(threads, order).run();
  run_without_barriers(threads, order);
  return true;
}

}  // namespace

bool run(const Launch& asked, Order order, const char** problem) {
  launch = &asked;
  std::vector<char> shared(asked.shared_bytes);
  state = {.block_size = asked.block,
           .grid_size = asked.grid,
           .dynamic_shared = shared.empty() ? nullptr : shared.data(),
           .block_barrier = block_barrier,
           .exchange = exchange};
  *asked.module.state = &state;
  const unsigned threads = asked.block.x * asked.block.y * asked.block.z;
  const unsigned long long blocks = 1ULL * asked.grid.x * asked.grid.y * asked.grid.z;
  const Trap trap;
  const Flush flush(asked.module.flushes);
  if (sigsetjmp(fault, 1) != 0) {
    // The compiler puts an illegal instruction where an access that is not aligned is found.
    const std::string what = fault_signal == SIGILL ? "a kernel's access is not aligned"
                             : fault_signal == SIGFPE
                                 ? "a kernel divided by zero"
                                 : fmt::format("a kernel touched memory that the card may not, at {:#x}", fault_address);
    fault_text = fmt::format("{}: thread {} of block {}", what, now, state.block.x);
    *problem = fault_text.c_str();
    return false;
  }
  for (unsigned long long i = 0; i < blocks; ++i) {
    const unsigned long long number = order == Order::forward ? i : blocks - 1 - i;
    const Index block{static_cast<unsigned>(number % asked.grid.x), static_cast<unsigned>(number / asked.grid.x % asked.grid.y),
                      static_cast<unsigned>(number / asked.grid.x / asked.grid.y)};
    if (run_block(block, threads, order)) continue;
    *problem = kStuck;
    return false;
  }
  *problem = nullptr;
  return true;
}

}  // namespace virtual_gpu
