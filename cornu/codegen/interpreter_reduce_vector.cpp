#include <limits>

#include "cornu/codegen/interpreter_vector.h"

#pragma GCC diagnostic ignored "-Wpsabi"  // vectors wider than the set's registers stay within this file

// Reductions of a tile. A row is added up in 16 lanes (64 where it has 256 points and more), which then meet in halves: the
// order depends on the extents alone and is the same for every instruction set.
namespace cornu::codegen::CORNU_ISA {
namespace {

using ir::ReduceKind;
using ir::RegisterType;

struct Sum {
  template <class T> static constexpr T identity = 0;
  template <class V> static V apply(V a, V b) { return a + b; }
};
struct Prod {
  template <class T> static constexpr T identity = 1;
  template <class V> static V apply(V a, V b) { return a * b; }
};
template <class T>
constexpr T kLowest = std::is_floating_point_v<T> ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::min();
template <class T>
constexpr T kHighest = std::is_floating_point_v<T> ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::max();
struct Max {  // NaN wins
  template <class T> static constexpr T identity = kLowest<T>;
  template <class V> static V apply(V a, V b) { return ((a > b) | (a != a)) ? a : b; }
};
struct Min {
  template <class T> static constexpr T identity = kHighest<T>;
  template <class V> static V apply(V a, V b) { return ((a < b) | (a != a)) ? a : b; }
};
struct Any {
  template <class T> static constexpr T identity = 0;
  template <class V> static V apply(V a, V b) { return a | b; }
};
struct All {
  template <class T> static constexpr T identity = 1;
  template <class V> static V apply(V a, V b) { return a & b; }
};

template <class T>
T* values_of(const Accumulator& a) { return reinterpret_cast<T*>(a.values); }

// `count` vectors of 64 bytes; the compiler splits them into the registers it has.
template <class T>
struct Vector {
  typedef T Type __attribute__((vector_size(64), aligned(alignof(T)), may_alias));
  static constexpr int lanes = 64 / sizeof(T);
};

template <class F, class T, int lanes>
T reduce_row(const T* from, int64_t n) {
  using V = typename Vector<T>::Type;
  constexpr int width = Vector<T>::lanes, count = lanes / width;
  V sums[count];
  for (V& sum : sums) sum = V{} + F::template identity<T>;
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    for (int k = 0; k < count; ++k) sums[k] = F::apply(sums[k], *reinterpret_cast<const V*>(from + i + k * width));
  if (i < n) {  // lanes beyond the row meet the identity
    alignas(64) T rest[lanes];
    for (int k = 0; k < lanes; ++k) rest[k] = i + k < n ? from[i + k] : F::template identity<T>;
    for (int k = 0; k < count; ++k) sums[k] = F::apply(sums[k], *reinterpret_cast<const V*>(rest + k * width));
  }
  for (int half = count / 2; half >= 1; half /= 2)
    for (int k = 0; k < half; ++k) sums[k] = F::apply(sums[k], sums[k + half]);
  alignas(64) T lane[width];
  *reinterpret_cast<V*>(lane) = sums[0];
  for (int half = width / 2; half >= 1; half /= 2)
    for (int k = 0; k < half; ++k) lane[k] = F::apply(lane[k], lane[k + half]);
  return lane[0];
}

template <class F, class T>
void rows(int64_t rows, int64_t cols, const Ref& from, const Accumulator& into, int64_t) {
  T* total = values_of<T>(into);
  for (int64_t r = 0; r < rows; ++r) {
    const T* x = row_of<const T>(from, r);
    total[r] = F::apply(total[r], cols < 256 ? reduce_row<F, T, 16>(x, cols) : reduce_row<F, T, 64>(x, cols));
  }
}

template <class F, class T, int count>
void reduce_columns(int64_t rows, const Ref& from, int64_t col, T* total) {
  using V = typename Vector<T>::Type;
  constexpr int width = Vector<T>::lanes;
  V sums[count];
  for (V& sum : sums) sum = V{} + F::template identity<T>;
  for (int64_t r = 0; r < rows; ++r) {
    const T* x = row_of<const T>(from, r) + col;
    for (int k = 0; k < count; ++k) sums[k] = F::apply(sums[k], *reinterpret_cast<const V*>(x + k * width));
  }
  for (int k = 0; k < count; ++k) {
    V& to = *reinterpret_cast<V*>(total + col + k * width);
    to = F::apply(to, sums[k]);
  }
}
template <class F, class T>
void cols(int64_t rows, int64_t cols, const Ref& from, const Accumulator& into, int64_t) {
  constexpr int width = Vector<T>::lanes;
  T* total = values_of<T>(into);
  int64_t c = 0;
  for (; c + 4 * width <= cols; c += 4 * width) reduce_columns<F, T, 4>(rows, from, c, total);
  for (; c + width <= cols; c += width) reduce_columns<F, T, 1>(rows, from, c, total);
  for (; c < cols; ++c) {
    T sum = F::template identity<T>;
    for (int64_t r = 0; r < rows; ++r) sum = F::apply(sum, row_of<const T>(from, r)[c]);
    total[c] = F::apply(total[c], sum);
  }
}
template <class F, class T>
void clear(int64_t n, const Accumulator& into) {
  for (int64_t i = 0; i < n; ++i) values_of<T>(into)[i] = F::template identity<T>;
}
template <class F, class T>
void merge(int64_t n, const Accumulator& later, const Accumulator& into) {
  for (int64_t i = 0; i < n; ++i) values_of<T>(into)[i] = F::apply(values_of<T>(into)[i], values_of<T>(later)[i]);
}
template <class F, class T>
constexpr ReduceLoops loops() {
  return {clear<F, T>, rows<F, T>, cols<F, T>, merge<F, T>};
}

// argmax (F = Max) and argmin: what comes later must be better to win; NaN is better than any number.
template <class F, class T>
bool is_better(T later, T best) {
  const bool wins = std::is_same_v<F, Max> ? later > best : later < best;
  return wins | ((later != later) & (best == best));
}
template <class F, class T>
void arg_clear(int64_t n, const Accumulator& into) {
  clear<F, T>(n, into);
  for (int64_t i = 0; i < n; ++i) into.positions[i] = 0;
}
template <class F, class T>
void arg_rows(int64_t rows, int64_t cols, const Ref& from, const Accumulator& into, int64_t first) {
  for (int64_t r = 0; r < rows; ++r) {
    const T* x = row_of<const T>(from, r);
    const T best = reduce_row<F, T, 16>(x, cols);
    if (!is_better<F>(best, values_of<T>(into)[r])) continue;
    int64_t at = 0;
    while (at + 1 < cols && !(best != best ? x[at] != x[at] : x[at] == best)) ++at;
    values_of<T>(into)[r] = best;
    into.positions[r] = static_cast<int32_t>(first + at);
  }
}
template <class F, class T>
void arg_cols(int64_t rows, int64_t cols, const Ref& from, const Accumulator& into, int64_t first) {
  T* best = values_of<T>(into);
  int32_t* position = into.positions;
  for (int64_t r = 0; r < rows; ++r) {
    const T* x = row_of<const T>(from, r);
    const int32_t number = static_cast<int32_t>(first + r);
#pragma omp simd
    for (int64_t i = 0; i < cols; ++i) {
      const bool better = is_better<F>(x[i], best[i]);
      best[i] = better ? x[i] : best[i];
      position[i] = better ? number : position[i];
    }
  }
}
template <class F, class T>
void arg_merge(int64_t n, const Accumulator& later, const Accumulator& into) {
  for (int64_t i = 0; i < n; ++i) {
    if (!is_better<F>(values_of<T>(later)[i], values_of<T>(into)[i])) continue;
    values_of<T>(into)[i] = values_of<T>(later)[i];
    into.positions[i] = later.positions[i];
  }
}
template <class F, class T>
constexpr ReduceLoops arg_loops() {
  return {arg_clear<F, T>, arg_rows<F, T>, arg_cols<F, T>, arg_merge<F, T>};
}

template <class T>
ReduceLoops of_type(ReduceKind kind) {
  // Sums and products of integers wrap: computed unsigned.
  using W = typename std::conditional_t<std::is_integral_v<T>, std::make_unsigned<T>, std::type_identity<T>>::type;
  switch (kind) {
    case ReduceKind::sum: return loops<Sum, W>();
    case ReduceKind::prod: return loops<Prod, W>();
    case ReduceKind::max: return loops<Max, T>();
    case ReduceKind::min: return loops<Min, T>();
    case ReduceKind::argmax: return arg_loops<Max, T>();
    case ReduceKind::argmin: return arg_loops<Min, T>();
    case ReduceKind::any:
    case ReduceKind::all: break;
  }
  if constexpr (std::is_same_v<T, uint32_t>) return kind == ReduceKind::any ? loops<Any, T>() : loops<All, T>();
  return {};
}

}  // namespace

ReduceLoops reduce_loops(ReduceKind kind, RegisterType type) {
  ReduceLoops found = with_type(type, [&]<class T>(T) { return of_type<T>(kind); });
  return found;
}

}  // namespace cornu::codegen::CORNU_ISA
