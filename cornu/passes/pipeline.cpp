#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "cornu/base/environment.h"
#include "cornu/base/log.h"
#include "cornu/passes/pass.h"

namespace cornu::passes {
namespace {

constexpr Pass pipeline[] = {
    {"merge_scans", merge_scans},       {"simplify", simplify},   {"fold_scales", fold_scales},
    {"filters_first", filters_first},   {"select", select, true}, {"simplify", simplify},  // what decomposition made
    {"materialize", materialize, true},
};

#ifdef NDEBUG
constexpr bool kVerify = false;
#else
constexpr bool kVerify = true;
#endif

// What CORNU_PASSES says in vain.
void check_switches(const std::string& switches) {
  std::set<std::string> known{"-fuse"};
  for (const Pass& pass : pipeline)
    if (!pass.required) known.insert(std::string("-") + pass.name);
  std::stringstream names(switches);
  for (std::string name; std::getline(names, name, ',');)
    if (!known.count(name)) log::warn_once("CORNU_PASSES: '{}' switches nothing. Known: {}", name, fmt::join(known, ", "));
}

}  // namespace

bool is_enabled(const char* pass) {
  const auto switches = environment("CORNU_PASSES").value_or("");
  if (!switches.empty()) check_switches(switches);
  return ("," + switches + ",").find(std::string(",-") + pass + ",") == std::string::npos;
}

Dump::Dump(const std::string& name) {
  const auto folder = environment("CORNU_DUMP");
  if (!folder || folder->empty()) return;
  static std::atomic<int> counter{0};
  std::filesystem::create_directories(*folder);
  prefix_ = fmt::format("{}/{:03}-{}", *folder, counter++, name);
}
void Dump::graph(const char* stage, const ir::Graph& graph) {
  if (prefix_.empty()) return;
  std::ofstream(fmt::format("{}-{:02}-{}.dot", prefix_, next_, stage)) << ir::to_dot(graph);
  text(stage, ir::to_text(graph));
}
void Dump::text(const char* stage, const std::string& text) {
  if (!prefix_.empty()) std::ofstream(fmt::format("{}-{:02}-{}.txt", prefix_, next_++, stage)) << text;
}

ir::Graph run_pipeline(ir::Graph graph, const Context& context, Dump& dump) {
  dump.graph("traced", graph);
  for (const Pass& pass : pipeline) {
    if (!pass.required && !is_enabled(pass.name)) continue;
    const auto start = std::chrono::steady_clock::now();
    graph = pass.run(graph, context);
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
    log::debug("pass {}: {:.0f} us", pass.name, took.count());
    if (kVerify) ir::verify(graph);
    dump.graph(pass.name, graph);
  }
  return graph;
}

}  // namespace cornu::passes
