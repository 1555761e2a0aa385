#include "cornu/codegen/interpreter_bind.h"

#include <algorithm>
#include <utility>

#include "cornu/base/errors.h"

namespace cornu::codegen {
namespace {

using namespace ir;

// Elements of a tile (measured): long rows, and several rows of a group.
constexpr int64_t kRowElements = 1024, kGroupElements = 2048, kLargestGroup = 4096;
constexpr int64_t kSpanChunks = 16, kMostSpans = 64, kFewBlocks = 16;

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }
int64_t round_up(int64_t a, int64_t b) { return divide_up(a, b) * b; }
// Equal parts of at most `most`, in whole cache lines.
int64_t even_part(int64_t total, int64_t most) {
  if (total <= most) return std::max<int64_t>(total, 1);
  return std::min(most, round_up(divide_up(total, divide_up(total, most)), 16));
}

struct LoopNest {
  std::vector<Loop> loops;
  std::vector<int64_t> extents;
  std::vector<std::vector<int64_t>> strides;  // of each operand
};

// Loops of extent 1 go; neighbours that all operands walk as one become one.
LoopNest simplified(const PreparedProgram& prepared, const Launch& launch) {
  const KernelProgram& program = *prepared.program;
  CORNU_CHECK(launch.extents.size() == program.loops.size() && launch.operands.size() == program.operands.size(),
              "a launch of {} loops and {} operands for\n{}", launch.extents.size(), launch.operands.size(), program.text());
  LoopNest nest;
  nest.strides.resize(program.operands.size());
  for (std::size_t l = 0; l < program.loops.size(); ++l) {
    if (launch.extents[l] == 1) continue;
    nest.loops.push_back(prepared.reduces ? program.loops[l] : Loop::kept);
    nest.extents.push_back(launch.extents[l]);
    for (std::size_t o = 0; o < program.operands.size(); ++o) {
      const bool still = program.operands[o].space == Space::uniform ||
                         (program.operands[o].space == Space::kept && program.loops[l] == Loop::reduced);
      nest.strides[o].push_back(still || launch.operands[o].strides.empty() ? 0 : launch.operands[o].strides.at(l));
    }
  }
  for (std::size_t l = nest.loops.size(); l-- > 1;) {
    const bool together =
        nest.loops[l - 1] == nest.loops[l] &&
        std::all_of(nest.strides.begin(), nest.strides.end(), [&](const auto& s) { return s[l - 1] == s[l] * nest.extents[l]; });
    if (!together) continue;
    nest.extents[l - 1] *= nest.extents[l];
    nest.extents.erase(nest.extents.begin() + l);
    nest.loops.erase(nest.loops.begin() + l);
    for (auto& s : nest.strides) s[l - 1] = s[l], s.erase(s.begin() + l);
  }
  return nest;
}

class Binder {
 public:
  Binder(std::shared_ptr<const PreparedProgram> prepared, const Launch& launch, const Loops& loops)
      : prepared_(*prepared), loops_(loops), numbers_(launch.numbers) {
    out_.prepared = std::move(prepared);
    out_.reduces = prepared_.reduces;
    lay_out(launch);
  }

  Segment run() {
    if (out_.empty()) return std::move(out_);
    choose_tiles();
    out_.registers.resize(prepared_.registers.size());
    for (std::size_t r = 0; r < out_.registers.size(); ++r) out_.registers[r].size = size_of(prepared_.registers[r]);
    out_.uniform = bind_code(prepared_.uniform, kNoSide);
    out_.uniform_stores = bind_code(prepared_.uniform_stores, kNoSide);
    const Sides kept = covering() & (out_.reduces_rows ? kColSide : kRowSide);
    out_.kept_first = bind_code(prepared_.kept_first, kept);
    for (const Phase& phase : prepared_.phases) {
      const Pass& pass = in_one_chunk() ? phase.once : phase.again;
      BoundPhase& bound = out_.phases.emplace_back();
      bound.code = bind_code(pass.code, covering());
      for (const Step& step : pass.reduces) bind_reduce(bound, step, kept);
      bound.kept = bind_code(phase.kept, kept);
    }
    out_.kept_stores = bind_code(prepared_.kept_stores, kept);
    place_registers();
    return std::move(out_);
  }

