#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/compile_options.h"
#include "cli/data.h"
#include "cli/dtype_policy.h"
#include "cli/usage.h"
#include "cornu/keras/trainers/step_report.h"
#include "cornu/target/named.h"

namespace cornu::cli {
namespace {

// CUDA's context and the code of its libraries, as measured on an H100 (bench/results/h100-driver.json), and some.
constexpr int64_t kMargin = int64_t{768} << 20;

struct CompileForOptions {
  std::string model, target;
  int64_t batch_size = 32;
  bool is_predict = false, is_largest_wanted = false, is_json = false;
  CompileOptions compile;
  std::shared_ptr<std::string> dtype_policy;
};

Target card_of(const std::string& name) { return name.ends_with(".json") ? target::read_card(name) : target::named_card(name); }

std::string in_mib(int64_t bytes) { return fmt::format("{:.1f} MiB", double(bytes) / (1 << 20)); }

// Three digits, whatever the unit.
std::string in_time(double seconds) {
  return seconds < 1e-3 ? fmt::format("{:.3g} us", 1e6 * seconds) : fmt::format("{:.3g} ms", 1e3 * seconds);
}

// "engine 62", "40 registers, 1024 bytes shared".
std::string details_of(const ir::KernelReport& kernel) {
  std::string out = kernel.details;
  if (kernel.registers > 0) out += fmt::format("{} registers", kernel.registers);
  if (kernel.shared_bytes > 0) out += fmt::format(", {} bytes shared", kernel.shared_bytes);
  if (kernel.stack_bytes > 0) out += fmt::format(", {} bytes of stack", kernel.stack_bytes);
  return out;
}

Json json_of(const plan::ProgramReport& report, const Target& card, const CompileForOptions& o) {
  const auto& m = report.memory;
  Json steps = Json::array();
  for (const plan::StepReport& step : report.steps)
    steps.push_back({{"kernel", step.kernel},
                     {"registers", step.report.registers},
                     {"shared_bytes", step.report.shared_bytes},
                     {"stack_bytes", step.report.stack_bytes},
                     {"details", step.report.details},
                     {"bytes", step.bytes},
                     {"estimated_seconds", step.seconds},
                     {"on_host", step.is_on_host}});
  return {{"target", card.name},
          {"batch_size", o.batch_size},
          {"training", !o.is_predict},
          {"memory",
           {{"variables", m.variables},
            {"constants", m.constants},
            {"inputs", m.inputs},
            {"results", m.results},
            {"scratch", m.scratch},
            {"kernels", m.kernels},
            {"peak", m.total()},
            {"context_margin", kMargin},
            {"card", card.cuda.total_memory}}},
          {"estimated_seconds", report.seconds()},
          {"steps", steps}};
}

void print(const plan::ProgramReport& report, const Target& card, const CompileForOptions& o) {
  const auto& m = report.memory;
  std::printf("%s", fmt::format("A {} of {} examples on {} ({}, {})\n\n", o.is_predict ? "prediction" : "training step",
                                o.batch_size, card.name, card.cuda.device_name, in_mib(card.cuda.total_memory))
                        .c_str());
  for (const auto& [what, bytes] : {std::pair("variables", m.variables),
                                    {"constants", m.constants},
                                    {"inputs", m.inputs},
                                    {"results", m.results},
                                    {"scratch", m.scratch},
                                    {"kernels", m.kernels},
                                    {"peak", m.total()}})
    std::printf("  %-10s %16lld bytes  %s\n", what, static_cast<long long>(bytes), in_mib(bytes).c_str());
  std::printf("  and about %s for CUDA's context and libraries\n\n", in_mib(kMargin).c_str());
  for (const plan::StepReport& step : report.steps)
    std::printf("  %10s  %s%s%s\n", step.is_on_host ? "(host)" : in_time(step.seconds).c_str(), step.kernel.c_str(),
                details_of(step.report).empty() ? "" : ": ", details_of(step.report).c_str());
  std::printf("\nestimated %s a step, by bytes and operations at the card's peaks\n", in_time(report.seconds()).c_str());
}

int compile_for(const CompileForOptions& o) {
  const Target card = card_of(o.target);
  const keras::Model model = read_model(o.model);
  set_dtype_policy(model, *o.dtype_policy);
  if (!o.is_predict) compile(model, o.compile);
  const int64_t room = card.cuda.total_memory - kMargin;
  if (o.is_largest_wanted) {
    const int64_t largest = keras::largest_batch(model, card, room, !o.is_predict);
    if (o.is_json) std::printf("%s\n", Json({{"target", card.name}, {"largest_batch_size", largest}}).dump(1).c_str());
    else std::printf("largest batch on %s: %lld\n", card.name.c_str(), static_cast<long long>(largest));
    return largest > 0 ? 0 : 1;
  }
  const plan::ProgramReport report = keras::report_step(model, card, {.batch_size = o.batch_size, .training = !o.is_predict});
  if (o.is_json) std::printf("%s\n", json_of(report, card, o).dump(1).c_str());
  else print(report, card, o);
  if (report.memory.total() <= room) return 0;
  std::fflush(stdout);
  std::fprintf(stderr, "cornu: it does not fit into %s: %s are missing. Try a smaller --batch-size (--largest-batch finds it).\n",
               card.name.c_str(), in_mib(report.memory.total() - room).c_str());
  return 1;
}

}  // namespace

void add_compile(CLI::App& app, Run& run) {
  auto* verb = app.add_subcommand("compile", "What a model would take and run on a card that need not be here");
  auto o = std::make_shared<CompileForOptions>();
  verb->add_option("MODEL", o->model, "A .keras or .h5 file, or an architecture .json")->required();
  verb->add_option("--target", o->target, "A card by name (t4, a100, h100, ...) or its file (.json)")->required();
  verb->add_option("--batch-size", o->batch_size, "Examples a step")->check(at_least_one())->capture_default_str();
  verb->add_flag("--predict", o->is_predict, "What predict runs, instead of a step of training");
  verb->add_flag("--largest-batch", o->is_largest_wanted, "Only the largest batch that fits");
  verb->add_flag("--json", o->is_json, "For programs");
  add_compile_options(*verb, o->compile);
  o->dtype_policy = add_dtype_policy_option(*verb);
  verb->callback([=, &run] { run = [=] { return compile_for(*o); }; });
}

}  // namespace cornu::cli
