#include "cornu/plan/subprogram.h"

#include "cornu/plan/runner.h"

namespace cornu::plan {
namespace {

struct BodyState final : ir::KernelState {
  explicit BodyState(std::shared_ptr<const Program> program) : runner(std::move(program)) {}
  Runner runner;
};

class Body final : public ir::SubProgram {
 public:
  explicit Body(std::shared_ptr<const Program> program) : program_(std::move(program)) {}
  std::size_t scratch_bytes() const override { return program_->scratch_bytes; }
  std::unique_ptr<ir::KernelState> make_state() const override { return std::make_unique<BodyState>(program_); }
  void run(std::span<void* const> inputs, std::span<void* const> outputs, const ir::KernelCall& call) const override {
    Runner& runner = static_cast<BodyState*>(call.state)->runner;
    for (std::size_t i = 0; i < inputs.size(); ++i) runner.bind(Where::input, static_cast<int>(i), inputs[i]);
    for (std::size_t i = 0; i < outputs.size(); ++i) runner.bind(Where::result, static_cast<int>(i), outputs[i]);
    runner.bind_scratch(call.scratch);
    runner.run(*call.status, call.threads);
  }

 private:
  std::shared_ptr<const Program> program_;
};

}  // namespace

std::shared_ptr<const ir::SubProgram> compile_body(const ir::Graph& body, const Target& target, const std::string& name) {
  Function function{body, static_cast<int>(body.parameters.size()), 0, 0, {}};
  return std::make_shared<Body>(compile(function, target, name));
}

}  // namespace cornu::plan
