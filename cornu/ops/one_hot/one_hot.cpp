#include "cornu/ops/one_hot/one_hot.h"

#include "cornu/ir/lowering.h"
#include "cornu/ops/gather/index.h"
#include "cornu/ops/iota/iota.h"
#include "cornu/ops/view/view.h"

namespace cornu::ops {
namespace {

std::vector<ir::Spec> infer(const CheckIndexAttributes& a, std::span<const ir::Spec> in) {
  CORNU_CHECK(a.limit > 0 && (in[0].dtype == int32 || in[0].dtype == int64), "`check_index` got {}.", to_string(in[0]));
  return {in[0]};
}

// The reference has no status word: it clamps only.
void reference(const CheckIndexAttributes& a, std::span<const ir::HostOperand> in, std::span<const ir::HostOperand> out) {
  dispatch_index(in[0].spec.dtype, [&]<class Index>(Index) {
    for (int64_t i = 0; i < in[0].elements(); ++i) {
      const int64_t index = in[0].as<Index>()[i];
      out[0].as<Index>()[i] = static_cast<Index>(a.ignore == index ? index : std::clamp<int64_t>(index, 0, a.limit - 1));
    }
  });
}

}  // namespace

const OpDef check_index_op =
    ir::define_op(ir::OpSpec<CheckIndexAttributes>{.name = "check_index",
                                                   .infer = infer,
                                                   .reference = reference,
                                                   .lowerings = ir::joined<check_index_cpu_lowerings, check_index_cuda_lowerings>,
                                                   .checks_operands = true});

Value one_hot(const Value& indices, int64_t num_classes, int axis, DType dtype) {
  const int rank = indices.shape().rank() + 1, at = normalize_axis(axis, rank, "one_hot");
  // A narrow type could not hold the classes.
  const Value wide = indices.dtype().size() < 4 && !indices.dtype().is_floating() ? cast(indices, int32) : indices;
  Shape along(std::vector<int64_t>(rank, 1));
  along[at] = num_classes;
  return cast(equal(expand_dims(wide, at), iota(wide.dtype(), along, at)), dtype);
}

Value check_index(const Value& indices, int64_t limit, std::string by, std::optional<int64_t> ignore) {
  if (limit <= 0)
    throw error<ValueError>("`{}` has no valid index: the number of classes must be positive. Received: {}", by, limit);
  const Value integers = as_indices(indices, by);
  return ir::apply(check_index_op, CheckIndexAttributes{limit, std::move(by), ignore}, {integers});
}

}  // namespace cornu::ops