 private:
  void lay_out(const Launch& launch) {
    const LoopNest nest = simplified(prepared_, launch);
    const std::size_t loops = nest.loops.size();
    out_.reduces_rows = out_.reduces && loops > 0 && nest.loops.back() == Loop::kept &&
                        std::find(nest.loops.begin(), nest.loops.end(), Loop::reduced) != nest.loops.end();
    auto is_column = [&](std::size_t l) {
      if (!out_.reduces) return l + 1 == loops;
      return (nest.loops[l] == Loop::kept) == out_.reduces_rows;
    };
    for (std::size_t l = 0; l < loops; ++l) {
      Axis& axis = is_column(l) ? out_.cols : out_.rows;
      axis.extents.push_back(nest.extents[l]);
      axis.total *= nest.extents[l];
    }
    for (std::size_t o = 0; o < launch.operands.size(); ++o) {
      const KernelOperand& operand = prepared_.program->operands[o];
      OperandWalk walk;
      walk.size = operand.dtype.size();
      walk.offset = launch.operands[o].offset;
      if (operand.access != Access::index) walk.slot = out_.slots++;
      for (std::size_t l = 0; l < loops; ++l) (is_column(l) ? walk.cols : walk.rows).strides.push_back(nest.strides[o][l]);
      find_stride(walk.rows, out_.rows);
      find_stride(walk.cols, out_.cols);
      out_.operands.push_back(std::move(walk));
    }
  }

  static void find_stride(Walk& walk, const Axis& axis) {
    if (walk.strides.empty()) return;
    walk.stride = walk.strides.back();
    for (std::size_t l = 1; l < walk.strides.size(); ++l)
      if (walk.strides[l - 1] != walk.strides[l] * axis.extents[l]) walk.linear = false;
  }

  void choose_tiles() {
    const bool wide =
        std::any_of(prepared_.registers.begin(), prepared_.registers.end(), [](RegisterType t) { return size_of(t) == 8; });
    const int64_t shrink = wide ? 2 : 1;
    const int64_t rows = out_.rows.total, cols = out_.cols.total;
    if (!out_.reduces) {
      out_.tile_cols = even_part(cols, (cols < kGroupElements ? kGroupElements : kRowElements) / shrink);
      out_.tile_rows = std::clamp<int64_t>(kGroupElements / shrink / out_.tile_cols, 1, rows);
      return;
    }
    const int64_t kept = out_.kept().total, reduced = std::max<int64_t>(out_.reduced().total, 1);
    const int64_t largest = kLargestGroup / shrink, usual = kGroupElements / shrink;
    if (out_.reduces_rows) {
      const int64_t all_rows = std::max<int64_t>(largest / reduced / 16 * 16, 0);
      out_.tile_cols = even_part(kept, all_rows >= 64 ? std::min<int64_t>(all_rows, 512) : 256);
      out_.tile_rows =
          std::min(reduced, std::max<int64_t>(usual / out_.tile_cols, reduced * out_.tile_cols <= largest ? reduced : 1));
    } else {
      out_.tile_cols = reduced <= largest ? reduced : even_part(reduced, usual);
      out_.tile_rows = std::clamp<int64_t>(usual / out_.tile_cols, 1, kept);
    }
    choose_spans();
  }

