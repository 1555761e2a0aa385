#include "tests/lowering_harness.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

namespace cornu::testing {

using ir::Value;

Bytes random_bytes(const ir::Spec& spec, uint64_t seed) {
  std::mt19937_64 random(seed);
  Bytes out(spec.shape.elements() * spec.dtype.size());
  dispatch(spec.dtype, [&]<class T>(T) {
    auto* to = reinterpret_cast<T*>(out.data());
    for (int64_t i = 0; i < spec.shape.elements(); ++i) {
      if constexpr (std::is_same_v<T, bool>) to[i] = random() & 1;
      else if constexpr (std::is_integral_v<T>) to[i] = T(int64_t(random() % 16) - (std::is_signed_v<T> ? 8 : 0));
      else to[i] = T(float(std::uniform_real_distribution<double>(-1, 1)(random)));
    }
  });
  return out;
}

std::vector<Bytes> random_bytes(const std::vector<Value>& parameters, uint64_t seed) {
  std::vector<Bytes> out;
  for (const Value& p : parameters) out.push_back(random_bytes(p.spec(), seed++));
  return out;
}

std::vector<double> as_doubles(const ir::Spec& spec, const Bytes& bytes) {
  std::vector<double> out(spec.shape.elements());
  dispatch(spec.dtype, [&]<class T>(T) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = double(reinterpret_cast<const T*>(bytes.data())[i]);
  });
  return out;
}

std::vector<Bytes> evaluate(const std::vector<Value>& parameters, const std::vector<Bytes>& arguments,
                            const std::vector<Value>& results) {
  std::vector<ir::HostOperand> operands;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    operands.push_back({parameters[i].spec(), const_cast<std::byte*>(arguments[i].data())});
  return ir::evaluate_by_reference({parameters, results}, operands);
}

namespace {

void expect_near(const ir::Spec& spec, const Bytes& got, const Bytes& expected, double tolerance, const std::string& what) {
  const auto a = as_doubles(spec, got), b = as_doubles(spec, expected);
  double largest = 0;
  for (double v : b) largest = std::max(largest, std::abs(v));
  for (std::size_t i = 0; i < a.size(); ++i)
    ASSERT_LE(std::abs(a[i] - b[i]), tolerance * std::max(largest, 1e-3))
        << what << " at " << i << ": " << a[i] << " is not " << b[i];
}

std::byte* aligned(Bytes& bytes) { return bytes.data() + (64 - reinterpret_cast<uintptr_t>(bytes.data()) % 64); }

// The form of an input, at the first aligned byte.
Bytes prepare(const ir::Preparation& preparation, const Bytes& input) {
  Bytes out(preparation.bytes + 64), scratch(preparation.kernel->scratch_bytes() + 64);
  void* operands[] = {const_cast<std::byte*>(input.data()), aligned(out)};
  ir::StatusWord status;
  const auto state = preparation.kernel->make_state();
  preparation.kernel->run({operands, aligned(scratch), state.get(), &status, 2});
  return out;
}

void run_and_compare(const ir::Lowered& lowered, const std::vector<Bytes>& inputs, const std::vector<Bytes>& expected,
                     double tolerance, const std::string& what) {
  auto state = lowered.kernel->make_state();
  std::vector<Bytes> prepared;
  for (const auto& preparation : lowered.preparations) prepared.push_back(prepare(preparation, inputs[preparation.input]));
  const auto pairs = lowered.kernel->in_place();
  for (const auto& [threads, is_in_place] : {std::pair(2, false), {2, true}, {2, false}, {1, true}, {1, false}}) {
    Bytes scratch(lowered.kernel->scratch_bytes() + 64, std::byte(0xff));
    std::vector<Bytes> outputs;
    for (const Value& v : lowered.outputs) outputs.emplace_back(v.shape().elements() * v.dtype().size() + 64, std::byte(0xff));
    std::vector<void*> operands;
    for (const Bytes& b : inputs) operands.push_back(const_cast<std::byte*>(b.data()));
    for (Bytes& b : outputs) operands.push_back(b.data());
    std::set<int> taken;  // each result shares the memory of one input
    for (const auto& [in, out] : pairs) {
      if (!is_in_place || lowered.inputs[in].spec() != lowered.outputs[out - inputs.size()].spec()) continue;
      if (!taken.insert(out).second) continue;
      std::copy(inputs[in].begin(), inputs[in].end(), static_cast<std::byte*>(operands[out]));
      operands[in] = operands[out];
    }
    for (std::size_t i = 0; i < prepared.size(); ++i) operands[lowered.preparations[i].input] = aligned(prepared[i]);
    ir::StatusWord status;
    lowered.kernel->run({operands.data(), aligned(scratch), state.get(), &status, threads});
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const ir::Spec& spec = lowered.outputs[i].spec();
      expect_near(spec, outputs[i], expected[i], tolerance,
                  fmt::format("{} ({} threads{})", what, threads, is_in_place ? ", in place" : ""));
      for (std::size_t j = spec.shape.elements() * spec.dtype.size(); j < outputs[i].size(); ++j)
        ASSERT_EQ(outputs[i][j], std::byte(0xff)) << what << " wrote beyond its result";
    }
  }
}

}  // namespace

