#include "tests/ops/op_samples.h"

#include <cmath>
#include <random>

namespace cornu::testing {
namespace {

std::vector<Sample>& list() {
  static std::vector<Sample> samples;
  return samples;
}

std::vector<std::vector<Sample> (*)()>& makers() {
  static std::vector<std::vector<Sample> (*)()> functions;
  return functions;
}

}  // namespace

SampleRegistration::SampleRegistration(std::vector<Sample> (*make)()) { makers().push_back(make); }
SampleRegistration::SampleRegistration(std::initializer_list<Sample> samples) {
  for (const Sample& sample : samples) list().push_back(sample);
}

const std::vector<Sample>& all_samples() {
  for (auto* make : makers())
    for (const Sample& sample : make()) list().push_back(sample);
  makers().clear();
  return list();
}

std::vector<double> drawn(int64_t count, double low, double high, uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::vector<double> out;
  for (int64_t i = 0; i < count; ++i) out.push_back(low + (high - low) * double(engine() >> 11) * 0x1p-53);
  return out;
}

std::vector<Array> arguments(const Sample& sample, DType dtype) {
  std::vector<Array> out;
  for (const OperandSample& o : sample.operands) {
    const DType own = o.dtype.value_or(dtype);
    auto numbers = drawn(o.shape.elements(), o.low, o.high, 17 + out.size());
    for (double& x : numbers) {
      if (own.is_integer()) x = std::floor(x);
      if (own.kind() == DTypeKind::unsigned_integer) x = std::abs(x);
      if (own == bool_) x = x > (o.low + o.high) / 2;
    }
    out.push_back(array({own, o.shape}, numbers));
  }
  return out;
}

}  // namespace cornu::testing
