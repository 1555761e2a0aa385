#include <algorithm>

#include "cornu/backend/cpu/convert.h"
#include "cornu/backend/cpu/epilogue.h"
#include "cornu/ops/matmul/matmul.h"
#include "cornu/ops/matmul/matmul_vector.h"
#include "cornu/ops/reference_row.h"

namespace cornu::ops {
namespace {

namespace onednn = backend::cpu::onednn;
using backend::cpu::Epilogue;
using backend::cpu::read_epilogue;
using ir::Answer;
using ir::KernelCall;
using ir::Lowered;
using ir::LoweringContext;
using ir::Offer;

struct Product {
  int64_t batch = 1, m, n, k;
  bool transpose_a, transpose_b;
  DType dtype;
};

// Leading axes are one; those of a alone are rows.
Product product_of(const ir::Node& node) {
  const auto& attributes = node.attributes<MatmulAttributes>();
  const Shape &a = node.operand(0).shape(), &b = node.operand(1).shape(), &c = node.specs()[0].shape;
  Product p{.m = c[-2],
            .n = c[-1],
            .k = a[attributes.transpose_a ? -2 : -1],
            .transpose_a = attributes.transpose_a,
            .transpose_b = attributes.transpose_b,
            .dtype = node.operand(0).dtype()};
  for (int i = 0; i < c.rank() - 2; ++i) (b.rank() > 2 ? p.batch : p.m) *= c[i];
  return p;
}

onednn::Array matrices(int64_t batch, int64_t rows, int64_t columns, bool transposed, DType dtype) {
  onednn::Array out{dtype, {rows, columns}, {columns, 1}};
  if (transposed) out.strides = {1, rows};
  if (batch > 1) {
    out.extents.insert(out.extents.begin(), batch);
    out.strides.insert(out.strides.begin(), rows * columns);
  }
  return out;
}

// A bias of any rank as one row of the product.
onednn::Post merged(const onednn::Post& post, const Product& p) {
  if (!post.operand) return post;
  onednn::Array row = matrices(1, 1, p.n, false, post.operand->dtype);
  if (p.batch > 1) {
    row.extents.insert(row.extents.begin(), 1);
    row.strides.insert(row.strides.begin(), p.n);
  }
  return {post.kind, std::move(row)};
}

std::unique_ptr<ir::Kernel> onednn_kernel(const ir::Node& node, const Epilogue& epilogue) {
  const Product p = product_of(node);
  onednn::Matmul what{matrices(p.batch, p.m, p.k, p.transpose_a, p.dtype),
                      matrices(p.batch, p.k, p.n, p.transpose_b, p.dtype),
                      matrices(p.batch, p.m, p.n, false, node.specs()[0].dtype),
                      {}};
  constexpr int64_t kWorthThreads = 1 << 16;  // about a microsecond
  if (p.batch * p.m * p.n * p.k <= kWorthThreads) what.most_threads = 1;
  for (const auto& post : epilogue.posts) what.posts.push_back(merged(post, p));
  return onednn::matmul(what);
}

Lowered lowered(const Offer& offer, const Epilogue& epilogue, std::unique_ptr<ir::Kernel> kernel) {
  Lowered out{std::move(kernel), {offer.anchor.operands().begin(), offer.anchor.operands().end()}, {}};
  out.inputs.insert(out.inputs.end(), epilogue.inputs.begin(), epilogue.inputs.end());
  out.outputs = {offer.result(int(epilogue.posts.size()))};
  return out;
}

// A bias, relu, or both in that order. The same for every lowering: which of them runs depends on extents, what is left for kernel
// programs may not.
int posts_taken(const Offer& offer) {
  const auto posts = read_epilogue(offer).posts;
  int n = 0;
  if (!posts.empty() && posts[0].kind == onednn::PostKind::add) {
    const auto& extents = posts[0].operand->extents;
    if (!std::all_of(extents.begin(), extents.end() - 1, [](int64_t e) { return e == 1; })) return 0;
    n = 1;
  }
  return n + (int(posts.size()) > n && posts[n].kind == onednn::PostKind::relu);
}

bool is_empty(const ir::Node& node) {
  const Product p = product_of(node);
  return p.batch * p.m * p.n * p.k == 0;
}

Answer onednn_supports(const Offer& offer, const Target& target) {
  const DType dtype = offer.anchor.operand(0).dtype();
  if (is_empty(offer.anchor)) return Answer::refuse("an extent is 0");
  if (dtype == bfloat16 && !target.cpu.has_bf16 && !target.cpu.has_amx) return Answer::refuse("the CPU multiplies no bfloat16");
  if (dtype == int32 || !onednn::has_dtype(dtype)) return Answer::refuse(fmt::format("oneDNN has no {} product", dtype.name()));
  const int takes = posts_taken(offer);
  if (!onednn_kernel(offer.anchor, read_epilogue(offer, takes))) return Answer::refuse("oneDNN has only its reference code");
  return {takes, {}};
}

Lowered onednn_lower(const Offer& offer, int takes, const LoweringContext&) {
  const Epilogue epilogue = read_epilogue(offer, takes);
  return lowered(offer, epilogue, onednn_kernel(offer.anchor, epilogue));
}

// Our own loops: products that are small or of one row, and float64.

template <class T>
Lowered vector_lowered(const Offer& offer, int takes, const LoweringContext& context, bool packs) {
  const Product p = product_of(offer.anchor);
  const Epilogue epilogue = read_epilogue(offer, takes);
  const bool has_bias = !epilogue.inputs.empty(), relu = takes > int(has_bias);
  using Function = void (*)(const Gemm<T>&, T*, int);
  const Function multiply = CORNU_PICK_ISA(context.target.cpu.isa, Function, gemm);
  auto run = [=](const KernelCall& call) {
    Gemm<T> g{.m = p.m,
              .n = p.n,
              .k = p.k,
              .a = call.operand<T>(0),
              .a_row = p.transpose_a ? 1 : p.k,
              .a_column = p.transpose_a ? p.m : 1,
              .b = call.operand<T>(1),
              .b_row = p.transpose_b ? 1 : p.n,
              .b_column = p.transpose_b ? p.k : 1,
              .c = call.operand<T>(2 + has_bias),
              .bias = has_bias ? call.operand<T>(2) : nullptr,
              .relu = relu};
    for (int64_t i = 0; i < p.batch; ++i) {
      multiply(g, packs ? reinterpret_cast<T*>(call.scratch) : nullptr, packs ? call.threads : 1);
      g.a += p.m * p.k;
      g.b += p.k * p.n;
      g.c += p.m * p.n;
    }
  };
  const std::size_t scratch = packs ? gemm_scratch(p.n) * sizeof(T) : 0;
  return lowered(offer, epilogue,
                 ir::function_kernel(fmt::format("vector matmul [{}]", to_string(context.target.cpu.isa)), run, scratch));
}

// Where oneDNN's call (0.3 us) is much of the work, and one row, which it reads b twice as slowly for.
Answer small_supports(const Offer& offer, const Target& target) {
  const Product p = product_of(offer.anchor);
  if (p.dtype != float32) return Answer::refuse("not float32");
  if (p.transpose_b) return Answer::refuse("b is not stored by rows");
  if (target.cpu.isa == Isa::baseline) return Answer::refuse("needs AVX2");
  if (p.m * p.n * p.k > (p.m == 1 ? 1 << 17 : 1 << 12) || p.batch > 1) return Answer::refuse("large enough for oneDNN");
  return {posts_taken(offer), {}};
}
Lowered small_lower(const Offer& offer, int takes, const LoweringContext& context) {
  return vector_lowered<float>(offer, takes, context, false);
}

Answer vector_supports(const Offer& offer, const Target&) {
  const DType dtype = offer.anchor.operand(0).dtype();
  if (dtype != float32 && dtype != float64) return Answer::refuse("neither float32 nor float64");
  return {posts_taken(offer), {}};
}
Lowered vector_lower(const Offer& offer, int takes, const LoweringContext& context) {
  if (product_of(offer.anchor).dtype == float64) return vector_lowered<double>(offer, takes, context, true);
  return vector_lowered<float>(offer, takes, context, true);
}

Answer converted_supports(const Offer& offer, const Target&) {
  const DType dtype = offer.anchor.operand(0).dtype();
  if (dtype != float16 && dtype != bfloat16) return Answer::refuse("not a 16-bit float");
  if (is_empty(offer.anchor)) return Answer::refuse("an extent is 0");
  return {};
}
Lowered converted_lower(const Offer& offer, int, const LoweringContext& context) {
  const ir::Value wide = backend::cpu::as_float32(offer.anchor);
  const Offer inner{wide.node(), {}};
  auto kernel = onednn_kernel(wide.node(), {});
  if (!kernel) kernel = vector_lower(inner, 0, context).kernel;
  return lowered(
      offer, {},
      backend::cpu::through_float32(
          std::move(kernel), {offer.anchor.operand(0).spec(), offer.anchor.operand(1).spec(), offer.anchor.specs()[0]}, 2));
}

}  // namespace

std::span<const ir::Lowering> matmul_cpu_lowerings() {
  static const ir::Lowering table[] = {
      {"small", TargetKind::cpu, small_supports, small_lower},
      {"onednn", TargetKind::cpu, onednn_supports, onednn_lower},
      {"vector", TargetKind::cpu, vector_supports, vector_lower},
      {"float32", TargetKind::cpu, converted_supports, converted_lower},
      reference_row(TargetKind::cpu),  // integers; 16-bit floats with an extent of 0
  };
  return table;
}

}  // namespace cornu::ops