std::vector<LoweringRun> expect_lowerings_match(const std::vector<Value>& parameters, const ir::Node& anchor,
                                                const std::vector<Value>& epilogue, double tolerance) {
  std::vector<ir::Node*> nodes;
  for (const Value& v : epilogue) nodes.push_back(&v.node());
  const ir::Offer offer{anchor, nodes};
  const auto arguments = random_bytes(parameters);
  const Target& target = Target::host();
  const ir::LoweringContext context{target, nullptr};
  std::vector<LoweringRun> ran;
  for (const ir::Lowering& lowering : anchor.op().lowerings()) {
    if (lowering.target != TargetKind::cpu || lowering.name == "reference") continue;
    const ir::Answer answer = lowering.supports(offer, target);
    if (answer.refused()) continue;
    for (int takes : std::vector<int>{0, answer.takes}) {
      const ir::Lowered lowered = lowering.lower(offer, takes, context);
      const std::string what = fmt::format("{} {} taking {} of {}", lowering.name, lowered.kernel->describe(), takes,
                                           ir::to_text({parameters, lowered.outputs}));
      run_and_compare(lowered, evaluate(parameters, arguments, lowered.inputs), evaluate(parameters, arguments, lowered.outputs),
                      tolerance, what);
      if (::testing::Test::HasFatalFailure()) return ran;
      if (takes == answer.takes) {
        ran.push_back({std::string(lowering.name), takes, lowered.kernel->describe()});
        break;
      }
    }
  }
  return ran;
}

void expect_gradients_match(const std::function<Value(const std::vector<Value>&)>& f, const std::vector<Shape>& shapes,
                            double tolerance) {
  std::vector<Value> operands;
  for (const Shape& shape : shapes) operands.push_back(ir::parameter({float64, shape}));
  const Value y = f(operands);
  const Value grad = ir::parameter(y.spec());
  const auto outputs = ir::outputs_of(y.node());
  std::vector<Value> grads(outputs.size());
  grads[y.output()] = grad;
  const auto gradients = y->op().vjp({y.node(), y->operands(), outputs, grads});

  auto parameters = operands;
  parameters.push_back(grad);
  auto arguments = random_bytes(parameters);
  const auto weights = as_doubles(grad.spec(), arguments.back());
  auto loss = [&] {
    const auto values = as_doubles(y.spec(), evaluate(parameters, arguments, {y})[0]);
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) sum += values[i] * weights[i];
    return sum;
  };
  for (std::size_t i = 0; i < operands.size(); ++i) {
    ASSERT_TRUE(gradients[i]) << "operand " << i << " has no gradient";
    ASSERT_EQ(gradients[i].spec(), operands[i].spec());
    const auto got = as_doubles(operands[i].spec(), evaluate(parameters, arguments, {gradients[i]})[0]);
    auto* x = reinterpret_cast<double*>(arguments[i].data());
    for (std::size_t j = 0; j < got.size(); ++j) {
      const double at = x[j], step = 1e-4;
      x[j] = at + step;
      const double above = loss();
      x[j] = at - step;
      const double below = loss();
      x[j] = at;
      ASSERT_NEAR(got[j], (above - below) / (2 * step), tolerance) << y->op().name << " operand " << i << " at " << j;
    }
  }
}

}  // namespace cornu::testing