  void choose_spans() {
    const int64_t chunks = std::max<int64_t>(divide_up(out_.reduced().total, out_.reduced_tile()), 1);
    const int64_t span_chunks = std::max(kSpanChunks, divide_up(chunks, kMostSpans));
    out_.span = span_chunks * out_.reduced_tile();
    out_.spans = divide_up(chunks, span_chunks);
    out_.split = out_.spans > 1 && out_.blocks() < kFewBlocks;
  }
  bool in_one_chunk() const { return !out_.reduces || out_.reduced().total <= out_.reduced_tile(); }
  Sides covering() const {
    return static_cast<Sides>((out_.rows.total > 1 ? kRowSide : 0) | (out_.cols.total > 1 ? kColSide : 0));
  }

  // --- code ---

  Sides sides_of(const OperandWalk& walk) const {
    return static_cast<Sides>((walk.rows.varies() ? kRowSide : 0) | (walk.cols.varies() ? kColSide : 0));
  }
  // One run in memory for each row of a tile, unit-strided, at a constant pitch: no copy is needed.
  static bool is_plain(const OperandWalk& walk, Sides sides) {
    if (sides == kNoSide) return true;
    if (sides == kRowSide) return walk.rows.linear && walk.rows.stride == 1;
    if (!walk.cols.linear || walk.cols.stride != 1) return false;
    return sides == kColSide || walk.rows.linear;
  }
  static bool is_stored_as_register(DType dtype) { return dtype.size() >= 4; }
  // Rows of a tile follow each other in memory.
  bool is_dense(const OperandWalk& walk) const {
    return walk.cols.linear && walk.cols.stride == 1 && walk.rows.linear && walk.rows.stride == out_.cols.total &&
           out_.tile_cols == out_.cols.total;
  }

  BoundCode bind_code(const std::vector<Step>& code, Sides within) {
    BoundCode bound;
    for (const Step& step : code) {
      if (step.prim == Prim::store) bind_store(bound, step, within);
      else if (step.prim == Prim::load || step.prim == Prim::index) bind_load(bound, step, within, code);
      else if (step.prim == Prim::constant) bind_constant(bound, step, step.immediate);
      else if (step.prim == Prim::number) bind_constant(bound, step, numbers_.at(step.immediate));
      else bind_compute(bound, step);
    }
    find_conflicts(bound);
    return bound;
  }

  void bind_constant(BoundCode& bound, const Step& step, uint64_t bits) {
    BoundStep s{.kind = BoundStep::constant, .out = step.result, .bits = bits};
    dense_.resize(out_.registers.size());
    bound.steps.push_back(s);
  }

  void bind_load(BoundCode& bound, const Step& step, Sides within, const std::vector<Step>& code) {
    const auto operand = static_cast<int>(step.immediate);
    const OperandWalk& walk = out_.operands[operand];
    BoundStep s{
        .kind = BoundStep::load, .sides = static_cast<Sides>(sides_of(walk) & within), .out = step.result, .operand = operand};
    set_sides(step.result, s.sides);
    dense_[step.result] = true;
    if (step.prim == Prim::index) {
      s.kind = BoundStep::index;
      s.fill = loops_.index(step.type);
    } else {
      const DType dtype = prepared_.program->operands[operand].dtype;
      // What is stored as it was loaded gets a copy: the store may be into memory that another store reads.
      const bool copied = std::any_of(code.begin(), code.end(), [&](const Step& other) {
        return other.prim == Prim::store && other.operands[0] == step.result;
      });
      if (is_stored_as_register(dtype) && is_plain(walk, s.sides) && !copied) {
        s.kind = BoundStep::alias;
        dense_[step.result] = s.sides != kBothSides || is_dense(walk);
      } else {
        s.move = loops_.load(dtype);
        s.flat = s.sides == kBothSides && is_dense(walk);
      }
    }
    bound.steps.push_back(s);
  }

