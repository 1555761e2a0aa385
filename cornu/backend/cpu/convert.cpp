#include "cornu/backend/cpu/convert.h"

#include <algorithm>

#include "cornu/backend/cpu/convert_vector.h"
#include "cornu/ir/leaf.h"

namespace cornu::backend::cpu {
namespace {

constexpr int64_t kPiece = 1 << 15;  // elements that one thread converts at a time

bool is_narrow(DType dtype) { return dtype == float16 || dtype == bfloat16; }

template <class From, class To>
void in_pieces(void (*convert)(const From*, To*, int64_t), const void* from, void* to, int64_t n, int threads) {
  const int64_t pieces = (n + kPiece - 1) / kPiece;
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1 && pieces > 1)
  for (int64_t i = 0; i < pieces; ++i)
    convert(static_cast<const From*>(from) + i * kPiece, static_cast<To*>(to) + i * kPiece, std::min(kPiece, n - i * kPiece));
}

template <class Narrow>
void convert(bool wider, const void* from, void* to, int64_t n, int threads) {
  using Widen = void (*)(const Narrow*, float*, int64_t);
  using Shorten = void (*)(const float*, Narrow*, int64_t);
  const Isa isa = Target::host().cpu.isa;
  if (wider) in_pieces<Narrow, float>(CORNU_PICK_ISA(isa, Widen, widen), from, to, n, threads);
  else in_pieces<float, Narrow>(CORNU_PICK_ISA(isa, Shorten, narrow), from, to, n, threads);
}

class ThroughFloat32 final : public ir::Kernel {
 public:
  ThroughFloat32(std::unique_ptr<ir::Kernel> inner, std::vector<ir::Spec> operands, int inputs)
      : inner_(std::move(inner)), operands_(std::move(operands)), inputs_(inputs) {
    scratch_ = (inner_->scratch_bytes() + 63) / 64 * 64;
    for (const ir::Spec& spec : operands_) {
      offsets_.push_back(scratch_);
      if (is_narrow(spec.dtype)) scratch_ += (spec.shape.elements() * sizeof(float) + 63) / 64 * 64;
    }
  }
  std::string describe() const override { return inner_->describe() + " through float32"; }
  std::size_t scratch_bytes() const override { return scratch_; }
  std::unique_ptr<ir::KernelState> make_state() const override { return inner_->make_state(); }
  void run(const ir::KernelCall& call) const override {
    std::vector<void*> wide(call.operands, call.operands + operands_.size());
    for (std::size_t i = 0; i < operands_.size(); ++i) {
      if (!is_narrow(operands_[i].dtype)) continue;
      wide[i] = call.scratch + offsets_[i];
      if (int(i) < inputs_) convert_operand(i, true, call.operands[i], wide[i], call.threads);
    }
    ir::KernelCall inner = call;
    inner.operands = wide.data();
    inner_->run(inner);
    for (std::size_t i = inputs_; i < operands_.size(); ++i)
      if (is_narrow(operands_[i].dtype)) convert_operand(i, false, wide[i], call.operands[i], call.threads);
  }

 private:
  void convert_operand(std::size_t i, bool wider, const void* from, void* to, int threads) const {
    const int64_t n = operands_[i].shape.elements();
    if (operands_[i].dtype == float16) convert<float16_t>(wider, from, to, n, threads);
    else convert<bfloat16_t>(wider, from, to, n, threads);
  }
  std::unique_ptr<ir::Kernel> inner_;
  std::vector<ir::Spec> operands_;
  int inputs_;
  std::vector<std::size_t> offsets_;
  std::size_t scratch_ = 0;
};

}  // namespace

std::unique_ptr<ir::Kernel> through_float32(std::unique_ptr<ir::Kernel> kernel, std::vector<ir::Spec> operands, int inputs) {
  return std::make_unique<ThroughFloat32>(std::move(kernel), std::move(operands), inputs);
}

ir::Value as_float32(const ir::Node& node) {
  std::vector<ir::Value> operands;
  for (const ir::Value& v : node.operands()) operands.push_back(is_narrow(v.dtype()) ? ir::parameter({float32, v.shape()}) : v);
  return ir::make_node(node.op(), node.attributes(), operands)[0];
}

}  // namespace cornu::backend::cpu
