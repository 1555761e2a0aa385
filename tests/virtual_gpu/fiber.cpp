#include "tests/virtual_gpu/fiber.h"

#include <sys/mman.h>

#include <cstdint>
#include <new>

#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace virtual_gpu {
namespace {

Fiber* running = nullptr;

}  // namespace

#if defined(__x86_64__)

// Saves what a called function must preserve, changes stacks, and takes up what was saved there.
extern "C" void virtual_gpu_switch(void** save, void* to);
asm(R"(
.text
.type virtual_gpu_switch, @function
virtual_gpu_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size virtual_gpu_switch, .-virtual_gpu_switch
)");

void Fiber::start(void (*function)()) {
  function_ = function;
  is_done_ = false;
  constexpr int kSaved = 6;
  auto* top = reinterpret_cast<uintptr_t*>(stack_ + kStackBytes) - 1;  // a function begins 8 bytes off a multiple of 16
  *--top = reinterpret_cast<uintptr_t>(&Fiber::main);
  for (int i = 0; i < kSaved; ++i) *--top = 0;
  saved_ = top;
}

void Fiber::enter() {
  running = this;
  virtual_gpu_switch(&saved_, saved_);
}
void Fiber::leave() {
  Fiber* self = running;
  virtual_gpu_switch(&self->saved_, self->saved_);
}

#else

struct Contexts {
  ucontext_t inside, outside;
};

void Fiber::start(void (*function)()) {
  function_ = function;
  is_done_ = false;
  if (!saved_) saved_ = new Contexts;
  auto* contexts = static_cast<Contexts*>(saved_);
  ::getcontext(&contexts->inside);
  contexts->inside.uc_stack.ss_sp = stack_;
  contexts->inside.uc_stack.ss_size = kStackBytes;
  contexts->inside.uc_link = nullptr;
  ::makecontext(&contexts->inside, &Fiber::main, 0);
}

void Fiber::enter() {
  running = this;
  auto* contexts = static_cast<Contexts*>(saved_);
  ::swapcontext(&contexts->outside, &contexts->inside);
}
void Fiber::leave() {
  auto* contexts = static_cast<Contexts*>(running->saved_);
  ::swapcontext(&contexts->inside, &contexts->outside);
}

#endif

void Fiber::main() {
  running->function_();
  running->is_done_ = true;
  leave();
}

Fiber::Fiber() {
  void* at = ::mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) throw std::bad_alloc();
  stack_ = static_cast<char*>(at);
}
Fiber::~Fiber() {
#if !defined(__x86_64__)
  delete static_cast<Contexts*>(saved_);
#endif
  ::munmap(stack_, kStackBytes);
}

}  // namespace virtual_gpu