  void bind_store(BoundCode& bound, const Step& step, Sides within) {
    const auto operand = static_cast<int>(step.immediate);
    const OperandWalk& walk = out_.operands[operand];
    const DType dtype = prepared_.program->operands[operand].dtype;
    const RegisterId value = step.operands[0];
    BoundStep s{.kind = BoundStep::store, .sides = within, .a = value, .b = value, .c = value, .operand = operand};
    s.move = loops_.store(dtype);
    s.flat = within == kBothSides && sides(value) == kBothSides && is_dense(walk) && dense_[value];
    const auto def = std::find_if(bound.steps.begin(), bound.steps.end(),
                                  [&](const BoundStep& b) { return b.kind == BoundStep::compute && b.out == value; });
    const bool taken =
        std::any_of(bound.direct.begin(), bound.direct.end(), [&](const DirectStore& d) { return d.result == value; });
    const bool whole = within == covering() && within != kNoSide && sides(value) == within;
    if (def != bound.steps.end() && !taken && whole && is_stored_as_register(dtype) && is_plain(walk, within)) {
      s.direct = static_cast<int16_t>(out_.direct_stores++);
      bound.direct.push_back({value, operand, within, s.direct, {}});
      if (within == kBothSides && !is_dense(walk)) not_flat(bound, value);
    }
    bound.steps.push_back(s);
  }
  void not_flat(BoundCode& bound, RegisterId value) {
    dense_[value] = false;
    for (BoundStep& s : bound.steps)
      if (s.kind == BoundStep::compute && (s.out == value || s.a == value || s.b == value || s.c == value)) s.flat = false;
    for (BoundStep& s : bound.steps)
      if (s.kind == BoundStep::store && s.a == value) s.flat = false;
  }

  void bind_compute(BoundCode& bound, const Step& step) {
    BoundStep s{.kind = BoundStep::compute, .flat = true, .out = step.result};
    uint16_t* sources[] = {&s.a, &s.b, &s.c};
    for (int i = 0; i < 3; ++i) {
      *sources[i] = step.operands[step.operands[i] == kNoRegister ? 0 : i];
      s.sides |= sides(*sources[i]);
    }
    set_sides(step.result, s.sides);
    dense_[step.result] = true;
    unsigned scalars = 0;
    for (int i = 0; i < 3; ++i) {
      if (step.operands[i] == kNoRegister) continue;
      const Sides own = sides(step.operands[i]);
      // Along a tile's rows only, or its columns only, the loop is one row.
      const bool scalar = s.sides == kBothSides ? !(own & kColSide) : own != s.sides;
      if (scalar) scalars |= 1u << i;
      if (own != kNoSide && (own != s.sides || !dense_[step.operands[i]])) s.flat = false;
    }
    s.flat = s.flat && s.sides == kBothSides;
    s.loop = loops_.compute({step.prim, step.type, step.operand, scalars, step.immediate});
    bound.steps.push_back(s);
  }

  void bind_reduce(BoundPhase& phase, const Step& step, Sides kept) {
    const auto kind = static_cast<ReduceKind>(step.immediate);
    BoundReduce r{};
    r.loops = loops_.reduce(kind, step.operand);
    CORNU_CHECK(r.loops.rows, "no loop reduces {} by kind {}", name_of(step.operand), step.immediate);
    r.from = step.operands[0];
    if (sides(r.from) != covering()) r.from = spread(phase.code, r.from);
    r.result = step.result;
    r.positions = kind == ReduceKind::argmax || kind == ReduceKind::argmin;
    r.size = size_of(step.operand);
    set_sides(step.result, kept);
    phase.reduces.push_back(r);
  }

  // A register that varies along fewer sides, written out for each point of the tile.
  RegisterId spread(BoundCode& code, RegisterId from) {
    const auto to = static_cast<RegisterId>(out_.registers.size());
    out_.registers.push_back({covering(), out_.registers[from].size, -1});
    BoundStep s{
        .kind = BoundStep::store, .sides = covering(), .out = to, .a = from, .b = from, .c = from, .operand = kIntoRegister};
    s.move = loops_.load(out_.registers[from].size == 8 ? uint64 : uint32);
    code.steps.push_back(s);
    return to;
  }

