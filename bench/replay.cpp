// What the host does in a recorded step of the seed network on a card, over the virtual GPU with its work switched off. One JSON object.
//   LD_LIBRARY_PATH=build/release/virtual-gpu CORNU_VIRTUAL_GPU=tests/virtual_gpu/machines/idle_card.json build/release/bench/replay
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>

#include "cornu/cornu.h"
#include "cornu/device/context.h"
#include "cornu/keras/trainers/step_report.h"
#include "cornu/plan/device_runner.h"

namespace cornu::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kRounds = 15, kSteps = 2000;

// The median round's.
template <class F>
double microseconds_per_step(F f) {
  std::vector<double> rounds;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = Clock::now();
    for (int i = 0; i < kSteps; ++i) f(i);
    rounds.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count() / kSteps);
  }
  std::ranges::nth_element(rounds, rounds.begin() + kRounds / 2);
  return rounds[kRounds / 2];
}

int run() {
  using namespace keras::layers;
  devices::initialize("a benchmark");
  devices::Device* const device = devices::Context::current().find("GPU", 0);
  if (!device) return std::fprintf(stderr, "no GPU: see the first lines of bench/replay.cpp\n"), 1;
  const auto model =
      keras::Sequential({Dense(128, {.activation = "relu", .input_shape = {784}}), Dense(10, {.activation = "softmax"})});
  model.compile({.optimizer = "adam", .loss = "categorical_crossentropy", .metrics = {"accuracy"}});
  const auto program = keras::step_program(model, device->target(), {.batch_size = 32});

  devices::Runtime& runtime = *device->runtime();
  plan::DeviceRunner runner(program, runtime);
  std::vector<devices::Allocator::Piece> variables;
  for (std::size_t i = 0; i < program->variables.size(); ++i) {
    variables.push_back(runtime.memory().allocate(std::max<std::size_t>(1, plan::size_of(program->variables[i])), "a variable"));
    runner.bind(plan::Where::variable, static_cast<int>(i), variables.back().address());
  }
  // As in a fit: other memory each time, and the last runs are still under way.
  std::vector<std::vector<std::vector<std::byte>>> batches(64);
  for (auto& batch : batches)
    for (const ir::Spec& spec : program->inputs) batch.emplace_back(plan::size_of(spec), std::byte{1});
  float logs[2];
  void* const results[] = {&logs[0], &logs[1]};
  std::vector<std::shared_ptr<plan::DeviceRun>> under_way(4);
  const double step = microseconds_per_step([&](int i) {
    std::vector<const void*> inputs;
    for (const auto& part : batches[static_cast<std::size_t>(i) % batches.size()]) inputs.push_back(part.data());
    auto& run = under_way[static_cast<std::size_t>(i) % under_way.size()];
    if (run) run->finish();
    run = runner.start(inputs, results);
  });
  std::vector<std::byte> pinned(plan::Exchange(*program).bytes);
  const double copy = microseconds_per_step([&](int i) {
    std::size_t at = 0;
    for (const auto& part : batches[static_cast<std::size_t>(i) % batches.size()]) {
      std::memcpy(pinned.data() + at, part.data(), part.size());
      at += part.size();
    }
  });
  std::printf(R"({"workload": "replay", "model": "seed", "batch_size": 32, "kernels": %zu, "is_recorded": %s, )"
              R"("microseconds_per_step": %.2f, "microseconds_of_copying_the_batch": %.2f})"
              "\n",
              program->steps.size(), runner.is_recorded() ? "true" : "false", step, copy);
  return 0;
}

}  // namespace
}  // namespace cornu::bench

int main() { return cornu::bench::run(); }
