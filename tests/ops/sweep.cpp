#include "tests/ops/sweep.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "cornu/ir/leaf.h"

namespace cornu::testing {

std::string describe(const Sample& sample) {
  std::string out = fmt::format("{} {{{}}}", sample.op.name, sample.attributes.text());
  for (const OperandSample& o : sample.operands) out.append(" ").append(to_string(o.shape));
  return out;
}

Specs specs_of(const Sample& sample, DType dtype) {
  Specs out;
  for (const OperandSample& o : sample.operands) out.push_back({o.dtype.value_or(dtype), o.shape});
  return out;
}

std::optional<Specs> inferred(const Sample& sample, std::span<const ir::Spec> in) {
  try {
    return sample.op.infer(sample.attributes, in);
  } catch (const InternalError&) {
  } catch (const ValueError&) {
  } catch (const TypeError&) {
  }
  return std::nullopt;
}

std::vector<DType> dtypes_of(const Sample& sample) {
  std::vector<DType> out;
  for (DType dtype : all_dtypes())
    if (inferred(sample, specs_of(sample, dtype))) out.push_back(dtype);
  const bool is_free = std::any_of(sample.operands.begin(), sample.operands.end(), [](const auto& o) { return !o.dtype; });
  if (!is_free && !out.empty()) out.resize(1);
  return out;
}

bool accepts(const Sample& sample, DType dtype) {
  const auto dtypes = dtypes_of(sample);
  return std::find(dtypes.begin(), dtypes.end(), dtype) != dtypes.end();
}

Applied applied(const Sample& sample, std::span<const ir::Spec> specs) {
  Applied out;
  for (const ir::Spec& s : specs) out.parameters.push_back(ir::parameter(s));
  out.outputs = ir::make_node(sample.op, sample.attributes, out.parameters);
  return out;
}

std::vector<Sample> shrunk(const Sample& sample) {
  std::vector<Sample> out;
  const DType dtype = dtypes_of(sample).at(0);
  // Replaces the extents that `chosen` picks.
  auto add = [&](auto&& chosen, int64_t extent) {
    Sample small = sample;
    bool changed = false;
    for (std::size_t i = 0; i < small.operands.size(); ++i)
      for (int axis = 0; axis < small.operands[i].shape.rank(); ++axis) {
        int64_t& dim = small.operands[i].shape[axis];
        if (dim == extent || !chosen(i, axis, dim)) continue;
        dim = extent;
        changed = true;
      }
    if (changed && inferred(small, specs_of(small, dtype))) out.push_back(std::move(small));
  };
  std::set<int64_t> extents;
  for (const OperandSample& o : sample.operands) extents.insert(o.shape.begin(), o.shape.end());
  for (int64_t to : {0, 1}) {
    add([](auto...) { return true; }, to);
    for (int64_t from : extents) add([&](std::size_t, int, int64_t dim) { return dim == from; }, to);
    for (std::size_t i = 0; i < sample.operands.size(); ++i)
      for (int axis = 0; axis < sample.operands[i].shape.rank(); ++axis)
        add([&](std::size_t operand, int a, int64_t) { return operand == i && a == axis; }, to);
  }
  return out;
}

double tolerance(DType dtype) {
  if (dtype == float16) return 2e-3;
  if (dtype == bfloat16) return 2e-2;
  return dtype == float32 ? 1e-6 : 1e-12;
}

void expect_near(const Array& got, const Array& expected, double relative) {
  ASSERT_EQ(got.spec.shape, expected.spec.shape);
  double scale = 1;
  for (double x : expected.values()) scale = std::isfinite(x) ? std::max(scale, std::abs(x)) : scale;
  for (int64_t i = 0; i < got.spec.shape.elements(); ++i) {
    if (got[i] == expected[i] || (std::isnan(got[i]) && std::isnan(expected[i]))) continue;
    ASSERT_NEAR(got[i], expected[i], relative * scale) << "element " << i;
  }
}

void expect_near(const std::vector<Array>& got, const std::vector<Array>& expected, DType dtype) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    SCOPED_TRACE(fmt::format("result {}", i));
    ASSERT_EQ(got[i].spec.dtype, expected[i].spec.dtype);
    const bool is_exact = !expected[i].spec.dtype.is_floating();
    expect_near(got[i], expected[i], is_exact ? 0 : std::max(tolerance(dtype), tolerance(expected[i].spec.dtype)));
  }
}

}  // namespace cornu::testing
