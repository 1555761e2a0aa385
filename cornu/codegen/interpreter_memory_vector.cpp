#include <cstring>

#if defined(__F16C__)
#include <immintrin.h>
#endif

#include "cornu/base/float16.h"
#include "cornu/codegen/interpreter_vector.h"

// Between memory and registers.
namespace cornu::codegen::CORNU_ISA {
namespace {

// The element as it lies in memory, and the register's form of it. A boolean in memory is any byte.
template <class Element>
struct Form {
  using Memory = Element;
  using Register = std::conditional_t<
      std::is_floating_point_v<Element> || sizeof(Element) >= 4, Element, std::conditional_t<std::is_signed_v<Element>, int32_t, uint32_t>>;
  static Register load(Memory x) { return static_cast<Register>(x); }
  static Memory store(Register x) { return static_cast<Memory>(x); }
};
template <>
struct Form<bool> {
  using Memory = uint8_t;
  using Register = uint32_t;
  static uint32_t load(uint8_t x) { return x != 0; }
  static uint8_t store(uint32_t x) { return x != 0; }
};
template <>
struct Form<bfloat16_t> {
  using Memory = uint16_t;
  using Register = float;
  static float load(uint16_t x) { return detail::float_from_bfloat(x); }
  static uint16_t store(float x) { return detail::bfloat_from_float(x); }
};
template <>
struct Form<float16_t> {
  using Memory = uint16_t;
  using Register = float;
#if defined(__F16C__)
  static float load(uint16_t x) { return _cvtsh_ss(x); }
  static uint16_t store(float x) { return _cvtss_sh(x, 0); }
#else
  static float load(uint16_t x) { return detail::float_from_half(x); }
  static uint16_t store(float x) { return detail::half_from_float(x); }
#endif
};

template <class To, class From, class F>
void move(int64_t n, const std::byte* source, int64_t from_stride, std::byte* target, int64_t to_stride, F convert) {
  const From* from = reinterpret_cast<const From*>(source);
  To* to = reinterpret_cast<To*>(target);
  if (from_stride == 1 && to_stride == 1) {
#pragma omp simd
    for (int64_t i = 0; i < n; ++i) to[i] = convert(from[i]);
  } else if (from_stride == 0 && to_stride == 1) {
    const To value = convert(from[0]);
    for (int64_t i = 0; i < n; ++i) to[i] = value;
  } else {
    for (int64_t i = 0; i < n; ++i) to[i * to_stride] = convert(from[i * from_stride]);
  }
}
template <class Element>
void load(int64_t n, const std::byte* from, int64_t from_stride, std::byte* to, int64_t to_stride) {
  using F = Form<Element>;
  move<typename F::Register, typename F::Memory>(n, from, from_stride, to, to_stride, [](typename F::Memory x) { return F::load(x); });
}
template <class Element>
void store(int64_t n, const std::byte* from, int64_t from_stride, std::byte* to, int64_t to_stride) {
  using F = Form<Element>;
  move<typename F::Memory, typename F::Register>(n, from, from_stride, to, to_stride, [](typename F::Register x) { return F::store(x); });
}
#if defined(__F16C__)
// Eight at once; the compiler does not find these instructions by itself.
template <>
void load<float16_t>(int64_t n, const std::byte* from, int64_t from_stride, std::byte* to, int64_t to_stride) {
  const auto* x = reinterpret_cast<const uint16_t*>(from);
  auto* y = reinterpret_cast<float*>(to);
  int64_t i = 0;
  if (from_stride == 1 && to_stride == 1)
    for (; i + 8 <= n; i += 8) _mm256_storeu_ps(y + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(x + i))));
  for (; i < n; ++i) y[i * to_stride] = _cvtsh_ss(x[i * from_stride]);
}
template <>
void store<float16_t>(int64_t n, const std::byte* from, int64_t from_stride, std::byte* to, int64_t to_stride) {
  const auto* x = reinterpret_cast<const float*>(from);
  auto* y = reinterpret_cast<uint16_t*>(to);
  int64_t i = 0;
  if (from_stride == 1 && to_stride == 1)
    for (; i + 8 <= n; i += 8) _mm_storeu_si128(reinterpret_cast<__m128i*>(y + i), _mm256_cvtps_ph(_mm256_loadu_ps(x + i), 0));
  for (; i < n; ++i) y[i * to_stride] = _cvtss_sh(x[i * from_stride], 0);
}
#endif

template <class T>
void index(int64_t n, int64_t first, int64_t step, std::byte* to) {
  T* out = reinterpret_cast<T*>(to);
  for (int64_t i = 0; i < n; ++i) out[i] = static_cast<T>(first + i * step);
}

}  // namespace

MoveLoop load_loop(DType dtype) {
  return dispatch(dtype, []<class T>(T) -> MoveLoop { return load<T>; });
}
MoveLoop store_loop(DType dtype) {
  return dispatch(dtype, []<class T>(T) -> MoveLoop { return store<T>; });
}
IndexLoop index_loop(ir::RegisterType type) {
  return with_type(type, []<class T>(T) -> IndexLoop { return index<T>; });
}

}  // namespace cornu::codegen::CORNU_ISA
