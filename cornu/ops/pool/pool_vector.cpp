#include "cornu/ops/pool/pool_vector.h"

#include <cstring>
#include <type_traits>
#include <vector>

namespace cornu::ops::CORNU_ISA {
namespace {

using cornu::CORNU_ISA::Vec;
using Range = PoolGeometry::Range;

// Integers in as many lanes as a vector of T, as wide.
template <class T>
using Integers = decltype(typename Vec<T>::Value{} > typename Vec<T>::Value{});

template <class T>
Integers<T> in_all_lanes(int64_t value) {
  return std::decay_t<decltype(Integers<T>{}[0])>(value) - Integers<T>{};
}
template <class T, class I>
Integers<T> load_index(const I* from) {
  typedef I Narrow __attribute__((vector_size(Vec<T>::kLanes * sizeof(I))));
  Narrow narrow;
  std::memcpy(&narrow, from, sizeof narrow);
  return __builtin_convertvector(narrow, Integers<T>);
}
template <class T, class I>
void store_index(Integers<T> index, I* to) {
  typedef I Narrow __attribute__((vector_size(Vec<T>::kLanes * sizeof(I))));
  const Narrow narrow = __builtin_convertvector(index, Narrow);
  std::memcpy(to, &narrow, sizeof narrow);
}

// An element seen from a window, or a window seen from an element.
struct Link {
  int64_t offset;  // from a base, elements
  int64_t tap;
  double weight;   // 1 / elements of the window, where that is wanted
};

// Rows are all axes but the last spatial one: calls f(batch, first axis, second axis) for each, by several threads.
template <class F>
void for_each_row(int64_t batch, const int64_t (&extents)[3], int64_t row_elements, int threads, F&& f) {
  const int64_t rows = batch * extents[0] * extents[1];
  constexpr int64_t kWorthThreads = 1 << 15;
#pragma omp parallel num_threads(threads) if (threads > 1 && rows * row_elements >= kWorthThreads)
  {
    std::vector<Link> links;
#pragma omp for schedule(static)
    for (int64_t row = 0; row < rows; ++row)
      f(row, row / (extents[0] * extents[1]), row / extents[1] % extents[0], row % extents[1], links);
  }
}

int64_t count(const Range& r) { return std::max<int64_t>(0, r.end - r.first); }

// For every window: its links to elements that are inside, relative to x; what to do with them is f(x_base, links, output offset).
template <class F>
void for_each_window(const PoolGeometry& g, int threads, F&& f) {
  const int64_t channels = g.channels;
  for_each_row(g.batch, g.out, g.out[2] * channels, threads, [&](int64_t row, int64_t n, int64_t a, int64_t b, std::vector<Link>& links) {
    const Range ta = g.taps(0, a), tb = g.taps(1, b);
    Range before{-1, -1};
    for (int64_t c = 0; c < g.out[2]; ++c) {
      const Range tc = g.taps(2, c);
      if (tc.first != before.first || tc.end != before.end) {  // the inner windows' links are alike
        links.clear();
        const double weight = 1.0 / std::max<int64_t>(1, count(ta) * count(tb) * count(tc));
        for (int64_t i = ta.first; i < ta.end; ++i)
          for (int64_t j = tb.first; j < tb.end; ++j)
            for (int64_t k = tc.first; k < tc.end; ++k)
              links.push_back({((i * g.in[1] + j) * g.in[2] + k) * channels, (i * g.window[1].size + j) * g.window[2].size + k, weight});
        before = tc;
      }
      const int64_t base = ((n * g.in[0] + g.position(0, a)) * g.in[1] + g.position(1, b)) * g.in[2] + g.position(2, c);
      f(base * channels, links, (row * g.out[2] + c) * channels);
    }
  });
}

// For every element: its links to the windows that cover it, as offsets of the output.
template <class F>
void for_each_element(const PoolGeometry& g, int threads, F&& f) {
  const int64_t channels = g.channels;
  for_each_row(g.batch, g.in, g.in[2] * channels, threads, [&](int64_t row, int64_t n, int64_t a, int64_t b, std::vector<Link>& links) {
    const Range wa = g.windows(0, a), wb = g.windows(1, b);
    for (int64_t c = 0; c < g.in[2]; ++c) {
      const Range wc = g.windows(2, c);
      links.clear();
      for (int64_t i = wa.first; i < wa.end; ++i)
        for (int64_t j = wb.first; j < wb.end; ++j)
          for (int64_t k = wc.first; k < wc.end; ++k) {
            const int64_t tap = ((a - g.position(0, i)) * g.window[1].size + b - g.position(1, j)) * g.window[2].size + c - g.position(2, k);
            links.push_back({(((n * g.out[0] + i) * g.out[1] + j) * g.out[2] + k) * channels, tap,
                             1.0 / (count(g.taps(0, i)) * count(g.taps(1, j)) * count(g.taps(2, k)))});
          }
      f((row * g.in[2] + c) * channels, links);
    }
  });
}

template <class T, class I>
void max_of_window(const T* x, const std::vector<Link>& links, int64_t channels, T* y, I* index) {
  using Vector = Vec<T>;
  if (links.empty()) {
    std::fill_n(y, channels, T(0));
    std::fill_n(index, channels, I(0));
    return;
  }
  int64_t c = 0;
  for (; c + Vector::kLanes <= channels; c += Vector::kLanes) {
    auto best = Vector::load(x + links[0].offset + c).v;
    Integers<T> at = in_all_lanes<T>(links[0].tap);
    for (std::size_t i = 1; i < links.size(); ++i) {
      const auto v = Vector::load(x + links[i].offset + c).v;
      const auto takes = (v > best) | (v != v);
      best = takes ? v : best;
      at = takes ? in_all_lanes<T>(links[i].tap) : at;
    }
    Vector{best}.store(y + c);
    store_index<T>(at, index + c);
  }
  for (; c < channels; ++c) {
    T best = x[links[0].offset + c];
    int64_t at = links[0].tap;
    for (std::size_t i = 1; i < links.size(); ++i) {
      const T v = x[links[i].offset + c];
      if (!(v > best) && v == v) continue;
      best = v;
      at = links[i].tap;
    }
    y[c] = best;
    index[c] = I(at);
  }
}

template <class T, class I>
void max(const PoolGeometry& g, const T* x, T* y, I* index, int threads) {
  for_each_window(g, threads, [&](int64_t base, const std::vector<Link>& links, int64_t to) {
    max_of_window(x + base, links, g.channels, y + to, index + to);
  });
}

// Windows that do not overlap write all of their elements. A window's rows and columns reach to the next window's.
template <class T, class I>
void max_gradient_disjoint(const PoolGeometry& g, const T* grad, const I* index, T* x_grad, int threads) {
  using Vector = Vec<T>;
  const int64_t channels = g.channels, row_elements = g.in[2] * channels;
  bool covers = true;
  for (int axis = 0; axis < 3; ++axis)
    covers &= g.window[axis].stride == g.window[axis].size && g.out[axis] * g.window[axis].stride - g.window[axis].low >= g.in[axis];
  if (!covers) {
    const int64_t images = g.batch * g.in[0];
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1 && images > 1)
    for (int64_t i = 0; i < images; ++i) std::memset(x_grad + i * g.in[1] * row_elements, 0, g.in[1] * row_elements * sizeof(T));
  }
  for_each_window(g, threads, [&](int64_t base, const std::vector<Link>& links, int64_t from) {
    T* to = x_grad + base;
    int64_t c = 0;
    for (; c + Vector::kLanes <= channels; c += Vector::kLanes) {
      const auto v = Vector::load(grad + from + c).v;
      const Integers<T> at = load_index<T>(index + from + c);
      for (const Link& link : links) Vector{at == in_all_lanes<T>(link.tap) ? v : Vector::fill(0).v}.store(to + link.offset + c);
    }
    for (; c < channels; ++c)
      for (const Link& link : links) to[link.offset + c] = index[from + c] == link.tap ? grad[from + c] : T(0);
  });
}

template <class T, class I>
void max_gradient(const PoolGeometry& g, const T* grad, const I* index, T* x_grad, int threads) {
  using Vector = Vec<T>;
  if (g.is_disjoint()) return max_gradient_disjoint(g, grad, index, x_grad, threads);
  const int64_t channels = g.channels;
  for_each_element(g, threads, [&](int64_t to, const std::vector<Link>& links) {
    int64_t c = 0;
    for (; c + Vector::kLanes <= channels; c += Vector::kLanes) {
      Vector sum = Vector::fill(0);
      for (const Link& link : links) {
        const auto v = Vector::load(grad + link.offset + c);
        sum = sum + Vector{load_index<T>(index + link.offset + c) == in_all_lanes<T>(link.tap) ? v.v : Vector::fill(0).v};
      }
      sum.store(x_grad + to + c);
    }
    for (; c < channels; ++c) {
      T sum = 0;
      for (const Link& link : links) sum += index[link.offset + c] == link.tap ? grad[link.offset + c] : T(0);
      x_grad[to + c] = sum;
    }
  });
}

template <class T, class I>
void pick(const PoolGeometry& g, const T* x, const I* index, T* y, int threads) {
  for_each_window(g, threads, [&](int64_t base, const std::vector<Link>& links, int64_t to) {
    for (int64_t c = 0; c < g.channels; ++c) {
      y[to + c] = 0;
      for (const Link& link : links)
        if (index[to + c] == link.tap) y[to + c] = x[base + link.offset + c];
    }
  });
}

// The weighted sum of what the links lead to.
template <class T>
void weighted_sum(const T* from, const std::vector<Link>& links, int64_t channels, T* to) {
  using Vector = Vec<T>;
  int64_t c = 0;
  for (; c + Vector::kLanes <= channels; c += Vector::kLanes) {
    Vector sum = Vector::fill(0);
    for (const Link& link : links) sum = sum + Vector::load(from + link.offset + c) * Vector::fill(T(link.weight));
    sum.store(to + c);
  }
  for (; c < channels; ++c) {
    T sum = 0;
    for (const Link& link : links) sum += from[link.offset + c] * T(link.weight);
    to[c] = sum;
  }
}

template <class T>
void average(const PoolGeometry& g, const T* x, T* y, int threads) {
  for_each_window(g, threads, [&](int64_t base, const std::vector<Link>& links, int64_t to) {
    weighted_sum(x + base, links, g.channels, y + to);
  });
}
template <class T>
void average_gradient(const PoolGeometry& g, const T* grad, T* x_grad, int threads) {
  for_each_element(g, threads, [&](int64_t to, const std::vector<Link>& links) { weighted_sum(grad, links, g.channels, x_grad + to); });
}

}  // namespace

const Pool<float>& pool_float() {
  static constexpr Pool<float> loops{max, max, max_gradient, max_gradient, pick, pick, average, average_gradient};
  return loops;
}
const Pool<double>& pool_double() {
  static constexpr Pool<double> loops{max, max, max_gradient, max_gradient, pick, pick, average, average_gradient};
  return loops;
}

}  // namespace cornu::ops::CORNU_ISA
