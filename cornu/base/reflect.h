#pragma once

#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

// The fields of a plain aggregate, by name and in order. An op's attributes and a layer's arguments are written once, as
// the members of a struct; hashing, printing, equality and JSON read them from here.
//   for_each_field(args, [](std::string_view name, auto& value) { ... });
// Members may not be C arrays, std::array or references, and no member may have a constructor that accepts anything.

namespace cornu::reflect {
namespace detail {

struct AnyValue {
  template <class T>
  operator T() const noexcept;
};

template <class T, std::size_t N>
constexpr bool constructible_from = []<std::size_t... I>(std::index_sequence<I...>) {
  return requires { T{(void(I), AnyValue{})...}; };
}
(std::make_index_sequence<N>{});

template <class T, std::size_t N = 0>
constexpr std::size_t count_fields() {
  static_assert(N <= 32, "reflect.h knows aggregates of up to 32 members");
  if constexpr (constructible_from<T, N> && !constructible_from<T, N + 1>) return N;
  else return count_fields<T, N + 1>();
}

}  // namespace detail

template <class T>
inline constexpr std::size_t field_count = detail::count_fields<std::remove_cv_t<T>>();

// References to the fields.
template <class T>
constexpr auto tie_fields(T& value) {
  constexpr std::size_t n = field_count<T>;
#define CORNU_TIE(count, ...)     \
  if constexpr (n == count) {     \
    auto& [__VA_ARGS__] = value;  \
    return std::tie(__VA_ARGS__); \
  }
  if constexpr (n == 0) return std::tuple<>();
  CORNU_TIE(1, a)
  CORNU_TIE(2, a, b)
  CORNU_TIE(3, a, b, c)
  CORNU_TIE(4, a, b, c, d)
  CORNU_TIE(5, a, b, c, d, e)
  CORNU_TIE(6, a, b, c, d, e, f)
  CORNU_TIE(7, a, b, c, d, e, f, g)
  CORNU_TIE(8, a, b, c, d, e, f, g, h)
  CORNU_TIE(9, a, b, c, d, e, f, g, h, i)
  CORNU_TIE(10, a, b, c, d, e, f, g, h, i, j)
  CORNU_TIE(11, a, b, c, d, e, f, g, h, i, j, k)
  CORNU_TIE(12, a, b, c, d, e, f, g, h, i, j, k, l)
  CORNU_TIE(13, a, b, c, d, e, f, g, h, i, j, k, l, m)
  CORNU_TIE(14, a, b, c, d, e, f, g, h, i, j, k, l, m, n_)
  CORNU_TIE(15, a, b, c, d, e, f, g, h, i, j, k, l, m, n_, o)
  CORNU_TIE(16, a, b, c, d, e, f, g, h, i, j, k, l, m, n_, o, p)
  CORNU_TIE(17, a, b, c, d, e, f, g, h, i, j, k, l, m, n_, o, p, q)
  CORNU_TIE(18, a, b, c, d, e, f, g, h, i, j, k, l, m, n_, o, p, q, r)
  CORNU_TIE(19, a, b, c, d, e, f, g, h, i, j, k, l, m, n_, o, p, q, r, s)
  CORNU_TIE(20, a, b, c, d, e, f, g, h, i, j, k, l, m, n_, o, p, q, r, s, t)
  CORNU_TIE(21, a, b, c, d, e, f, g, h, i, j, k, l, m, n_, o, p, q, r, s, t, u)
  CORNU_TIE(22, a, b, c, d, e, f, g, h, i, j, k, l, m, n_, o, p, q, r, s, t, u, v)
  CORNU_TIE(23, a, b, c, d, e, f, g, h, i, j, k, l, m, n_, o, p, q, r, s, t, u, v, w)
  CORNU_TIE(24, a, b, c, d, e, f, g, h, i, j, k, l, m, n_, o, p, q, r, s, t, u, v, w, x)
  CORNU_TIE(25, a, b, c, d, e, f, g, h, i, j, k, l, m, n_, o, p, q, r, s, t, u, v, w, x, y)
  CORNU_TIE(26, a, b, c, d, e, f, g, h, i, j, k, l, m, n_, o, p, q, r, s, t, u, v, w, x, y, z)
#undef CORNU_TIE
}

namespace detail {

// The compiler spells a pointer to a member of this never-defined object with the member's name.
template <class T>
struct Holder {
  T value;
};
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#endif
template <class T>
extern const Holder<T> fake;

template <class P>
struct Pointer {
  P p;
};
template <class P>
Pointer(P) -> Pointer<P>;

template <auto P>
constexpr std::string_view spelled() {
  return __PRETTY_FUNCTION__;
}

template <class T, std::size_t I>
constexpr std::string_view field_name() {
  std::string_view text = spelled<Pointer{&std::get<I>(tie_fields(fake<T>.value))}>();
  // "... ::input_shape)}; ..." (gcc) or "... .input_shape}]" (clang): the last identifier before the closing brace.
  text = text.substr(0, text.rfind('}'));
  while (!text.empty() && text.back() == ')') text.remove_suffix(1);
  return text.substr(text.find_last_of(":.") + 1);
}
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

}  // namespace detail

template <class T, class F>
constexpr void for_each_field(T& value, F&& f) {
  using Plain = std::remove_cv_t<T>;
  auto fields = tie_fields(value);
  [&]<std::size_t... I>(std::index_sequence<I...>) { (f(detail::field_name<Plain, I>(), std::get<I>(fields)), ...); }
  (std::make_index_sequence<field_count<T>>{});
}

}  // namespace cornu::reflect
