#pragma once

#include <optional>
#include <utility>

#include "cornu/keras/ops/int_or_list.h"
#include "cornu/tensor.h"

// keras.ops: mathematics that numpy does not have.

namespace cornu::keras::ops {

// The k largest elements of the last axis and where they stand (int32), the largest first; NaN is the largest of all, of equal
// ones the first comes first. ValueError where the axis has fewer than k.
CORNU_API std::pair<Tensor, Tensor> top_k(const Tensor& x, int64_t k, bool sorted = true);
// bool: whether the prediction for a row's target is among the k largest of the row; ties count.
CORNU_API Tensor in_top_k(const Tensor& targets, const Tensor& predictions, int64_t k);

// Rows of `data` combined by their segment (1-D integers); rows of ids outside of [0, num_segments) are dropped. A segment
// without rows is 0, 1 (prod), or the lowest or largest number. `num_segments` is needed; `sorted` is a hint and changes nothing.
CORNU_API Tensor segment_sum(const Tensor& data, const Tensor& segment_ids, std::optional<int64_t> num_segments = {},
                             bool sorted = false);
CORNU_API Tensor segment_max(const Tensor& data, const Tensor& segment_ids, std::optional<int64_t> num_segments = {},
                             bool sorted = false);
CORNU_API Tensor segment_min(const Tensor& data, const Tensor& segment_ids, std::optional<int64_t> num_segments = {},
                             bool sorted = false);
CORNU_API Tensor segment_prod(const Tensor& data, const Tensor& segment_ids, std::optional<int64_t> num_segments = {},
                              bool sorted = false);

// In float (see numpy.h), element by element.
CORNU_API Tensor erf(const Tensor& x);
CORNU_API Tensor erfc(const Tensor& x);    // 1 - erf(x), with its digits where that is small
CORNU_API Tensor erfinv(const Tensor& x);  // of [-1, 1]
CORNU_API Tensor rsqrt(const Tensor& x);   // 1 / sqrt(x)
// The regularized lower incomplete gamma function P(x1, x2) = 1/Gamma(x1) integral from 0 to x2 of t^(x1-1) e^-t dt, of x1 > 0 and
// x2 >= 0 (else NaN), computed in float64.
CORNU_API Tensor gammainc(const Tensor& x1, const Tensor& x2);
// log(sum(exp(x))), without overflow.
CORNU_API Tensor logsumexp(const Tensor& x, const IntOrList& axis = {}, bool keepdims = false);

}  // namespace cornu::keras::ops
