#pragma once

#include <functional>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "cornu/function.h"

// keras.ops: control flow inside a traced function. Functions are called once, to see what they compute; a loop's body runs as a
// part of the program, as often as the data say. They may read tensors and variables around them (gradients go there too) and
// assign variables: an assignment takes effect in each step, in a branch only where it is taken.
//
// A state is a tensor, a list of tensors, or any nest; functions get what they are given and results have its form. A function of
// a list may also take its tensors one by one. Where a state is a number, it takes the dtype that the function gives it.
//
// Called on symbolic tensors they stand in a functional model, which keeps the functions: they must not refer to locals that are
// gone by then, and such a model cannot be saved (ValueError).

namespace cornu::keras::ops {

using Branch = std::function<TensorNest()>;
using StateFunction = std::function<TensorNest(const TensorNest&)>;
using ScanFunction = std::function<std::pair<TensorNest, TensorNest>(const TensorNest& carry, const TensorNest& x)>;

struct ScanArgs {
  std::optional<int64_t> length{};  // by default that of the sequences
  bool reverse = false;             // from the end
  int unroll = 1;                   // accepted for Keras's sake; changes nothing
};
struct WhileLoopArgs {
  std::optional<int64_t> maximum_iterations{};
};
struct AssociativeScanArgs {
  bool reverse = false;
  int axis = 0;
};

// The same as the functions below, on nests.
namespace nests {
CORNU_API TensorNest cond(const Tensor& pred, const Branch& true_fn, const Branch& false_fn);
CORNU_API TensorNest while_loop(const StateFunction& cond, const StateFunction& body, const TensorNest& loop_vars,
                                const WhileLoopArgs& args);
CORNU_API std::pair<TensorNest, TensorNest> scan(const ScanFunction& f, const TensorNest& init, const TensorNest& xs,
                                                 const ScanArgs& args);
CORNU_API TensorNest map(const StateFunction& f, const TensorNest& xs);
CORNU_API TensorNest fori_loop(const Tensor& lower, const Tensor& upper,
                               const std::function<TensorNest(const Tensor&, const TensorNest&)>& body_fun,
                               const TensorNest& init_val);
CORNU_API TensorNest switch_(const Tensor& index, const std::vector<StateFunction>& branches, const TensorNest& operands);
CORNU_API TensorNest associative_scan(const std::function<TensorNest(const TensorNest&, const TensorNest&)>& f,
                                      const TensorNest& elems, const AssociativeScanArgs& args);
CORNU_API TensorNest vectorized_map(const StateFunction& function, const TensorNest& elements);
}  // namespace nests

namespace detail {

using Tensors = std::vector<Tensor>;

// The form in which a state is handed over.
template <class T>
using FormOf = std::conditional_t<std::is_convertible_v<T, Tensor>, Tensor,
                                  std::conditional_t<std::is_same_v<T, Tensors>, Tensors, TensorNest>>;

template <class T>
TensorNest to_nest(const T& value) {
  if constexpr (std::is_convertible_v<T, Tensor>) return TensorNest(Tensor(value));
  else return TensorNest(value);
}
template <class Form>
Form from_nest(const TensorNest& nest) {
  if constexpr (std::is_same_v<Form, Tensor>) return nest.leaf();
  else if constexpr (std::is_same_v<Form, Tensors>) return nest.flatten();
  else return nest;
}

// f of a list, or of its tensors one by one.
template <std::size_t Count = 1, class F>
auto call_with(const F& f, const Tensors& tensors) {
  if constexpr (std::is_invocable_v<const F&, const Tensors&>) {
    return f(tensors);
  } else {
    static_assert(Count <= 16, "The function must take a std::vector<Tensor>, or as many tensors as there are.");
    constexpr auto one_by_one = []<std::size_t... I>(std::index_sequence<I...>) {
      return std::is_invocable_v<const F&, decltype((void(I), std::declval<const Tensor&>()))...>;
    };
    if constexpr (one_by_one(std::make_index_sequence<Count>())) {
      if (tensors.size() != Count) throw error<TypeError>("A function of {} tensors was given {}.", Count, tensors.size());
      return [&]<std::size_t... I>(std::index_sequence<I...>) { return f(tensors[I]...); }
      (std::make_index_sequence<Count>());
    } else {
      return call_with<Count + 1>(f, tensors);
    }
  }
}
template <class Form, class F>
auto call_on(const F& f, const TensorNest& nest) {
  if constexpr (std::is_same_v<Form, Tensors>) return call_with(f, nest.flatten());
  else return f(from_nest<Form>(nest));
}
template <class Form, class F>
StateFunction on_nests(F f) {
  return [f = std::move(f)](const TensorNest& state) { return to_nest(call_on<Form>(f, state)); };
}

}  // namespace detail

// What true_fn() gives where `pred` (a scalar) is true, else what false_fn() gives; both of the same structure, shapes and dtypes
// (ValueError). Both may also give nothing, and assign variables.
//   y = ops::cond(ops::greater(x, 0), [&] { return x * 2; }, [&] { return x; });
template <class T, class F>
auto cond(const Tensor& pred, T true_fn, F false_fn) {
  using Result = std::invoke_result_t<T>;
  const auto branch = [](auto f) -> Branch {
    return [f = std::move(f)] {
      if constexpr (std::is_void_v<Result>) return f(), TensorNest();
      else return detail::to_nest(f());
    };
  };
  const TensorNest result = nests::cond(pred, branch(std::move(true_fn)), branch(std::move(false_fn)));
  if constexpr (!std::is_void_v<Result>) return detail::from_nest<detail::FormOf<Result>>(result);
}

// `loop_vars` become body(loop_vars) as long as cond(loop_vars), a scalar, is true. Its gradient needs `maximum_iterations`
// (NotImplementedError): use `scan` or `fori_loop` where the number of iterations is known.
//   ops::while_loop([](Tensor i, Tensor v) { return ops::less(i, 5); },
//                   [](Tensor i, Tensor v) { return std::vector<Tensor>{i + 1, v * 1.5}; }, {0, x});
template <class State = detail::Tensors, class C, class B>
auto while_loop(C cond, B body, const State& loop_vars, const WhileLoopArgs& args = {}) {
  using Form = detail::FormOf<State>;
  return detail::from_nest<Form>(nests::while_loop(detail::on_nests<Form>(std::move(cond)),
                                                   detail::on_nests<Form>(std::move(body)), detail::to_nest(loop_vars), args));
}

// Steps along the first axis of `xs`, carrying a state: f(carry, x) gives the pair of the next carry and a y. Gives the pair of the
// last carry and the stacked ys. Without sequences (`xs` an empty Tensor) `length` says how many steps.
template <class Carry = detail::Tensors, class X = detail::Tensors, class F>
auto scan(F f, const Carry& init, const X& xs, const ScanArgs& args = {}) {
  using C = detail::FormOf<Carry>;
  using In = detail::FormOf<X>;
  using Y = detail::FormOf<typename std::invoke_result_t<F, const C&, const In&>::second_type>;
  const ScanFunction step = [f = std::move(f)](const TensorNest& carry, const TensorNest& x) {
    const auto [next, y] = f(detail::from_nest<C>(carry), detail::from_nest<In>(x));
    return std::pair(detail::to_nest(next), detail::to_nest(y));
  };
  const auto [last, ys] = nests::scan(step, detail::to_nest(init), detail::to_nest(xs), args);
  return std::pair(detail::from_nest<C>(last), detail::from_nest<Y>(ys));
}

// f of each slice along the first axis, stacked: of one after the other.
template <class X = detail::Tensors, class F>
auto map(F f, const X& xs) {
  using Form = detail::FormOf<X>;
  using Y = detail::FormOf<decltype(detail::call_on<Form>(f, TensorNest()))>;
  return detail::from_nest<Y>(nests::map(detail::on_nests<Form>(std::move(f)), detail::to_nest(xs)));
}
// The same; a list of tensors is given as one list.
template <class X = detail::Tensors, class F>
auto vectorized_map(F function, const X& elements) {
  using Form = detail::FormOf<X>;
  using Y = detail::FormOf<decltype(detail::call_on<Form>(function, TensorNest()))>;
  return detail::from_nest<Y>(nests::vectorized_map(detail::on_nests<Form>(std::move(function)), detail::to_nest(elements)));
}

// val = body_fun(i, val) for i of [lower, upper). It has a gradient where both bounds are numbers.
template <class State = detail::Tensors, class F>
auto fori_loop(const Tensor& lower, const Tensor& upper, F body_fun, const State& init_val) {
  using Form = detail::FormOf<State>;
  const auto body = [f = std::move(body_fun)](const Tensor& i, const TensorNest& val) {
    return detail::to_nest(f(i, detail::from_nest<Form>(val)));
  };
  return detail::from_nest<Form>(nests::fori_loop(lower, upper, body, detail::to_nest(init_val)));
}

// A function of tensors, for `switch_`.
class SwitchBranch {
 public:
  template <class F>
  requires(!std::is_same_v<std::decay_t<F>, SwitchBranch>) SwitchBranch(F f)
      : call(detail::on_nests<detail::Tensors>(std::move(f))) {}
  StateFunction call;
};
// branches[index](operands...); an index out of range is clamped. Keras's `switch`, which is a word of C++. The result is a nest:
// `.leaf()` where the branches give one tensor.
inline TensorNest switch_(const Tensor& index, const std::vector<SwitchBranch>& branches, const std::vector<Tensor>& operands) {
  std::vector<StateFunction> functions;
  for (const auto& branch : branches) functions.push_back(branch.call);
  return nests::switch_(index, functions, TensorNest(operands));
}

// All partial results of an associative f along an axis, in a number of steps that grows with the logarithm of its extent: f gets
// slices and combines them element by element.
template <class X = detail::Tensors, class F>
auto associative_scan(F f, const X& elems, const AssociativeScanArgs& args = {}) {
  using Form = detail::FormOf<X>;
  const auto both = [f = std::move(f)](const TensorNest& a, const TensorNest& b) {
    return detail::to_nest(f(detail::from_nest<Form>(a), detail::from_nest<Form>(b)));
  };
  return detail::from_nest<Form>(nests::associative_scan(both, detail::to_nest(elems), args));
}

}  // namespace cornu::keras::ops
