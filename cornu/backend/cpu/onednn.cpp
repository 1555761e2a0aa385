#include "cornu/backend/cpu/onednn.h"

#include <algorithm>
#include <numeric>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>

#include "cornu/backend/cpu/onednn_plan.h"

namespace cornu::backend::cpu::onednn {
namespace {

using Dims = memory::dims;

memory::data_type data_type_of(DType dtype) {
  if (dtype == float32) return memory::data_type::f32;
  if (dtype == bfloat16) return memory::data_type::bf16;
  if (dtype == int8) return memory::data_type::s8;
  if (dtype == int32) return memory::data_type::s32;
  CORNU_CHECK(false, "oneDNN is not given {}.", dtype.name());
  return {};
}

memory::desc desc_of(const Array& array) { return {array.extents, data_type_of(array.dtype), array.strides}; }

// ---------------------------------------------------------------------------------------------------------------------
// Where the versions differ

// The primitive's description, or an empty one where oneDNN has no implementation.
template <class P, class... Args>
typename P::primitive_desc describe(const dnnl::primitive_attr& attr, const Args&... args) try {
#if DNNL_VERSION_MAJOR >= 3
  return {engine(), args..., attr, true};
#else
  return {typename P::desc(args...), attr, engine(), true};
#endif
} catch (const dnnl::error&) {
  return {};
}

// The same for a gradient, which wants the forward pass's description too.
template <class P, class Hint, class... Args>
typename P::primitive_desc describe_gradient(const dnnl::primitive_attr& attr, const Hint& hint, const Args&... args) try {
#if DNNL_VERSION_MAJOR >= 3
  return {engine(), args..., hint, attr, true};
#else
  return {typename P::desc(args...), attr, engine(), hint, true};
#endif
} catch (const dnnl::error&) {
  return {};
}

void append_eltwise(dnnl::post_ops& ops, dnnl::algorithm what, float alpha, float beta) {
#if DNNL_VERSION_MAJOR >= 3
  ops.append_eltwise(what, alpha, beta);
#else
  ops.append_eltwise(1, what, alpha, beta);
#endif
}

// A blocked layout in words: its extents and strides, and the blocks inside.
std::string text_of_layout(const memory::desc& desc) {
#if DNNL_VERSION_MAJOR >= 3
  return fmt::format(" {} {} {} {}", fmt::join(desc.get_dims(), ","), fmt::join(desc.get_strides(), ","),
                     fmt::join(desc.get_inner_blks(), ","), fmt::join(desc.get_inner_idxs(), ","));
#else
  const auto& blocking = desc.data.format_desc.blocking;
  const auto list = [](const dnnl_dim_t* from, int n) { return std::vector<dnnl_dim_t>(from, from + n); };
  return fmt::format(" {} {} {} {}", fmt::join(desc.dims(), ","), fmt::join(list(blocking.strides, desc.data.ndims), ","),
                     fmt::join(list(blocking.inner_blks, blocking.inner_nblks), ","),
                     fmt::join(list(blocking.inner_idxs, blocking.inner_nblks), ","));
#endif
}

// ---------------------------------------------------------------------------------------------------------------------
// Post-operations

bool is_vector_of_last_axis(const Array& array) {
  return std::all_of(array.extents.begin(), array.extents.end() - 1, [](int64_t n) { return n == 1; });
}

// A leading addition of a vector is the primitive's own bias.
bool starts_with_bias(const std::vector<Post>& posts) {
  return !posts.empty() && posts[0].kind == PostKind::add && is_vector_of_last_axis(*posts[0].operand);
}

// The attributes of a primitive with `posts`, and the arguments that these bring. `view` turns a post's array into the
// primitive's order of axes.
template <class View>
dnnl::primitive_attr attributes(const std::vector<Post>& posts, std::size_t first, int first_operand, const View& view,
                                std::vector<Argument>& arguments) {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  dnnl::post_ops ops;
  for (std::size_t i = first; i < posts.size(); ++i) {
    const Post& post = posts[i];
    if (post.kind == PostKind::relu) {
      append_eltwise(ops, dnnl::algorithm::eltwise_relu, 0, 0);
      continue;
    }
    if (post.kind == PostKind::clip) {
      // Neighbours are one: 2.6's code for a second clip has the first one's bounds.
      float low = post.low, high = post.high;
      for (; i + 1 < posts.size() && posts[i + 1].kind == PostKind::clip; ++i) {
        low = std::clamp(low, posts[i + 1].low, posts[i + 1].high);
        high = std::clamp(high, posts[i + 1].low, posts[i + 1].high);
      }
      append_eltwise(ops, dnnl::algorithm::eltwise_clip, low, high);
      continue;
    }
    if (post.kind == PostKind::sum) {
      ops.append_sum(1.0f);
      ++first_operand;
      continue;
    }
    const memory::desc desc = view(*post.operand);
    arguments.push_back({DNNL_ARG_ATTR_MULTIPLE_POST_OP(ops.len()) | DNNL_ARG_SRC_1, desc, first_operand++});
    ops.append_binary(post.kind == PostKind::add ? dnnl::algorithm::binary_add : dnnl::algorithm::binary_mul, desc);
  }
  attr.set_post_ops(ops);
  return attr;
}

std::string key_of(const Array& a) {
  return fmt::format(" {}[{}:{}]", a.dtype.name(), fmt::join(a.extents, ","), fmt::join(a.strides, ","));
}
std::string key_of(const std::vector<Post>& posts) {
  std::string out;
  for (const Post& post : posts)
    out +=
        fmt::format(" +{}", int(post.kind)) + (post.operand ? key_of(*post.operand) : fmt::format("{}:{}", post.low, post.high));
  return out;
}
int operands_of(const std::vector<Post>& posts) {
  return int(std::count_if(posts.begin(), posts.end(), [](const Post& p) { return p.operand.has_value(); }));
}

template <class PrimitiveDesc>
bool is_worthwhile(const PrimitiveDesc& pd) {
  return pd && std::string_view(pd.impl_info_str()).find("ref") != 0;
}

// ---------------------------------------------------------------------------------------------------------------------
// Matrix products

PlanPtr plan_matmul(const Matmul& what) {
  const bool bias = starts_with_bias(what.posts);
  std::vector<Argument> arguments{{DNNL_ARG_SRC, desc_of(what.a), 0}, {DNNL_ARG_WEIGHTS, desc_of(what.b), 1}};
  memory::desc bias_desc;
  if (bias) {
    bias_desc = desc_of(*what.posts[0].operand);
    arguments.push_back({DNNL_ARG_BIAS, bias_desc, 2});
  }
  arguments.push_back({DNNL_ARG_DST, desc_of(what.result), 2 + operands_of(what.posts)});
  const auto attr = attributes(what.posts, bias, 2 + bias, desc_of, arguments);
  const auto pd = describe<dnnl::matmul>(attr, desc_of(what.a), desc_of(what.b), bias_desc, desc_of(what.result));
  if (!is_worthwhile(pd)) return nullptr;
  auto plan = std::make_shared<Plan>();
  plan->implementation = pd.impl_info_str();
  plan->add(pd, dnnl::matmul(pd), std::move(arguments));
  return plan;
}

// ---------------------------------------------------------------------------------------------------------------------
// Convolutions. oneDNN's order of axes is batch, channels, spatial whatever the memory's; strides say channels last.

struct ConvolutionDescs {
  memory::desc input, kernel, result;
  memory::desc any_kernel;  // the primitive's choice
  Dims strides, low, high, dilation;
};

memory::desc channels_last(DType dtype, int64_t batch, int64_t channels, const std::vector<int64_t>& spatial) {
  Dims dims{batch, channels}, strides(spatial.size() + 2);
  dims.insert(dims.end(), spatial.begin(), spatial.end());
  int64_t step = channels;
  for (int i = int(spatial.size()) - 1; i >= 0; --i) {
    strides[i + 2] = step;
    step *= spatial[i];
  }
  strides[0] = step;
  strides[1] = 1;
  return {dims, data_type_of(dtype), strides};
}

ConvolutionDescs descs_of(const Convolution& c) {
  ConvolutionDescs out;
  out.input = channels_last(c.dtype, c.batch, c.in_channels, c.input);
  out.result = channels_last(c.dtype, c.batch, c.out_channels, c.result);
  const int64_t in = c.in_channels / c.groups, out_channels = c.out_channels / c.groups;
  Dims dims{out_channels, in}, strides{1, c.out_channels};
  std::vector<int64_t> spatial_strides(c.kernel.size());
  int64_t step = in * c.out_channels;
  for (int i = int(c.kernel.size()) - 1; i >= 0; --i) {
    spatial_strides[i] = step;
    step *= c.kernel[i];
  }
  dims.insert(dims.end(), c.kernel.begin(), c.kernel.end());
  strides.insert(strides.end(), spatial_strides.begin(), spatial_strides.end());
  if (c.groups > 1) {
    dims.insert(dims.begin(), c.groups);
    strides.insert(strides.begin(), out_channels);
  }
  out.kernel = {dims, data_type_of(c.dtype), strides};
  out.any_kernel = {dims, data_type_of(c.dtype), memory::format_tag::any};
  out.strides = c.strides;
  out.low = c.padding_low;
  out.high = c.padding_high;
  for (int64_t d : c.dilation) out.dilation.push_back(d - 1);
  return out;
}

// A post's channels-last array in oneDNN's order.
memory::desc channels_second(const Array& array) {
  const std::size_t rank = array.extents.size();
  Dims dims{array.extents[0], array.extents[rank - 1]}, strides{array.strides[0], array.strides[rank - 1]};
  dims.insert(dims.end(), array.extents.begin() + 1, array.extents.end() - 1);
  strides.insert(strides.end(), array.strides.begin() + 1, array.strides.end() - 1);
  return {dims, data_type_of(array.dtype), strides};
}

dnnl::convolution_forward::primitive_desc describe_forward(const ConvolutionDescs& d, const memory::desc& kernel,
                                                           const memory::desc& bias, const dnnl::primitive_attr& attr) {
  return describe<dnnl::convolution_forward>(attr, dnnl::prop_kind::forward_training, dnnl::algorithm::convolution_direct,
                                             d.input, kernel, bias, d.result, d.strides, d.dilation, d.low, d.high);
}

// The best of oneDNN's own layout of the kernel and the plain one.
template <class Describe>
auto choose(const ConvolutionDescs& d, const Describe& describe) {
  auto pd = describe(d.any_kernel);
  return is_worthwhile(pd) ? pd : describe(d.kernel);
}

// The kernel operand as the primitive wants it: itself, or reordered in scratch by a step before.
Argument kernel_argument(Plan& plan, const memory::desc& plain, const memory::desc& wanted, int operand) {
  if (wanted == plain) return {DNNL_ARG_WEIGHTS, plain, operand};
  const Argument reordered{DNNL_ARG_WEIGHTS, wanted, kScratch, plan.reserve(wanted)};
  plan.add_reorder({0, plain, operand}, reordered);
  return reordered;
}

// oneDNN 2.6's convolution by matrix products reads a post's whole array at wrong places, with three spatial axes its vector too.
bool misreads_posts(const dnnl::convolution_forward::primitive_desc& pd, const std::vector<Post>& posts, int spatial_axes) {
  const bool is_gemm = std::string_view(pd.impl_info_str()).find("gemm") != std::string_view::npos;
  return is_gemm && std::any_of(posts.begin() + starts_with_bias(posts), posts.end(), [&](const Post& p) {
           return p.operand && (spatial_axes > 2 || !is_vector_of_last_axis(*p.operand));
         });
}

// oneDNN 2.6's depthwise convolution for SSE4.1 adds to an unaligned result with an instruction that wants it aligned.
bool faults_on_sum(const dnnl::convolution_forward::primitive_desc& pd, const Convolution& what) {
  const bool has_sum = std::any_of(what.posts.begin(), what.posts.end(), [](const Post& p) { return p.kind == PostKind::sum; });
  return has_sum && what.out_channels % 4 != 0 && std::string_view(pd.impl_info_str()).find("sse41") != std::string_view::npos;
}

// A forward convolution before anything is generated for it. `pd` is empty where only oneDNN's reference would run, or a wrong kernel.
struct Forward {
  ConvolutionDescs descs;
  std::vector<Argument> arguments;  // all but the kernel
  dnnl::convolution_forward::primitive_desc pd;
};
// The kernel lies in memory as `stored` says; without it as oneDNN likes it best.
Forward describe_forward(const Convolution& what, const std::optional<memory::desc>& stored = {}) {
  Forward out{descs_of(what), {}, {}};
  const ConvolutionDescs& d = out.descs;
  const bool bias = starts_with_bias(what.posts);
  out.arguments.push_back({DNNL_ARG_SRC, d.input, 0});
  memory::desc bias_desc;
  if (bias) {
    bias_desc = memory::desc({what.out_channels}, data_type_of(what.posts[0].operand->dtype), Dims{1});
    out.arguments.push_back({DNNL_ARG_BIAS, bias_desc, 2});
  }
  out.arguments.push_back({DNNL_ARG_DST, d.result, 2 + operands_of(what.posts)});
  const auto attr = attributes(what.posts, bias, 2 + bias, channels_second, out.arguments);
  const auto describe = [&](const memory::desc& kernel) { return describe_forward(d, kernel, bias_desc, attr); };
  if (stored) out.pd = describe(*stored);
  if (!is_worthwhile(out.pd)) out.pd = choose(d, describe);
  if (!is_worthwhile(out.pd) || misreads_posts(out.pd, what.posts, int(what.kernel.size())) || faults_on_sum(out.pd, what))
    out.pd = {};
  return out;
}

// The kernel operand lies in memory as `stored` says; plain without it.
PlanPtr plan_forward(const Convolution& what, const std::optional<memory::desc>& stored = {}) {
  auto [descs, arguments, pd] = describe_forward(what, stored);
  if (!pd) return nullptr;
  auto plan = std::make_shared<Plan>();
  plan->implementation = pd.impl_info_str();
  arguments.push_back(kernel_argument(*plan, stored.value_or(descs.kernel), pd.weights_desc(), 1));
  plan->add(pd, dnnl::convolution_forward(pd), std::move(arguments));
  return plan;
}

PlanPtr plan_reorder(const memory::desc& from, const memory::desc& to) {
  auto plan = std::make_shared<Plan>();
  plan->implementation = "for a convolution";
  plan->add_reorder({0, from, 0}, {0, to, 1});
  return plan;
}

dnnl::primitive_attr plain_attributes() {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attr;
}

PlanPtr plan_input_gradient(const Convolution& what) {
  const ConvolutionDescs d = descs_of(what);
  const auto attr = plain_attributes();
  const auto hint = choose(d, [&](const memory::desc& kernel) { return describe_forward(d, kernel, {}, attr); });
  if (!hint) return nullptr;
  const auto pd = choose(d, [&](const memory::desc& kernel) {
    return describe_gradient<dnnl::convolution_backward_data>(attr, hint, dnnl::algorithm::convolution_direct, d.input, kernel,
                                                              d.result, d.strides, d.dilation, d.low, d.high);
  });
  if (!is_worthwhile(pd)) return nullptr;
  auto plan = std::make_shared<Plan>();
  plan->implementation = pd.impl_info_str();
  auto kernel = kernel_argument(*plan, d.kernel, pd.weights_desc(), 1);
  plan->add(pd, dnnl::convolution_backward_data(pd),
            {{DNNL_ARG_DIFF_DST, d.result, 0}, std::move(kernel), {DNNL_ARG_DIFF_SRC, d.input, 2}});
  return plan;
}

PlanPtr plan_kernel_gradient(const Convolution& what) {
  const ConvolutionDescs d = descs_of(what);
  const auto attr = plain_attributes();
  const auto hint = choose(d, [&](const memory::desc& kernel) { return describe_forward(d, kernel, {}, attr); });
  if (!hint) return nullptr;
  const auto pd = choose(d, [&](const memory::desc& kernel) {
    return describe_gradient<dnnl::convolution_backward_weights>(attr, hint, dnnl::algorithm::convolution_direct, d.input, kernel,
                                                                 memory::desc(), d.result, d.strides, d.dilation, d.low, d.high);
  });
  if (!is_worthwhile(pd)) return nullptr;
  auto plan = std::make_shared<Plan>();
  plan->implementation = pd.impl_info_str();
  const memory::desc made = pd.diff_weights_desc();
  Argument kernel{DNNL_ARG_DIFF_WEIGHTS, made, 2};
  if (made != d.kernel) {
    kernel.operand = kScratch;
    kernel.offset = plan->reserve(made);
  }
  plan->add(pd, dnnl::convolution_backward_weights(pd), {{DNNL_ARG_SRC, d.input, 0}, {DNNL_ARG_DIFF_DST, d.result, 1}, kernel});
  if (made != d.kernel) plan->add_reorder(kernel, {0, d.kernel, 2});
  return plan;
}

std::string key_of(const Convolution& c) {
  return fmt::format(" {} {} {} {} {} [{}] [{}] [{}] s[{}] p[{}] [{}] d[{}]", c.dtype.name(), c.batch, c.in_channels,
                     c.out_channels, c.groups, fmt::join(c.input, ","), fmt::join(c.kernel, ","), fmt::join(c.result, ","),
                     fmt::join(c.strides, ","), fmt::join(c.padding_low, ","), fmt::join(c.padding_high, ","),
                     fmt::join(c.dilation, ",")) +
         key_of(c.posts);
}

// The place of an addition of a whole array among the posts, or their number.
std::size_t whole_addition(const Convolution& what) {
  const auto is_whole = [&](const Post& p) {
    return p.kind == PostKind::add && p.operand->dtype == what.dtype && p.operand->extents[0] == what.batch &&
           p.operand->extents.back() == what.out_channels &&
           std::equal(what.result.begin(), what.result.end(), p.operand->extents.begin() + 1);
  };
  return std::size_t(std::find_if(what.posts.begin(), what.posts.end(), is_whole) - what.posts.begin());
}
// With that array in the result's memory: oneDNN has faster code for it, and one array less goes through the cache.
Convolution with_sum(Convolution what) {
  if (const auto at = whole_addition(what); at < what.posts.size()) what.posts[at].kind = PostKind::sum;
  return what;
}

// The kernel operand lies in memory as `stored` says, which is `layout` in words; plain without it.
std::unique_ptr<ir::Kernel> forward_kernel(const Convolution& what, const std::optional<memory::desc>& stored,
                                           const std::string& layout) {
  const auto kernel = [&](const Convolution& c, std::optional<InPlace> in_place) {
    return planned(
        "conv", layout + key_of(c), [c, stored] { return plan_forward(c, stored); }, 1 << 30, in_place);
  };
  const auto at = whole_addition(what);
  const Convolution summed = with_sum(what);
  if (at == what.posts.size() || !describe_forward(summed, stored).pd) return kernel(what, {});
  const int before = operands_of({what.posts.begin(), what.posts.begin() + std::ptrdiff_t(at)});
  const auto& extents = what.posts[at].operand->extents;
  const int64_t elements = std::accumulate(extents.begin(), extents.end(), int64_t{1}, std::multiplies<>());
  return kernel(summed, InPlace{2 + before, 2 + operands_of(what.posts), std::size_t(elements) * what.dtype.size()});
}

}  // namespace

Array dense(DType dtype, std::vector<int64_t> extents) {
  std::vector<int64_t> strides(extents.size());
  int64_t step = 1;
  for (int i = int(extents.size()) - 1; i >= 0; --i) {
    strides[i] = step;
    step *= extents[i];
  }
  return {dtype, std::move(extents), std::move(strides)};
}

bool has_dtype(DType dtype) { return dtype == float32 || dtype == bfloat16 || dtype == int8 || dtype == int32; }

std::unique_ptr<ir::Kernel> matmul(const Matmul& what) {
  return planned(
      "matmul", key_of(what.a) + key_of(what.b) + key_of(what.result) + key_of(what.posts), [what] { return plan_matmul(what); },
      what.most_threads);
}
std::unique_ptr<ir::Kernel> convolution(const Convolution& what) { return forward_kernel(what, {}, {}); }
bool has_convolution(const Convolution& what) { return describe_forward(with_sum(what)).pd || describe_forward(what).pd; }
PreparedConvolution prepared_convolution(const Convolution& what) {
  Forward forward = describe_forward(with_sum(what));
  if (!forward.pd) forward = describe_forward(what);
  if (!forward.pd) return {};
  const memory::desc plain = forward.descs.kernel, wanted = forward.pd.weights_desc();
  if (wanted == plain) return {convolution(what), nullptr, 0, {}};
  const std::string layout = fmt::format(" {}", what.dtype.name()) + text_of_layout(plain) + text_of_layout(wanted);
  return {forward_kernel(what, wanted, layout),
          planned("reorder", layout, [plain, wanted] { return plan_reorder(plain, wanted); }), int64_t(wanted.get_size()),
          layout};
}
std::unique_ptr<ir::Kernel> convolution_input_gradient(const Convolution& what) {
  return planned("conv_input_gradient", key_of(what), [what] { return plan_input_gradient(what); });
}
std::unique_ptr<ir::Kernel> convolution_kernel_gradient(const Convolution& what) {
  return planned("conv_kernel_gradient", key_of(what), [what] { return plan_kernel_gradient(what); });
}

std::string version() {
  const auto* v = dnnl_version();
  return fmt::format("{}.{}.{}", v->major, v->minor, v->patch);
}

}  // namespace cornu::backend::cpu::onednn
