// Which form of a program suits a launch, and the numbers that it is launched with.
#include <algorithm>
#include <bit>

#include "cornu/base/errors.h"
#include "cornu/codegen/cuda_layout.h"
#include "cornu/codegen/cuda_text.h"

namespace cornu::codegen {
namespace {

using namespace ir;

// Points of all loops of a kind.
int64_t points_of(const KernelProgram& program, const Launch& launch, Loop kind) {
  int64_t points = 1;
  for (std::size_t l = 0; l < program.loops.size(); ++l)
    if (program.loops[l] == kind) points *= launch.extents[l];
  return points;
}
int64_t kept_points(const KernelProgram& program, const Launch& launch) { return points_of(program, launch, Loop::kept); }
int64_t reduced_points(const KernelProgram& program, const Launch& launch) { return points_of(program, launch, Loop::reduced); }

// One form and one grid for all segments: what suits the one with most work.
const Launch& largest(const KernelProgram& program, const std::vector<Launch>& segments) {
  return *std::ranges::max_element(
      segments, {}, [&](const Launch& launch) { return kept_points(program, launch) * reduced_points(program, launch); });
}

// The innermost loop that is not of one point decides how neighbours lie.
bool reduces_neighbours(const KernelProgram& program, const Launch& launch) {
  for (std::size_t l = program.loops.size(); l-- > 0;)
    if (launch.extents[l] > 1) return program.loops[l] == Loop::reduced;
  return false;
}

int64_t stride_of(const LaunchOperand& walk, std::size_t loop) { return loop < walk.strides.size() ? walk.strides[loop] : 0; }

int64_t ceiling(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Enough to fill the card a few times; what is over goes round.
unsigned blocks_for(int64_t points, int64_t beside, const CudaProperties& card) {
  return static_cast<unsigned>(std::clamp<int64_t>(ceiling(points, beside), 1, 8 * std::max<int64_t>(card.multiprocessors, 1)));
}

// --- tiles ---

unsigned tile_width(const KernelProgram& program, const Launch& launch) {
  return std::bit_ceil(static_cast<unsigned>(std::clamp<int64_t>(kept_points(program, launch), 1, kCudaWarp)));
}
CudaGrid tile_of(const KernelProgram& program, const Launch& launch) {
  const unsigned width = reduces_neighbours(program, launch) ? 1 : tile_width(program, launch);
  return {.width = width, .height = kCudaBlock / width};
}

// How many parts of the reduced loops give every multiprocessor loads enough to wait for: each with some rounds of a tile, so that its
// last step is not most of its work.
int64_t parts_of(const KernelProgram& program, const Launch& launch, const CudaGrid& tile, const CudaProperties& card) {
  constexpr int64_t kRounds = 16;
  const int64_t beside = ceiling(std::max<int64_t>(kept_points(program, launch), 1), tile.width);
  const int64_t most = reduced_points(program, launch) / (kRounds * tile.height);
  return std::clamp<int64_t>(4 * card.multiprocessors / beside, 1, std::max<int64_t>(most, 1));
}

// A launch more costs a microsecond (docs/map.md), in which a tile makes some dozens of rounds.
bool is_worth_parts(const KernelProgram& program, const Launch& launch, const CudaProperties& card) {
  constexpr int64_t kRounds = 64;
  const CudaGrid tile = tile_of(program, launch);
  return reduced_points(program, launch) >= kRounds * tile.height && parts_of(program, launch, tile, card) > 1;
}

void choose_team(const KernelProgram& program, const Launch& launch, const CudaProperties& card, CudaForm& form) {
  constexpr int64_t kShortRow = 8, kLongRow = 1024;
  const int64_t kept = kept_points(program, launch), reduced = reduced_points(program, launch);
  const bool is_row = reduces_neighbours(program, launch);
  if (reduced < kShortRow || (!is_row && kept >= card.multiprocessors * kCudaBlock)) return;
  form.team = is_row && reduced < kLongRow ? Team::warp : Team::tile;
  form.is_split = form.team == Team::tile && is_worth_parts(program, launch, card);
}

// --- neighbours ---

// As many as make 16 bytes of the widest elements.
int neighbours_of(const KernelProgram& program) {
  int widest = 2;
  for (const KernelOperand& operand : program.operands)
    if (operand.access != Access::index && operand.space != Space::uniform) widest = std::max(widest, operand.dtype.size());
  return 16 / widest;
}

// Functions that are loops: their work is no memory's, and beside each other they take long to compile.
bool has_series(const KernelProgram& program) {
  return std::ranges::any_of(program.code, [](const Instruction& i) {
    return i.prim == Prim::lgamma || i.prim == Prim::digamma || i.prim == Prim::gammainc || i.prim == Prim::gammainc_grad_a;
  });
}

// Whether every pack of an operand lies on an address of its own size.
bool is_aligned(const LaunchOperand& walk, const std::vector<int64_t>& extents, uint64_t address, int64_t element, int count) {
  int64_t all = static_cast<int64_t>(address) | walk.offset * element;
  for (std::size_t l = 0; l + 1 < extents.size(); ++l) all |= extents[l] > 1 ? stride_of(walk, l) * element : 0;
  return all % std::min<int64_t>(16, element * count) == 0;
}

// How each operand of a segment is reached; nothing where packs do not suit it. Rows end with a pack, unless there is but one row.
std::vector<Reach> reaches_of(const KernelProgram& program, const Launch& launch, const uint64_t* addresses, int count) {
  const std::size_t last = program.loops.size() - 1;
  if (last > 0 && launch.extents[last] % count != 0) return {};
  std::vector<Reach> reaches;
  for (std::size_t o = 0; o < program.operands.size(); ++o) {
    const KernelOperand& operand = program.operands[o];
    const LaunchOperand& walk = launch.operands[o];
    if (operand.access == Access::index || operand.space == Space::uniform) {
      addresses += operand.access != Access::index;
      reaches.push_back(Reach::apart);
      continue;
    }
    const int64_t stride = stride_of(walk, last);
    const bool is_pack = stride == 1 && is_aligned(walk, launch.extents, *addresses++, operand.dtype.size(), count);
    if (!is_pack && (stride == 1 || operand.output)) return {};
    reaches.push_back(is_pack ? Reach::together : stride == 0 ? Reach::still : Reach::apart);
  }
  return reaches;
}

void choose_neighbours(const KernelProgram& program, const std::vector<Launch>& segments, const std::vector<uint64_t>& addresses,
                       const CudaProperties& card, CudaForm& form) {
  constexpr int64_t kBusy = 128;  // threads that keep a multiprocessor busy: with fewer, single points go to more of them
  const int count = neighbours_of(program);
  if (program.loops.empty() || kept_points(program, largest(program, segments)) < count * kBusy * card.multiprocessors) return;
  std::vector<Reach> all;
  for (std::size_t s = 0; s < segments.size(); ++s) {
    const auto reaches = reaches_of(program, segments[s], addresses.data() + s * (addresses.size() / segments.size()), count);
    if (reaches.empty() || (s > 0 && reaches != all)) return;
    all = reaches;
  }
  form.neighbours = count;
  form.reaches = std::move(all);
}

}  // namespace

CudaForm cuda_form(const KernelProgram& program, const std::vector<Launch>& segments, const std::vector<uint64_t>& addresses,
                   const CudaProperties& card) {
  constexpr int64_t kNarrow = int64_t{1} << 30;  // with what a grid adds at a time
  const Launch& launch = largest(program, segments);
  CudaForm form{.is_wide = kept_points(program, launch) > kNarrow || reduced_points(program, launch) > kNarrow,
                .has_table = segments.size() > 1 || CudaLayout(program).words() > kMostWords};
  if (program.reduces()) choose_team(program, launch, card, form);
  else if (is_pointwise(program) && !has_series(program)) choose_neighbours(program, segments, addresses, card, form);
  return form;
}

std::vector<CudaGrid> cuda_grids(const KernelProgram& program, const std::vector<Launch>& segments, const CudaForm& form,
                                 const CudaProperties& card) {
  const Launch& launch = largest(program, segments);
  CudaGrid grid{.width = kCudaBlock};
  if (form.team == Team::tile) grid = tile_of(program, launch);
  const int64_t beside = form.team == Team::warp ? grid.width / kCudaWarp : grid.width * form.neighbours;
  grid.blocks = blocks_for(kept_points(program, launch), beside, card);
  if (!form.is_split) return {grid};
  grid.parts = static_cast<unsigned>(parts_of(program, launch, grid, card));
  std::vector<CudaGrid> grids(static_cast<std::size_t>(phase_count(program.phases())), grid);
  // What parts found is read by as many threads as can be: 32 bytes beside each other.
  const unsigned width = std::min(tile_width(program, launch), 8U);
  if (std::ranges::any_of(program.code, is_kept_store))
    grids.push_back({blocks_for(kept_points(program, launch), width, card), 1, width, kCudaBlock / width});
  return grids;
}

std::size_t cuda_scratch(const KernelProgram& program, const Launch& launch, const CudaForm& form, unsigned parts) {
  if (!form.is_split) return 0;
  const auto reductions = std::ranges::count(program.code, Prim::reduce, &Instruction::prim);
  return static_cast<std::size_t>(reductions * kept_points(program, launch)) * parts * kPartialBytes;
}

std::vector<uint64_t> cuda_words(const KernelProgram& program, const Launch& launch, unsigned parts, const CudaMemory& memory) {
  const CudaLayout layout(program);
  std::vector<uint64_t> words(layout.words());
  words[layout.points()] = static_cast<uint64_t>(kept_points(program, launch));
  words[layout.reduced()] = static_cast<uint64_t>(reduced_points(program, launch));
  words[layout.status()] = memory.status;
  words[layout.scratch()] = memory.scratch;
  words[layout.parts()] = parts;
  for (std::size_t l = 0; l < program.loops.size(); ++l) words[layout.extent(l)] = static_cast<uint64_t>(launch.extents[l]);
  std::size_t next = 0;
  for (std::size_t o = 0; o < program.operands.size(); ++o) {
    const LaunchOperand& walk = launch.operands[o];
    const KernelOperand& operand = program.operands[o];
    const int64_t bytes = operand.access == Access::index ? 1 : static_cast<int64_t>(operand.dtype.size());
    const uint64_t base = operand.access == Access::index ? 0 : memory.addresses.at(next++);
    words[layout.address(o)] = base + static_cast<uint64_t>(walk.offset * bytes);
    for (std::size_t l = 0; l < program.loops.size(); ++l) words[layout.stride(o, l)] = static_cast<uint64_t>(stride_of(walk, l));
  }
  std::copy_n(launch.numbers.begin(), layout.numbers, words.begin() + static_cast<std::ptrdiff_t>(layout.number(0)));
  return words;
}

}  // namespace cornu::codegen
