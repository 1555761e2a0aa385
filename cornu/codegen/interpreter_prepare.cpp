#include "cornu/codegen/interpreter_prepare.h"

#include <algorithm>
#include <mutex>
#include <unordered_map>

#include "cornu/base/errors.h"
#include "cornu/codegen/interpreter.h"

namespace cornu::codegen {
namespace {

using namespace ir;

class Preparer {
 public:
  explicit Preparer(std::shared_ptr<const KernelProgram> program) {
    out_.program = std::move(program);
    out_.registers = out_.program->registers;
    spaces_ = out_.program->spaces;
  }

  PreparedProgram run() {
    const auto& code = out_.program->code;
    out_.reduces = std::any_of(code.begin(), code.end(), [&](const Instruction& i) {
      return i.prim == Prim::reduce || (i.prim == Prim::store && i.space == Space::kept && out_.program->reduces());
    });
    if (!out_.reduces) std::replace(spaces_.begin(), spaces_.end(), Space::kept, Space::full);
    for (const Instruction& i : code) decode(i);
    find_phases();
    mark_needed();
    place();
    return std::move(out_);
  }

 private:
  struct Decoded {
    Step step;
    Space space;
    int phase = 0;
    bool reduced = false;  // a reduction's result, or kept and computed from one
    bool needed = false;
  };

  void decode(const Instruction& i) {
    Step step{i.prim, i.type, i.type, i.result, i.operands, i.immediate};
    Space space = out_.reduces || i.space == Space::uniform ? i.space : Space::full;
    const RegisterId source = i.operands[i.prim == Prim::select ? 1 : 0];
    if (source != kNoRegister) step.operand = out_.registers[source];
    if (i.prim == Prim::load) {
      const RegisterType form = computing_type(operand(i).dtype);
      if (form != i.type) {
        const RegisterId loaded = new_register(form, space);
        append({Prim::load, form, form, loaded, {kNoRegister, kNoRegister, kNoRegister}, i.immediate}, space);
        step = {Prim::convert, i.type, form, i.result, {loaded, kNoRegister, kNoRegister}, 0};
      }
    } else if (i.prim == Prim::store) {
      step.operands[0] = converted(source, computing_type(operand(i).dtype));
      step.type = step.operand = computing_type(operand(i).dtype);
    } else if (i.prim == Prim::reduce) {
      const auto kind = static_cast<ReduceKind>(i.immediate);
      if (kind != ReduceKind::argmax && kind != ReduceKind::argmin) step.operands[0] = converted(source, i.type);
      step.operand = out_.registers[step.operands[0]];
    }
    append(step, space);
  }

  const KernelOperand& operand(const Instruction& i) const {
    CORNU_CHECK(i.immediate < out_.program->operands.size(), "no operand {} in\n{}", i.immediate, out_.program->text());
    return out_.program->operands[i.immediate];
  }
  RegisterId converted(RegisterId r, RegisterType type) {
    if (out_.registers[r] == type) return r;
    const RegisterId result = new_register(type, spaces_[r]);
    append({Prim::convert, type, out_.registers[r], result, {r, kNoRegister, kNoRegister}, 0}, spaces_[r]);
    return result;
  }
  RegisterId new_register(RegisterType type, Space space) {
    out_.registers.push_back(type);
    spaces_.push_back(space);
    return static_cast<RegisterId>(out_.registers.size() - 1);
  }
  void append(const Step& step, Space space) {
    if (step.result != kNoRegister) {
      definition_.resize(std::max<std::size_t>(definition_.size(), step.result + 1), -1);
      definition_[step.result] = static_cast<int>(code_.size());
    }
    code_.push_back({step, space});
  }

  template <class F>
  void for_sources(const Step& step, F f) {
    for (RegisterId r : step.operands)
      if (r != kNoRegister) f(code_[definition_[r]]);
  }

  void find_phases() {
    for (Decoded& d : code_) {
      const bool loops = d.space == Space::full || d.step.prim == Prim::reduce;
      for_sources(d.step, [&](const Decoded& source) {
        d.phase = std::max(d.phase, source.phase + (loops && source.reduced ? 1 : 0));
        d.reduced |= source.reduced && !loops;
      });
      d.reduced |= d.step.prim == Prim::reduce;
    }
  }

  void mark_needed() {
    for (auto d = code_.rbegin(); d != code_.rend(); ++d) {
      d->needed |= d->step.prim == Prim::store;
      if (d->needed) for_sources(d->step, [](Decoded& source) { source.needed = true; });
    }
  }

