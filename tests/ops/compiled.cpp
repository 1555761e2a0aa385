#include "tests/ops/compiled.h"

#include <cstdlib>

#include "cornu/base/environment.h"
#include "cornu/plan/memory.h"

namespace cornu::testing {
namespace {

constexpr std::size_t kGuard = 64;
constexpr int64_t kAlignment = 64;
constexpr auto kUntouched = std::byte(0xcd);

// Memory between guards, aligned as an arena is; filled, so that what nobody writes is seen.
class Guarded {
 public:
  explicit Guarded(std::size_t bytes) : bytes_(bytes), memory_(bytes + 2 * kGuard + kAlignment, kUntouched) {}
  std::byte* begin() {
    return reinterpret_cast<std::byte*>(plan::aligned(reinterpret_cast<int64_t>(memory_.data()) + kGuard, kAlignment));
  }
  void check(const char* what) {
    for (std::byte* at = memory_.data(); at != memory_.data() + memory_.size(); ++at)
      CORNU_CHECK((at >= begin() && at < begin() + bytes_) || *at == kUntouched, "A kernel wrote beside {}.", what);
  }

 private:
  std::size_t bytes_;
  std::vector<std::byte> memory_;
};

plan::Function function_of(const ir::Graph& graph) { return {graph, static_cast<int>(graph.parameters.size()), 0, 0, {}}; }

}  // namespace

Compiled::Compiled(const ir::Graph& graph) : runner_(plan::compile(function_of(graph), Target::host(), "test")) {}

std::vector<Array> Compiled::operator()(std::vector<Array> arguments, int threads, ir::StatusWord* status) {
  const plan::Program& program = runner_.program();
  Guarded scratch(program.scratch_bytes);
  runner_.bind_scratch(scratch.begin());
  std::vector<Guarded> inputs, results;
  for (std::size_t i = 0; i < program.inputs.size(); ++i) {
    CORNU_CHECK(arguments.at(i).spec == program.inputs[i]);
    inputs.emplace_back(bytes_of(program.inputs[i]));
    std::copy(arguments[i].bytes.begin(), arguments[i].bytes.end(), inputs.back().begin());
    runner_.bind(plan::Where::input, static_cast<int>(i), inputs.back().begin());
  }
  for (std::size_t i = 0; i < program.results.size(); ++i) {
    results.emplace_back(bytes_of(program.results[i]));
    runner_.bind(plan::Where::result, static_cast<int>(i), results.back().begin());
  }
  ir::StatusWord own;
  runner_.run(status ? *status : own, threads);

  scratch.check("the scratch memory");
  for (std::size_t i = 0; i < inputs.size(); ++i)
    CORNU_CHECK(std::equal(arguments[i].bytes.begin(), arguments[i].bytes.end(), inputs[i].begin()),
                "A kernel wrote into input {}.", i);
  std::vector<Array> out;
  for (std::size_t i = 0; i < results.size(); ++i) {
    results[i].check("a result");
    out.push_back({program.results[i], {results[i].begin(), results[i].begin() + bytes_of(program.results[i])}});
  }
  return out;
}

ScopedVariable::ScopedVariable(const char* name, const std::string& value) : name_(name), before_(environment(name)) {
  setenv(name, value.c_str(), 1);
}
ScopedVariable::~ScopedVariable() {
  if (before_) setenv(name_, before_->c_str(), 1);
  else unsetenv(name_);
}

}  // namespace cornu::testing
