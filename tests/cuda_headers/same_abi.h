#pragma once

#include <type_traits>

#include "cornu/backend/cuda/library/table.h"

// Whether two declarations mean the same to the machine: an enumeration is an integer of its size, and structs that both
// sides define are compared member by member where they are used.
namespace cornu::cuda {

template <class A, class B>
struct SameAbi : std::bool_constant<std::is_same_v<A, B>> {};

template <class A, class B>
requires((std::is_enum_v<A> || std::is_integral_v<A>)&&(std::is_enum_v<B> ||
                                                        std::is_integral_v<B>)&&!std::is_same_v<A, B>) struct SameAbi<A, B>
    : std::bool_constant<(std::is_enum_v<A> || std::is_enum_v<B>)&&sizeof(A) == sizeof(B)> {
};

template <class A, class B>
requires(std::is_class_v<A>&& std::is_class_v<B> && !std::is_same_v<A, B>) struct SameAbi<A, B>
    : std::bool_constant<sizeof(A) == sizeof(B) && alignof(A) == alignof(B)> {
};

// What we never look into is whatever structure they have.
template <int tag, class B>
struct SameAbi<Opaque<tag>, B> : std::is_class<B> {};

template <class A, class B>
requires(!std::is_same_v<A*, B*>) struct SameAbi<A*, B*>
    : std::bool_constant<std::is_const_v<A> == std::is_const_v<B> &&
                         SameAbi<std::remove_const_t<A>, std::remove_const_t<B>>::value> {
};

template <class A, class... As, class B, class... Bs>
requires(sizeof...(As) == sizeof...(Bs) && !std::is_same_v<A(As...), B(Bs...)>) struct SameAbi<A(As...), B(Bs...)>
    : std::bool_constant<SameAbi<A, B>::value && (SameAbi<As, Bs>::value && ...)> {
};

}  // namespace cornu::cuda
