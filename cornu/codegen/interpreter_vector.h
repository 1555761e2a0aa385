#pragma once

#ifndef CORNU_ISA
#error "interpreter_vector.h is for sources that are compiled once for each instruction set"
#endif

#include <type_traits>

#include "cornu/codegen/interpreter_loops.h"
#include "cornu/math/primitives.h"

namespace cornu::codegen::CORNU_ISA {

// The C++ type that a register type is stored as.
template <ir::RegisterType type>
struct Stored;
template <>
struct Stored<ir::RegisterType::f32> {
  using Type = float;
};
template <>
struct Stored<ir::RegisterType::f64> {
  using Type = double;
};
template <>
struct Stored<ir::RegisterType::i32> {
  using Type = int32_t;
};
template <>
struct Stored<ir::RegisterType::i64> {
  using Type = int64_t;
};
template <>
struct Stored<ir::RegisterType::u32> {
  using Type = uint32_t;
};
template <>
struct Stored<ir::RegisterType::u64> {
  using Type = uint64_t;
};
template <>
struct Stored<ir::RegisterType::boolean> {
  using Type = uint32_t;
};

// Calls f with a value of the C++ type. Booleans come as uint32_t.
template <class F>
auto with_type(ir::RegisterType type, F f) {
  using enum ir::RegisterType;
  switch (type) {
    case f32: return f(float());
    case f64: return f(double());
    case i32: return f(int32_t());
    case i64: return f(int64_t());
    case u64: return f(uint64_t());
    case u32:
    case boolean: return f(uint32_t());
  }
  __builtin_unreachable();
}

template <class T>
T* row_of(const Ref& ref, int64_t row) {
  return reinterpret_cast<T*>(ref.data) + row * ref.pitch;
}

// F is a struct with a static `apply`. Operands may lie where the result goes, at the same points.
template <class F, class Out, class A>
void unary(int64_t rows, int64_t cols, const Ref& out, const Ref& a, const Ref&, const Ref&) {
  for (int64_t r = 0; r < rows; ++r) {
    Out* to = row_of<Out>(out, r);
    const A* x = row_of<const A>(a, r);
#pragma omp simd
    for (int64_t i = 0; i < cols; ++i) to[i] = F::apply(x[i]);
  }
}
template <class F, class Out, class A, class B, unsigned scalars>
void binary(int64_t rows, int64_t cols, const Ref& out, const Ref& a, const Ref& b, const Ref&) {
  for (int64_t r = 0; r < rows; ++r) {
    Out* to = row_of<Out>(out, r);
    const A* x = row_of<const A>(a, r);
    const B* y = row_of<const B>(b, r);
    const A x0 = x[0];
    const B y0 = y[0];
#pragma omp simd
    for (int64_t i = 0; i < cols; ++i) to[i] = F::apply(scalars & 1 ? x0 : x[i], scalars & 2 ? y0 : y[i]);
  }
}
template <class F, class Out, class A, class B, class C, unsigned scalars>
void ternary(int64_t rows, int64_t cols, const Ref& out, const Ref& a, const Ref& b, const Ref& c) {
  for (int64_t r = 0; r < rows; ++r) {
    Out* to = row_of<Out>(out, r);
    const A* x = row_of<const A>(a, r);
    const B* y = row_of<const B>(b, r);
    const C* z = row_of<const C>(c, r);
    const A x0 = x[0];
    const B y0 = y[0];
    const C z0 = z[0];
#pragma omp simd
    for (int64_t i = 0; i < cols; ++i)
      to[i] = F::apply(scalars & 1 ? x0 : x[i], scalars & 2 ? y0 : y[i], scalars & 4 ? z0 : z[i]);
  }
}

template <class F, class Out, class A, class B>
ComputeLoop binary_loop(unsigned scalars) {
  constexpr ComputeLoop loops[] = {binary<F, Out, A, B, 0>, binary<F, Out, A, B, 1>, binary<F, Out, A, B, 2>};
  return scalars < 3 ? loops[scalars] : nullptr;
}
template <class F, class Out, class A, class B, class C>
ComputeLoop ternary_loop(unsigned scalars) {
  constexpr ComputeLoop loops[] = {ternary<F, Out, A, B, C, 0>, ternary<F, Out, A, B, C, 1>, ternary<F, Out, A, B, C, 2>,
                                   ternary<F, Out, A, B, C, 3>, ternary<F, Out, A, B, C, 4>, ternary<F, Out, A, B, C, 5>,
                                   ternary<F, Out, A, B, C, 6>};
  return scalars < 7 ? loops[scalars] : nullptr;
}

// For what the compiler cannot vectorise (calls of the C library): operands are stepped by 0 or 1.
template <class F, class Out, class A, class B>
void stepped(int64_t rows, int64_t cols, const Ref& out, const Ref& a, const Ref& b, unsigned scalars) {
  const int64_t x_step = scalars & 1 ? 0 : 1, y_step = scalars & 2 ? 0 : 1;
  for (int64_t r = 0; r < rows; ++r) {
    Out* to = row_of<Out>(out, r);
    const A* x = row_of<const A>(a, r);
    const B* y = row_of<const B>(b, r);
    for (int64_t i = 0; i < cols; ++i) to[i] = F::apply(x[i * x_step], y[i * y_step]);
  }
}
template <class F, class Out, class A, class B>
ComputeLoop stepped_loop(unsigned scalars) {
  constexpr ComputeLoop loops[] = {[](int64_t rows, int64_t cols, const Ref& out, const Ref& a, const Ref& b, const Ref&) {
                                     stepped<F, Out, A, B>(rows, cols, out, a, b, 0);
                                   },
                                   [](int64_t rows, int64_t cols, const Ref& out, const Ref& a, const Ref& b, const Ref&) {
                                     stepped<F, Out, A, B>(rows, cols, out, a, b, 1);
                                   },
                                   [](int64_t rows, int64_t cols, const Ref& out, const Ref& a, const Ref& b, const Ref&) {
                                     stepped<F, Out, A, B>(rows, cols, out, a, b, 2);
                                   }};
  return scalars < 3 ? loops[scalars] : nullptr;
}

}  // namespace cornu::codegen::CORNU_ISA
