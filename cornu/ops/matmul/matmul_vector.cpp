#include "cornu/ops/matmul/matmul_vector.h"

#include <algorithm>

namespace cornu::ops::CORNU_ISA {
namespace {

using cornu::CORNU_ISA::kVectorRegisters;
using cornu::CORNU_ISA::Vec;

constexpr int kRows = kVectorRegisters == 32 ? 8 : 4;  // of a full block; it is two vectors wide
constexpr int64_t kRowsOfTask = 96;

// A piece of the inner axis. `b` points at its first row, columns j, j + 1, ... of the result.
template <class T>
struct Piece {
  const Gemm<T>& g;
  int64_t first, depth;
  bool is_first, is_last;
};

// R rows of V vectors of columns at (i, j), the last of them `lanes` wide.
template <class T, int R, int V>
void block(const Piece<T>& p, const T* b, int64_t b_row, bool b_padded, int64_t i, int64_t j, int lanes) {
  using Vector = Vec<T>;
  constexpr int L = Vector::kLanes;
  const Gemm<T>& g = p.g;
  T* c = g.c + i * g.n + j;
  Vector sum[R][V];
  for (int r = 0; r < R; ++r)
    for (int v = 0; v < V; ++v) {
      const int n = v == V - 1 ? lanes : L;
      if (!p.is_first) sum[r][v] = Vector::load(c + r * g.n + v * L, n);
      else if (g.bias) sum[r][v] = Vector::load(g.bias + j + v * L, n);
      else sum[r][v] = Vector::fill(0);
    }
  const T* a = g.a + i * g.a_row + p.first * g.a_column;
  auto accumulate = [&](auto load_last) {
    for (int64_t k = 0; k < p.depth; ++k) {
      Vector row[V];
      for (int v = 0; v + 1 < V; ++v) row[v] = Vector::load(b + k * b_row + v * L);
      row[V - 1] = load_last(b + k * b_row + (V - 1) * L);
      for (int r = 0; r < R; ++r) {
        const Vector x = Vector::fill(a[r * g.a_row + k * g.a_column]);
        for (int v = 0; v < V; ++v) sum[r][v] = cornu::CORNU_ISA::multiply_add(x, row[v], sum[r][v]);
      }
    }
  };
  if (lanes == L || b_padded) accumulate([](const T* from) { return Vector::load(from); });
  else accumulate([lanes](const T* from) { return Vector::load(from, lanes); });
  for (int r = 0; r < R; ++r)
    for (int v = 0; v < V; ++v) {
      if (p.is_last && g.relu) sum[r][v].v = sum[r][v].v <= 0 ? Vector::fill(0).v : sum[r][v].v;
      if (v == V - 1 && lanes < L) sum[r][v].store(c + r * g.n + v * L, lanes);
      else sum[r][v].store(c + r * g.n + v * L);
    }
}

// All rows of [i, end) for V vectors of columns.
template <class T, int V>
void rows(const Piece<T>& p, const T* b, int64_t b_row, bool b_padded, int64_t i, int64_t end, int64_t j, int lanes) {
  for (; i + kRows <= end; i += kRows) block<T, kRows, V>(p, b, b_row, b_padded, i, j, lanes);
  for (; i + 4 <= end; i += 4) block<T, 4, V>(p, b, b_row, b_padded, i, j, lanes);
  for (; i < end; ++i) block<T, 1, V>(p, b, b_row, b_padded, i, j, lanes);
}

// One row reads b once, as wide as its sums can be kept.
template <class T>
void single_row(const Piece<T>& p) {
  constexpr int L = Vec<T>::kLanes, kWide = 8;
  const Gemm<T>& g = p.g;
  int64_t j = 0;
  for (; j + kWide * L <= g.n; j += kWide * L) block<T, 1, kWide>(p, g.b + j, g.b_row, false, 0, j, L);
  for (; j < g.n; j += L) block<T, 1, 1>(p, g.b + j, g.b_row, false, 0, j, int(std::min<int64_t>(L, g.n - j)));
}

template <class T>
void in_place(const Gemm<T>& g) {
  constexpr int L = Vec<T>::kLanes;
  const Piece<T> p{g, 0, g.k, true, true};
  if (g.m == 1) return single_row(p);
  int64_t j = 0;
  for (; j + 2 * L <= g.n; j += 2 * L) rows<T, 2>(p, g.b + j, g.b_row, false, 0, g.m, j, L);
  for (; j < g.n; j += L) rows<T, 1>(p, g.b + j, g.b_row, false, 0, g.m, j, int(std::min<int64_t>(L, g.n - j)));
}

// A panel of b: `depth` rows of two vectors, zeros beyond the last column.
template <class T>
void pack(const Gemm<T>& g, int64_t first, int64_t depth, int64_t j, int width, T* to) {
  const int n = int(std::min<int64_t>(width, g.n - j));
  for (int64_t k = 0; k < depth; ++k) {
    const T* from = g.b + (first + k) * g.b_row + j * g.b_column;
    for (int v = 0; v < width; ++v) to[k * width + v] = v < n ? from[v * g.b_column] : T(0);
  }
}

template <class T>
void multiply(const Gemm<T>& g, T* packed, int threads) {
  if (!packed) return in_place(g);
  constexpr int L = Vec<T>::kLanes, kWidth = 2 * L;
  const int64_t panels = (g.n + kWidth - 1) / kWidth, tasks = (g.m + kRowsOfTask - 1) / kRowsOfTask;
#pragma omp parallel num_threads(threads) if (threads > 1)
  for (int64_t first = 0; first == 0 || first < g.k; first += kGemmDepth) {
    const int64_t depth = std::min(kGemmDepth, g.k - first);
    const Piece<T> p{g, first, depth, first == 0, first + depth == g.k};
#pragma omp for schedule(static)
    for (int64_t panel = 0; panel < panels; ++panel) pack(g, first, depth, panel * kWidth, kWidth, packed + panel * kWidth * kGemmDepth);
#pragma omp for schedule(dynamic)
    for (int64_t task = 0; task < tasks; ++task)
      for (int64_t panel = 0; panel < panels; ++panel) {
        const int64_t i = task * kRowsOfTask, end = std::min(g.m, i + kRowsOfTask), j = panel * kWidth;
        const T* b = packed + panel * kWidth * kGemmDepth;
        const int left = int(std::min<int64_t>(kWidth, g.n - j));
        if (left > L) rows<T, 2>(p, b, kWidth, true, i, end, j, left - L);
        else rows<T, 1>(p, b, kWidth, true, i, end, j, left);
      }
  }
}

}  // namespace

void gemm(const Gemm<float>& g, float* packed, int threads) { multiply(g, packed, threads); }
void gemm(const Gemm<double>& g, double* packed, int threads) { multiply(g, packed, threads); }

}  // namespace cornu::ops::CORNU_ISA
