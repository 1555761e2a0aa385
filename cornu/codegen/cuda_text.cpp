#include "cornu/codegen/cuda_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "cornu/codegen/cuda_instruction.h"

namespace cornu::codegen {

extern const char kCudaPrologue[];  // cmake/CornuTools.cmake makes it

namespace {

using namespace ir;

class Writer {
 public:
  Writer(const KernelProgram& program, const CudaForm& form)
      : program_(program), form_(form), say_(program, form), phases_(program.phases()), is_late_(program.registers.size()) {
    for (const Instruction& instruction : program.code) {
      if (instruction.result == kNoRegister || instruction.space == Space::full) continue;
      is_late_[instruction.result] =
          instruction.prim == Prim::reduce || any_operand(instruction, [&](RegisterId r) { return is_late_[r]; });
    }
  }

  std::string text() {
    const std::string words = form_.has_table
                                  ? "const uint64_t* const table"
                                  : fmt::format("const __grid_constant__ cornu::kernel::Words<{}> words", layout().words());
    line("extern \"C\" __global__ void __launch_bounds__({}) {}({}, const int launch) {{", kCudaBlock, cuda_name(program_, form_),
         words);
    ++depth_;
    line("using namespace cornu::kernel;");
    line("using Count = {};", form_.is_wide ? "int64_t" : "int32_t");
    if (form_.has_table) line("const uint64_t* const words = table + blockIdx.y * {};", layout().words());
    line("if (is_stopped({})) return;", word(layout().status()));
    declare_extents();
    declare_operands();
    declare_reductions();
    for (const Instruction& i : program_.code)
      if (i.space == Space::uniform && i.prim != Prim::store && i.prim != Prim::reduce) write(i);
    over_kept_points();
    --depth_;
    line("}}");
    return std::move(text_);
  }

 private:
  template <class... A>
  void line(fmt::format_string<A...> format, A&&... arguments) {
    text_.append(2 * depth_, ' ');
    fmt::format_to(std::back_inserter(text_), format, std::forward<A>(arguments)...);
    text_ += '\n';
  }
  // A line that opens a block, what stands in it, and its end.
  template <class F, class... A>
  void block(F inside, fmt::format_string<A...> format, A&&... arguments) {
    line(format, std::forward<A>(arguments)...);
    ++depth_;
    inside();
    --depth_;
    line("}}");
  }
  template <class F>
  static bool any_operand(const Instruction& i, F f) {
    return std::ranges::any_of(i.operands, [&](RegisterId r) { return r != kNoRegister && f(r); });
  }
  const CudaLayout& layout() const { return say_.layout(); }
  std::string word(std::size_t i) const { return say_.word(i); }
  bool is_of(const Instruction& i, int phase) const {
    return phases_[static_cast<std::size_t>(&i - program_.code.data())] == phase;
  }

  // --- declarations ---

  void declare_extents() {
    line("const Count points = {};", word(layout().points()));
    for (std::size_t l = 0; l < program_.loops.size(); ++l) line("const Count e{} = {};", l, word(layout().extent(l)));
    if (form_.team != Team::tile) return;
    line("const Count reduced = {};", word(layout().reduced()));
    if (!form_.is_split) return line("const Count begin = 0, end = reduced;");
    line("const Count parts = {}, share = (reduced + parts - 1) / parts, part = blockIdx.z;", word(layout().parts()));
    line("const Count begin = op_min(part * share, reduced), end = op_min(begin + share, reduced);");
  }
  void declare_operands() {
    for (std::size_t o = 0; o < program_.operands.size(); ++o) {
      if (say_.has_memory(o)) line("char* const p{} = reinterpret_cast<char*>({});", o, word(layout().address(o)));
      else line("const int64_t p{} = {};", o, word(layout().address(o)));
      for (std::size_t l = 0; l < program_.loops.size(); ++l)
        if (say_.walks(o, l)) line("const int64_t s{}_{} = {};", o, l, word(layout().stride(o, l)));
    }
  }
  // Of each reduction: a tile's memory, and in scratch one value for each part and kept point.
  void declare_reductions() {
    if (form_.team != Team::tile) return;
    std::size_t next = 0;
    for (const Instruction& i : program_.code) {
      if (i.prim != Prim::reduce) continue;
      const std::string type = say_.partial_type(i);
      line("__shared__ {} shared{}[{}];", type, i.result, kCudaBlock);
      if (form_.is_split)
        line("{0}* const found{1} = reinterpret_cast<{0}*>({2} + {3} * int64_t(parts) * points);", type, i.result,
             word(layout().scratch()), kPartialBytes * next++);
    }
  }

  // --- kept points ---

