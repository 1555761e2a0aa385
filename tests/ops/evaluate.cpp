#include "tests/ops/evaluate.h"

namespace cornu::testing {

double Array::operator[](int64_t i) const {
  return dispatch(spec.dtype, [&]<class T>(T) { return static_cast<double>(reinterpret_cast<const T*>(bytes.data())[i]); });
}

std::vector<double> Array::values() const {
  std::vector<double> out;
  for (int64_t i = 0; i < spec.shape.elements(); ++i) out.push_back((*this)[i]);
  return out;
}

Array array(const ir::Spec& spec, const std::vector<double>& values) {
  CORNU_CHECK(int64_t(values.size()) == spec.shape.elements());
  Array out{spec, std::vector<std::byte>(values.size() * spec.dtype.size())};
  dispatch(spec.dtype, [&]<class T>(T) {
    for (std::size_t i = 0; i < values.size(); ++i) reinterpret_cast<T*>(out.bytes.data())[i] = static_cast<T>(values[i]);
  });
  return out;
}

std::vector<Array> evaluate(const ir::Graph& graph, std::vector<Array> arguments) {
  ir::verify(graph);
  std::vector<ir::HostOperand> operands;
  for (Array& a : arguments) operands.push_back(a.operand());
  const auto bytes = ir::evaluate_by_reference(graph, operands);
  std::vector<Array> out;
  for (std::size_t i = 0; i < bytes.size(); ++i) out.push_back({graph.results[i].spec(), bytes[i]});
  return out;
}

Array evaluate(const ir::Value& value) { return evaluate({{}, {value}}, {})[0]; }

}  // namespace cornu::testing