  Sides sides(RegisterId r) const { return out_.registers[r].sides; }
  void set_sides(RegisterId r, Sides sides) {
    out_.registers[r].sides = sides;
    dense_.resize(out_.registers.size());
  }

  // An input may be the very memory that a direct store writes. It must not be read after that.
  static void find_conflicts(BoundCode& bound) {
    for (DirectStore& direct : bound.direct) {
      std::size_t def = 0;
      while (bound.steps[def].kind != BoundStep::compute || bound.steps[def].out != direct.result) ++def;
      for (std::size_t l = 0; l < bound.steps.size(); ++l) {
        const BoundStep& load = bound.steps[l];
        if (load.kind != BoundStep::load && load.kind != BoundStep::alias) continue;
        std::size_t last = l;
        if (load.kind == BoundStep::alias)
          for (std::size_t u = l; u < bound.steps.size(); ++u) {
            const BoundStep& s = bound.steps[u];
            const bool reads = (s.kind == BoundStep::compute || s.kind == BoundStep::store) &&
                               (s.a == load.out || s.b == load.out || s.c == load.out);
            if (reads) last = u;
          }
        if (last > def) direct.conflicts.push_back(load.operand);
      }
    }
  }

  // --- scratch ---

  // Each register gets a place for as long as it lives (linear scan). Time runs through the code in its order; a phase that
  // goes over the reduced points in chunks is run again and again: what it reads from outside lives through all of it.
  struct Life {
    int64_t first = -1, last = -1;
    int pass = -1;  // the pass that defines it
  };

  void place_registers() {
    std::vector<Life> lives(out_.registers.size());
    std::vector<BoundStep*> timeline;
    int64_t now = 0;
    auto touch = [&](RegisterId r) { lives[r].last = std::max(lives[r].last, now); };
    auto visit = [&](BoundCode& code, int pass) {
      const int64_t end = now + static_cast<int64_t>(code.steps.size());
      for (BoundStep& s : code.steps) {
        const bool reads = s.kind == BoundStep::compute || s.kind == BoundStep::store;
        if (reads)
          for (RegisterId r : {s.a, s.b, s.c}) {
            touch(r);
            if (pass >= 0 && lives[r].pass != pass) lives[r].last = std::max(lives[r].last, end);
          }
        if (s.kind != BoundStep::store || s.operand == kIntoRegister) {
          lives[s.out].first = now;
          lives[s.out].pass = pass;
          touch(s.out);
        }
        timeline.push_back(&s);
        ++now;
      }
    };
    visit(out_.uniform, -1);
    const int64_t uniform_end = now;
    visit(out_.kept_first, -1);
    int pass = 0;
    for (BoundPhase& phase : out_.phases) {
      visit(phase.code, pass++);
      for (const BoundReduce& r : phase.reduces) touch(r.from);
      timeline.push_back(nullptr);
      ++now;
      visit(phase.kept, -1);
    }
    visit(out_.kept_stores, -1);
    if (out_.split)  // kept code is run again before each phase
      for (std::size_t r = 0; r < lives.size(); ++r)
        if (lives[r].first >= 0 && lives[r].pass < 0) lives[r].last = now;
    visit(out_.uniform_stores, -1);
    give_places(lives, timeline, uniform_end);
    place_accumulators();
  }

