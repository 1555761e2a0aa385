#include "cornu/plan/compile_kernels.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <system_error>
#include <thread>

namespace cornu::plan {
namespace {

// A compiler of kernels gains little from more (bench/results/h100-driver.json).
constexpr std::size_t kMostThreads = 4;

}  // namespace

void compile_kernels(const Program& program) {
  std::atomic<std::size_t> next{0};
  const std::size_t threads = std::min<std::size_t>({program.steps.size(), std::thread::hardware_concurrency(), kMostThreads});
  std::vector<std::exception_ptr> failures(std::max<std::size_t>(threads, 1));
  const auto compile = [&](std::exception_ptr& failure) {
    try {
      for (std::size_t i; !failure && (i = next++) < program.steps.size();) program.steps[i].kernel->compile(program.target);
    } catch (...) {
      failure = std::current_exception();
      next = program.steps.size();
    }
  };
  std::vector<std::thread> others;
  try {
    for (std::size_t i = 1; i < failures.size(); ++i) others.emplace_back(compile, std::ref(failures[i]));
  } catch (const std::system_error&) {  // no more threads are to be had: this one does it
  }
  compile(failures[0]);
  for (std::thread& other : others) other.join();
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

}  // namespace cornu::plan
