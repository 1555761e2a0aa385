#include "cornu/ops/matmul/matmul.h"

#include "cornu/ops/reference.h"
#include "cornu/ops/view/view.h"

namespace cornu::ops {
namespace {

using ir::HostOperand;
using ir::Spec;
using ir::Value;
using ir::VjpArgs;

Shape leading(const Shape& shape) { return Shape(std::vector<int64_t>(shape.begin(), shape.end() - 2)); }
Shape with_last(Shape shape, std::initializer_list<int64_t> last) {
  for (int64_t dim : last) shape.push_back(dim);
  return shape;
}

[[noreturn]] void misfit(const Shape& a, const Shape& b, std::string_view why) {
  throw error<ValueError>("`matmul` cannot multiply shapes {} and {}: {}.", to_string(a), to_string(b), why);
}

std::vector<Spec> infer(const MatmulAttributes& m, std::span<const Spec> in) {
  const Shape &a = in[0].shape, &b = in[1].shape;
  if (in[0].dtype != in[1].dtype)
    throw error<TypeError>("`matmul` needs operands of one dtype. Received: {} and {}", in[0].dtype.name(), in[1].dtype.name());
  CORNU_CHECK(a.rank() >= 2 && (b.rank() == a.rank() || (b.rank() == 2 && !m.transpose_a)), "matmul of ranks {} and {}", a.rank(),
              b.rank());
  int64_t inner;
  if (!merge_dims(a[m.transpose_a ? -2 : -1], b[m.transpose_b ? -1 : -2], inner)) misfit(a, b, "the inner dimensions differ");
  Shape result;
  for (int i = 0; i < a.rank() - 2; ++i) {
    int64_t dim = a[i];
    if (b.rank() > 2 && !merge_dims(a[i], b[i], dim)) misfit(a, b, "the leading dimensions differ");
    result.push_back(dim);
  }
  result.push_back(a[m.transpose_a ? -1 : -2]);
  result.push_back(b[m.transpose_b ? -2 : -1]);
  return {{in[0].dtype == int8 ? int32 : in[0].dtype, result}};
}

// [..., M, K] as [rows, K].
Value flattened(const Value& v) {
  int64_t rows = 1;
  for (int i = 0; i < v.shape().rank() - 1; ++i) rows = multiply_dims(rows, v.shape()[i]);
  return v.shape().rank() == 2 ? v : reshape(v, {rows, v.shape()[-1]});
}

Value product(const Value& a, const Value& b, bool transpose_a, bool transpose_b) {
  return ir::apply(matmul_op, MatmulAttributes{transpose_a, transpose_b}, {a, b});
}

// With C = A B: dA = dC B^T and dB = A^T dC; a transposed operand wants the transposed of these.
std::vector<Value> vjp(const MatmulAttributes& m, const VjpArgs& v) {
  const Value &a = v.operand(0), &b = v.operand(1), &grad = v.grad();
  if (a.shape().rank() > b.shape().rank()) {
    const Value rows = flattened(a), row_grads = flattened(grad);
    return {product(grad, b, false, !m.transpose_b),
            m.transpose_b ? product(row_grads, rows, true, false) : product(rows, row_grads, true, false)};
  }
  return {m.transpose_a ? product(b, grad, m.transpose_b, true) : product(grad, b, false, !m.transpose_b),
          m.transpose_b ? product(grad, a, true, m.transpose_a) : product(a, grad, !m.transpose_a, false)};
}

template <class Wide>
void multiply(const MatmulAttributes& m, std::span<const HostOperand> in, const HostOperand& out) {
  const Shape &sa = in[0].spec.shape, &sb = in[1].spec.shape, &sc = out.spec.shape;
  const int64_t rows = sc[-2], columns = sc[-1], inner = sa[m.transpose_a ? -2 : -1];
  const int64_t batch = leading(sc).elements();
  const auto a = widened<Wide>(in[0]), b = widened<Wide>(in[1]);
  std::vector<Wide> result(batch * rows * columns);
  using Sum = std::conditional_t<std::is_integral_v<Wide> && !std::is_same_v<Wide, bool>, uint64_t, Wide>;  // wraps
  for (int64_t n = 0; n < batch; ++n) {
    const Wide* pa = a.get() + n * rows * inner;
    const Wide* pb = b.get() + (sb.rank() > 2 ? n * inner * columns : 0);
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < columns; ++j) {
        Sum sum{};
        for (int64_t k = 0; k < inner; ++k) {
          const Wide x = pa[m.transpose_a ? k * rows + i : i * inner + k],
                     y = pb[m.transpose_b ? j * inner + k : k * columns + j];
          if constexpr (std::is_same_v<Wide, bool>) sum = sum || (x && y);
          else sum += Sum(x) * Sum(y);
        }
        result[(n * rows + i) * columns + j] = Wide(sum);
      }
  }
  if constexpr (std::is_same_v<Wide, bool>) {
    for (std::size_t i = 0; i < result.size(); ++i) out.as<bool>()[i] = result[i];
  } else {
    store<Wide>(result.data(), out);
  }
}

void reference(const MatmulAttributes& m, std::span<const HostOperand> in, std::span<const HostOperand> out) {
  dispatch_wide(in[0].spec.dtype, [&]<class Wide>(Wide) { multiply<Wide>(m, in, out[0]); });
}

Value with_leading(const Value& v, const Shape& lead) {
  if (leading(v.shape()) == lead) return v;
  return broadcast_to(v, with_last(lead, {v.shape()[-2], v.shape()[-1]}));
}

}  // namespace

const ir::OpDef matmul_op = ir::define_op(ir::OpSpec<MatmulAttributes>{
    .name = "matmul",
    .min_operands = 2,
    .max_operands = 2,
    .infer = infer,
    .vjp = vjp,
    .reference = reference,
    .lowerings = ir::joined<matmul_cpu_lowerings, matmul_cuda_lowerings, matmul_plain_cuda_lowerings>});

Value matmul(const Value& x, const Value& y, bool transpose_a, bool transpose_b) {
  const int rank_a = x.shape().rank(), rank_b = y.shape().rank();
  if (rank_a == 0 || rank_b == 0) misfit(x.shape(), y.shape(), "a scalar is no matrix; use `multiply`");
  Value a = rank_a == 1 ? reshape(x, {1, x.shape()[0]}) : x, b = rank_b == 1 ? reshape(y, {y.shape()[0], 1}) : y;
  transpose_a &= rank_a > 1;
  transpose_b &= rank_b > 1;
  Shape lead;
  if (!broadcast_shapes(leading(a.shape()), leading(b.shape()), lead))
    misfit(x.shape(), y.shape(), "the leading dimensions do not broadcast");
  if (b.shape().rank() > 2 || transpose_a) b = with_leading(b, lead);
  a = with_leading(a, lead);
  Value result = product(a, b, transpose_a, transpose_b);
  if (rank_a > 1 && rank_b > 1) return result;
  Shape shape = lead;
  if (rank_a > 1) shape.push_back(result.shape()[-2]);
  if (rank_b > 1) shape.push_back(result.shape()[-1]);
  return reshape(result, shape);
}

}  // namespace cornu::ops
