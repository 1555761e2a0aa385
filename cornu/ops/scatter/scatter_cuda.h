#pragma once

namespace cornu::ops {

// What writes of a card at places that data say share: a block owns a part of the result, walks all places in order and takes those that
// fall into its part. So each element is reduced in the order of the updates, and no atomic operation is needed.
inline constexpr const char* kScatterLibrary = R"cuda(
namespace cornu::kernel {

struct Last {
  template <class T>
  static T apply(T, T b) { return b; }
};

// Updates of a tile that fall into the block's part: their rows, and their numbers in the tile. A kernel has one in shared memory.
struct ScatterTile {
  static constexpr int kUpdates = 256;
  int64_t rows[kUpdates];
  int32_t numbers[kUpdates], warp_counts[kUpdates / 32];
};

// The rows [first_row, last_row) and columns [first, last) of a result whose row r begins at `out + r * stride`; update j begins at
// `updates + j * stride`. place_of(j) is its row, negative where it has none. Where there is no base it is `element`.
template <class Stored, class R, class Place>
inline void scatter_block(ScatterTile& shared, char* out, const char* base, uint64_t element, const char* updates, int64_t count, int64_t first_row,
                          int64_t last_row, int64_t first, int64_t last, int64_t stride, Place place_of) {
  using T = typename RegisterOf<Stored>::Type;
  constexpr int kTile = ScatterTile::kUpdates, kAtOnce = 4;
  auto& [rows, numbers, warp_counts] = shared;
  int lanes = 1;  // threads that share a row; every so many rows are theirs. Both are powers of two.
  while (lanes < last - first && lanes < kTile) lanes *= 2;
  const int teams = kTile / lanes, team = threadIdx.x / lanes;
  const int64_t start = first + threadIdx.x % lanes;
  const auto is_of_team = [&](int64_t row) { return (int(row) & (teams - 1)) == team; };
  if (base != out)
    for (int64_t row = first_row + team; row < last_row; row += teams)
      for (int64_t column = start; column < last; column += lanes) {
        const int64_t at = row * stride + column;
        store<Stored>(out, at, base ? load<Stored, T>(base, at) : load<Stored, T>(reinterpret_cast<const char*>(&element), 0));
      }
  for (int64_t tile = 0; tile < count; tile += kTile) {
    const int64_t j = tile + threadIdx.x, row = j < count ? place_of(j) : -1;
    const bool is_mine = row >= first_row && row < last_row;
    const uint32_t mine = lanes_where(is_mine);
    if (threadIdx.x % 32 == 0) warp_counts[threadIdx.x / 32] = count_of(mine);
    __syncthreads();
    int before = count_of(mine & ((1u << (threadIdx.x % 32)) - 1)), found = 0;
    for (int warp = 0; warp < kTile / 32; ++warp) {
      if (warp < int(threadIdx.x / 32)) before += warp_counts[warp];
      found += warp_counts[warp];
    }
    if (is_mine) {
      rows[before] = row;
      numbers[before] = threadIdx.x;
    }
    __syncthreads();
    for (int64_t column = start; column < last; column += lanes)
      for (int k = 0; k < found; k += kAtOnce) {
        T update[kAtOnce] = {};
        for (int next = 0; next < kAtOnce; ++next)
          if (k + next < found && is_of_team(rows[k + next]))
            update[next] = load<Stored, T>(updates, (tile + numbers[k + next]) * stride + column);
        for (int next = 0; next < kAtOnce; ++next)
          if (k + next < found && is_of_team(rows[k + next])) {
            const int64_t at = rows[k + next] * stride + column;
            store<Stored>(out, at, R::apply(load<Stored, T>(out, at), update[next]));
          }
      }
  }
}

}  // namespace cornu::kernel
)cuda";

}  // namespace cornu::ops
