#include <algorithm>
#include <cstring>
#include <iterator>
#include <set>
#include <unordered_set>

#include "cornu/codegen/build_program.h"
#include "cornu/codegen/make_kernel.h"
#include "cornu/ir/leaf.h"
#include "cornu/ir/view.h"
#include "cornu/passes/fuse.h"
#include "cornu/passes/pass.h"
#include "cornu/plan/memory.h"
#include "cornu/plan/program.h"
#include "cornu/plan/schedule.h"
#include "cornu/plan/subprogram.h"

namespace cornu::plan {
namespace {

using namespace ir;

// --- lowering: a kernel for each group ---

Lowered lower_anchored(const Group& group, const LoweringContext& context) {
  if (!group.lowering) return reference_lowering(*group.anchor);
  const Offer offer{*group.anchor, group.epilogue};
  return group.lowering->lower(offer, static_cast<int>(group.epilogue.size()), context);
}

// May the node set the status word, itself or in a body?
bool may_set_status(const Node& node) {
  if (node.op().checks_operands) return true;
  for (const GraphPtr& body : node.attributes().graphs())
    for (const Node* inner : topological(*body))
      if (may_set_status(*inner)) return true;
  return false;
}

using ValueSet = std::unordered_set<Value, ValueHash>;

bool is_written(const Function& function, int variable) {
  return std::find(function.writes.begin(), function.writes.end(), variable) != function.writes.end();
}

// Variables that stay as they are from run to run.
ValueSet lasting_variables(const Function& function) {
  ValueSet out;
  for (int i = 0; i < function.variables; ++i)
    if (!is_written(function, i)) out.insert(function.graph.parameters[function.inputs + i]);
  return out;
}

// A kernel that makes another form of an input, which the work reads then.
Work prepare(Preparation preparation, Work& work) {
  Value& input = work.inputs[preparation.input];
  Work out;
  out.kernel = std::move(preparation.kernel);
  out.form = std::move(preparation.key);
  out.inputs = {input};
  input = parameter({uint8, {preparation.bytes}});  // an identity of its own
  out.outputs = {input};
  out.operands = {out.inputs[0], input};
  return out;
}

// A piece of work on the way to a step: one group, or several that became one kernel. `before`: what prepares its inputs.
Work lower(const Group& group, const LoweringContext& context, std::vector<Work>& before) {
  Work work;
  if (group.is_kernel_program()) {
    auto built = codegen::build_program(group);
    work.program = std::move(built.program);
    work.launches.push_back(std::move(built.launch));
    work.inputs = std::move(built.inputs);
    work.outputs = std::move(built.outputs);
  } else {
    Lowered lowered = lower_anchored(group, context);
    work.kernel = std::move(lowered.kernel);
    work.inputs = std::move(lowered.inputs);
    work.outputs = std::move(lowered.outputs);
    work.checks = may_set_status(*group.anchor);
    for (Preparation& preparation : lowered.preparations) before.push_back(prepare(std::move(preparation), work));
  }
  work.operands = work.inputs;
  work.operands.insert(work.operands.end(), work.outputs.begin(), work.outputs.end());
  return work;
}

// --- planning: an address for each value ---

class Planner {
 public:
  Planner(const Function& function, const Graph& graph, std::vector<Work> work, const Target& target)
      : function_(function), graph_(graph), work_(std::move(work)), target_(target) {
    for (const Work& piece : work_) produced_.insert(piece.outputs.begin(), piece.outputs.end());
  }

  std::shared_ptr<Program> run() {
    number_parameters();
    const std::vector<VariableWrite> writes = variable_writes();  // which reads the work
    work_ = schedule(std::move(work_), writes, target_.kind);
    take_forms();
    settle();
    for (Work& work : work_)
      if (work.program) work.kernel = codegen::make_kernel(work.program, std::move(work.launches), target_);
    place_results();
    add_final_copies();
    place_kept();
    place_scratch();
    emit_steps();
    return out_;
  }

 private:
  void number_parameters() {
    int next = 0;
    auto take = [&](int count, Where where, std::vector<Spec>& specs) {
      for (int i = 0; i < count; ++i, ++next) {
        at_[graph_.parameters[next]] = {where, i, 0};
        specs.push_back(graph_.parameters[next].spec());
      }
    };
    take(function_.inputs, Where::input, out_->inputs);
    take(function_.variables, Where::variable, out_->variables);
    take(function_.captures, Where::capture, out_->captures);
    for (int i = 0; i < function_.results(); ++i) out_->results.push_back(graph_.results[i].spec());
    out_->writes = function_.writes;
  }

