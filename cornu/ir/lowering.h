#pragma once

#include <atomic>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cornu/ir/graph.h"
#include "cornu/ir/op.h"
#include "cornu/target/target.h"

namespace cornu::ir {

// What a checking kernel found wrong in the data: the first wins. Read after a run, with the metrics; update kernels do
// nothing while it is set, so that weights are those of the last good step.
struct StatusWord {
  enum Code : uint32_t { ok = 0, index_out_of_range = 1 };
  std::atomic<uint32_t> code{ok};
  std::string op;                // what checked: "Embedding", "sparse_categorical_crossentropy", ...
  int64_t value = 0, limit = 0;  // the index received; valid are [0, limit)

  bool is_set() const { return code.load(std::memory_order_relaxed) != ok; }
  void set(Code what, std::string_view by, int64_t received, int64_t allowed);
  void clear() { code.store(ok, std::memory_order_relaxed); }
  void raise() const;  // throws the ValueError that tells it
};

// Library objects of one instance of a program (primitive arguments, plans): made once, used by one run at a time.
class KernelState {
 public:
  virtual ~KernelState() = default;
};

// What a kernel gets when it runs.
struct KernelCall {
  void* const* operands;  // the addresses of its inputs, then of its outputs
  std::byte* scratch;     // Kernel::scratch_bytes() of it, 64-byte aligned; contents undefined
  KernelState* state;
  StatusWord* status;
  int threads;  // how many the kernel may use
  // Of a card's kernel alone; its operands and scratch are the card's addresses.
  void* device = nullptr;        // what it goes to (devices::Runtime::handle)
  uintptr_t card_status = 0;     // the card's address of a CardStatus; 0 where nothing in the program sets it
  bool respects_status = false;  // does nothing while that is set

  template <class T>
  T* operand(int i) const {
    return static_cast<T*>(operands[i]);
  }
};

// What a card's kernel would be there, told where the card is not.
struct KernelReport {
  double seconds = 0;                                        // that its products take at the card's peak
  int64_t registers = 0, shared_bytes = 0, stack_bytes = 0;  // of a thread, a block, a thread; the most of its kernels
  int64_t threads = 0;                                       // of a block
  std::string details;                                       // "engine 62"
};

// A lowered group: immutable, part of a Program, shared by all of its instances.
class Kernel {
 public:
  virtual ~Kernel() = default;
  // What runs it: a program for a card may have kernels of the host's, where the card has none.
  virtual TargetKind kind() const { return TargetKind::cpu; }
  virtual std::string describe() const = 0;  // "onednn matmul [brg:avx512_core]"
  virtual std::size_t scratch_bytes() const { return 0; }
  virtual std::unique_ptr<KernelState> make_state() const { return nullptr; }
  // (input, output) pairs that may share memory.
  virtual std::vector<std::pair<int, int>> in_place() const { return {}; }
  // A kernel program's key, where it is one: counted, so that a test can see that nothing new was generated.
  virtual uint64_t program_key() const { return 0; }
  // A card's: all of a run that can fail for want of memory or that takes long: code is loaded, a library chooses. Before a state's first
  // run, and again where an address has changed; a run allocates nothing and can be recorded.
  virtual void prepare(const KernelCall&) const {}
  // Of a card's memory, from the first run of a state on.
  virtual int64_t held_bytes() const { return 0; }
  // A card's, which need not be here: compiles what a first run would compile, and keeps it where that run looks for it. Many kernels may
  // do so at once.
  virtual void compile(const Target&) const {}
  // The same, and tells what came of it.
  virtual KernelReport report(const Target&) const { return {}; }
  virtual void run(const KernelCall& call) const = 0;
};

// A form of an input that the kernel reads in its place: a library's own layout of a weight. A kernel of its own makes it; of a
// variable that the program does not write once for all programs, until the variable is written.
struct Preparation {
  int input;
  std::shared_ptr<const Kernel> kernel;  // (the input) -> the form
  int64_t bytes;                         // of the form
  std::string key;                       // equal keys make equal forms of equal inputs
};

// A kernel and the values it reads and writes, in the order of KernelCall::operands. All are dense and row-major.
struct Lowered {
  std::unique_ptr<Kernel> kernel;
  std::vector<Value> inputs, outputs;
  std::vector<Preparation> preparations;
};

// What a lowering is offered: a coarse op and the pointwise chain that may run on its result while it is hot. Each node of the
// chain reads the result before it (the anchor's output 0 at first) and has its shape; only the last is read by others.
struct Offer {
  const Node& anchor;
  std::span<Node* const> epilogue;

  // What is left after taking the first `n` of the chain: the value that leaves the group.
  Value result(int n) const { return n == 0 ? Value(const_cast<Node*>(&anchor), 0) : Value(epilogue[n - 1], 0); }
};

// How many nodes of the epilogue a lowering takes, or why it refuses the anchor.
struct Answer {
  int takes = 0;
  std::string refusal;
  static Answer refuse(std::string why) { return {0, std::move(why)}; }
  bool refused() const { return !refusal.empty(); }
};

// A graph of an attribute (a loop's body), compiled: what a host segment runs.
class SubProgram {
 public:
  virtual ~SubProgram() = default;
  virtual std::size_t scratch_bytes() const = 0;
  virtual std::unique_ptr<KernelState> make_state() const = 0;
  // Inputs and outputs are dense arrays in the order of the graph's parameters and results; an output may not be an input.
  virtual void run(std::span<void* const> inputs, std::span<void* const> outputs, const KernelCall& call) const = 0;
};

struct LoweringContext {
  const Target& target;
  std::function<std::shared_ptr<const SubProgram>(const Graph&)> compile;
};

// What `supports` is where a lowering takes the op however it comes, and nothing after it.
inline Answer any_offer(const Offer&, const Target&) { return {}; }

// One way to run a coarse op on one kind of target. A record lists its lowerings in order of preference.
struct Lowering {
  std::string_view name;  // "onednn"
  TargetKind target;
  Answer (*supports)(const Offer& offer, const Target& target);
  Lowered (*lower)(const Offer& offer, int takes, const LoweringContext& context);
  bool can_capture = true;  // false: runs on the host (a host segment)
};

// The tables of several targets as one.
std::vector<Lowering> joined(std::initializer_list<std::span<const Lowering>> tables);
template <auto... tables>
std::span<const Lowering> joined() {
  static const auto all = joined({tables()...});
  return all;
}

// The inputs of a kernel that takes the anchor's operands and then each epilogue node's other operands, in order.
std::vector<Value> offered_inputs(const Offer& offer, int takes);

// A kernel made of a function; for lowerings without library objects.
std::unique_ptr<Kernel> function_kernel(std::string description, std::function<void(const KernelCall&)> run,
                                        std::size_t scratch_bytes = 0);

// The record's plain reference as a kernel: the last resort.
Lowered reference_lowering(const Node& node);

// A graph computed by the records' references alone, on dense host memory: what tests compare with.
std::vector<std::vector<std::byte>> evaluate_by_reference(const Graph& graph, std::span<const HostOperand> arguments);

}  // namespace cornu::ir
