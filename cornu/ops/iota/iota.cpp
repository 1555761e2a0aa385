#include "cornu/ops/iota/iota.h"

#include "cornu/ops/reference.h"

namespace cornu::ops {
namespace {

std::vector<ir::Spec> infer(const IotaAttributes& a, std::span<const ir::Spec>) { return {{a.dtype, a.shape}}; }

std::vector<int64_t> index(const IotaAttributes& a, const ir::Spec& result) {
  std::vector<int64_t> strides(result.shape.rank(), 0);
  strides[a.axis] = 1;
  return strides;
}

ir::Register emit(ir::KernelBuilder& b, const IotaAttributes& a, std::span<const ir::Register> in) {
  return b.convert(in[0], a.dtype);
}

void reference(const IotaAttributes& a, std::span<const ir::HostOperand>, std::span<const ir::HostOperand> out) {
  dispatch(a.dtype, [&]<class T>(T) {
    T* to = out[0].as<T>();
    for_each_index(out[0].spec.shape, [&](const std::vector<int64_t>& at) { *to++ = static_cast<T>(at[a.axis]); });
  });
}

}  // namespace

const OpDef iota_op = ir::define_op(ir::OpSpec<IotaAttributes>{
    .name = "iota", .min_operands = 0, .max_operands = 0, .infer = infer, .emit = emit, .index = index, .reference = reference});

Value iota(DType dtype, const Shape& shape, int axis) {
  return ir::apply(iota_op, IotaAttributes{dtype, shape, normalize_axis(axis, shape.rank(), "iota")}, {});
}

}  // namespace cornu::ops