  // The writes whose value a step can put straight into the variable: computed by a step, and nothing else's memory. Of a card's
  // kernels, kernel programs and copies alone ask its status word; what the others make is copied.
  std::vector<VariableWrite> variable_writes() {
    std::vector<VariableWrite> out;
    ValueSet asks_no_status;
    if (std::any_of(work_.begin(), work_.end(), [](const Work& work) { return work.checks; }))
      for (const Work& work : work_)
        if (work.kernel && work.kernel->kind() != TargetKind::cpu)
          asks_no_status.insert(work.outputs.begin(), work.outputs.end());
    ValueSet taken(graph_.results.begin(), graph_.results.begin() + function_.results()), leaving;
    for (const Value& result : graph_.results) leaving.insert(storage_of(result));
    for (std::size_t i = 0; i < function_.writes.size(); ++i) {
      const Value& v = graph_.results[function_.results() + i];
      const Value variable = graph_.parameters[function_.inputs + function_.writes[i]];
      if (produced_.count(v) && !asks_no_status.count(v) && !leaving.count(variable) && taken.insert(v).second)
        out.push_back({variable, v});
    }
    return out;
  }

  // Forms of variables that stay are no work of this program's. Other forms are large: they are made right before they are read, or
  // before what they are made of is overwritten.
  void take_forms() {
    std::vector<Work> out;
    ValueMap<Work> waiting;
    for (Work& work : work_) {
      const auto at = work.form.empty() ? at_.end() : at_.find(work.inputs[0]);
      if (target_.kind == TargetKind::cpu && at != at_.end() && at->second.where == Where::variable &&
          !is_written(function_, at->second.index)) {
        at_[work.outputs[0]] = {Where::form, int(out_->forms.size()), 0};
        out_->forms.push_back({at->second.index, work.form, bytes_of(work.outputs[0].spec()), std::move(work.kernel)});
      } else if (!work.form.empty()) {
        const Value made = work.outputs[0];
        waiting.emplace(made, std::move(work));
      } else {
        std::vector<Value> due = work.inputs;
        for (const auto& [made, preparation] : waiting)
          for (const VariableWrite& write : work.state_writes)
            if (storage_of(preparation.inputs[0]) == write.variable) due.push_back(made);
        for (const Value& v : due)
          if (auto node = waiting.extract(v)) out.push_back(std::move(node.mapped()));
        out.push_back(std::move(work));
      }
    }
    work_ = std::move(out);
  }

  // Brings work to the front that every run would repeat: what reads only variables that stay and captured memory, directly or
  // through such work, and whose outputs are small (each runner keeps its own; a form is as large as its input, but for padding) and
  // no result's or variable's.
  void settle() {
    ValueSet stays;
    for (int i = 0; i < function_.variables + function_.captures; ++i)
      if (i >= function_.variables || !is_written(function_, i)) stays.insert(graph_.parameters[function_.inputs + i]);
    const ValueSet leaving(graph_.results.begin(), graph_.results.end());
    const auto all_stay = [&](const std::vector<Value>& values) {
      return std::all_of(values.begin(), values.end(), [&](const Value& v) { return stays.count(storage_of(v)); });
    };
    const auto are_small = [](const std::vector<Value>& values) {
      return std::all_of(values.begin(), values.end(), [](const Value& v) { return bytes_of(v.spec()) <= passes::kMostKept; });
    };
    std::vector<Work> settled, others;
    for (Work& work : work_) {
      const bool repeats =
          !work.inputs.empty() && !work.checks && work.state_writes.empty() && all_stay(work.inputs) &&
          std::none_of(work.outputs.begin(), work.outputs.end(), [&](const Value& v) { return leaving.count(v); }) &&
          are_small(work.form.empty() ? work.outputs : work.inputs);
      if (repeats) stays.insert(work.outputs.begin(), work.outputs.end());
      (repeats ? settled : others).push_back(std::move(work));
    }
    out_->settled_steps = int(settled.size());
    work_ = std::move(settled);
    std::move(others.begin(), others.end(), std::back_inserter(work_));
    std::set<int> variables;
    for (int step = 0; step < out_->settled_steps; ++step)
      for (const Value& v : work_[step].inputs)
        if (const auto at = at_.find(storage_of(v)); at != at_.end() && at->second.where == Where::variable)
          variables.insert(at->second.index);
    out_->settled_variables.assign(variables.begin(), variables.end());
  }

