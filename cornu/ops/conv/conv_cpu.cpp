#include <algorithm>

#include "cornu/backend/cpu/convert.h"
#include "cornu/backend/cpu/epilogue.h"
#include "cornu/ops/conv/conv.h"
#include "cornu/ops/reference_row.h"

namespace cornu::ops {
namespace {

namespace onednn = backend::cpu::onednn;
using backend::cpu::Epilogue;
using backend::cpu::read_epilogue;
using ir::Answer;
using ir::Lowered;
using ir::LoweringContext;
using ir::Offer;

onednn::Convolution convolution_of(const ir::Node& node, const Epilogue& epilogue) {
  const auto& c = node.attributes<ConvAttributes>();
  const auto [input, kernel, result] = shapes_of(node);
  return {.dtype = node.specs()[0].dtype,
          .batch = input[0],
          .in_channels = input[-1],
          .out_channels = result[-1],
          .groups = c.groups,
          .input = {input.begin() + 1, input.end() - 1},
          .kernel = {kernel.begin(), kernel.end() - 2},
          .result = {result.begin() + 1, result.end() - 1},
          .strides = c.strides,
          .padding_low = c.padding_low,
          .padding_high = c.padding_high,
          .dilation = c.dilation,
          .posts = epilogue.posts};
}

std::unique_ptr<ir::Kernel> kernel_of(const ir::Node& node, const Epilogue& epilogue) {
  const onednn::Convolution what = convolution_of(node, epilogue);
  if (&node.op() == &conv_op) return onednn::convolution(what);
  return &node.op() == &conv_input_gradient_op ? onednn::convolution_input_gradient(what)
                                               : onednn::convolution_kernel_gradient(what);
}

bool has_kernel(const ir::Node& node, const Epilogue& epilogue) {
  if (&node.op() == &conv_op) return onednn::has_convolution(convolution_of(node, epilogue));
  return kernel_of(node, epilogue) != nullptr;
}

// Only a forward pass has something run on its result.
Epilogue epilogue_of(const Offer& offer, int most) {
  return &offer.anchor.op() == &conv_op ? read_epilogue(offer, most) : Epilogue();
}

std::string refusal_of_shapes(const ir::Node& node) {
  const auto& c = node.attributes<ConvAttributes>();
  auto negative = [](const std::vector<int64_t>& v) { return std::any_of(v.begin(), v.end(), [](int64_t p) { return p < 0; }); };
  if (c.filters_first) return "oneDNN is given kernels as they are";
  if (negative(c.padding_low) || negative(c.padding_high)) return "oneDNN has no negative padding";
  for (const Shape& shape : {node.operand(0).shape(), node.operand(1).shape(), node.specs()[0].shape})
    if (shape.elements() == 0) return "an extent is 0";
  return {};
}

Answer supports(const Offer& offer, const Target& target) {
  const DType dtype = offer.anchor.specs()[0].dtype;
  if (dtype == bfloat16 && !target.cpu.has_bf16 && !target.cpu.has_amx) return Answer::refuse("the CPU multiplies no bfloat16");
  if (dtype != float32 && dtype != bfloat16) return Answer::refuse(fmt::format("oneDNN has no {} convolution", dtype.name()));
  if (auto why = refusal_of_shapes(offer.anchor); !why.empty()) return Answer::refuse(std::move(why));
  for (int takes = int(epilogue_of(offer, 1 << 30).posts.size()); takes >= 0; --takes)
    if (has_kernel(offer.anchor, epilogue_of(offer, takes))) return {takes, {}};
  return Answer::refuse("oneDNN has only its reference code");
}

Lowered lower(const Offer& offer, int takes, const LoweringContext&) {
  const Epilogue epilogue = epilogue_of(offer, takes);
  Lowered out{nullptr, {offer.anchor.operands().begin(), offer.anchor.operands().end()}, {offer.result(takes)}};
  if (&offer.anchor.op() == &conv_op) {
    auto [convolution, reorder, bytes, layout] = onednn::prepared_convolution(convolution_of(offer.anchor, epilogue));
    out.kernel = std::move(convolution);
    if (reorder) out.preparations.push_back({1, std::move(reorder), bytes, std::move(layout)});
  } else {
    out.kernel = kernel_of(offer.anchor, epilogue);
  }
  out.inputs.insert(out.inputs.end(), epilogue.inputs.begin(), epilogue.inputs.end());
  return out;
}

// 16-bit floats where oneDNN does not compute in them.
Answer converted_supports(const Offer& offer, const Target&) {
  const DType dtype = offer.anchor.specs()[0].dtype;
  if (dtype != float16 && dtype != bfloat16) return Answer::refuse("not a 16-bit float");
  if (auto why = refusal_of_shapes(offer.anchor); !why.empty()) return Answer::refuse(std::move(why));
  if (!kernel_of(backend::cpu::as_float32(offer.anchor).node(), {})) return Answer::refuse("oneDNN has only its reference code");
  return {};
}

Lowered converted_lower(const Offer& offer, int, const LoweringContext&) {
  const ir::Node& node = offer.anchor;
  const std::vector<ir::Spec> specs{node.operand(0).spec(), node.operand(1).spec(), node.specs()[0]};
  return {backend::cpu::through_float32(kernel_of(backend::cpu::as_float32(node).node(), {}), specs, 2),
          {node.operands().begin(), node.operands().end()},
          {offer.result(0)}};
}

const ir::Lowering kTable[] = {
    {"onednn", TargetKind::cpu, supports, lower},
    {"float32", TargetKind::cpu, converted_supports, converted_lower},
    reference_row(TargetKind::cpu),  // float64, integers, shapes that oneDNN has no kernel for
};

}  // namespace

std::span<const ir::Lowering> conv_cpu_lowerings() { return kTable; }

}  // namespace cornu::ops