  void place() {
    int phases = 1;
    for (const Decoded& d : code_)
      if (d.needed) phases = std::max(phases, d.phase + 1);
    out_.phases.resize(phases);
    for (const Decoded& d : code_) {
      if (!d.needed) continue;
      const bool store = d.step.prim == Prim::store;
      Phase& phase = out_.phases[d.phase];
      if (d.step.prim == Prim::reduce) phase.once.reduces.push_back(d.step);
      else if (d.space == Space::uniform) (store ? out_.uniform_stores : out_.uniform).push_back(d.step);
      else if (d.space == Space::kept) (store ? out_.kept_stores : d.reduced ? phase.kept : out_.kept_first).push_back(d.step);
      else phase.once.code.push_back(d.step);
    }
    for (int p = 0; p < phases; ++p) {
      Phase& phase = out_.phases[p];
      phase.once.code = ordered(phase.once.code);
      if (out_.reduces) phase.again = on_its_own(p);
    }
  }

  // Loads right before their first use, stores last: a tile is read before it is written, whoever shares its memory.
  std::vector<Step> ordered(const std::vector<Step>& code) const {
    std::vector<Step> out, stores;
    std::vector<const Step*> waiting(out_.registers.size());
    auto fetch = [&](RegisterId r) {
      if (r != kNoRegister && waiting[r]) out.push_back(*std::exchange(waiting[r], nullptr));
    };
    for (const Step& step : code) {
      if (step.prim == Prim::load) {
        waiting[step.result] = &step;
        continue;
      }
      for (RegisterId r : step.operands) fetch(r);
      (step.prim == Prim::store ? stores : out).push_back(step);
    }
    for (const Step& step : code)
      if (step.prim == Prim::load) fetch(step.result);  // only reductions or later phases read it
    out.insert(out.end(), stores.begin(), stores.end());
    return out;
  }

  // All full code that this phase's stores and reductions need, with registers of its own.
  Pass on_its_own(int p) {
    std::vector<bool> wanted(code_.size());
    for (std::size_t i = code_.size(); i-- > 0;) {
      const Decoded& d = code_[i];
      if (!d.needed || d.phase > p) continue;
      const bool root = d.phase == p && (d.step.prim == Prim::reduce || (d.step.prim == Prim::store && d.space == Space::full));
      if (!root && !(wanted[i] && d.space == Space::full)) continue;
      wanted[i] = true;
      for (RegisterId r : d.step.operands)
        if (r != kNoRegister) wanted[definition_[r]] = true;
    }
    std::vector<RegisterId> renamed(out_.registers.size());
    for (std::size_t r = 0; r < renamed.size(); ++r) renamed[r] = static_cast<RegisterId>(r);
    Pass pass;
    for (std::size_t i = 0; i < code_.size(); ++i) {
      const bool reduce = code_[i].step.prim == Prim::reduce;
      if (!wanted[i] || (reduce ? code_[i].phase != p : code_[i].space != Space::full)) continue;
      Step step = code_[i].step;
      for (RegisterId& r : step.operands)
        if (r != kNoRegister) r = renamed[r];
      if (!reduce && step.result != kNoRegister) {
        out_.registers.push_back(step.type);
        step.result = renamed[step.result] = static_cast<RegisterId>(out_.registers.size() - 1);
      }
      (reduce ? pass.reduces : pass.code).push_back(step);
    }
    pass.code = ordered(pass.code);
    return pass;
  }

  PreparedProgram out_;
  std::vector<Space> spaces_;
  std::vector<Decoded> code_;
  std::vector<int> definition_;
};

struct Cache {
  std::mutex mutex;
  std::unordered_multimap<uint64_t, std::shared_ptr<const PreparedProgram>> programs;
  int64_t prepared = 0;
};
Cache& cache() {
  static Cache& cache = *new Cache;  // never destroyed: kernels may outlive main
  return cache;
}

}  // namespace

std::shared_ptr<const PreparedProgram> prepare(std::shared_ptr<const KernelProgram> program) {
  const uint64_t key = program->key();
  std::lock_guard lock(cache().mutex);
  const auto [first, last] = cache().programs.equal_range(key);
  for (auto found = first; found != last; ++found)
    if (*found->second->program == *program) return found->second;
  ++cache().prepared;
  auto prepared = std::make_shared<const PreparedProgram>(Preparer(std::move(program)).run());
  return cache().programs.emplace(key, prepared)->second;
}

int64_t programs_prepared() {
  std::lock_guard lock(cache().mutex);
  return cache().prepared;
}

}  // namespace cornu::codegen