  // Memory of their own for the outputs of settled work that others read.
  void place_kept() {
    ValueSet read;
    for (std::size_t i = out_->settled_steps; i < work_.size(); ++i)
      for (const Value& v : work_[i].inputs) read.insert(storage_of(v));
    for (const Copy& copy : copies_) read.insert(storage_of(copy.from));
    for (int i = 0; i < out_->settled_steps; ++i)
      for (const Value& v : work_[i].outputs)
        if (read.count(v)) {
          at_[v] = {Where::kept, 0, out_->kept_bytes};
          out_->kept_bytes += aligned(bytes_of(v.spec()), target_.alignment());
        }
  }

  void place_results() {
    for (const Work& work : work_)
      for (const auto& write : work.state_writes) {
        const auto variable = at_.at(write.variable);
        at_[write.value] = variable;
        direct_.insert(variable.index);
      }
    for (int i = 0; i < function_.results(); ++i) {
      const Value& v = graph_.results[i];
      if (produced_.count(v) && !at_.count(v)) at_[v] = {Where::result, i, 0};
    }
  }

  // Results that are views, parameters or another result's memory, and variables that could not be written in place, are
  // copied at the end. A variable's new value may be another's old one (a swap): before any variable is written, those are
  // brought to scratch.
  void add_final_copies() {
    std::vector<Copy> into_variables;
    for (int i = 0; i < function_.results(); ++i) {
      const Value& v = graph_.results[i];
      if (auto at = at_.find(v); at != at_.end() && at->second == Location{Where::result, i, 0}) continue;
      copies_.push_back({v, {Where::result, i, 0}, bytes_of(v.spec()), false});
    }
    for (std::size_t i = 0; i < function_.writes.size(); ++i) {
      const int variable = function_.writes[i];
      if (direct_.count(variable)) continue;
      const Value& v = graph_.results[function_.results() + i];
      const Value base = resolve_view(v).base;
      const bool old_state = at_.count(base) && at_.at(base).where == Where::variable;
      const Value from = old_state ? parameter(v.spec()) : v;  // an identity of its own for what waits
      if (old_state) copies_.push_back({v, {}, bytes_of(v.spec()), false, from});
      into_variables.push_back({from, {Where::variable, variable, 0}, bytes_of(v.spec()), true});
    }
    copies_.insert(copies_.end(), into_variables.begin(), into_variables.end());
  }

  // --- scratch ---

  void place_scratch() {
    const int steps = static_cast<int>(work_.size());
    auto lifetime_of = [&](const Value& v) -> Lifetime& {
      auto [it, added] = block_of_.emplace(v, blocks_.size());
      if (added) blocks_.push_back({bytes_of(v.spec()), steps + int(copies_.size()), -1});
      return blocks_[it->second];
    };
    auto touch = [&](const Value& value, int step) {
      const Value v = storage_of(value);
      if (at_.count(v)) return;
      Lifetime& life = lifetime_of(v);
      life.first = std::min(life.first, step);
      life.last = std::max(life.last, step);
    };
    for (int i = 0; i < steps; ++i) {
      for (const Value& v : work_[i].inputs) touch(v, i);
      for (const Value& v : work_[i].outputs) touch(v, i);
    }
    for (std::size_t i = 0; i < copies_.size(); ++i) {
      touch(copies_[i].from, steps + int(i));
      if (copies_[i].waiting) touch(copies_[i].waiting, steps + int(i));
    }
    for (int i = 0; i < steps; ++i) reuse_inputs(i);
    for (int i = 0; i < steps; ++i) {
      kernel_scratch_.push_back(blocks_.size());
      blocks_.push_back({int64_t(work_[i].kernel->scratch_bytes()), i, i});
    }
    out_->scratch_bytes = assign_offsets(blocks_, target_.alignment());
  }

  // An output takes the memory of an input that ends with the step, where the kernel allows that pair.
  void reuse_inputs(int step) {
    const Work& work = work_[step];
    const auto pairs = work.kernel->in_place();
    std::unordered_set<std::size_t> taken;
    for (const auto& [in, out] : pairs) {
      const auto from = block_of_.find(storage_of(work.operands[in])), to = block_of_.find(work.operands[out]);
      if (from == block_of_.end() || to == block_of_.end() || from->second == to->second) continue;
      // Every operand that lies in the block must be one that this output may overwrite.
      bool only_here = true;
      for (std::size_t i = 0; i < work.operands.size(); ++i) {
        const auto block = block_of_.find(storage_of(work.operands[i]));
        if (block == block_of_.end() || block->second != from->second) continue;
        only_here &= std::find(pairs.begin(), pairs.end(), std::pair(int(i), out)) != pairs.end();
      }
      Lifetime &old = blocks_[from->second], &fresh = blocks_[to->second];
      if (!only_here || old.last != step || fresh.first != step || fresh.bytes != old.bytes || taken.count(from->second))
        continue;
      taken.insert(from->second);
      old.last = std::exchange(fresh.last, fresh.first);
      fresh.bytes = 0;
      to->second = from->second;
    }
  }

