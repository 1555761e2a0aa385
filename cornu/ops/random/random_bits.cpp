#include "cornu/ir/view.h"
#include "cornu/math/philox.h"
#include "cornu/ops/pointwise_row.h"
#include "cornu/ops/random/random.h"
#include "cornu/ops/view/view.h"

namespace cornu::ops {
namespace {

using Attributes = RandomBitsAttributes;

std::vector<ir::Spec> infer(const Attributes&, std::span<const ir::Spec> in) {
  CORNU_CHECK(in[0].dtype == uint32 && in[1].dtype == uint32);
  return {{uint32, common_shape("random_bits", in)}};
}

std::vector<int64_t> index(const Attributes& a, const ir::Spec& result) {
  auto strides = ir::dense_strides(result.shape);
  for (int64_t& stride : strides) stride *= a.words;
  return strides;
}

ir::Register emit(ir::KernelBuilder& b, const Attributes& a, std::span<const ir::Register> in) {
  const ir::Register at = a.word == 0 ? in[0] : b.add(in[0], b.like(in[0], double(a.word)));
  return b.op(ir::Prim::philox, at, in[1], in[2]);
}

void reference(const Attributes& a, std::span<const ir::HostOperand> in, std::span<const ir::HostOperand> out) {
  for (int64_t i = 0; i < out[0].elements(); ++i)
    out[0].as<uint32_t>()[i] =
        math::philox_word(uint64_t(i * a.words + a.word), in[0].as<uint32_t>()[i], in[1].as<uint32_t>()[i]);
}

}  // namespace

const OpDef random_bits_op = ir::define_op(ir::OpSpec<Attributes>{.name = "random_bits",
                                                                  .min_operands = 2,
                                                                  .max_operands = 2,
                                                                  .infer = infer,
                                                                  .emit = emit,
                                                                  .index = index,
                                                                  .reference = reference,
                                                                  .is_random = true});

Value random_bits(const Value& key, const Shape& shape, int64_t words, int64_t word) {
  CORNU_CHECK(key.dtype() == uint32 && key.shape() == Shape{2}, "A key of {}.", to_string(key.spec()));
  auto half = [&](int64_t i) { return broadcast_to(reshape(slice(key, {i}, {i + 1}), {}), shape); };
  return ir::apply(random_bits_op, Attributes{words, word}, {half(0), half(1)});
}

}  // namespace cornu::ops
