// Every op, for every sample that stands beside it: the record's parts agree with each other.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include "cornu/autodiff/gradient.h"
#include "cornu/ops/all_ops.h"
#include "cornu/ops/pointwise.h"
#include "tests/ops/compiled.h"
#include "tests/ops/sweep.h"

namespace cornu::testing {
namespace {

using ir::OpDef;
using ir::Spec;
using ir::Value;

// The names of the records that a source defines, as `const OpDef NAME_op = ...`.
std::vector<std::string> defined_in(const std::string& text) {
  static const std::regex definition(R"(\bOpDef (\w+)_op\b *(=|\{|\())");
  std::vector<std::string> out;
  for (auto match = std::sregex_iterator(text.begin(), text.end(), definition); match != std::sregex_iterator(); ++match)
    out.push_back((*match)[1]);
  return out;
}

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A linker may drop an object that registers itself, and a list is forgotten: so the sources are read.
TEST(OpSweep, EveryRecordIsInTheList) {
  EXPECT_EQ(defined_in("extern const OpDef a_op;\nconst OpDef b_op = f();\nconst ir::OpDef c_op =\n"),
            (std::vector<std::string>{"b", "c"}));
  std::set<std::string_view> listed;
  for (const OpDef* op : ops::all_ops())
    EXPECT_TRUE(listed.insert(op->name).second) << op->name << " stands in all_ops.cpp twice";
  std::size_t found = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(CORNU_SOURCE_DIR "/cornu/ops")) {
    const std::string name = entry.path().filename();
    if (!name.ends_with(".cpp") || name.ends_with("_test.cpp")) continue;
    for (const std::string& op : defined_in(contents(entry.path()))) {
      ++found;
      EXPECT_TRUE(listed.count(op)) << entry.path() << " defines " << op << "_op: add it to all_ops.cpp (or name the record `"
                                    << op << "`).";
    }
  }
  EXPECT_EQ(found + 1, listed.size()) << "`copy` alone is defined elsewhere, in ir/";
}

TEST(OpSweep, EveryOpHasASampleThatItAccepts) {
  for (const OpDef* op : ops::all_ops()) {
    int found = 0;
    for (const Sample& sample : all_samples()) found += &sample.op == op;
    EXPECT_GT(found, 0) << "Add a sample of `" << op->name << "` to its NAME_test.cpp.";
  }
  for_each_sample([](const Sample& sample) {
    const auto& all = ops::all_ops();
    EXPECT_NE(std::find(all.begin(), all.end(), &sample.op), all.end()) << "Add it to all_ops.cpp.";
    EXPECT_FALSE(dtypes_of(sample).empty());
  });
}

TEST(OpSweep, ReferenceWritesWhatTheShapeRuleSays) {
  constexpr std::size_t kGuard = 64;
  for_each_sample([](const Sample& sample) {
    if (!sample.op.reference) return;
    for (DType dtype : dtypes_of(sample)) {
      auto in = arguments(sample, dtype);
      std::vector<ir::HostOperand> operands;
      for (Array& a : in) operands.push_back(a.operand());
      const auto specs = *inferred(sample, specs_of(sample, dtype));
      std::vector<std::vector<std::byte>> first;
      for (int fill : {0, 1}) {
        std::vector<std::vector<std::byte>> memory;
        std::vector<ir::HostOperand> out;
        for (const Spec& s : specs) memory.emplace_back(s.shape.elements() * s.dtype.size() + kGuard, std::byte(fill));
        for (std::size_t i = 0; i < specs.size(); ++i) out.push_back({specs[i], memory[i].data()});
        sample.op.reference(sample.attributes, operands, out);
        for (auto& m : memory) {
          for (auto it = m.end() - kGuard; it != m.end(); ++it) ASSERT_EQ(*it, std::byte(fill)) << "written past the end";
          m.resize(m.size() - kGuard);
        }
        if (fill == 0) first = memory;
        else EXPECT_EQ(first, memory) << "not all elements are written, " << dtype;
      }
    }
  });
}

TEST(OpSweep, DecompositionEqualsReference) {
  for_each_sample([](const Sample& sample) {
    if (!sample.op.decompose || !sample.op.reference) return;
    for (DType dtype : dtypes_of(sample)) {
      SCOPED_TRACE(dtype);
      const auto specs = specs_of(sample, dtype);
      const Applied whole = applied(sample, specs);
      const auto parts = sample.op.decompose(sample.attributes, whole.parameters);
      ASSERT_EQ(parts.size(), whole.outputs.size());
      const auto in = arguments(sample, dtype);
      const auto a = evaluate({whole.parameters, parts}, in), b = evaluate({whole.parameters, whole.outputs}, in);
      for (std::size_t i = 0; i < parts.size(); ++i) {
        EXPECT_EQ(parts[i].spec(), whole.outputs[i].spec());
        expect_near(a[i], b[i], tolerance(dtype));
      }
    }
  });
}

// Floats against float64, integers against 64 bits modulo their width.
TEST(OpSweep, EveryDtypeComputesTheSame) {
  auto widest = [](DType dtype) {
    if (dtype.is_floating()) return float64;
    return dtype == bool_ ? bool_ : dtype.kind() == DTypeKind::signed_integer ? int64 : uint64;
  };
  for_each_sample([&](const Sample& sample) {
    if (!sample.op.reference || sample.op.is_random) return;
    for (DType dtype : dtypes_of(sample)) {
      SCOPED_TRACE(dtype);
      if (!inferred(sample, specs_of(sample, widest(dtype)))) continue;
      const Applied narrow = applied(sample, specs_of(sample, dtype)), wide = applied(sample, specs_of(sample, widest(dtype)));
      const auto in = arguments(sample, dtype);
      std::vector<Array> same;
      for (std::size_t i = 0; i < in.size(); ++i) same.push_back(array(wide.parameters[i].spec(), in[i].values()));
      const auto a = evaluate({narrow.parameters, narrow.outputs}, in), b = evaluate({wide.parameters, wide.outputs}, same);
      for (std::size_t k = 0; k < a.size(); ++k) {
        if (!a[k].spec.dtype.is_integer()) {
          expect_near(a[k], b[k], a[k].spec.dtype == bool_ ? 0 : tolerance(dtype));
          continue;
        }
        for (int64_t i = 0; i < a[k].spec.shape.elements(); ++i)
          EXPECT_EQ(std::memcmp(&a[k].bytes[i * a[k].spec.dtype.size()], &b[k].bytes[i * b[k].spec.dtype.size()],
                                a[k].spec.dtype.size()),
                    0)
              << a[k][i] << " and " << b[k][i];
      }
    }
  });
}

TEST(OpSweep, EmitGivesTheDtypeOfTheSpec) {
  for_each_sample([](const Sample& sample) {
    if (!sample.op.emit) return;
    for (DType dtype : dtypes_of(sample)) {
      ir::KernelProgram program;
      ir::Launch launch;
      ir::KernelBuilder builder(program, launch);
      std::vector<ir::Register> in;
      if (sample.op.index) in.push_back(builder.index(0, uint64, ir::Space::full));
      for (const Spec& s : specs_of(sample, dtype)) {
        program.operands.push_back({s.dtype, ir::Space::full, ir::Access::contiguous});
        in.push_back(builder.load(int(in.size()), s.dtype, ir::Space::full));
      }
      const ir::Register out = sample.op.emit(builder, sample.attributes, in);
      const Spec spec = inferred(sample, specs_of(sample, dtype))->at(0);
      EXPECT_EQ(out.dtype, spec.dtype);
      EXPECT_EQ(program.registers.at(out.id), ir::computing_type(spec.dtype)) << dtype;
    }
  });
}

void expect_compatible(std::span<const Spec> found, std::span<const Spec> known) {
  ASSERT_EQ(found.size(), known.size());
  for (std::size_t i = 0; i < known.size(); ++i) {
    EXPECT_EQ(found[i].dtype, known[i].dtype);
    EXPECT_TRUE(compatible(found[i].shape, known[i].shape)) << to_string(found[i].shape) << " for " << to_string(known[i].shape);
  }
}

// The shape rule and the gradient accept specs with unknown dims.
void expect_accepted(const Sample& sample, const Specs& specs, const Specs& known) {
  const auto found = sample.op.infer(sample.attributes, specs);
  expect_compatible(found, known);
  if (!sample.op.vjp || !known[0].dtype.is_floating()) return;
  const Applied node = applied(sample, specs);
  std::vector<Value> grads;
  for (const Value& v : node.outputs) grads.push_back(v.dtype().is_floating() ? ir::parameter(v.spec()) : Value());
  const auto found_grads = autodiff::gradients(node.outputs, grads, node.parameters);
  for (std::size_t i = 0; i < found_grads.size(); ++i)
    EXPECT_TRUE(!found_grads[i] || compatible(found_grads[i].shape(), specs[i].shape));
}

TEST(OpSweep, AnyDimMayBeUnknown) {
  for_each_sample([](const Sample& sample) {
    const DType dtype = dtypes_of(sample).at(0);
    const Specs full = specs_of(sample, dtype), known = *inferred(sample, full);
    Specs none = full;
    for (std::size_t i = 0; i < full.size(); ++i)
      for (int axis = 0; axis < full[i].shape.rank(); ++axis) {
        Specs one = full;
        one[i].shape[axis] = none[i].shape[axis] = Shape::kUnknown;
        SCOPED_TRACE(fmt::format("operand {}, axis {}", i, axis));
        ASSERT_NO_THROW(expect_accepted(sample, one, known));
      }
    SCOPED_TRACE("all unknown");
    ASSERT_NO_THROW(expect_accepted(sample, none, known));
  });
}

// A function of parameters (samples first, then weights), its value and finite differences, run as programs.
struct Scalar {
  Compiled values;  // summed
  double operator()(const std::vector<Array>& at) {
    double total = 0;
    for (const Array& a : values(at))
      for (double x : a.values()) total += x;
    return total;
  }
  double slope(std::vector<Array> at, std::size_t operand, int64_t element) {
    constexpr double kStep = 1e-5;
    double& x = reinterpret_cast<double*>(at[operand].bytes.data())[element];
    const double middle = x;
    x = middle + kStep;
    const double above = (*this)(at);
    x = middle - kStep;
    return (above - (*this)(at)) / (2 * kStep);
  }
};

// Compares the gradient of sum(values * weights) with finite differences; `values` follow from the first parameters.
// Returns the gradients, for the next order.
std::vector<Value> expect_gradient(std::vector<Value>& parameters, const std::vector<Value>& values, std::vector<Array>& at,
                                   std::size_t operands) {
  std::vector<Value> weights, weighted;
  for (const Value& v : values) {
    weights.push_back(v && v.dtype() == float64 ? ir::parameter(v.spec()) : Value());
    if (!weights.back()) continue;
    parameters.push_back(weights.back());
    at.push_back(array(v.spec(), drawn(v.shape().elements(), 0.5, 1.5, 99 + at.size())));
    weighted.push_back(ops::mul(v, weights.back()));
  }
  Scalar f{Compiled({parameters, weighted})};
  const std::vector<Value> wrt(parameters.begin(), parameters.begin() + operands);
  const auto grads = autodiff::gradients(values, weights, wrt);
  std::vector<Value> present;
  for (const Value& g : grads)
    if (g) present.push_back(g);
  const auto found = Compiled({parameters, present})(at);
  auto next = found.begin();
  for (std::size_t i = 0; i < operands; ++i) {
    if (wrt[i].dtype() != float64) continue;
    if (grads[i]) {
      EXPECT_EQ(next->spec, wrt[i].spec());
    }
    for (int64_t e = 0; e < wrt[i].shape().elements(); ++e) {
      const double expected = f.slope(at, i, e), actual = grads[i] ? (*next)[e] : 0;
      EXPECT_NEAR(actual, expected, 2e-6 * (1 + std::abs(expected))) << "operand " << i << ", element " << e;
    }
    if (grads[i]) ++next;
  }
  return present;
}

TEST(OpSweep, GradientsAreFiniteDifferences) {
  for_each_sample([](const Sample& sample) {
    if (!sample.op.vjp || !sample.smooth || !accepts(sample, float64)) return;
    auto [parameters, outputs] = applied(sample, specs_of(sample, float64));
    auto at = arguments(sample, float64);
    const std::size_t operands = parameters.size();
    const auto first = expect_gradient(parameters, outputs, at, operands);
    SCOPED_TRACE("second order");
    if (!first.empty()) expect_gradient(parameters, first, at, operands);
  });
}

}  // namespace
}  // namespace cornu::testing