  void over_kept_points() {
    switch (form_.team) {
      case Team::thread: return form_.neighbours > 1 ? over_neighbours() : over_threads();
      case Team::warp: return over_warps();
      case Team::tile: return over_tiles();
    }
  }
  void over_threads() {
    block([&] { at_kept_point(); },
          "for (Count at = Count(blockIdx.x) * blockDim.x + threadIdx.x; at < points; at += Count(gridDim.x) * blockDim.x) {{");
  }
  void over_warps() {
    line("const int lane = threadIdx.x % 32;");
    line("const Count warps = blockDim.x / 32;");
    block([&] { at_kept_point(); },
          "for (Count at = blockIdx.x * warps + threadIdx.x / 32; at < points; at += gridDim.x * warps) {{");
  }
  // All threads of a tile stay together; those beyond the last point do nothing at it.
  void over_tiles() {
    line("const int lane = threadIdx.y;");
    const auto tile = [&] {
      line("const bool is_there = first + Count(threadIdx.x) < points;");
      line("const Count at = is_there ? first + Count(threadIdx.x) : points - 1;");
      at_kept_point();
    };
    block(tile, "for (Count first = Count(blockIdx.x) * blockDim.x; first < points; first += Count(gridDim.x) * blockDim.x) {{");
  }
  // Whole packs first, then the points behind the last of them, each alone.
  void over_neighbours() {
    const auto body = [&] {
      divide("first", Loop::kept);
      move_packs(false);
      line("#pragma unroll");
      block([&] { at_point(); }, "for (int lane = 0; lane < lanes; ++lane) {{");
      move_packs(true);
    };
    block(body, "const auto work_on = [&]<int lanes>(Lanes<lanes>, const Count first) {{");
    line(";");
    line("const Count thread = Count(blockIdx.x) * blockDim.x + threadIdx.x, threads = Count(gridDim.x) * blockDim.x;");
    line("const Count packs = points / {};", form_.neighbours);
    line("for (Count pack = thread; pack < packs; pack += threads) work_on(Lanes<{0}>{{}}, pack * {0});", form_.neighbours);
    line("#pragma unroll 1");
    line("for (Count at = packs * {} + thread; at < points; at += threads) work_on(Lanes<1>{{}}, at);", form_.neighbours);
  }
  void move_packs(bool back) {
    for (std::size_t o = 0; o < program_.operands.size(); ++o) {
      if (!say_.is_pack(o)) continue;
      const std::string type = say_.pack_type(o);
      if (program_.operands[o].output) back ? line("put(p{0}, {1}, a{0});", o, say_.offset(o)) : line("Pack<{}> a{};", type, o);
      else if (!back) line("Pack<{0}> a{1} = pack<{0}>(p{1}, {2});", type, o, say_.offset(o));
    }
  }

  // i0, i1, ...: the place in each loop of a kind, from a number of its points.
  void divide(const char* number, Loop kind) {
    std::vector<std::size_t> loops;
    for (std::size_t l = 0; l < program_.loops.size(); ++l)
      if (program_.loops[l] == kind) loops.push_back(l);
    if (loops.empty()) return;
    line("Count left_{0} = {0};", number);
    for (std::size_t k = loops.size(); k-- > 0;) {
      if (k == 0) line("const Count i{} = left_{};", loops[k], number);
      else line("const Count i{0} = left_{1} % e{0}; left_{1} /= e{0};", loops[k], number);
    }
  }

  // Kept code and full code as they come, where no point knows of another.
  void at_point() {
    for (const Instruction& i : program_.code)
      if (i.prim == Prim::store || i.space != Space::uniform) write(i);
  }
  void at_kept_point() {
    divide("at", Loop::kept);
    if (form_.team == Team::thread && is_pointwise(program_)) return at_point();
    write_kept([&](const Instruction& i) { return !is_late_[i.result]; });
    for (int phase = 0; phase < phase_count(phases_); ++phase) {
      if (form_.is_split) in_parts(phase);
      else over_reduced_points(phase);
      write_kept([&](const Instruction& i) { return is_late_[i.result] && is_of(i, phase); });
      if (!form_.is_split) store_kept([&](const Instruction& i) { return is_of(i, phase); });
    }
    if (form_.is_split) store_kept([](const Instruction&) { return true; });
  }
  template <class F>
  void write_kept(F is_wanted) {
    for (const Instruction& i : program_.code)
      if (i.space == Space::kept && i.prim != Prim::store && i.prim != Prim::reduce && is_wanted(i)) write(i);
  }
  // One of a team stores.
  template <class F>
  void store_kept(F is_wanted) {
    for (const Instruction& i : program_.code) {
      if (!is_kept_store(i) || !is_wanted(i)) continue;
      constexpr const char* kWho[] = {"", "if (lane == 0) ", "if (lane == 0 && is_there) "};
      line("{}{}", kWho[int(form_.team)], say_.store(i));
    }
  }

  // --- reduced points ---

