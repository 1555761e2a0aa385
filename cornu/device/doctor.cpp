#include "cornu/device/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cornu/device/gpu_checks.h"
#include "cornu/target/target.h"

namespace cornu::devices {
namespace {

using Status = CheckStatus;

// Names that are easily written for another one.
constexpr std::pair<const char*, const char*> kMisspelt[] = {
    {"CUDA_VISIBLE_DEVICE", "CUDA_VISIBLE_DEVICES"},
    {"CUDA_VISBLE_DEVICES", "CUDA_VISIBLE_DEVICES"},
    {"TF_FORCE_ALLOW_GROWTH", "TF_FORCE_GPU_ALLOW_GROWTH"},
    {"TF_GPU_ALLOW_GROWTH", "TF_FORCE_GPU_ALLOW_GROWTH"},
};

// Variables that know only some words.
struct Words {
  const char* variable;
  std::vector<std::string> known;
};
const Words kWords[] = {
    {"TF_FORCE_GPU_ALLOW_GROWTH", {"true", "false"}},
    {"CORNU_CPU_ISA", {"baseline", "avx2", "avx512"}},
};

void check_words(const Machine& machine, std::vector<Check>& checks) {
  for (const auto& [variable, known] : kWords) {
    const auto value = machine.environment(variable);
    if (!value || value->empty() || std::ranges::find(known, *value) != known.end()) continue;
    std::string all;
    for (const auto& word : known) all += (all.empty() ? "" : " or ") + word;
    checks.push_back({Status::warn, "environment", fmt::format("{}={} is ignored: it must be {}", variable, *value, all),
                      fmt::format("export {}={}", variable, known.front())});
  }
}

void check_library_folder(const Machine& machine, std::vector<Check>& checks) {
  const auto folder = machine.environment("CORNU_CUDA_LIB_DIR");
  if (std::error_code none; folder && !std::filesystem::is_directory(*folder, none))
    checks.push_back({Status::warn, "environment", fmt::format("CORNU_CUDA_LIB_DIR={} is not a folder", *folder),
                      "name the folder that holds libcudnn.so.9, or unset CORNU_CUDA_LIB_DIR"});
}

std::vector<Check> environment_checks(const Machine& machine) {
  std::vector<Check> checks;
  check_words(machine, checks);
  for (const auto& [wrong, right] : kMisspelt)
    if (const auto value = machine.environment(wrong))
      checks.push_back(
          {Status::warn, "environment", fmt::format("{} is read by nobody", wrong), fmt::format("export {}={}", right, *value)});
  check_library_folder(machine, checks);
  const auto visible = machine.environment("CUDA_VISIBLE_DEVICES");
  if (const std::string bad = visible ? parse_visible_devices(*visible).bad_entry : ""; !bad.empty())
    checks.push_back({Status::warn, "environment",
                      fmt::format("CUDA_VISIBLE_DEVICES={}: '{}' names no GPU and ends the list", *visible, bad),
                      "write numbers or UUIDs: CUDA_VISIBLE_DEVICES=0,1"});
  if (checks.empty()) checks.push_back({Status::ok, "environment", "no mistake found"});
  return checks;
}

Check cpu_check() {
  const CpuProperties& cpu = Target::host().cpu;
  const std::string fact = fmt::format("{}{}{}, {} core{}, caches {} KiB, {} KiB, {} MiB", to_string(cpu.isa),
                                       cpu.has_bf16 ? ", bfloat16" : "", cpu.has_amx ? ", AMX" : "", cpu.cores,
                                       cpu.cores == 1 ? "" : "s", cpu.l1d_bytes >> 10, cpu.l2_bytes >> 10, cpu.l3_bytes >> 20);
  if (cpu.isa != Isa::baseline) return {Status::ok, "cpu", fact};
  return {Status::warn, "cpu", fact + ": without AVX2 training is several times slower",
          "use a CPU with AVX2, or unset CORNU_CPU_ISA"};
}

Check memory_check(const Machine& machine) {
  const int64_t total = machine.memory_mib("MemTotal"), available = machine.memory_mib("MemAvailable");
  if (total == 0) return {Status::skip, "memory", "/proc/meminfo cannot be read"};
  const std::string fact = fmt::format("{} MiB, {} MiB available", total, available);
  if (available >= 512) return {Status::ok, "memory", fact};
  return {Status::warn, "memory", fact, "end other programs before training"};
}

const char* word(Status status) {
  constexpr const char* kWord[] = {"ok", "warn", "fail", "skip"};
  return kWord[int(status)];
}
const char* word(GpuState state) {
  constexpr const char* kWord[] = {"usable", "unusable", "absent"};
  return kWord[int(state)];
}

std::string verdict(const DoctorReport& report) {
  if (report.state == GpuState::usable) return "GPU usable\n";
  const char* beginning = report.state == GpuState::unusable ? "GPU present but unusable" : "no GPU, the CPU is used";
  return fmt::format("{}: {}\n", beginning, report.root_cause) + (report.fix.empty() ? "" : fmt::format("fix: {}\n", report.fix));
}

}  // namespace

DoctorReport examine(const Machine& machine, Context& context) {
  context.be_thorough("GPU");
  DoctorReport report{.checks = gpu_checks(machine, context)};
  const auto failed = std::ranges::find(report.checks, Status::fail, &Check::status);
  const bool is_usable = !context.physical_devices("GPU").empty() && failed == report.checks.end();
  if (is_usable) {
    report.state = GpuState::usable;
  } else {
    report.state = failed == report.checks.end() ? GpuState::absent : GpuState::unusable;
    const Check& cause = failed == report.checks.end() ? report.checks.front() : *failed;
    report.root_cause = cause.fact;
    report.fix = cause.fix;
  }
  std::ranges::move(environment_checks(machine), std::back_inserter(report.checks));
  report.checks.push_back(cpu_check());
  report.checks.push_back(memory_check(machine));
  return report;
}

DoctorReport examine() { return examine(Machine(), Context::current()); }

std::string to_text(const DoctorReport& report) {
  constexpr const char* kTag[] = {"[ok]", "[warn]", "[FAIL]", "[--]"};
  std::string text = verdict(report) + "\n";
  for (const Check& check : report.checks) {
    text += fmt::format("{:<7}{:<12}{}\n", kTag[int(check.status)], check.name, check.fact);
    if (!check.fix.empty() && check.fix != report.fix) text += fmt::format("{:<19}fix: {}\n", "", check.fix);
  }
  return text;
}

nlohmann::ordered_json to_json(const DoctorReport& report) {
  nlohmann::ordered_json json{
      {"gpu", word(report.state)}, {"exit_status", report.exit_status()}, {"root_cause", report.root_cause}, {"fix", report.fix}};
  json["checks"] = nlohmann::ordered_json::array();
  for (const Check& check : report.checks)
    json["checks"].push_back({{"status", word(check.status)}, {"name", check.name}, {"fact", check.fact}, {"fix", check.fix}});
  return json;
}

}  // namespace cornu::devices