  Location location(const Value& value) const {
    const auto resolved = value->op().is_view() ? resolve_view(value) : ResolvedView{value, {}};
    Location at;
    if (auto found = at_.find(resolved.base); found != at_.end()) at = found->second;
    else at = {Where::scratch, 0, blocks_[block_of_.at(resolved.base)].offset};
    at.offset += resolved.view.offset * value.dtype().size();
    return at;
  }

  void emit_steps() {
    for (std::size_t i = 0; i < work_.size(); ++i) {
      Step step{.kernel = std::move(work_[i].kernel),
                .inputs = static_cast<int>(work_[i].inputs.size()),
                .scratch = blocks_[kernel_scratch_[i]].offset,
                .writes_state = !work_[i].state_writes.empty()};
      for (const Value& v : work_[i].operands) {
        step.operands.push_back(location(v));
        step.bytes.push_back(bytes_of(v.spec()));
      }
      out_->may_set_status |= work_[i].checks;
      out_->steps.push_back(std::move(step));
    }
    for (const Copy& copy : copies_) {
      out_->steps.push_back({.kernel = codegen::make_copy(copy.bytes, target_),
                             .operands = {location(copy.from), copy.waiting ? location(copy.waiting) : copy.to},
                             .bytes = {copy.bytes, copy.bytes},
                             .inputs = 1,
                             .writes_state = copy.writes_state});
    }
  }

  struct Copy {
    Value from;
    Location to;
    int64_t bytes;
    bool writes_state;
    Value waiting{};  // copied to scratch under this name instead
  };

  const Function& function_;
  const Graph& graph_;
  ValueSet produced_;  // by some work
  std::vector<Work> work_;
  const Target& target_;
  std::shared_ptr<Program> out_ = std::make_shared<Program>();
  ValueMap<Location> at_;
  std::unordered_set<int> direct_;
  std::vector<Copy> copies_;
  std::vector<Lifetime> blocks_;
  ValueMap<std::size_t> block_of_;
  std::vector<std::size_t> kernel_scratch_;
};

}  // namespace

std::shared_ptr<const Program> compile(const Function& function, const Target& target, const std::string& name) {
  passes::Dump dump(name);
  const Graph graph = passes::run_pipeline(function.graph, {target, lasting_variables(function)}, dump);
  // The host runs a loop's bodies, for whatever device.
  const LoweringContext context{target, [&](const Graph& body) { return compile_body(body, Target::host(), name + "-body"); }};
  std::vector<Work> work;
  std::string groups;
  for (const Group& group : passes::fuse(graph, target, passes::is_enabled("fuse"))) {
    std::vector<Work> before;
    Work lowered = lower(group, context, before);
    std::move(before.begin(), before.end(), std::back_inserter(work));
    work.push_back(std::move(lowered));
    if (work.back().program) groups += work.back().program->text() + "\n";
    else groups += work.back().kernel->describe() + "\n\n";
  }
  dump.text("groups", groups);
  auto program = Planner(function, graph, std::move(work), target).run();
  program->name = name;
  program->target = target;
  dump.text("program", program->text());
  return program;
}

std::string Program::text() const {
  constexpr std::string_view places[] = {"input", "variable", "capture", "result", "form", "scratch", "kept"};
  std::string out = fmt::format("scratch {} bytes, kept {} bytes\n", scratch_bytes, kept_bytes);
  for (const VariableForm& form : forms) out += fmt::format("variable{} as {}\n", form.variable, form.kernel->describe());
  if (settled_steps > 0) out += fmt::format("the first {} steps only where a variable was written\n", settled_steps);
  for (const Step& step : steps) {
    out += step.kernel->describe();
    for (const Location& at : step.operands)
      out += at.where == Where::scratch || at.where == Where::kept
                 ? fmt::format(" {}+{}", places[int(at.where)], at.offset)
                 : fmt::format(" {}{}{}", places[int(at.where)], at.index, at.offset ? fmt::format("+{}", at.offset) : "");
    out += "\n";
  }
  return out;
}

}  // namespace cornu::plan