  void give_places(const std::vector<Life>& lives, const std::vector<BoundStep*>& timeline, int64_t uniform_end) {
    const int64_t elements = round_up(out_.tile_rows * out_.tile_cols, 16);
    std::vector<int64_t> free[2];  // of 4- and of 8-byte elements
    std::vector<std::vector<RegisterId>> ends(timeline.size() + 1);
    for (std::size_t r = 0; r < lives.size(); ++r)
      if (lives[r].first >= 0) ends[std::min<std::size_t>(lives[r].last, timeline.size())].push_back(static_cast<RegisterId>(r));
    auto give_back = [&](RegisterId r) {
      BoundRegister& place = out_.registers[r];
      if (place.at >= 0 && lives[r].first >= uniform_end) free[place.size == 8].push_back(place.at);
    };
    for (std::size_t t = 0; t < timeline.size(); ++t) {
      BoundStep* s = timeline[t];
      const bool defines = s && s->kind != BoundStep::alias && (s->kind != BoundStep::store || s->operand == kIntoRegister);
      // An operand that ends here may be overwritten point by point.
      if (s && s->kind == BoundStep::compute)
        std::erase_if(ends[t], [&](RegisterId r) {
          const bool reusable =
              out_.registers[r].sides == s->sides && out_.registers[r].size == out_.registers[s->out].size && r != s->out;
          if (reusable) give_back(r);
          return reusable;
        });
      if (defines && out_.registers[s->out].at < 0) {
        BoundRegister& place = out_.registers[s->out];
        auto& list = free[place.size == 8];
        if (static_cast<int64_t>(t) < uniform_end) {
          place.at = std::exchange(out_.scratch_bytes, out_.scratch_bytes + 8);
        } else if (!list.empty()) {
          place.at = list.back();
          list.pop_back();
        } else {
          out_.scratch_bytes = round_up(out_.scratch_bytes, 64);
          place.at = std::exchange(out_.scratch_bytes, out_.scratch_bytes + elements * place.size);
        }
      }
      for (RegisterId r : ends[t]) give_back(r);
    }
  }

  void place_accumulators() {
    auto take = [](int64_t& bytes, int64_t count) { return std::exchange(bytes, bytes + round_up(count, 64)); };
    out_.scratch_bytes = round_up(out_.scratch_bytes, 64);
    const int64_t kept = out_.reduces ? out_.kept().total : 0;
    for (BoundPhase& phase : out_.phases)
      for (BoundReduce& r : phase.reduces) {
        r.total_values = take(out_.scratch_bytes, out_.kept_tile() * r.size);
        r.total_positions = take(out_.scratch_bytes, out_.kept_tile() * 4);
        r.span_values = take(out_.scratch_bytes, out_.kept_tile() * r.size);
        r.span_positions = take(out_.scratch_bytes, out_.kept_tile() * 4);
        if (!out_.split) continue;
        r.partial_values = take(out_.partial_bytes, (out_.spans + 1) * kept * r.size);  // the last row is their sum
        r.partial_positions = take(out_.partial_bytes, (out_.spans + 1) * kept * 4);
      }
  }

  const PreparedProgram& prepared_;
  const Loops& loops_;
  const std::vector<uint64_t>& numbers_;
  Segment out_;
  std::vector<bool> dense_;  // of each register: rows of a tile follow each other
};

}  // namespace

bool Walk::varies() const {
  return std::any_of(strides.begin(), strides.end(), [](int64_t s) { return s != 0; });
}
int64_t Walk::offset(const Axis& axis, int64_t position) const {
  if (linear) return position * stride;
  int64_t out = 0;
  for (std::size_t l = strides.size(); l-- > 0;) {
    out += position % axis.extents[l] * strides[l];
    position /= axis.extents[l];
  }
  return out;
}

int64_t Segment::blocks() const {
  if (empty()) return 0;
  if (reduces) return divide_up(kept().total, kept_tile());
  return divide_up(rows.total, tile_rows) * divide_up(cols.total, tile_cols);
}
int64_t Segment::cost() const {
  int64_t steps = 1;
  for (const BoundPhase& phase : phases) steps += static_cast<int64_t>(phase.code.steps.size() + phase.reduces.size());
  return std::max<int64_t>(rows.total * cols.total, 1) * steps;
}

Segment bind(std::shared_ptr<const PreparedProgram> prepared, const Launch& launch, const Loops& loops) {
  return Binder(std::move(prepared), launch, loops).run();
}

}  // namespace cornu::codegen
