#include "cornu/codegen/interpreter_tile.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>

namespace cornu::codegen {
namespace {

// A thread's own memory, kept between runs.
class Workspace {
 public:
  std::byte* take(int64_t bytes) {
    if (bytes > size_) {
      memory_.reset(static_cast<std::byte*>(::operator new(bytes, kAlignment)));
      size_ = bytes;
    }
    return memory_.get();
  }

 private:
  static constexpr std::align_val_t kAlignment{64};
  struct Free {
    void operator()(std::byte* p) const { ::operator delete(p, kAlignment); }
  };
  std::unique_ptr<std::byte, Free> memory_;
  int64_t size_ = 0;
};
thread_local Workspace workspace;

int64_t padded(int64_t bytes) { return (bytes + 63) / 64 * 64; }

// f(how many are done, offset in elements, how many, stride) for each run of equal steps among n positions.
template <class F>
void for_runs(const Axis& axis, const Walk& walk, int64_t first, int64_t n, F f) {
  if (walk.linear) return f(int64_t{0}, first * walk.stride, n, walk.stride);
  const int64_t inner = axis.extents.back();
  for (int64_t done = 0; done < n;) {
    const int64_t length = std::min(inner - (first + done) % inner, n - done);
    f(done, walk.offset(axis, first + done), length, walk.strides.back());
    done += length;
  }
}

}  // namespace

TileRunner::TileRunner(const Segment& segment, void* const* operands) : segment_(segment) {
  const std::size_t registers = segment.registers.size(), inputs = segment.operands.size();
  const int64_t refs = padded(registers * sizeof(Ref)), bases = padded(inputs * sizeof(std::byte*));
  std::byte* memory = workspace.take(refs + bases + padded(segment.direct_stores) + segment.scratch_bytes);
  refs_ = reinterpret_cast<Ref*>(memory);
  bases_ = reinterpret_cast<std::byte**>(memory + refs);
  direct_ = reinterpret_cast<bool*>(memory + refs + bases);
  scratch_ = memory + refs + bases + padded(segment.direct_stores);
  for (std::size_t r = 0; r < registers; ++r) {
    const BoundRegister& place = segment.registers[r];
    refs_[r] = {place.at >= 0 ? scratch_ + place.at : scratch_, place.sides == kRowSide ? 1 : 0};
  }
  for (std::size_t o = 0; o < inputs; ++o) {
    const OperandWalk& walk = segment.operands[o];
    bases_[o] = walk.slot < 0 ? nullptr : static_cast<std::byte*>(operands[walk.slot]) + walk.offset * walk.size;
  }
  auto choose_direct = [&](const BoundCode& code) {
    for (const DirectStore& d : code.direct)
      direct_[d.number] = std::none_of(d.conflicts.begin(), d.conflicts.end(), [&](int o) {
        return operands[segment.operands[o].slot] == operands[segment.operands[d.operand].slot];
      });
  };
  for (const BoundPhase& phase : segment.phases) choose_direct(phase.code);
  tile_.cols = -1;
  run(segment.uniform);
}

// --- one tile ---

void TileRunner::aim(const Tile& tile) {
  if (tile.cols != tile_.cols)
    for (std::size_t r = 0; r < segment_.registers.size(); ++r)
      if (segment_.registers[r].sides == kBothSides) refs_[r].pitch = tile.cols;
  tile_ = tile;
}

void TileRunner::run(const BoundCode& code) {
  for (const DirectStore& d : code.direct)
    if (direct_[d.number]) alias(d.result, d.operand, d.sides);
  for (const BoundStep& step : code.steps) {
    switch (step.kind) {
      case BoundStep::compute: compute(step); break;
      case BoundStep::alias: alias(step.out, step.operand, step.sides); break;
      case BoundStep::load: load(step); break;
      case BoundStep::store: step.operand == kIntoRegister ? spread(step) : store(step); break;
      case BoundStep::index: fill(step); break;
      case BoundStep::constant: *reinterpret_cast<uint64_t*>(refs_[step.out].data) = step.bits; break;
    }
  }
}

void TileRunner::compute(const BoundStep& step) {
  int64_t rows = 1, cols = 1;
  switch (step.sides) {
    case kNoSide: break;
    case kRowSide: cols = tile_.rows; break;
    case kColSide: cols = tile_.cols; break;
    default:
      if (step.flat) cols = tile_.rows * tile_.cols;
      else rows = tile_.rows, cols = tile_.cols;
  }
  step.loop(rows, cols, refs_[step.out], refs_[step.a], refs_[step.b], refs_[step.c]);
}

void TileRunner::alias(uint16_t reg, int operand, Sides sides) {
  const OperandWalk& walk = segment_.operands[operand];
  int64_t offset = 0;
  if (sides & kRowSide) offset += walk.rows.offset(segment_.rows, tile_.row);
  if (sides & kColSide) offset += walk.cols.offset(segment_.cols, tile_.col);
  refs_[reg] = {bases_[operand] + offset * walk.size, sides == kBothSides ? walk.rows.stride : sides == kRowSide ? 1 : 0};
}

void TileRunner::load(const BoundStep& step) {
  const OperandWalk& walk = segment_.operands[step.operand];
  const std::byte* from = bases_[step.operand];
  std::byte* to = refs_[step.out].data;
  const int size = segment_.registers[step.out].size;
  auto along = [&](const Axis& axis, const Walk& w, int64_t first, int64_t n) {
    for_runs(axis, w, first, n, [&](int64_t done, int64_t offset, int64_t length, int64_t stride) {
      step.move(length, from + offset * walk.size, stride, to + done * size, 1);
    });
  };
  switch (step.sides) {
    case kNoSide: return step.move(1, from, 1, to, 1);
    case kRowSide: return along(segment_.rows, walk.rows, tile_.row, tile_.rows);
    case kColSide: return along(segment_.cols, walk.cols, tile_.col, tile_.cols);
    default: break;
  }
  const std::byte* base = from;
  if (step.flat) return step.move(tile_.rows * tile_.cols, base + tile_.row * walk.rows.stride * walk.size, 1, to, 1);
  for (int64_t r = 0; r < tile_.rows; ++r, to += tile_.cols * size) {
    from = base + walk.rows.offset(segment_.rows, tile_.row + r) * walk.size;
    along(segment_.cols, walk.cols, tile_.col, tile_.cols);
  }
}

void TileRunner::fill(const BoundStep& step) {
  const OperandWalk& walk = segment_.operands[step.operand];
  std::byte* to = refs_[step.out].data;
  const int size = segment_.registers[step.out].size;
  auto along = [&](const Axis& axis, const Walk& w, int64_t base, int64_t first, int64_t n) {
    for_runs(axis, w, first, n, [&](int64_t done, int64_t offset, int64_t length, int64_t stride) {
      step.fill(length, base + offset, stride, to + done * size);
    });
  };
  switch (step.sides) {
    case kNoSide: return step.fill(1, walk.offset, 0, to);
    case kRowSide: return along(segment_.rows, walk.rows, walk.offset, tile_.row, tile_.rows);
    case kColSide: return along(segment_.cols, walk.cols, walk.offset, tile_.col, tile_.cols);
    default: break;
  }
  for (int64_t r = 0; r < tile_.rows; ++r, to += tile_.cols * size)
    along(segment_.cols, walk.cols, walk.offset + walk.rows.offset(segment_.rows, tile_.row + r), tile_.col, tile_.cols);
}

void TileRunner::store(const BoundStep& step) {
  const Sides sides = segment_.registers[step.a].sides;
  if (step.direct >= 0 && direct_[step.direct]) return;
  const OperandWalk& walk = segment_.operands[step.operand];
  const int size = segment_.registers[step.a].size;
  const Ref& value = refs_[step.a];
  const std::byte* from = value.data;
  std::byte* to = bases_[step.operand];
  auto along = [&](const Axis& axis, const Walk& w, int64_t first, int64_t n, int64_t step_by) {
    for_runs(axis, w, first, n, [&](int64_t done, int64_t offset, int64_t length, int64_t stride) {
      step.move(length, from + done * step_by * size, step_by, to + offset * walk.size, stride);
    });
  };
  switch (step.sides) {
    case kNoSide: return step.move(1, from, 1, to, 1);
    case kRowSide: return along(segment_.rows, walk.rows, tile_.row, tile_.rows, sides & kRowSide ? 1 : 0);
    case kColSide: return along(segment_.cols, walk.cols, tile_.col, tile_.cols, sides & kColSide ? 1 : 0);
    default: break;
  }
  std::byte* base = to;
  if (step.flat) return step.move(tile_.rows * tile_.cols, from, 1, base + tile_.row * walk.rows.stride * walk.size, 1);
  for (int64_t r = 0; r < tile_.rows; ++r) {
    from = value.data + r * value.pitch * size;
    to = base + walk.rows.offset(segment_.rows, tile_.row + r) * walk.size;
    along(segment_.cols, walk.cols, tile_.col, tile_.cols, sides & kColSide ? 1 : 0);
  }
}

void TileRunner::spread(const BoundStep& step) {
  const Sides sides = segment_.registers[step.a].sides;
  const int size = segment_.registers[step.a].size;
  const Ref& from = refs_[step.a];
  std::byte* to = refs_[step.out].data;
  if (step.sides == kRowSide) return step.move(tile_.rows, from.data, 0, to, 1);
  if (step.sides == kColSide) return step.move(tile_.cols, from.data, 0, to, 1);
  if (step.sides == kNoSide) return step.move(1, from.data, 1, to, 1);
  for (int64_t r = 0; r < tile_.rows; ++r)
    step.move(tile_.cols, from.data + r * from.pitch * size, sides & kColSide ? 1 : 0, to + r * tile_.cols * size, 1);
}

void TileRunner::pointwise(int64_t first, int64_t last) {
  const int64_t across = (segment_.cols.total + segment_.tile_cols - 1) / segment_.tile_cols;
  for (int64_t b = first; b < last; ++b) {
    const int64_t row = b / across * segment_.tile_rows, col = b % across * segment_.tile_cols;
    aim({row, std::min(segment_.tile_rows, segment_.rows.total - row), col,
         std::min(segment_.tile_cols, segment_.cols.total - col)});
    run(segment_.phases[0].code);
  }
}

// --- reductions ---

TileRunner::Tile TileRunner::kept_tile(int64_t block) const {
  const int64_t first = block * segment_.kept_tile(), count = std::min(segment_.kept_tile(), segment_.kept().total - first);
  return segment_.reduces_rows ? Tile{0, 1, first, count} : Tile{first, count, 0, 1};
}
Accumulator TileRunner::total_of(const BoundReduce& r) const {
  return {scratch_ + r.total_values, reinterpret_cast<int32_t*>(scratch_ + r.total_positions)};
}
Accumulator TileRunner::span_of(const BoundReduce& r) const {
  return {scratch_ + r.span_values, reinterpret_cast<int32_t*>(scratch_ + r.span_positions)};
}
Accumulator TileRunner::partial_of(const BoundReduce& r, int64_t span, const Tile& tile, std::byte* partial) const {
  const int64_t at = span * segment_.kept().total + kept_first(tile);
  return {partial + r.partial_values + at * r.size, reinterpret_cast<int32_t*>(partial + r.partial_positions) + at};
}
void TileRunner::publish(const BoundReduce& reduce, const Accumulator& result) {
  refs_[reduce.result].data = reduce.positions ? reinterpret_cast<std::byte*>(result.positions) : result.values;
}

// One span of the reduced points, into the accumulators of the span (in `partial` where there is one).
void TileRunner::add_chunks(const BoundPhase& phase, Tile tile, int64_t span, std::byte* partial) {
  const int64_t end = std::min(segment_.reduced().total, (span + 1) * segment_.span);
  auto accumulator = [&](const BoundReduce& r) { return partial ? partial_of(r, span, tile, partial) : span_of(r); };
  for (const BoundReduce& r : phase.reduces) r.loops.clear(kept_count(tile), accumulator(r));
  for (int64_t at = span * segment_.span; at < end; at += segment_.reduced_tile()) {
    const int64_t count = std::min(segment_.reduced_tile(), end - at);
    (segment_.reduces_rows ? tile.row : tile.col) = at;
    (segment_.reduces_rows ? tile.rows : tile.cols) = count;
    aim(tile);
    run(phase.code);
    for (const BoundReduce& r : phase.reduces)
      (segment_.reduces_rows ? r.loops.cols : r.loops.rows)(tile.rows, tile.cols, refs_[r.from], accumulator(r), at);
  }
}

void TileRunner::reduce(int64_t first, int64_t last) {
  for (int64_t b = first; b < last; ++b) {
    const Tile tile = kept_tile(b);
    tile_.row = tile.row, tile_.rows = tile.rows, tile_.col = tile.col;
    if (segment_.reduces_rows) aim(tile);
    run(segment_.kept_first);
    for (const BoundPhase& phase : segment_.phases) {
      for (const BoundReduce& r : phase.reduces) r.loops.clear(kept_count(tile), total_of(r));
      for (int64_t s = 0; s < segment_.spans; ++s) {
        add_chunks(phase, tile, s, nullptr);
        for (const BoundReduce& r : phase.reduces) r.loops.merge(kept_count(tile), span_of(r), total_of(r));
      }
      for (const BoundReduce& r : phase.reduces) publish(r, total_of(r));
      run(phase.kept);
    }
    run(segment_.kept_stores);
  }
}

void TileRunner::restore(int phase, int64_t block, std::byte* partial) {
  if (restored_block_ == block && restored_phase_ == phase) return;
  restored_block_ = block;
  restored_phase_ = phase;
  const Tile tile = kept_tile(block);
  aim(tile);
  run(segment_.kept_first);
  for (int p = 0; p < phase; ++p) {
    for (const BoundReduce& r : segment_.phases[p].reduces) publish(r, partial_of(r, segment_.spans, tile, partial));
    run(segment_.phases[p].kept);
  }
}
void TileRunner::add_span(int phase, int64_t block, int64_t span, std::byte* partial) {
  restore(phase, block, partial);
  add_chunks(segment_.phases[phase], kept_tile(block), span, partial);
}
void TileRunner::merge_spans(int phase, int64_t block, std::byte* partial) {
  const Tile tile = kept_tile(block);
  for (const BoundReduce& r : segment_.phases[phase].reduces) {
    const Accumulator sum = partial_of(r, segment_.spans, tile, partial);
    r.loops.clear(kept_count(tile), sum);
    for (int64_t s = 0; s < segment_.spans; ++s) r.loops.merge(kept_count(tile), partial_of(r, s, tile, partial), sum);
  }
}
void TileRunner::finish(int64_t block, std::byte* partial) {
  restore(static_cast<int>(segment_.phases.size()), block, partial);
  run(segment_.kept_stores);
}

}  // namespace cornu::codegen