  // Each launch finds what one phase finds in its part, from what all parts found in the phases before.
  void in_parts(int phase) {
    const auto ends = ends_of(phase);
    const auto find = [&] {
      walk(ends);
      for (const Instruction* i : ends)
        if (i->prim == Prim::reduce) {
          line("const {} of_part{} = {};", say_.partial_type(*i), i->result, say_.of_team(*i));
          line("if (lane == 0 && is_there) found{0}[int64_t(part) * points + at] = of_part{0};", i->result);
        }
      line("continue;");
    };
    block(find, "if (launch == {}) {{", phase);
    for (const Instruction* i : ends)
      if (i->prim == Prim::reduce) {
        line("{}", say_.start(*i));
        line("#pragma unroll 4");
        line("for (Count other = is_there ? lane : parts; other < parts; other += blockDim.y) {}",
             say_.take(*i, fmt::format("found{}[int64_t(other) * points + at]", i->result)));
        write(*i);
      }
  }
  void over_reduced_points(int phase) {
    const auto ends = ends_of(phase);
    walk(ends);
    for (const Instruction* i : ends)
      if (i->prim == Prim::reduce) write(*i);
  }
  std::vector<const Instruction*> ends_of(int phase) const {
    std::vector<const Instruction*> ends;
    for (const Instruction& i : program_.code)
      if (is_of(i, phase) && (i.prim == Prim::reduce || (i.prim == Prim::store && i.space == Space::full))) ends.push_back(&i);
    return ends;
  }

  // The full code that a phase's reductions and stores need, over all points; what earlier phases knew is computed again.
  void walk(const std::vector<const Instruction*>& ends) {
    if (ends.empty()) return;
    for (const Instruction* i : ends)
      if (i->prim == Prim::reduce) line("{}", say_.start(*i));
    const std::vector<bool> needed = needed_by(ends);
    const auto body = [&] {
      divide("r", Loop::reduced);
      for (const Instruction& i : program_.code) {
        if (i.space == Space::full && i.result != kNoRegister && i.prim != Prim::reduce && needed[i.result]) write(i);
        if (std::ranges::find(ends, &i) == ends.end()) continue;
        if (i.prim == Prim::store) write(i);
        else line("{}", say_.take(i, say_.partial(i)));
      }
    };
    const std::string reduced = fmt::format("Count({})", word(layout().reduced()));
    switch (form_.team) {
      case Team::thread: return block(body, "for (Count r = 0; r < {}; ++r) {{", reduced);
      case Team::warp: return block(body, "for (Count r = lane; r < {}; r += 32) {{", reduced);
      case Team::tile:
        // Several loads under way at once; the compiler does the same by itself where the step is a constant.
        if (std::ranges::count(needed, true) <= 8) line("#pragma unroll 4");
        return block(body, "for (Count r = is_there ? begin + lane : end; r < end; r += blockDim.y) {{");
    }
  }

  std::vector<bool> needed_by(const std::vector<const Instruction*>& ends) const {
    std::vector<bool> needed(program_.registers.size());
    for (const Instruction* end : ends) needed[end->operands[0]] = true;
    for (std::size_t k = program_.code.size(); k-- > 0;) {
      const Instruction& i = program_.code[k];
      if (i.result == kNoRegister || !needed[i.result] || i.space != Space::full) continue;
      for (RegisterId r : i.operands)
        if (r != kNoRegister) needed[r] = true;
    }
    return needed;
  }

  void write(const Instruction& i) { line("{}", i.prim == Prim::store ? say_.store(i) : say_.declaration(i)); }

  const KernelProgram& program_;
  const CudaForm& form_;
  const CudaInstructions say_;
  const std::vector<int> phases_;
  std::vector<bool> is_late_;  // kept registers that come from a reduction
  std::size_t depth_ = 0;
  std::string text_;
};

}  // namespace

std::string cuda_type(DType dtype) {
  if (dtype == float16) return "float16_t";
  if (dtype == bfloat16) return "bfloat16_t";
  if (dtype == bool_) return "bool";
  if (dtype.is_floating()) return dtype.size() == 8 ? "double" : "float";
  return fmt::format("{}int{}_t", dtype.kind() == DTypeKind::unsigned_integer ? "u" : "", 8 * dtype.size());
}

std::string cuda_name(const KernelProgram& program, const CudaForm& form) {
  constexpr const char* kTeams[] = {"thread", "warp", "tile"};
  std::string name = fmt::format("k_{:016x}_{}", program.key(), kTeams[int(form.team)]);
  if (form.neighbours > 1) {
    name += fmt::format("_x{}_", form.neighbours);
    for (const Reach reach : form.reaches) name += "ats"[int(reach)];
  }
  return name + (form.is_split ? "_split" : "") + (form.is_wide ? "_wide" : "") + (form.has_table ? "_table" : "");
}

std::string cuda_kernel(const KernelProgram& program, const CudaForm& form) { return Writer(program, form).text(); }

std::string cuda_prologue() { return kCudaPrologue; }

}  // namespace cornu::codegen
