#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cornu/ir/lowering.h"

// oneDNN's primitives as kernels. What differs between oneDNN 2.6 and 3.x is inside onednn.cpp.
// Every function returns null where oneDNN has nothing faster than its own reference code: the lowering then refuses.

namespace cornu::backend::cpu::onednn {

// An array as a primitive sees it. Strides count elements.
struct Array {
  DType dtype;
  std::vector<int64_t> extents, strides;
};
Array dense(DType dtype, std::vector<int64_t> extents);

// Work on the result while it is hot. The operand of `add` and `mul` has the result's rank, an extent of 1 broadcasts; that of `sum`
// is an addend that lies where the result will.
enum class PostKind : uint8_t { add, mul, sum, relu, clip };
struct Post {
  PostKind kind;
  std::optional<Array> operand;
  float low = 0, high = 0;  // of clip
};

// float32, bfloat16, and int8 * int8 -> int32.
bool has_dtype(DType dtype);

// a [..., M, K] times b [..., K, N], all of rank 2 or all of rank 3. Operands: a, b, those of the posts, result.
struct Matmul {
  Array a, b, result;
  std::vector<Post> posts;
  int most_threads = 1 << 30;  // more do not pay
};
std::unique_ptr<ir::Kernel> matmul(const Matmul& what);

// A convolution of dense channels-last arrays of 1 to 3 spatial axes; its kernel is [spatial..., in / groups, out].
// The posts' operands are channels-last too.
struct Convolution {
  DType dtype;
  int64_t batch = 1, in_channels = 1, out_channels = 1, groups = 1;
  std::vector<int64_t> input, kernel, result;  // spatial extents
  std::vector<int64_t> strides, padding_low, padding_high, dilation;
  std::vector<Post> posts;  // of the forward pass
};
// Operands: input, kernel, those of the posts, result.
std::unique_ptr<ir::Kernel> convolution(const Convolution& what);
// The same in two: `reorder` gives the kernel the layout that oneDNN wants, of `bytes` bytes, and `convolution` reads that. Null where
// oneDNN wants it as it is.
struct PreparedConvolution {
  std::unique_ptr<ir::Kernel> convolution, reorder;
  int64_t bytes = 0;
  std::string layout;  // both, in words
};
PreparedConvolution prepared_convolution(const Convolution& what);
// Is `convolution` not null? Generates nothing.
bool has_convolution(const Convolution& what);
// Operands: the result's gradient, kernel; the input's gradient.
std::unique_ptr<ir::Kernel> convolution_input_gradient(const Convolution& what);
// Operands: input, the result's gradient; the kernel's gradient.
std::unique_ptr<ir::Kernel> convolution_kernel_gradient(const Convolution& what);

std::string version();  // "2.6.3"

}  // namespace cornu::backend::cpu::onednn
